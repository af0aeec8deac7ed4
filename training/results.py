"""Results of a session, entered by hand: who attended a course on a day, and with what score."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from core import audit
from core.actor import Actor
from core.clock import Now
from core.db import one_at_a_time
from core.errors import N_, Conflict, Forbidden, NotFound, Refused
from core.models import MonthState
from core.seen import Meanwhile
from core.values import Month
from staff.models import Employee
from training.models import Course, TrainingRecord

STATUSES = ("attended", "missed", "excused")


@dataclass(frozen=True, slots=True)
class Result:
    """``status`` is None for whoever was not asked to come; ``passed`` None: by the pass mark."""

    status: str | None
    hours: float | None = None
    score: float | None = None
    passed: bool | None = None

    @property
    def text(self) -> str:
        """The same as a word, to see whether somebody changed it meanwhile."""
        if self.status is None:
            return ""
        return "|".join(
            "" if each is None else exact(each) if isinstance(each, float) else str(each)
            for each in (self.status, self.hours, self.score, self.passed)
        )


def exact(value: float) -> str:
    """As short as it may be written and still read as the same number."""
    return repr(value).removesuffix(".0")


NOTHING = Result(None)


@dataclass(frozen=True, slots=True)
class Entered:
    """What was typed for one person, and the ``text`` of what stood there when it was shown."""

    result: Result
    seen: str


def enter_results(
    session: Session,
    *,
    actor: Actor,
    now: Now,
    course_id: int,
    day: date,
    mandatory: bool,
    retag: bool = False,
    people: Mapping[int, Entered],
) -> int:
    """Write what differs of a session; how many people's. Whom the actor reaches is the route's
    affair. ``mandatory`` is what new records are; with ``retag`` those that are there become it.

    Raises ``Conflict`` where the month is closed, or somebody else entered something other for one
    of them meanwhile; ``Forbidden`` for oneself; ``Refused`` with the field ``day`` or ``p<id>``.
    """
    one_at_a_time(session, "months")  # no month closes meanwhile, nobody else enters
    course = session.get(Course, course_id)
    if course is None:
        raise NotFound(N_("There is no such course."))
    if day > now.wall.date():
        raise Refused(N_("This day is still to come."), field="day")
    if is_closed(session, Month.of(day)):
        raise Conflict(
            N_("%(month)s is closed: its records stay as they are."), month=str(Month.of(day))
        )
    known = {
        row.employee_id: row
        for row in session.scalars(
            select(TrainingRecord).where(
                TrainingRecord.course_id == course_id,
                TrainingRecord.day == day,
                TrainingRecord.employee_id.in_(people),
            )
        )
    }
    named = {
        row.id: row for row in session.scalars(select(Employee).where(Employee.id.in_(people)))
    }
    desk = _Desk(session, actor, now, course, day, mandatory, retag)
    return sum(
        desk.enter(named[who], known.get(who), entered) for who, entered in sorted(people.items())
    )


def is_closed(session: Session, month: Month) -> bool:
    state = session.scalar(select(MonthState.state).where(MonthState.month == month))
    return state == "closed"


def result_of(row: TrainingRecord | None) -> Result:
    """What is stored, as a result."""
    return NOTHING if row is None else Result(row.status, row.hours, row.score, row.passed)


@dataclass(frozen=True, slots=True)
class _Desk:
    session: Session
    actor: Actor
    now: Now
    course: Course
    day: date
    mandatory: bool
    retag: bool

    def enter(self, person: Employee, row: TrainingRecord | None, entered: Entered) -> bool:
        """Whether anything of this person's changed."""
        there, wanted = result_of(row), entered.result
        if wanted.text == entered.seen:
            wanted = there  # nothing was typed here: whatever somebody else entered stays
        asked = wanted.status is not None
        becomes = self.mandatory if row is None or self.retag else row.mandatory
        if there == wanted and (row is None or row.mandatory == becomes):
            return False
        if self.actor.is_person(person.id):
            raise Forbidden(N_("This is about you: somebody else has to do it."))
        if there.text != entered.seen:
            raise Meanwhile(
                N_("Somebody else entered something for %(name)s meanwhile: look at it, and send "
                   "again what should stand there."),
                name=person.name,
            )  # fmt: skip
        self._check(person, wanted)
        before = None if row is None else {**_told(there), "mandatory": row.mandatory}
        if not asked:
            self.session.delete(row)
        else:
            row = row or self._new(person)
            row.status, row.hours = wanted.status or "", wanted.hours
            row.score, row.passed, row.mandatory = wanted.score, wanted.passed, becomes
            self.session.add(row)
        self.session.flush()
        after = {**_told(wanted), "mandatory": becomes} if asked else None
        self._record(person, before, after)
        return True

    def _new(self, person: Employee) -> TrainingRecord:
        return TrainingRecord(employee_id=person.id, course_id=self.course.id, day=self.day)

    def _check(self, person: Employee, wanted: Result) -> None:
        field = f"p{person.id}"
        if self.day < person.hire_date or (
            person.leave_date is not None and self.day > person.leave_date
        ):
            raise Refused(
                N_("%(number)s was not employed on this day."),
                field=field,
                number=person.employee_no,
            )
        if wanted.status not in (None, *STATUSES):
            raise Refused(N_("Choose what became of it."), field=field)
        if wanted.score is not None and not 0 <= wanted.score <= 100:
            raise Refused(N_("A score is a number from 0 to 100."), field=field)
        if wanted.hours is not None and not 0 <= wanted.hours <= 24:
            raise Refused(N_("Hours are a number from 0 to 24."), field=field)
        if wanted.status != "attended" and (
            wanted.score is not None or wanted.passed is not None or wanted.hours is not None
        ):
            raise Refused(N_("Only who attended has hours, a score or a pass."), field=field)

    def _record(self, person: Employee, before: object, after: object) -> None:
        if before is None:
            action = "training.recorded"
        else:
            action = "training.removed" if after is None else "training.changed"
        subject = f"training:{person.employee_no}|{self.course.course_code}|{self.day}"
        audit.record(
            self.session,
            actor=self.actor,
            at=self.now.moment,
            action=action,
            subject=subject,
            before=before,
            after=after,
        )


def _told(result: Result) -> dict[str, object]:
    found: dict[str, object] = {
        "status": result.status,
        "hours": result.hours,
        "score": result.score,
        "passed": result.passed,
    }
    return {name: value for name, value in found.items() if value is not None}
