"""The curriculum: courses written and changed by hand."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import asdict, dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from core import audit
from core.actor import Actor
from core.clock import Now
from core.db import one_at_a_time
from core.errors import N_, NotFound, Refused
from core.seen import check_seen
from core.seen import state_of as state_of_contents
from training.models import Course

COURSES = "courses"
LONGEST = 1000  # of a list of positions or metrics
CATEGORIES = (
    "product",
    "communication",
    "problem_solving",
    "complaint_handling",
    "etiquette",
    "tools",
    "confidentiality",
    "ethics",
)


@dataclass(frozen=True, slots=True)
class Written:
    """What a form says of a course; ``positions`` and ``metrics`` are keys."""

    name: str
    category: str | None = None
    positions: tuple[str, ...] = ()
    due_days: int | None = None
    valid_months: int | None = None
    hours: float | None = None
    pass_mark: float | None = None
    metrics: tuple[str, ...] = ()


def add_course(
    session: Session,
    *,
    actor: Actor,
    now: Now,
    code: str,
    written: Written,
    known: Collection[str],
) -> Course:
    """``known`` are the metrics that a course may be meant to raise.

    Raises ``Refused`` with the field ``course_code``, ``name``, ``due_days`` or ``metrics``.
    """
    one_at_a_time(session, COURSES)
    code = code.strip()
    if not code:
        raise Refused(N_("Give it a code."), field="course_code")
    if session.scalar(select(Course.id).where(Course.course_code == code)) is not None:
        raise Refused(N_("There is a course of this code already."), field="course_code")
    course = Course(course_code=code)
    _write(course, written, known)
    session.add(course)
    session.flush()
    _record(session, actor, now, course, "course.added", None)
    return course


def change_course(
    session: Session,
    *,
    actor: Actor,
    now: Now,
    course_id: int,
    written: Written,
    seen: str,
    known: Collection[str],
) -> Course:
    """``seen`` is the ``state_of`` it when the form was opened: raises ``Meanwhile`` where it was
    changed since. Closed months keep what they were closed with."""
    one_at_a_time(session, COURSES)
    course = session.get(Course, course_id)
    if course is None:
        raise NotFound(N_("There is no such course."))
    before = _contents(course)
    check_seen(seen, before)
    _write(course, written, {*known, *_listed(course.metrics)})
    session.flush()
    if _contents(course) != before:
        _record(session, actor, now, course, "course.changed", before)
    return course


def state_of(course: Course) -> str:
    """Tells apart two states of a course."""
    return state_of_contents(_contents(course))


def _write(course: Course, written: Written, known: Collection[str]) -> None:
    name = " ".join(written.name.split())
    if not name:
        raise Refused(N_("Give it a name."), field="name")
    unknown = [key for key in written.metrics if key not in known]
    if unknown:
        raise Refused(N_('the policy knows no metric "%(key)s"'), field="metrics", key=unknown[0])
    if any(";" in each for each in written.positions):
        raise Refused(N_("A position has no semicolon in it."), field="positions")
    for field, value in asdict(written).items():
        plain = ";".join(value) if isinstance(value, tuple) else value
        if isinstance(plain, str) and len(plain) > LONGEST:
            raise Refused(N_("is longer than %(limit)s characters"), field=field, limit=LONGEST)
        setattr(course, field, plain)
    course.name = name


def _contents(course: Course) -> dict[str, object]:
    return {field: getattr(course, field) for field in Written.__slots__}


def _listed(text: str) -> list[str]:
    return [part for part in text.split(";") if part]


def _record(
    session: Session, actor: Actor, now: Now, course: Course, action: str, before: object
) -> None:
    audit.record(
        session,
        actor=actor,
        at=now.moment,
        action=action,
        subject=f"course:{course.course_code}",
        before=before,
        after=_contents(course),
    )
