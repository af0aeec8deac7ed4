"""Entering values, submitting an evaluation, giving it back.

Nobody evaluates themselves; a closed month and a submitted evaluation are not touched. Whom an
actor reaches, and which metrics a person is measured by, is the route's affair.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from core import audit
from core.actor import Actor, people_in
from core.clock import Now
from core.errors import N_, Conflict, NotFound, Refused
from core.imports.cells import Bad
from core.messages import Message, message
from core.values import FactSpec, Month
from evaluations.holding import hold_records, not_oneself
from evaluations.models import MetricValue
from evaluations.monthly.cells import Typed, is_version, read, version_of
from evaluations.monthly.models import EvaluationState
from staff import notices
from staff.models import Employee

LONGEST_REASON = 500
SUBMITTED = notices.kind(
    "evaluation.submitted", N_("Your evaluation of %(month)s is submitted: values and feedback")
)
RETURNED = notices.kind(
    "evaluation.returned",
    N_("The evaluation of %(name)s for %(month)s is given back; its page says why"),
)


@dataclass(frozen=True, slots=True)
class Entry:
    """A text typed into a cell over what it held then (``version``).

    ``departs`` says that the records give a value too, so that a reason is needed; ``declared``
    that only the policy knows the metric.
    """

    employee_id: int
    spec: FactSpec
    text: str
    version: str
    departs: bool = False
    declared: bool = False


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of an entry: ``saved``, ``same``, ``stale``, ``reason`` (one is needed) or
    ``refused``. ``held`` is what the cell holds now."""

    entry: Entry
    state: str
    held: Typed | None
    message: Message | None = None


def enter_values(
    session: Session,
    *,
    actor: Actor,
    now: Now,
    month: Month,
    entries: Sequence[Entry],
    reason: str = "",
) -> list[Outcome]:
    """Store what was typed, cell by cell: one that cannot be taken does not hold up the others.

    An empty text takes a value away. ``reason`` is kept with values that depart from what the
    records give. Raises ``Conflict`` in a closed month.
    """
    reason = reason.strip()
    if len(reason) > LONGEST_REASON:
        raise Refused(
            N_("is longer than %(limit)s characters"), field="reason", limit=LONGEST_REASON
        )
    hold_records(session, month)
    people = {each.employee_id for each in entries}
    numbers = _numbers(session, people)
    submitted = submitted_of(session, month, people)
    rows = _values(session, month, people)
    made: list[Outcome] = []
    for entry in entries:
        row = rows.get((entry.employee_id, entry.spec.key))
        outcome = _judged(entry, row, actor, submitted, reason)
        if outcome.state == "saved":
            number = numbers[entry.employee_id]
            row = _store(session, actor, now, month, number, outcome, row, reason)
            if row is None:
                rows.pop((entry.employee_id, entry.spec.key), None)
            else:
                rows[entry.employee_id, entry.spec.key] = row
        made.append(outcome)
    session.flush()
    return made


def _judged(
    entry: Entry, row: MetricValue | None, actor: Actor, submitted: Collection[int], reason: str
) -> Outcome:
    """What is to become of an entry; ``held`` is then what its cell will hold."""
    held = None if row is None else Typed(row.value, row.sample_size)
    if is_version(entry.spec, entry.text, entry.version):  # nobody touched it
        return Outcome(entry, "same", held)
    if actor.is_person(entry.employee_id):
        return Outcome(entry, "refused", held, message(N_("Nobody evaluates themselves.")))
    if entry.employee_id in submitted:
        return Outcome(
            entry, "refused", held, message(N_("It is submitted: it has to be returned first."))
        )
    try:
        wanted = read(entry.spec, entry.text, declared=entry.declared)
    except Bad as bad:
        return Outcome(entry, "refused", held, bad.message)
    if wanted == held:
        return Outcome(entry, "same", held)
    if entry.version != version_of(*((held.value, held.sample_size) if held else (None, None))):
        return Outcome(
            entry, "stale", held, message(N_("Somebody else has changed this value meanwhile."))
        )
    if wanted is not None and entry.departs and not reason:
        why = message(N_("Say why it departs from what the records give."))
        return Outcome(entry, "reason", held, why)
    return Outcome(entry, "saved", wanted)


def _store(
    session: Session,
    actor: Actor,
    now: Now,
    month: Month,
    number: str,
    outcome: Outcome,
    row: MetricValue | None,
    reason: str,
) -> MetricValue | None:
    entry, held = outcome.entry, outcome.held
    before = None if row is None else _told(row)
    if held is None:
        if row is not None:
            session.delete(row)
        row = None
    else:
        row = row or MetricValue(employee_id=entry.employee_id, month=month, metric=entry.spec.key)
        row.value, row.sample_size = held.value, held.sample_size
        row.reason = reason if entry.departs else None
        row.entered_by = actor.label
        session.add(row)
    audit.record(
        session,
        actor=actor,
        at=now.moment,
        action="evaluation.value",
        subject=f"evaluation:{month}:{number}:{entry.spec.key}",
        before=before,
        after=None if row is None else _told(row),
    )
    return row


