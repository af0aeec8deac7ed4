"""Spot checks made by a checklist, entered by hand and changed until their month closes.

Nobody checks themselves. Whom an actor reaches is the route's affair.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from core import audit
from core.actor import Actor
from core.clock import Now
from core.errors import N_, Conflict, NotFound, Refused
from core.messages import Message, message
from core.seen import Meanwhile
from core.values import Month
from evaluations.checks.checklists import items_of
from evaluations.checks.models import CheckAnswer, Checklist, ChecklistVersion, CheckSheet
from evaluations.checks.scoring import Item, Result, score
from evaluations.holding import employed, hold_records, not_oneself, short_enough
from evaluations.models import SpotCheck
from staff import notices
from staff.models import Employee
from staff.people import person_of

LONGEST_REMARK = 500
LONGEST_COMMENT = 2000
LONGEST_REFERENCE = 120
ENTERED = notices.kind("check.entered", N_("A quality check of %(day)s was entered about you"))
CHANGED = notices.kind("check.changed", N_("Your quality check of %(day)s was changed"))


def subject(check_id: int) -> str:
    """What the files of a check belong to."""
    return f"check:{check_id}"


@dataclass(frozen=True, slots=True)
class Answers:
    """What was filled in: ``given`` answers and ``remarks``, by the place of their item."""

    given: Mapping[int, str]
    remarks: Mapping[int, str]
    comment: str = ""
    evidence: str = ""
    reference: str = ""


def enter_check(
    session: Session,
    *,
    actor: Actor,
    now: Now,
    employee_id: int,
    day: date,
    version_id: int,
    answers: Answers,
) -> SpotCheck:
    """Store a check with its score and answers.

    Raises ``Conflict`` in a closed month and where the actor checked the person on that day
    already, ``Forbidden`` for oneself, ``Refused`` for a day to come or outside the employment,
    a retired checklist, and answers that are not complete.
    """
    if day > now.wall.date():
        raise Refused(N_("This day is still to come."), field="day")
    hold_records(session, Month.of(day))
    person = person_of(session, employee_id)
    not_oneself(actor, employee_id)
    employed(person, day, "day")
    version = _usable(session, version_id)
    _check_first(session, actor, employee_id, day)
    items, answers = items_of(version), _trimmed(answers)
    result = scored(items, answers)
    check = SpotCheck(
        employee_id=employee_id,
        day=day,
        score=result.score,
        checked_by_id=actor.employee_id,
        comment=answers.comment or None,
    )
    session.add(check)
    session.flush()
    sheet = CheckSheet(
        spot_check_id=check.id,
        checklist_version_id=version.id,
        version=1,
        score=check.score,
        written_by=actor.label,
        written_at=now.moment,
    )
    session.add(sheet)
    _store(session, sheet, items, answers)
    _trace(session, actor, now, "entered", check, person, None, _kept(sheet, items, answers))
    _tell(session, now, ENTERED, check)
    return check


def change_check(
    session: Session,
    *,
    actor: Actor,
    now: Now,
    check_id: int,
    seen: int,
    answers: Answers,
) -> SpotCheck:
    """Answer anew what was shown as version ``seen``.

    Raises ``Meanwhile`` where somebody else changed it, ``Conflict`` in a closed month and
    where the score was corrected by an appeal or a file; else like ``enter_check``.
    """
    found = session.get(SpotCheck, check_id)
    if found is None:
        raise NotFound(N_("There is no such spot check."))
    hold_records(session, Month.of(found.day))
    check, sheet = session.get(SpotCheck, check_id), session.get(CheckSheet, check_id)
    if check is None or sheet is None:
        raise NotFound(N_("There is no such spot check."))
    not_oneself(actor, check.employee_id)
    if sheet.version != seen:
        raise Meanwhile(N_("Somebody else changed this check meanwhile."))
    if sheet.score != check.score:
        raise Conflict(N_("The score was corrected since: the answers do not make it any more."))
    version = session.get_one(ChecklistVersion, sheet.checklist_version_id)
    items, answers = items_of(version), _trimmed(answers)
    before = _kept(sheet, items, stored(session, check, sheet))
    result = scored(items, answers)
    assert result.score is not None  # ``scored`` refuses what has none
    check.score = sheet.score = result.score
    check.comment = answers.comment or None
    sheet.version += 1
    sheet.changed_by, sheet.changed_at = actor.label, now.moment
    session.execute(delete(CheckAnswer).where(CheckAnswer.spot_check_id == check_id))
    _store(session, sheet, items, answers)
    person = person_of(session, check.employee_id)
    _trace(session, actor, now, "changed", check, person, before, _kept(sheet, items, answers))
    _tell(session, now, CHANGED, check)
    return check


def stored(session: Session, check: SpotCheck, sheet: CheckSheet) -> Answers:
    """What is kept of a check, as it would be filled in."""
    rows = session.execute(
        select(CheckAnswer.item, CheckAnswer.answer, CheckAnswer.remark)
        .where(CheckAnswer.spot_check_id == check.id)
        .order_by(CheckAnswer.item)
    ).all()
    return Answers(
        {row.item: row.answer for row in rows},
        {row.item: row.remark for row in rows if row.remark},
        check.comment or "",
        sheet.evidence,
        sheet.reference,
    )


def missing(items: Sequence[Item], answers: Answers) -> dict[str, Message]:
    """What is still to be filled in, by field: ``answer-3``, ``remark-3``."""
    found = {}
    for place, item in enumerate(items):
        answer = answers.given.get(place)
        if answer is None or answer not in item.answers:
            found[f"answer-{place}"] = message(N_("Answer every item."))
        elif item.asks_evidence(answer) and not answers.remarks.get(place):
            found[f"remark-{place}"] = message(N_("Say what was seen or heard."))
    return found


def scored(items: Sequence[Item], answers: Answers) -> Result:
    """What complete answers make; raises ``Refused`` for the first thing that is missing."""
    for field, problem in missing(items, answers).items():
        raise Refused(problem.msgid, field=field)
    result = score(items, answers.given)
    if result.score is None:
        raise Refused(N_("Nothing of it applies: there is no score."), field="answers")
    return result


def _usable(session: Session, version_id: int) -> ChecklistVersion:
    version = session.get(ChecklistVersion, version_id)
    if version is None:
        raise NotFound(N_("There is no such checklist."))
    if session.get_one(Checklist, version.checklist_id).state != "active":
        raise Refused(N_("%(name)s is not used any more."), field="checklist", name=version.name)
    return version


def _check_first(session: Session, actor: Actor, employee_id: int, day: date) -> None:
    """One check of a person on a day by whom: the identity of files, too."""
    query = select(SpotCheck.id).where(SpotCheck.employee_id == employee_id, SpotCheck.day == day)
    if actor.employee_id is not None:
        query = query.where(SpotCheck.checked_by_id == actor.employee_id)
    else:
        query = query.join(CheckSheet, CheckSheet.spot_check_id == SpotCheck.id).where(
            SpotCheck.checked_by_id.is_(None), CheckSheet.written_by == actor.label
        )
    if session.scalar(query.limit(1)) is not None:
        raise Conflict(
            N_("You have checked this person on this day already: change that check."), field="day"
        )


def _trimmed(answers: Answers) -> Answers:
    return Answers(
        dict(answers.given),
        {
            place: short_enough(text, f"remark-{place}", LONGEST_REMARK)
            for place, text in answers.remarks.items()
            if text.strip()
        },
        short_enough(answers.comment, "comment", LONGEST_COMMENT),
        short_enough(answers.evidence, "evidence", LONGEST_COMMENT),
        short_enough(answers.reference, "reference", LONGEST_REFERENCE),
    )


def _store(session: Session, sheet: CheckSheet, items: Sequence[Item], answers: Answers) -> None:
    sheet.reference, sheet.evidence = answers.reference, answers.evidence
    session.flush()
    session.add_all(
        CheckAnswer(
            spot_check_id=sheet.spot_check_id,
            item=place,
            answer=answers.given[place],
            remark=answers.remarks.get(place, ""),
        )
        for place in range(len(items))
    )
    session.flush()


def _kept(sheet: CheckSheet, items: Sequence[Item], answers: Answers) -> dict[str, object]:
    """What the audit trail tells of a check."""
    return {
        "score": sheet.score,
        "checklist_version": sheet.checklist_version_id,
        "answers": [answers.given.get(place, "") for place in range(len(items))],
        "remarks": {str(place): text for place, text in answers.remarks.items()},
        "comment": answers.comment,
        "evidence": answers.evidence,
        "reference": answers.reference,
    }


def _trace(
    session: Session,
    actor: Actor,
    now: Now,
    what: str,
    check: SpotCheck,
    person: Employee,
    before: object,
    after: object,
) -> None:
    audit.record(
        session,
        actor=actor,
        at=now.moment,
        action=f"spotcheck.{what}",
        subject=f"spotcheck:{person.employee_no}:{check.day.isoformat()}",
        before=before,
        after=after,
    )


def _tell(session: Session, now: Now, kind: str, check: SpotCheck) -> None:
    notices.notify(
        session,
        now=now.moment,
        to=[check.employee_id],
        kind=kind,
        params={"day": check.day},
        endpoint="evaluations.check",
        values={"check_id": check.id},
    )
