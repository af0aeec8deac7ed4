"""Requests in the reader's words."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from flask_babel import gettext

from core.db import wall_time
from core.i18n import language
from core.pages import filters
from staff.attendance.policy import LeaveType
from staff.attendance.spans import DAY


def _(text: str, **values: Any) -> str:
    return str(gettext(text, **values))


def kinds() -> dict[str, str]:
    return {
        "leave": _("Leave"),
        "overtime": _("Overtime"),
        "correction": _("Punch correction"),
    }


def states() -> dict[str, tuple[str, str]]:
    """A state in words, and the kind of its badge."""
    return {
        "requested": (_("Waits for a decision"), "warn"),
        "approved": (_("Approved"), "good"),
        "declined": (_("Not approved"), "bad"),
        "withdrawn": (_("Withdrawn"), "plain"),
    }


def what(row: Any, types: Mapping[str, LeaveType]) -> str:
    """A type of leave by its name, anything else by its kind."""
    if row.kind == "leave":
        known = types.get(row.type)
        return known.names.get(language()) if known else str(row.type)
    return kinds()[row.kind]


def when(row: Any) -> str:
    """Days and times as short as they can be said."""
    begin = wall_time(row.start)
    if row.end is None:
        return f"{filters.day(begin.date())} {begin:%H:%M}"
    end = wall_time(row.end)
    if row.start % DAY == 0 and row.end % DAY == 0:
        last = end.date() - timedelta(days=1)
        first, until = filters.day(begin.date()), filters.day(last)
        return first if first == until else f"{first} – {until}"
    if row.end % DAY == 0 and (end - begin).days < 1:
        return f"{filters.day(begin.date())} {begin:%H:%M}–24:00"
    if begin.date() == end.date():
        return f"{filters.day(begin.date())} {begin:%H:%M}–{end:%H:%M}"
    return f"{filters.day(begin.date())} {begin:%H:%M} – {filters.day(end.date())} {end:%H:%M}"
