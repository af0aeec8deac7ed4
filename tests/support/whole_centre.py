"""A small centre with two teams and three months, for walks over every page as everybody.

August is closed and published, September closed and not published, October open. The people of
``people.centre``, and beside them a second team: E0010 and E0009 under E0008, who reports to
nobody. Each agent has records of every family in every month; both teams have incidents and
proposals.
"""

from __future__ import annotations

from datetime import date

from factories import offices, people
from sqlalchemy import select
from sqlalchemy.orm import Session
from support import whole_records
from support.walltime import wall

from closing.publishing import publish_results
from core.actor import Actor
from core.values import Month
from evaluations.models import Complaint, Review, SpotCheck, Ticket
from rewards.models import Incident
from staff.models import Account, Assignment, Employee
from training.models import Course, TrainingRecord

AUGUST, SEPTEMBER, OCTOBER = MONTHS = (Month(2026, 8), Month(2026, 9), Month(2026, 10))
AGENTS = ("E0004", "E0005", "E0009", "E0010")
# Whom each sees as their team; who is not named here leads nobody.
TEAMS = {
    "supervisor": {"E0004", "E0005"},
    "manager": {"E0002", "E0004", "E0005"},
    "leader": {"E0009", "E0010"},
}
NUMBERS = {
    "manager": "E0001",
    "supervisor": "E0002",
    "hr": "E0003",
    "agent": "E0004",
    "colleague": "E0005",
    "auditor": "E0006",
    "leader": "E0008",
    "other": "E0009",
}
HR = Actor("E0003", 3, None, "walk")


def build(session: Session) -> dict[str, Account]:
    """Everything of it; accounts by role."""
    accounts = people.centre(session)
    leader = people.employee(session, "E0008", position="supervisor", team_path="Centre/Two")
    accounts["leader"] = people.account(session, leader)
    other = _employee(session, "E0009")
    assigned = session.scalars(select(Assignment).where(Assignment.employee_id == other.id)).one()
    assigned.supervisor_id = leader.id
    people.employee(session, "E0010", team_path="Centre/Two", supervisor=leader)
    offices.publish(session)
    for month in MONTHS:
        for at, number in enumerate(AGENTS):
            _records(session, month, number, at)
    _reviews(session)
    session.flush()
    whole_records.before_the_close(session)
    offices.close(session, AUGUST)
    publish_results(session, actor=HR, now=offices.NOW, month=AUGUST)
    whole_records.after_publication(session)
    offices.close(session, SEPTEMBER)
    for account in accounts.values():
        session.refresh(account)
    return accounts


def _employee(session: Session, number: str) -> Employee:
    return session.scalars(select(Employee).where(Employee.employee_no == number)).one()


def _records(session: Session, month: Month, number: str, at: int) -> None:
    who = _employee(session, number)
    leader = _employee(session, "E0002" if at < 2 else "E0008")
    offices.values(session, number, month, qa_score=96 - 3 * at)
    if month == OCTOBER:
        offices.complaints(session, number, month)  # a proposal waits for a decision
    day = date(month.year, month.number, 5)
    session.add_all(
        (
            Ticket(
                ticket_id=f"T-{month}-{number}",
                employee_id=who.id,
                month=month,
                created_at=wall(f"{day} 10:00"),
            ),
            Complaint(
                complaint_no=f"C-{month}-{number}",
                month=month,
                received_at=wall(f"{day} 11:00"),
                severity="ordinary",
                employee_id=who.id,
                handler_id=who.id,
            ),
            SpotCheck(
                employee_id=who.id,
                day=day,
                score=90,
                checked_by_id=leader.id,
                comment=f"about {number}",
            ),
            Incident(
                employee_id=who.id,
                day=day,
                rule="QUA-P3",
                description=f"happened to {number}",
                recorded_by_id=leader.id,
                recorded_by=leader.employee_no,
                status="recorded" if month == OCTOBER else "declined",
                counts_in=None if month == OCTOBER else month,
            ),
        )
    )
    course = session.scalar(select(Course)) or Course(course_code="C1", name="Telephone")
    session.add(course)
    session.flush()
    session.add(
        TrainingRecord(
            employee_id=who.id, course_id=course.id, day=day, status="attended", mandatory=False
        )
    )


def _reviews(session: Session) -> None:
    """Those of August came in a file: of everybody by three peers."""
    ids = {number: _employee(session, number).id for number in AGENTS}
    session.add_all(
        Review(
            month=AUGUST,
            ratee_id=ids[ratee],
            rater_id=ids[rater],
            relation="peer",
            competency="attitude",
            rating=4,
        )
        for ratee in AGENTS
        for rater in AGENTS
        if rater != ratee
    )
