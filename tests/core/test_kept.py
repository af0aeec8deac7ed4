"""What is kept in the process: for good of a closing, else until the trail tells of a change."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import count

import pytest
from support.centres import NOW
from support.site import Site

from core import audit, kept
from core.actor import SYSTEM
from core.models import Closing
from core.values import Month


def closing(digest: str | None, *, sealed: bool = True) -> Closing:
    return Closing(
        id=1,
        month=Month(2026, 10),
        revision=1,
        digest=digest,
        sealed=sealed,
        closed_at=datetime(2026, 11, 2, tzinfo=UTC),
    )


def test_a_sealed_closing_is_asked_once_by_its_digest() -> None:
    turns = count()
    read = [
        kept.of_closing(closing(digest, sealed=sealed), "test", lambda: (next(turns),))[0]
        for digest, sealed in (("a", True), ("a", True), ("b", True), ("a", True), ("a", False))
    ]
    assert read == [0, 0, 1, 0, 2]


def test_another_database_with_the_same_id_is_another_closing() -> None:
    first = kept.of_closing(closing("one"), "test", lambda: "one")
    second = kept.of_closing(closing("two"), "test", lambda: "two")
    assert (first, second) == ("one", "two")
    assert kept.of_closing(closing(None), "test", lambda: "new") == "new"


@pytest.mark.parametrize(
    ("action", "anew"),
    [
        ("sign_in", False),
        ("evaluation.note", False),
        ("evaluation.submitted", True),
        ("import.applied", True),
        ("month.closed", True),
    ],
)
def test_what_may_change_is_kept_until_the_trail_tells_of_it(
    site: Site, action: str, anew: bool
) -> None:
    turns = count()

    def ask() -> int:
        with site.session() as session:
            return kept.until_changed(session, action, lambda: next(turns))

    def note(what: str) -> None:
        with site.session() as session:
            audit.record(session, actor=SYSTEM, at=NOW, action=what, subject="x")

    note("month.closed")
    assert [ask(), ask()] == [0, 0]
    note(action)
    assert [ask(), ask()] == ([1, 1] if anew else [0, 0])
    note("policy.published")
    assert ask() == (2 if anew else 1)
