"""Written feedback on a month, and running notes during it.

A note belongs to whoever wrote it until it is shared: until then nobody else reads it, and the
audit trail tells only that there is one.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from core import audit
from core.actor import Actor
from core.clock import Now
from core.db import one_at_a_time
from core.errors import N_, Conflict, NotFound, Refused
from core.values import Month
from evaluations.holding import employed, hold_records, not_oneself
from evaluations.monthly.models import EvaluationFeedback, EvaluationNote
from evaluations.monthly.queries import owns
from evaluations.monthly.services import submitted_of
from staff import notices
from staff.models import Employee
from staff.people import person_of

PARTS = ("strengths", "improve", "next_step")
LONGEST = 4000
LONGEST_NOTE = 1000
NOTES = "evaluation notes"  # what writers wait for: the same is kept once
SHARED = notices.kind("evaluation.note", N_("A note about %(day)s is shared with you"))


@dataclass(frozen=True, slots=True)
class Written:
    """A part of the feedback as it was typed over ``version``; ``stale`` holds what stands there
    where somebody else changed it meanwhile."""

    part: str
    text: str
    version: str
    stale: str | None = None


def text_version(text: str) -> str:
    """What tells whether a text is still the one that was seen."""
    return hashlib.sha256(text.encode()).hexdigest()[:16] if text else ""


def write_feedback(
    session: Session,
    *,
    actor: Actor,
    now: Now,
    month: Month,
    employee_id: int,
    parts: Mapping[str, tuple[str, str]],
) -> list[Written]:
    """Store parts of the feedback: text and the version of what it was typed over, by part.

    A part that somebody else changed meanwhile is not stored, and comes back as stale. Raises
    ``Conflict`` in a closed month and for a submitted evaluation, ``Forbidden`` for oneself.
    """
    hold_records(session, month)
    person = _about(session, actor, employee_id)
    if submitted_of(session, month, [employee_id]):
        raise Conflict(N_("It is submitted: it has to be returned first."))
    row = session.get(EvaluationFeedback, (employee_id, month))
    made: list[Written] = []
    before: dict[str, str] = {}
    for part in PARTS:
        if part not in parts:
            continue
        text, version = (_plain(parts[part][0], part), parts[part][1])
        held = "" if row is None else getattr(row, part)
        if text == held:
            made.append(Written(part, text, text_version(text)))
        elif version != text_version(held):
            made.append(Written(part, text, text_version(held), stale=held))
        else:
            row = row or EvaluationFeedback(
                employee_id=employee_id, month=month, strengths="", improve="", next_step=""
            )
            before[part] = held
            setattr(row, part, text)
            made.append(Written(part, text, text_version(text)))
    if row is not None and before:
        row.by, row.at = actor.label, now.moment
        session.add(row)
        session.flush()
        _note_feedback(session, actor, now, row, person, before)
    return made


def _note_feedback(
    session: Session,
    actor: Actor,
    now: Now,
    row: EvaluationFeedback,
    person: Employee,
    before: Mapping[str, str],
) -> None:
    audit.record(
        session,
        actor=actor,
        at=now.moment,
        action="evaluation.feedback",
        subject=f"evaluation:{row.month}:{person.employee_no}",
        before=before,
        after={part: getattr(row, part) for part in before},
    )


def _plain(text: str, part: str) -> str:
    plain = text.replace("\r\n", "\n").strip()
    if len(plain) > LONGEST:
        raise Refused(N_("is longer than %(limit)s characters"), field=part, limit=LONGEST)
    return plain


def add_note(
    session: Session,
    *,
    actor: Actor,
    now: Now,
    employee_id: int,
    day: date,
    kind: str,
    text: str,
    shared: bool = False,
) -> EvaluationNote:
    """Note something that somebody did well or badly; private until it is shared.

    Raises ``Forbidden`` for oneself, ``Refused`` for an empty text, a day to come or on which the
    person was not employed, ``Conflict`` for the same word for word: a form that was sent twice.
    """
    one_at_a_time(session, NOTES)
    person = _about(session, actor, employee_id)
    text = text.replace("\r\n", "\n").strip()
    if not text:
        raise Refused(N_("Say what happened."), field="text")
    if len(text) > LONGEST_NOTE:
        raise Refused(N_("is longer than %(limit)s characters"), field="text", limit=LONGEST_NOTE)
    if day > now.wall.date():
        raise Refused(N_("This day is still to come."), field="day")
    employed(person, day, "day")
    said = {
        "employee_id": employee_id,
        "day": day,
        "kind": kind,
        "text": text,
        "written_by": actor.label,
    }
    if session.scalar(select(EvaluationNote.id).filter_by(**said).limit(1)) is not None:
        raise Conflict(N_("You kept this note already, in the same words."))
    note = EvaluationNote(
        **said,
        written_at=now.moment,
        shared_at=now.moment if shared else None,
    )
    session.add(note)
    session.flush()
    _trace(session, actor, now, "noted", note, person)
    if shared:
        _announce(session, now, note)
    return note


def share_note(session: Session, *, actor: Actor, now: Now, note_id: int) -> EvaluationNote:
    """Show a note to the employee, and so to HR; it cannot be taken back.

    Raises ``NotFound`` for notes of others, ``Conflict`` where it is shared already.
    """
    one_at_a_time(session, NOTES)
    note = _own(session, actor, note_id)
    if note.shared_at is not None:
        raise Conflict(N_("This note is shared already."))
    note.shared_at = now.moment
    session.flush()
    person = session.get_one(Employee, note.employee_id)
    _trace(session, actor, now, "note_shared", note, person)
    _announce(session, now, note)
    return note


def _announce(session: Session, now: Now, note: EvaluationNote) -> None:
    notices.notify(
        session,
        now=now.moment,
        to=[note.employee_id],
        kind=SHARED,
        params={"day": note.day},
        endpoint="evaluations.own",
        values={"month": str(Month.of(note.day))},
    )


def remove_note(session: Session, *, actor: Actor, now: Now, note_id: int) -> None:
    """Take a note of one's own away, while nobody else has seen it. Raises like ``share_note``."""
    one_at_a_time(session, NOTES)
    note = _own(session, actor, note_id)
    if note.shared_at is not None:
        raise Conflict(N_("This note is shared already."))
    person = session.get_one(Employee, note.employee_id)
    session.delete(note)
    session.flush()
    _trace(session, actor, now, "note_removed", note, person)


def _own(session: Session, actor: Actor, note_id: int) -> EvaluationNote:
    note = session.get(EvaluationNote, note_id)
    if note is None or not owns(actor.label, note.written_by):
        raise NotFound(N_("There is no such note."))
    return note


def _trace(
    session: Session, actor: Actor, now: Now, what: str, note: EvaluationNote, person: Employee
) -> None:
    """What a note says stands in the trail only from the moment on at which it is shared."""
    after: dict[str, object] = {"day": note.day.isoformat()}
    if note.shared_at is not None:
        after |= {"kind": note.kind, "text": note.text}
    audit.record(
        session,
        actor=actor,
        at=now.moment,
        action=f"evaluation.{what}",
        subject=f"evaluation note:{note.id}:{person.employee_no}",
        after=after,
    )


def _about(session: Session, actor: Actor, employee_id: int) -> Employee:
    not_oneself(actor, employee_id)
    return person_of(session, employee_id)
