"""Appeals: lodged by the person, commented, decided line by line by somebody else in HR.

Who made or approved a record does not decide on it, nor does the person. What an accepted line
changes is done by ``closing.appeals.corrections``.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from closing.appeals import telling
from closing.appeals.models import Appeal, AppealComment, AppealLine
from closing.appeals.queries import standing
from closing.appeals.receipts import published_card
from closing.appeals.records import Record, costly_records
from closing.appeals.windows import Deadlines, deadlines_of
from closing.cards import CardView, stored_views
from closing.versions import policy_of_closing
from core import audit
from core.actor import Actor
from core.clock import Now
from core.db import one_at_a_time
from core.errors import N_, Conflict, Forbidden, NotFound, Refused
from core.models import Closing, MonthState
from core.values import Month
from core.viewer import Viewer
from evaluations.scorecards.models import Scorecard
from staff.models import Employee

APPEALS = "appeals"  # what those wait for who lodge and decide


@dataclass(frozen=True, slots=True)
class Asked:
    """One line as the person wrote it; ``name`` is that of a record."""

    name: str
    reason: str
    asked: str


def appealable(session: Session, scorecard_id: int) -> tuple[CardView, list[Record]]:
    """A published scorecard in force, and the records of it that cost something."""
    card = published_card(session, scorecard_id)
    closing = session.get_one(Closing, card.closing_id)
    (view,) = stored_views(session, closing, [card.employee_id])
    return view, costly_records(session, view)


def lodge(
    session: Session,
    *,
    actor: Actor,
    now: Now,
    scorecard_id: int,
    lines: Sequence[Asked],
    hr: Collection[int] = (),
) -> Appeal:
    """Appeal against records of one's own published scorecard: once for each revision.

    ``hr`` are the people of HR, who are told of it, as is the supervisor.

    Raises ``Forbidden`` for somebody else's, ``Conflict`` where there is one already,
    ``Refused`` after the window, without a line, and for a line without words; its field is
    ``reason-<name>`` or ``asked-<name>``.
    """
    one_at_a_time(session, APPEALS)
    card = published_card(session, scorecard_id)
    until = _open_window(session, actor, now, card)
    chosen = _chosen(appealable(session, scorecard_id)[1], lines)
    appeal = Appeal(
        scorecard_id=scorecard_id,
        employee_id=card.employee_id,
        month=card.month,
        state="lodged",
        lodged_at=now.moment,
        due_on=until.decide,
    )
    session.add(appeal)
    session.flush()
    session.add_all(_line(appeal, record, words) for record, words in chosen)
    session.flush()
    after = {"lines": [words.name for _, words in chosen], "due_on": str(appeal.due_on)}
    _record(session, actor, now, "appeal.lodged", appeal, after)
    telling.lodged(session, now, appeal, hr)
    return appeal


def _open_window(session: Session, actor: Actor, now: Now, card: Scorecard) -> Deadlines:
    """The deadlines of a scorecard against which this actor may appeal now, else raises."""
    if actor.employee_id != card.employee_id:
        raise Forbidden(N_("Only its owner appeals against a scorecard."))
    state = session.get_one(MonthState, card.month)
    assert state.published_at is not None  # published_card has seen to it
    closing = session.get_one(Closing, card.closing_id)
    section = policy_of_closing(session, closing.document_version_id).policy.appeals
    said = standing(session, card.id)
    until = deadlines_of(closing, section, said.since or state.published_at, now)
    if until.over(now.wall.date()):
        raise Refused(N_("Appeals were possible until %(day)s."), day=until.lodge)
    if said.appeal_id is not None:
        raise Conflict(N_("There is an appeal against this scorecard already."))
    return until


def _line(appeal: Appeal, record: Record, words: Asked) -> AppealLine:
    return AppealLine(
        appeal_id=appeal.id,
        record=record.record,
        key=record.key,
        was=record.was,
        makers=list(record.makers),
        reason=words.reason.strip(),
        asked=words.asked.strip(),
    )


def _chosen(records: Sequence[Record], lines: Sequence[Asked]) -> list[tuple[Record, Asked]]:
    known = {record.name: record for record in records}
    if not lines:
        raise Refused(N_("Say beside at least one record why it is not right."))
    if len({line.name for line in lines}) != len(lines):
        raise Refused(N_("Each record is named once."))
    for line in lines:
        if line.name not in known:
            raise Refused(N_("This record is not one of your scorecard that costs something."))
        if not line.reason.strip():
            raise Refused(N_("Say why it is not right."), field=f"reason-{line.name}")
        if not line.asked.strip():
            raise Refused(N_("Say what you ask for."), field=f"asked-{line.name}")
    return [(known[line.name], line) for line in lines]


def withdraw(session: Session, *, actor: Actor, now: Now, appeal_id: int) -> Appeal:
    """Take one's own appeal back, as long as no line of it is decided."""
    one_at_a_time(session, APPEALS)
    appeal = found(session, appeal_id)
    if actor.employee_id != appeal.employee_id:
        raise Forbidden(N_("Only who lodged an appeal takes it back."))
    decided = any(line.decision for line in lines_of(session, appeal_id))
    if appeal.state != "lodged" or decided:
        raise Conflict(N_("This appeal is being decided, or was: it cannot be taken back."))
    appeal.state, appeal.withdrawn_at = "withdrawn", now.moment
    session.flush()
    _record(session, actor, now, "appeal.withdrawn", appeal, None)
    return appeal


