"""The tables of a draft for attendance and leave, tickets, reviews, and what holds by default."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _
from flask_babel import ngettext

from closing.document_edits import Kind, Path, is_weekdays, value_at
from closing.document_tables import Column, Table
from closing.pages import words
from closing.pages.draft_labels import name_columns
from core.i18n import language
from evaluations.policy import REVIEW_WEIGHTS
from evaluations.policy_reader import DEFAULT_GRADES
from staff.attendance.policy import DEFAULT_LEAVE


def usual_leave() -> dict[Path, Any]:
    """What holds where the policy names no types of leave."""
    types = {
        key: {"protected": each.protected, "zh": each.names.zh, "en": each.names.en}
        for key, each in DEFAULT_LEAVE.items()
    }
    return {("leave",): types}


def usual_weights() -> dict[Path, Any]:
    return {("reviews", "weights"): dict(REVIEW_WEIGHTS)}


def usual_grades() -> dict[Path, Any]:
    grades = [
        {
            "key": each.key,
            "min": each.min,
            "zh": each.names.zh,
            "en": each.names.en,
            "coefficient": each.coefficient,
        }
        for each in DEFAULT_GRADES
    ]
    return {("grades",): grades}


def attendance_tables(document: Any) -> list[Table]:
    return [
        Table(("attendance",), _of_attendance(), _("Attendance"), single=True),
        Table(
            ("attendance", "late_tiers"),
            (Column((), "number", _("Later than"), unit=words.unit("min")),),
            _("Thresholds of lateness"),
            help=_(
                "Each gives a fact that rules may name: how often somebody was later than that. "
                "An empty field removes its row."
            ),
        ),
        Table(
            ("leave",),
            (
                *name_columns(),
                Column(
                    ("protected",),
                    "yesno",
                    _("Protected"),
                    (("yes", _("yes")), ("no", _("no"))),
                    help=_("Days of protected leave take nothing off bonus and wage."),
                ),
            ),
            _("Types of leave"),
            keyed=True,
            key_label=_("Code"),
            help=_("Leave of a type that is not named here is refused by imports."),
        ),
    ]


def _of_attendance() -> tuple[Column, ...]:
    points, minutes = _("points"), words.unit("min")
    taken = _("Off the attendance score, from 100 down, each time.")
    return (
        Column(("late",), "number", _("Late arrival"), unit=points, help=taken),
        Column(("early_leave",), "number", _("Early departure"), unit=points, help=taken),
        Column(("missing_punch",), "number", _("Missing punch"), unit=points, help=taken),
        Column(
            ("absent",), "number", _("Day absent"), unit=points,
            help=_("Off the attendance score for each day that nothing explains."),
        ),
        Column(
            ("repeat_minutes",), "number", _("Repeated punches"), unit=minutes,
            help=_("A punch sooner than this after the one before is dropped. Empty: 5."),
        ),
        Column(
            ("corrections",), "number", _("Punch corrections"), unit=_("a month"),
            help=_("As many may one person ask for. Empty: any number."),
        ),
    )  # fmt: skip


def tickets_tables(document: Any) -> list[Table]:
    def kind(row: Any) -> Kind:
        return "weekdays" if is_weekdays(value_at(row, ("clock", "days"))) else "text"

    clock = (
        Column(
            ("clock", "hours"), "text", _("Service hours"),
            help=_("Such as 09:00-21:00, 24:00 at the latest. No hours and no days: all counts."),
        ),
        Column(
            ("clock", "days"), "weekdays", _("Weekdays"), words.weekdays(), kind_of=kind,
            help=_("Waiting counts on these days alone. Without a day nobody ever waits."),
        ),
    )  # fmt: skip
    return [
        Table(("tickets",), clock, _("The minutes that count as waiting"), single=True),
        Table(
            ("tickets", "response_minutes"),
            (Column((), "number", _("Answered within"), unit=words.unit("min")),),
            _("Thresholds of the first response"),
            help=_(
                "Each gives a fact: the share of tickets answered within so many minutes. "
                "An empty field removes its row."
            ),
        ),
        Table(
            ("tickets", "resolution_hours"),
            (Column((), "number", _("Resolved within"), unit=words.unit("h")),),
            _("Thresholds of the resolution"),
            help=_(
                "Each gives a fact: the share of tickets resolved within so many hours. "
                "An empty field removes its row."
            ),
        ),
    ]


def reviews_tables(document: Any) -> list[Table]:
    groups = {
        "supervisor": _("Supervisor"),
        "peer": _("Colleagues of the team"),
        "subordinate": _("People led"),
        "cross_team": _("Other teams"),
    }
    share = _("Its part in the score beside the others; a review of oneself has none.")
    weights = tuple(
        Column(("weights", key), "number", label, unit=_("weight"), help=share)
        for key, label in groups.items()
    )
    raters = Column(
        ("min_raters",), "number", _("Reviews for a group to show"), unit=_("reviews"),
        help=_("Groups with fewer are pooled, so that nobody is found out. 3 at least. Empty: 3."),
    )  # fmt: skip
    carry = Column(
        ("carry_months",), "number", _("Result is carried on for"), unit=words.unit("mon"),
        help=_("So long the last result stands in for a month without reviews. Empty: 2."),
    )  # fmt: skip
    return [
        Table(("reviews",), (*weights, raters, carry), _("Groups"), single=True),
        Table(
            ("reviews", "competencies"),
            name_columns(),
            _("Competencies"),
            keyed=True,
            key_label=_("Code"),
            help=_("What reviewers rate from 1 to 5; at most 20."),
        ),
    ]


def ramp_table() -> Table:
    def month(index: int) -> str:
        if index == 0:
            return str(_("Less than one month employed"))
        return str(ngettext("%(num)d full month employed", "%(num)d full months employed", index))

    return Table(
        ("scoring", "ramp"),
        (Column((), "share", _("Part of the way from floor to target")),),
        _("Easing for new hires"),
        help=_(
            "On lines that are eased, target and stretch move towards the floor. "
            "An empty field removes its row."
        ),
        numbered=month,
    )


def names_in(table: Table, document: Any) -> dict[str, str]:
    """What the keyed rows of a table are called in the reader's language."""
    content = value_at(document, table.at)
    if not isinstance(content, dict):
        return {}
    named = {key: value_at(each, (language(),)) for key, each in content.items()}
    return {
        key: said if isinstance(said, str) and said else table.names.get(key, key)
        for key, said in named.items()
    }
