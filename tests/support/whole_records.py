"""What people write about each other in the centre of ``whole_centre``, with words that tell.

Each text says whom it is about, so that a page that shows it to somebody out of reach names them.
``MARKS`` are words that not even everybody who sees the person may read, and who may.
"""

from __future__ import annotations

from datetime import date, datetime

from factories import offices, people
from sqlalchemy import select
from sqlalchemy.orm import Session
from support.walltime import wall

from closing import follow_up, objections
from closing.appeals import receipts, services
from closing.appeals.queries import own_scorecard
from closing.appeals.services import Asked
from closing.drafts import create_draft
from closing.jobs import CLOSE
from closing.winners import confirm_winners
from core import attachments
from core.actor import Actor
from core.models import ImportBatch, ImportMap, Job, LateRow, UnmappedRow
from core.values import Month
from evaluations.checks.checklists import write_checklist
from evaluations.checks.scoring import Item
from evaluations.checks.services import Answers, enter_check
from evaluations.complaints.deciding import establish_cause
from evaluations.complaints.services import Described, enter_complaint
from evaluations.complaints.steps import take_step
from evaluations.monthly import services as monthly
from evaluations.monthly import writing
from evaluations.rounds.answering import answer
from evaluations.rounds.ending import end_round
from evaluations.rounds.models import ReviewAssignment
from evaluations.rounds.planning import Plan, plan_round
from evaluations.rounds.services import open_round
from rewards import procedure
from rewards.announcements import standing
from rewards.nominations import nominate
from rewards.recording import record_incident
from rewards.services import approve_incident
from staff.attendance.policy import DEFAULT_LEAVE
from staff.attendance.request_decisions import decide
from staff.attendance.request_rows import Who
from staff.attendance.requests import ask_for_correction, ask_for_leave
from staff.deputies import name_deputy
from staff.models import Employee

NOW = people.NOW
AUGUST, SEPTEMBER, OCTOBER = (Month(2026, number) for number in (8, 9, 10))
LEADERS = {"E0004": "E0002", "E0009": "E0008"}  # those about whom everything is written
COMPETENCIES = ("attitude", "communication")
FOR_EVER = date(2099, 12, 31)
# Words, and who may read them anywhere at all.
MARKS: dict[str, set[str]] = {
    "private-note": {"supervisor", "leader"},
    "shared-note": {"agent", "supervisor", "manager", "hr"},
    "draft-feedback": {"supervisor", "manager", "hr"},
    "submitted-feedback": {"agent", "supervisor", "manager", "hr", "auditor"},
    "own-statement": {"agent", "supervisor", "manager", "hr", "auditor"},
    "incident-file": {"agent", "supervisor", "manager", "hr", "auditor"},
    "appeal-reason": {"agent", "supervisor", "manager", "hr", "auditor"},
    "appeal-comment": {"agent", "supervisor", "manager", "hr", "auditor"},
    "appeal-file": {"agent", "supervisor", "manager", "hr", "auditor"},
    "receipt-comment": {"agent", "supervisor", "manager", "hr", "auditor"},
    "check-remark": {"agent", "supervisor", "manager", "hr"},
    "check-file": {"agent", "supervisor", "manager", "hr"},
    "complaint-cause": {"agent", "supervisor", "manager", "hr"},
    "complaint-file": {"agent", "supervisor", "manager", "hr"},
    "leave-reason": {"agent", "supervisor", "manager", "hr"},
    "punch-reason": {"agent", "supervisor", "manager", "hr"},
    "punch-file": {"agent", "supervisor", "manager", "hr"},
    "nomination-words": {"supervisor", "hr", "auditor"},  # results and reasons
    "objection-words": {"colleague", "hr"},
    "round-comment": {"agent", "supervisor", "manager", "hr"},
    "running-comment": {"agent", "supervisor", "colleague", "other"},  # each their own form
    "late-row": {"hr"},
    "unmapped-row": {"hr"},
    "map-of-source": {"hr"},
}


def actor(session: Session, number: str) -> Actor:
    found = session.scalars(select(Employee.id).where(Employee.employee_no == number)).one()
    return Actor(number, found, None, "walk")


def words(mark: str, number: str) -> str:
    return f"{mark} about {number}"


def file(session: Session, by: str, subject: str, mark: str, number: str) -> None:
    attachments.attach(
        session,
        actor=actor(session, by),
        now=NOW,
        subject=subject,
        name=f"{mark}-{number}.txt",
        content=words(mark, number).encode(),
    )


