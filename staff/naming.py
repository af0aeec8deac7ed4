"""Who decided or recorded something, on a page: ``E0004`` becomes ``E0004 Lin Na``."""

from __future__ import annotations

from flask import Flask, g
from flask_babel import gettext as _
from sqlalchemy import select

from core.actor import FOR, SYSTEM
from core.db import db
from staff.models import Employee


def known_names() -> dict[str, str]:
    """Everybody's name by employee number, read once for a page.

    Whom it names is only known while it is written.
    """
    if "names_by_number" not in g:
        rows = db.session().execute(select(Employee.employee_no, Employee.name))
        g.names_by_number = dict(rows.all())
    names: dict[str, str] = g.names_by_number
    return names


def by_name(label: str | None) -> str | None:
    """A label with the names of whom it names; ``system`` and logins stay as they are."""
    if not label or label == SYSTEM.label:
        return label
    who, _for, behalf = (_named(each) for each in label.partition(FOR))
    return _("%(who)s for %(behalf)s", who=who, behalf=behalf) if behalf else who


def _named(number: str) -> str:
    name = known_names().get(number)
    return f"{number} {name}" if name else number


def init_naming(app: Flask) -> None:
    app.jinja_env.filters["by_name"] = by_name
