"""The points of the close in the reader's words: what, who settles it, and where."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from flask_babel import gettext, ngettext

from closing.checklist import Checklist, Point
from closing.pages import left_out_words
from closing.pages.common import link
from core.values import Month

FEW = 4
# Of what a preview leaves out: the rest is counted without one (closing.checklist).
OF_PREVIEW = ("proposals", "no_template", "silent_teams", "no_data", "incomplete", "incidents")


def _(text: str, **values: Any) -> str:
    return str(gettext(text, **values))


def points(month: Month, found: Checklist) -> list[dict[str, Any]]:
    """Each point with its sentence, its state, who settles it, and the page where."""
    return [
        {
            "kind": point.kind,
            "state": point.state,
            "text": _settled(point.kind) if point.state == "settled" else _open(point),
            "who": "" if point.state == "settled" else who(point.kind, found.hr, point.names),
            "href": None if point.state == "settled" else place(point.kind, month),
            "items": [],
        }
        for point in found.points
    ]


def of_preview(
    month: Month,
    left_out: Iterable[Mapping[str, Any]],
    hr: tuple[str, ...],
    names: Mapping[str, str],
) -> list[dict[str, Any]]:
    """The same of what only a preview tells."""
    present = {each["kind"]: each for each in left_out}
    told = []
    for kind in OF_PREVIEW:
        each = present.get(kind)
        told.append(
            {
                "kind": kind,
                "state": "left_out" if each else "settled",
                "text": left_out_words.omission(kind, each["count"]) if each else _settled(kind),
                "who": who(kind, hr) if each else "",
                "href": place(kind, month) if each else None,
                "items": [
                    left_out_words.omission_item(kind, item, names)
                    for item in (each["items"] if each else ())
                ],
            }
        )
    return told


def states() -> dict[str, tuple[str, str]]:
    return {
        "blocks": (_("Stands in the way"), "bad"),
        "left_out": (_("Would be left out"), "warn"),
        "information": (_("To know"), "plain"),
        "settled": (_("Settled"), "good"),
    }


def place(kind: str, month: Month) -> str | None:
    """Where it is settled."""
    requests = link("attendance.requests", state="requested") or link("imports.overview")
    pages = {
        "round": link("reviews.one_round", month=month),
        "incidents_open": link("rewards.month_proposals", month=month),
        "proposals": link("rewards.month_proposals", month=month),
        "incidents": link("rewards.incidents"),
        "requested_leave": requests,
        "requested_overtime": requests,
        "requested_corrections": requests,
        "late_rows": link("imports.late", month=month),
        "unmapped": link("imports.unmapped"),
        "no_template": link("policy.versions_list"),
        "evaluations": link("evaluations.month", month=month),
        "appeals": link("appeals.listing", state="lodged"),
        "silent_teams": link("attendance.month", month=month) or link("imports.overview"),
        "no_data": link("imports.overview"),
        "incomplete": link("closing.preview", month=month, status="incomplete"),
    }
    return pages.get(kind)


def who(kind: str, hr: tuple[str, ...], names: tuple[tuple[str, int | None], ...] = ()) -> str:
    """Who can settle it: the role, and names where there are few."""
    if kind == "evaluations":
        if not names:
            return _("Their supervisors, or HR")
        listed = [f"{name} ({count})" for name, count in names[:FEW]]
        rest = len(names) - FEW
        if rest > 0:
            listed.append(ngettext("%(num)d more supervisor", "%(num)d more supervisors", rest))
        return _("Their supervisors: %(names)s", names=_(", ").join(listed))
    if kind in ("requested_leave", "requested_overtime", "requested_corrections"):
        return _("Their supervisor, or HR; nobody for themselves")
    people = _(", ").join(hr) if 0 < len(hr) <= FEW else ""
    if kind in ("proposals", "incidents_open"):
        if people:
            return _("HR (%(names)s) or the manager; not who recorded it", names=people)
        return _("HR or the manager; not who recorded it")
    if kind == "appeals":
        if people:
            return _("HR (%(names)s); not who made the record", names=people)
        return _("HR; not who made the record")
    return _("HR (%(names)s)", names=people) if people else _("HR")


def _open(point: Point) -> str:
    count = point.count
    said: dict[str, Callable[[], str]] = {
        "round": lambda: _("The 360° round of the month runs: end it, or close later"),
        "incidents_open": lambda: ngettext(
            "%(num)d incident is not decided: approved later, it counts in a later month",
            "%(num)d incidents are not decided: approved later, they count in a later month",
            count,
        ),
        "unmapped": lambda: ngettext(
            "%(num)d row is set aside: nobody knows whose id it names",
            "%(num)d rows are set aside: nobody knows whose ids they name",
            count,
        ),
        "evaluations": lambda: ngettext(
            "%(num)d evaluation is not submitted: what is entered counts all the same",
            "%(num)d evaluations are not submitted: what is entered counts all the same",
            count,
        ),
        "appeals": lambda: ngettext(
            "%(num)d appeal is not decided", "%(num)d appeals are not decided", count
        ),
    }
    words = said.get(point.kind)
    return str(words()) if words else left_out_words.omission(point.kind, count)


def _settled(kind: str) -> str:
    return {
        "round": _("No 360° round runs"),
        "incidents_open": _("Every incident is decided"),
        "requested_leave": _("Every request for leave is decided"),
        "requested_overtime": _("Every request for overtime is decided"),
        "requested_corrections": _("Every punch correction asked for is decided"),
        "late_rows": _("No row came late"),
        "unmapped": _("Every row of a file has its person"),
        "no_template": _("Every position has a template"),
        "evaluations": _("Every evaluation is submitted"),
        "appeals": _("Every appeal is decided"),
        "proposals": _("Every proposal is decided"),
        "silent_teams": _("Every team punched on each of its days"),
        "no_data": _("Every scorecard has data"),
        "incomplete": _("Every scorecard has enough data for a grade"),
        "incidents": _("Every incident is on a scorecard"),
    }[kind]