def before_the_close(session: Session) -> None:
    """Everything of August, September and October that closed months do not take any more."""
    for number, leader in LEADERS.items():
        _evaluation(session, number, leader)
        _incident(session, number, leader)
        _check_and_complaint(session, number, leader)
        _requests(session, number, leader)
        for month in (AUGUST, OCTOBER):
            nominate(
                session,
                actor=actor(session, leader),
                now=NOW,
                month=month,
                award=offices.policy().awards[offices.AWARD],
                employee_id=offices.employee_id(session, number),
                reason=words("nomination-words", number),
            )
    _rounds(session)
    _files(session)
    create_draft(session, actor=actor(session, "E0003"), now=NOW.moment, name="Stricter")
    session.add(
        Job(
            kind=CLOSE, subject=f"month:{OCTOBER}", state="failed", message="It was stopped.",
            actor={}, asked_by="E0003", asked_at=NOW.moment, ended_at=NOW.moment,
        )
    )  # fmt: skip
    for absent, deputy in (("E0002", "E0005"), ("E0008", "E0010")):
        name_deputy(
            session,
            actor=actor(session, absent),
            now=NOW,
            absent_id=offices.employee_id(session, absent),
            deputy_no=deputy,
            first=NOW.wall.date(),
            last=FOR_EVER,
        )


def after_publication(session: Session) -> None:
    """What answers to the results of August."""
    hr = actor(session, "E0003")
    confirm_winners(
        session,
        actor=hr,
        now=NOW,
        month=AUGUST,
        key=offices.AWARD,
        numbers=["E0004"],
        reason="a test",
    )
    for number, leader in LEADERS.items():
        _appeal(session, number, leader)
    follow_up.take_up(session, actor=hr, now=NOW, month=AUGUST, reach=select(Employee.id))
    decision = standing(session, AUGUST, offices.AWARD)
    assert decision is not None
    objections.lodge(
        session,
        actor=actor(session, "E0005"),
        now=NOW,
        decision_id=decision.id,
        text="objection-words about the winner",
        hr=[hr.employee_id or 0],
    )


def _evaluation(session: Session, number: str, leader: str) -> None:
    who, by = offices.employee_id(session, number), actor(session, leader)
    for mark, shared in (("private-note", False), ("shared-note", True)):
        writing.add_note(
            session,
            actor=by,
            now=NOW,
            employee_id=who,
            day=date(2026, 8, 12),
            kind="bad",
            text=words(mark, number),
            shared=shared,
        )
    for month, mark in ((AUGUST, "submitted-feedback"), (OCTOBER, "draft-feedback")):
        writing.write_feedback(
            session,
            actor=by,
            now=NOW,
            month=month,
            employee_id=who,
            parts={part: (words(mark, number), "") for part in writing.PARTS},
        )
    monthly.submit(session, actor=by, now=NOW, month=AUGUST, people={who})


def _incident(session: Session, number: str, leader: str) -> None:
    """Recorded, told, answered, with a file, approved and served; counts in August."""
    hr = actor(session, "E0003")
    made = record_incident(
        session,
        actor=actor(session, leader),
        now=NOW,
        employee_id=offices.employee_id(session, number),
        day=date(2026, 8, 20),
        code="CON-P1",
        description=f"served to {number}",
        rules=offices.policy().rules,
        evidence=f"seen with {number}",
    )
    procedure.tell(session, actor=actor(session, leader), now=NOW, incident_id=made.id)
    own = words("own-statement", number)
    procedure.state_view(
        session, actor=actor(session, number), now=NOW, incident_id=made.id, text=own
    )
    file(session, leader, f"incident:{made.id}", "incident-file", number)
    approve_incident(session, actor=hr, now=NOW, incident_id=made.id, reason="a test")
    procedure.serve(
        session,
        actor=hr,
        now=NOW,
        incident_id=made.id,
        day=NOW.wall.date(),
        how="received",
        by=hr.label,
    )


def _check_and_complaint(session: Session, number: str, leader: str) -> None:
    """By a checklist, and entered by hand, in the open month."""
    by, who = actor(session, leader), offices.employee_id(session, number)
    version = write_checklist(
        session,
        actor=actor(session, "E0003"),
        now=NOW,
        name=f"Calls, {number == 'E0004'}",
        items=(Item("Greeting", "Says who is speaking", weight=10, evidence=True),),
    )
    check = enter_check(
        session,
        actor=by,
        now=NOW,
        employee_id=who,
        day=date(2026, 10, 12),
        version_id=version.id,
        answers=Answers({0: "no"}, {0: words("check-remark", number)}, f"listened to {number}"),
    )
    file(session, leader, f"check:{check.id}", "check-file", number)
    complaint = enter_complaint(
        session,
        actor=by,
        now=NOW,
        received=datetime(2026, 10, 14, 9, 30),
        channel="TEL",
        employee_id=who,
        about=Described("service", "attitude", "ordinary", who, f"the caller named {number}"),
    )
    take_step(session, actor=by, now=NOW, complaint_id=complaint.id, step="contacted_at")
    establish_cause(
        session,
        actor=by,
        now=NOW,
        complaint_id=complaint.id,
        seen=2,
        cause=words("complaint-cause", number),
        evidence=f"the recording of {number}",
    )
    file(session, leader, f"complaint:{complaint.id}", "complaint-file", number)


