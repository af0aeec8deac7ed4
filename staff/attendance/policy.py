"""The sections ``attendance`` and ``leave`` of the policy (docs/attendance.md). Pure."""

from __future__ import annotations

from dataclasses import dataclass

from core.documents import N_, Section
from core.values import Names


@dataclass(frozen=True, slots=True)
class AttendanceSection:
    """Points taken from the attendance score per event, and how punches are read.

    ``late_tiers`` are minutes: each N gives a fact ``late_over_N_count``. Punches less than
    ``repeat_minutes`` after the one before are dropped. ``corrections`` is how many punch
    corrections one may ask for in a month, None for any number.
    """

    late: float
    early_leave: float
    missing_punch: float
    absent: float
    late_tiers: tuple[int, ...] = ()
    repeat_minutes: int = 5
    corrections: int | None = None


@dataclass(frozen=True, slots=True)
class LeaveType:
    """A type of leave; days of a protected one do not lower the pay ratio."""

    key: str
    protected: bool
    names: Names


# docs/attendance.md, Leave types: what holds where a policy names no types.
DEFAULT_LEAVE: dict[str, LeaveType] = {
    key: LeaveType(key, protected, Names(zh, en))
    for key, protected, zh, en in (
        ("annual", True, "年假", "Annual leave"),
        ("marriage", True, "婚假", "Marriage leave"),
        ("bereavement", True, "丧假", "Bereavement leave"),
        ("maternity", True, "产假", "Maternity leave"),
        ("paternity", True, "陪产假", "Paternity leave"),
        ("prenatal", True, "产检假", "Prenatal checks"),
        ("nursing", True, "哺乳时间", "Nursing hours"),
        ("work_injury", True, "工伤假", "Work-injury leave"),
        ("sick", False, "病假", "Sick leave"),
        ("personal", False, "事假", "Personal leave"),
        ("compensatory", False, "调休", "Time off in lieu"),
    )
}


def read_attendance(document: Section) -> AttendanceSection:
    """Read the section ``attendance``; what is wrong is noted in the document."""
    section = document.section("attendance")
    limit = section.whole("corrections", high=100, default=-1)
    result = AttendanceSection(
        late=section.number("late", low=0),
        early_leave=section.number("early_leave", low=0),
        missing_punch=section.number("missing_punch", low=0),
        absent=section.number("absent", low=0),
        late_tiers=section.wholes("late_tiers", low=1, high=1440),
        repeat_minutes=section.whole("repeat_minutes", high=1440, default=5),
        corrections=None if limit < 0 else limit,
    )
    section.done()
    return result


def read_leave(document: Section) -> dict[str, LeaveType]:
    """Read the section ``leave``: types by key, the usual ones where the section is absent."""
    if not document.has("leave"):
        document.raw("leave", None)
        return dict(DEFAULT_LEAVE)
    types = {}
    for key, section in document.entries("leave"):
        usual = DEFAULT_LEAVE.get(key)
        if usual is None and not section.has("protected"):
            section.problem("protected", N_("is missing: say whether this leave is protected"))
        protected = section.flag("protected", default=usual is not None and usual.protected)
        types[key] = LeaveType(key, protected, section.names())
        section.done()
    return types