def comment(
    session: Session, *, actor: Actor, now: Now, appeal_id: int, text: str
) -> AppealComment:
    """Say something to an undecided appeal that is not one's own, once; the person reads it."""
    one_at_a_time(session, APPEALS)
    appeal = found(session, appeal_id)
    if actor.is_person(appeal.employee_id):
        raise Forbidden(N_("Others comment on an appeal; write your reasons into its lines."))
    if appeal.state != "lodged":
        raise Conflict(N_("This appeal is no longer open."))
    if not text.strip():
        raise Refused(N_("Write a comment."), field="text")
    said = {"appeal_id": appeal_id, "by": actor.label, "text": text.strip()}
    if session.scalar(select(AppealComment.id).filter_by(**said).limit(1)) is not None:
        raise Conflict(N_("You said this already, in the same words."))
    row = AppealComment(**said, at=now.moment)
    session.add(row)
    session.flush()
    _record(session, actor, now, "appeal.commented", appeal, {"text": row.text})
    return row


def decide_line(
    session: Session,
    *,
    actor: Actor,
    now: Now,
    line_id: int,
    decision: str,
    reason: str,
    change: Mapping[str, Any] | None = None,
) -> Appeal:
    """Decide one line; with the last one the appeal is decided and the person is told.

    ``change`` says what becomes of the record where it is not declined (``closing.appeals.changes``
    reads it). Raises ``Refused`` for the person, for who made or approved the record, and without
    a reason; ``Conflict`` where the line is decided already.
    """
    one_at_a_time(session, APPEALS)
    line = session.get(AppealLine, line_id)
    if line is None:
        raise NotFound(N_("There is no such line."))
    appeal = found(session, line.appeal_id)
    check_decider(session, actor, appeal, line)
    _check_undecided(appeal, line)
    if not reason.strip():
        raise Refused(N_("Give a reason; the person reads it."), field="reason")
    if decision not in ("accepted", "partly", "declined"):
        raise Refused(N_("Choose a decision."), field="decision")
    if decision != "declined" and not change:
        raise Refused(N_("Say what becomes of the record."), field="by_hand")
    line.decision, line.decision_reason = decision, reason.strip()
    line.change = None if decision == "declined" else dict(change or {})
    line.decided_by, line.decided_at = actor.label, now.moment
    session.flush()
    _record(
        session,
        actor,
        now,
        f"appeal.line_{decision}",
        appeal,
        {
            "line": f"{line.record}:{line.key}",
            "change": line.change,
            "reason": line.decision_reason,
        },
    )
    if all(each.decision for each in lines_of(session, appeal.id)):
        appeal.state, appeal.decided_at = "decided", now.moment
        session.flush()
        telling.decided(session, now, appeal)
    return appeal


def _check_undecided(appeal: Appeal, line: AppealLine) -> None:
    if appeal.state == "withdrawn":
        raise Conflict(N_("This appeal was taken back."))
    if line.decision is not None:
        raise Conflict(N_("%(by)s has decided this line already."), by=line.decided_by)


def check_decider(session: Session, actor: Actor, appeal: Appeal, line: AppealLine) -> None:
    """Raises ``Refused`` for the person, and for those who made or approved the record."""
    bar = bar_of(actor, appeal.employee_id, line.makers)
    if bar == "self":
        raise Refused(N_("Nobody decides on their own appeal."))
    if bar == "maker":
        raise Refused(
            N_(
                "You made or approved this record: somebody else decides on it. Where HR has "
                "nobody else, the second decider does, whom an administrator appoints."
            )
        )


def bar_of(who: Actor | Viewer, owner_id: int, makers: Sequence[str]) -> str | None:
    """Why somebody may not decide a line: ``self``, ``maker`` or None."""
    if who.is_person(owner_id):
        return "self"
    return "maker" if any(who.has_part_in(label) for label in makers) else None


def found(session: Session, appeal_id: int) -> Appeal:
    appeal = session.get(Appeal, appeal_id, with_for_update=True)
    if appeal is None:
        raise NotFound(N_("There is no such appeal."))
    return appeal


def lines_of(session: Session, appeal_id: int) -> list[AppealLine]:
    """In the order in which they were written."""
    rows = session.scalars(
        select(AppealLine).where(AppealLine.appeal_id == appeal_id).order_by(AppealLine.id)
    )
    return list(rows)


def month_is(session: Session, month: Month) -> str:
    """``open``, ``closed``, or ``paid`` once its payroll was exported."""
    state = session.get(MonthState, month)
    if state is None or state.state == "open":
        return "open"
    return "closed" if state.exported_at is None else "paid"


def _record(
    session: Session,
    actor: Actor,
    now: Now,
    action: str,
    appeal: Appeal,
    after: Mapping[str, Any] | None,
) -> None:
    number = session.get_one(Employee, appeal.employee_id).employee_no
    audit.record(
        session,
        actor=actor,
        at=now.moment,
        action=action,
        subject=f"appeal:{appeal.id}:{number}:{appeal.month}",
        after=dict(after) if after else None,
    )
