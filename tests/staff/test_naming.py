"""Whom a label names, on pages."""

from __future__ import annotations

import pytest
from flask import g
from flask_babel import force_locale
from support.site import Site

from staff.naming import by_name


@pytest.mark.parametrize(
    ("label", "said"),
    [
        ("E0004", "E0004 Lin Na"),
        ("E0004 for E0002", "E0004 Lin Na（代E0002 Wu Bo）"),
        ("E0009", "E0009"),
        ("system", "system"),
        ("admin", "admin"),
        ("", ""),
        (None, None),
    ],
)
def test_a_label_is_told_with_the_names_of_both_and_others_stay(
    site: Site, label: str | None, said: str | None
) -> None:
    with site.app.test_request_context(), force_locale("zh_Hans_CN"):
        g.names_by_number = {"E0004": "Lin Na", "E0002": "Wu Bo"}
        assert by_name(label) == said