def _requests(session: Session, number: str, leader: str) -> None:
    """Leave of the open month that was approved, and a punch that waits for a decision."""
    own = Who(actor(session, number), NOW)
    made = ask_for_leave(
        session,
        who=own,
        kind="annual",
        start=wall("2026-10-21 09:00"),
        end=wall("2026-10-21 18:00"),
        reason=words("leave-reason", number),
        types=DEFAULT_LEAVE,
    )
    by = Who(actor(session, leader), NOW)
    decide(session, who=by, ref=str(made.id), approve=True)
    made = ask_for_correction(
        session,
        who=own,
        at=datetime(2026, 10, 22, 18, 5),
        reason=words("punch-reason", number),
        limit=None,
    )
    file(session, number, f"request:{made.id}", "punch-file", number)


def _rounds(session: Session) -> None:
    """September's has ended, October's runs; comments say about whom they are, never by whom."""
    hr = actor(session, "E0003")
    plan = Plan(NOW.wall.date(), FOR_EVER, max_load=100)
    who = {
        row.id: row.employee_no
        for row in session.execute(select(Employee.id, Employee.employee_no))
    }
    for month in (SEPTEMBER, OCTOBER):
        plan_round(
            session, actor=hr, now=NOW, month=month, plan=plan, positions={"agent"}, seed="a"
        )
        open_round(session, actor=hr, now=NOW, month=month, competencies=COMPETENCIES, min_raters=3)
        mark = "round-comment" if month == SEPTEMBER else "running-comment"
        asked = select(ReviewAssignment).where(ReviewAssignment.month == month)
        for each in session.scalars(asked).all():
            number = who[each.ratee_id]
            answer(
                session,
                actor=actor(session, who[each.rater_id]),
                now=NOW,
                month=month,
                employee_no=number,
                ratings=dict.fromkeys(COMPETENCIES, 4),
                comment=words(mark, number),
            )
    end_round(session, actor=hr, now=NOW, month=SEPTEMBER)


def _files(session: Session) -> None:
    """What imports left behind: a map of a source, rows set aside, rows of people not known."""
    batch = ImportBatch(
        kind="metrics",
        filename="metrics.csv",
        sha256="0" * 64,
        state="undone",
        created_at=offices.NOW,
        created_by="E0003",
        report={"rows": {}},
    )
    session.add(batch)
    session.flush()
    session.add_all(
        (
            ImportMap(
                source="map-of-source",
                kind="tickets",
                headings="0" * 64,
                document="kind: tickets\nsource: map-of-source\n",
                changed_at=offices.NOW,
                changed_by="E0003",
            ),
            LateRow(
                batch_id=batch.id,
                kind="metrics",
                month=AUGUST,
                row_number=2,
                key="late-row E0009",
                values={"employee_no": "E0009"},
            ),
            UnmappedRow(
                batch_id=batch.id,
                kind="tickets",
                source="map-of-source",
                external_id="unmapped-row",
                column="employee_no",
                ways="id",
                row_number=2,
                digest="0" * 64,
                values={"ticket_id": "unmapped-row"},
            ),
        )
    )
    session.flush()


def _appeal(session: Session, number: str, leader: str) -> None:
    """Acknowledged, then appealed against with a file, and commented."""
    own, who = actor(session, number), offices.employee_id(session, number)
    card = own_scorecard(session, who, AUGUST)
    assert card is not None
    receipts.acknowledge(
        session,
        actor=own,
        now=NOW.moment,
        scorecard_id=card,
        comment=words("receipt-comment", number),
    )
    record = services.appealable(session, card)[1][0]
    made = services.lodge(
        session,
        actor=own,
        now=NOW,
        scorecard_id=card,
        lines=[Asked(record.name, words("appeal-reason", number), "put it right")],
        hr=[offices.employee_id(session, "E0003")],
    )
    file(session, number, f"appeal:{made.id}", "appeal-file", number)
    services.comment(
        session,
        actor=actor(session, leader),
        now=NOW,
        appeal_id=made.id,
        text=words("appeal-comment", number),
    )