def _told(row: MetricValue) -> dict[str, object]:
    return {"value": row.value, "sample_size": row.sample_size, "reason": row.reason}


def submit(
    session: Session, *, actor: Actor, now: Now, month: Month, people: Collection[int]
) -> int:
    """Hand in evaluations: their values are read-only from now on, and the employees see them.

    Returns how many were handed in; what is submitted already stays as it is. Raises
    ``Forbidden`` for oneself, ``Conflict`` in a closed month.
    """
    hold_records(session, month)
    not_oneself(actor, *people)
    numbers = _numbers(session, people)
    rows = _states(session, month, people)
    done: set[int] = set()
    for employee_id in sorted(people):
        row = rows.get(employee_id)
        if row is not None and row.state == "submitted":
            continue
        before = None if row is None else {"state": row.state, "reason": row.reason}
        row = row or EvaluationState(employee_id=employee_id, month=month)
        row.state, row.reason = "submitted", None
        row.at, row.by, row.submitted_by = now.moment, actor.label, actor.label
        session.add(row)
        _tell(session, actor, now, "submitted", f"{month}:{numbers[employee_id]}", before, row)
        done.add(employee_id)
    session.flush()
    notices.notify(
        session,
        now=now.moment,
        to=done,
        kind=SUBMITTED,
        params={"month": month},
        endpoint="evaluations.own",
        values={"month": str(month)},
    )
    return len(done)


def give_back(
    session: Session, *, actor: Actor, now: Now, month: Month, employee_id: int, reason: str
) -> EvaluationState:
    """Open a submitted evaluation again: *returned*, or *reopened* by whoever submitted it.

    Raises ``Refused`` without a reason, ``Forbidden`` for one's own, ``Conflict`` where it is not
    submitted or the month is closed.
    """
    reason = reason.strip()
    if not reason:
        raise Refused(N_("Say why it is given back."), field="reason")
    hold_records(session, month)
    numbers = _numbers(session, [employee_id])
    not_oneself(actor, employee_id)
    row = _states(session, month, [employee_id]).get(employee_id)
    if row is None or row.state != "submitted":
        raise Conflict(N_("This evaluation is not submitted."))
    before = {"state": row.state}
    row.state = "reopened" if actor.has_part_in(row.submitted_by) else "returned"
    row.reason, row.at, row.by = reason, now.moment, actor.label
    session.flush()
    _tell(session, actor, now, row.state, f"{month}:{numbers[employee_id]}", before, row)
    if row.state == "returned":
        _tell_submitter(session, now, month, row, numbers[employee_id])
    return row


def _tell_submitter(
    session: Session, now: Now, month: Month, row: EvaluationState, number: str
) -> None:
    """Whoever submitted it, and the one for whom they did it."""
    submitter = select(Employee.id).where(Employee.employee_no.in_(people_in(row.submitted_by)))
    notices.notify(
        session,
        now=now.moment,
        to=session.scalars(submitter).all(),
        kind=RETURNED,
        params={"month": month, "name": session.get_one(Employee, row.employee_id).name},
        endpoint="evaluations.person",
        values={"month": str(month), "employee_no": number},
    )


def _tell(
    session: Session,
    actor: Actor,
    now: Now,
    what: str,
    subject: str,
    before: object,
    row: EvaluationState,
) -> None:
    audit.record(
        session,
        actor=actor,
        at=now.moment,
        action=f"evaluation.{what}",
        subject=f"evaluation:{subject}",
        before=before,
        after={"state": row.state, "reason": row.reason},
    )


def submitted_of(session: Session, month: Month, people: Collection[int]) -> frozenset[int]:
    """Of these people those whose evaluation is submitted."""
    states = _states(session, month, people)
    return frozenset(who for who, row in states.items() if row.state == "submitted")


def _states(session: Session, month: Month, people: Collection[int]) -> dict[int, EvaluationState]:
    rows = session.scalars(
        select(EvaluationState).where(
            EvaluationState.month == month, EvaluationState.employee_id.in_(sorted(people))
        )
    )
    return {row.employee_id: row for row in rows}


def _values(
    session: Session, month: Month, people: Collection[int]
) -> dict[tuple[int, str], MetricValue]:
    rows = session.scalars(
        select(MetricValue).where(
            MetricValue.month == month, MetricValue.employee_id.in_(sorted(people))
        )
    )
    return {(row.employee_id, row.metric): row for row in rows}


def _numbers(session: Session, people: Collection[int]) -> dict[int, str]:
    """Employee numbers by id; raises ``NotFound`` where one is of nobody."""
    found = dict(
        session.execute(
            select(Employee.id, Employee.employee_no).where(Employee.id.in_(sorted(people)))
        ).all()
    )
    if len(found) != len(set(people)):
        raise NotFound(N_("There is no such person."))
    return found
