"""A penalty from the record to the final decision, and the tasks that follow from it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from factories import offices
from factories.offices import OCTOBER, SEPTEMBER
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session
from support.site import Site

from core.actor import Actor
from core.clock import Now
from core.errors import Conflict, Refused
from core.permissions import Role
from core.viewer import Viewer
from rewards import procedure, services, task_queries, tasks
from rewards.models import Incident, Task
from rewards.recording import record_incident
from rewards.stages import stage_of
from staff.models import Employee, Notice

RULES = offices.policy().rules


def on(day: int, month: int = 11) -> Now:
    """The morning of a day in 2026; the second of November is a Monday."""
    wall = datetime(2026, month, day, 9)
    return Now(wall.replace(tzinfo=UTC) - timedelta(hours=8), wall)


@pytest.fixture
def session(site: Site) -> Iterator[Session]:
    with site.session() as session:
        offices.office(session, SEPTEMBER, OCTOBER)
        yield session


def actor(session: Session, number: str) -> Actor:
    return Actor(number, offices.employee_id(session, number))


def record(session: Session, code: str = "CON-P1", words: str = "On the phone") -> Incident:
    return record_incident(
        session,
        actor=actor(session, "E0002"),
        now=on(2),
        employee_id=offices.employee_id(session, "E0004"),
        day=date(2026, 10, 30),
        code=code,
        description=words,
        rules=RULES,
    )


def tell(session: Session, made: Incident, now: Now | None = None) -> Incident:
    return procedure.tell(
        session, actor=actor(session, "E0002"), now=now or on(2), incident_id=made.id
    )


def state(session: Session, made: Incident, now: Now, by: str = "E0004", **values: Any) -> Incident:
    given = {"text": "It was my mother in hospital.", **values}
    return procedure.state_view(
        session, actor=actor(session, by), now=now, incident_id=made.id, **given
    )


def approve(session: Session, made: Incident, now: Now, reason: str = "") -> Incident:
    return services.approve_incident(
        session,
        actor=actor(session, "E0003"),
        now=now,
        incident_id=made.id,
        reason=reason,
        hearing=True,
    )


def serve(session: Session, made: Incident, now: Now, **values: Any) -> Incident:
    given = {"day": now.wall.date(), "how": "received", "by": "Person E0002", **values}
    return procedure.serve(
        session, actor=actor(session, "E0002"), now=now, incident_id=made.id, **given
    )


def told(session: Session, number: str) -> list[str]:
    who = offices.employee_id(session, number)
    rows = select(Notice.kind).where(
        Notice.employee_id == who,
        Notice.kind != "policy.published",  # everybody was told when the office began
    )
    return list(session.scalars(rows.order_by(Notice.id)))


def test_the_whole_way(session: Session) -> None:
    made = record(session)
    stages = [stage_of(made, date(2026, 11, 2))]
    tell(session, made)
    assert made.statement_due == date(2026, 11, 5)
    stages.append(stage_of(made, date(2026, 11, 5)))
    stages.append(stage_of(made, date(2026, 11, 6)))
    state(session, made, on(4))
    stages.append(stage_of(made, date(2026, 11, 4)))
    approve(session, made, on(4))
    stages.append(stage_of(made, date(2026, 11, 4)))
    serve(session, made, on(5))
    assert made.final_from == date(2026, 11, 10)  # the weekend does not count
    stages += [stage_of(made, date(2026, 11, 9)), stage_of(made, date(2026, 11, 10))]
    assert stages == ["recorded", "told", "silent", "heard", "decided", "served", "final"]
    assert told(session, "E0004") == ["incident.told", "incident.decided"]
    assert told(session, "E0002") == ["incident.heard", "incident.decided"]


def test_the_deadline_follows_the_calendar(session: Session) -> None:
    """The first days of October are holidays, the tenth is a Saturday that is worked."""
    made = record(session)
    made.day = date(2026, 9, 29)
    tell(session, made, on(30, 9))
    assert made.statement_due == date(2026, 10, 10)


def test_deciding_before_the_statement_asks_for_a_reason(session: Session) -> None:
    made = record(session)
    with pytest.raises(Refused) as refused:
        approve(session, made, on(2))
    assert refused.value.field == "reason"
    tell(session, made)
    with pytest.raises(Refused):
        approve(session, made, on(5))
    approve(session, made, on(5), "The camera shows it, and the month closes tonight")
    assert made.reason == "The camera shows it, and the month closes tonight"


def test_after_the_deadline_silence_needs_no_reason(session: Session) -> None:
    made = tell(session, record(session))
    approve(session, made, on(6))
    assert made.status == "approved"


def test_a_merit_is_approved_as_ever(session: Session) -> None:
    made = record(session, "SEC-R1", "Reported a phishing mail")
    services.approve_incident(
        session, actor=actor(session, "E0003"), now=on(2), incident_id=made.id
    )
    assert made.status == "approved"


@pytest.mark.parametrize("by", ["E0002", "E0003", "E0005"])
def test_nobody_makes_anothers_statement(session: Session, by: str) -> None:
    made = tell(session, record(session))
    with pytest.raises(Refused):
        state(session, made, on(3), by)
    assert made.statement_at is None


def test_a_statement_is_given_once_after_being_told_and_in_time(session: Session) -> None:
    made = record(session)
    with pytest.raises(Conflict):
        state(session, made, on(2))
    tell(session, made)
    with pytest.raises(Refused) as refused:
        state(session, made, on(3), text=" ")
    assert refused.value.field == "statement"
    state(session, made, on(3), text="", none=True)
    assert made.statement == ""
    with pytest.raises(Conflict):
        state(session, made, on(3))


def test_late_it_is_possible_only_while_nothing_is_decided(session: Session) -> None:
    made, other = tell(session, record(session)), tell(session, record(session, words="Again"))
    state(session, made, on(9))
    approve(session, other, on(9))
    with pytest.raises(Conflict):
        state(session, other, on(9))


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"day": date(2026, 11, 7)}, "day"),
        ({"day": date(2026, 11, 1)}, "day"),
        ({"by": " "}, "by"),
        ({"how": "refused"}, "note"),
    ],
)
def test_what_is_missing_for_serving_is_said_at_its_field(
    session: Session, values: dict[str, Any], field: str
) -> None:
    made = approve(session, tell(session, record(session)), on(6))
    with pytest.raises(Refused) as refused:
        serve(session, made, on(6), **values)
    assert refused.value.field == field
    serve(session, made, on(6), how="refused", note="E0005 was there")


def test_it_may_be_served_on_the_day_of_the_decision_by_the_clock_on_the_wall(
    session: Session,
) -> None:
    """Half past seven in the morning is still yesterday in Greenwich."""
    early = Now(datetime(2026, 11, 5, 23, 30, tzinfo=UTC), datetime(2026, 11, 6, 7, 30))
    made = approve(session, tell(session, record(session)), early)
    with pytest.raises(Refused) as refused:
        serve(session, made, on(9), day=date(2026, 11, 5))
    assert refused.value.field == "day"
    serve(session, made, on(9), day=date(2026, 11, 6))


def test_only_what_counts_is_served_and_once(session: Session) -> None:
    made = tell(session, record(session))
    with pytest.raises(Conflict):
        serve(session, made, on(6))
    serve(session, approve(session, made, on(6)), on(6))
    with pytest.raises(Conflict):
        serve(session, made, on(6))


def test_another_decision_is_served_anew_and_a_final_one_stays(session: Session) -> None:
    made = serve(session, approve(session, tell(session, record(session)), on(6)), on(6))
    hr = actor(session, "E0003")
    services.decline_incident(session, actor=hr, now=on(9), incident_id=made.id, reason="Mistaken")
    assert (made.status, made.served_on, made.final_from) == ("declined", None, None)
    serve(session, approve(session, made, on(9), "It was her after all"), on(9))
    with pytest.raises(Conflict):
        services.decline_incident(
            session, actor=hr, now=on(12), incident_id=made.id, reason="Too late"
        )


def test_nobody_leads_a_procedure_about_themselves(session: Session) -> None:
    made = record(session)
    own = actor(session, "E0004")
    with pytest.raises(Refused):
        procedure.tell(session, actor=own, now=on(2), incident_id=made.id)
    approve(session, tell(session, made), on(6))
    with pytest.raises(Refused):
        procedure.serve(
            session, actor=own, now=on(6), incident_id=made.id, day=date(2026, 11, 6),
            how="received", by="me",
        )  # fmt: skip


@pytest.mark.parametrize(
    "change",
    [
        "statement_due = '2026-11-05'",
        "statement = 'words'",
        "statement = 'words', statement_at = '2026-11-02 01:00:00'",
        "served_on = '2026-11-05', served_how = 'received', served_by = 'x',"
        " final_from = '2026-11-09'",
        "status = 'approved', counts_in = '2026-10', served_on = '2026-11-05'",
        "status = 'approved', counts_in = '2026-10', served_on = '2026-11-05', served_by = 'x',"
        " served_how = 'thrown', final_from = '2026-11-09'",
        "status = 'approved', counts_in = '2026-10', served_on = '2026-11-05', served_by = 'x',"
        " served_how = 'received', final_from = '2026-11-04'",
    ],
    ids=["due", "half", "untold", "undecided", "partly", "how", "final"],
)
def test_the_database_refuses_steps_out_of_order(any_site: Site, change: str) -> None:
    with any_site.session() as session:
        offices.office(session, OCTOBER)
        record(session)
        session.flush()
        with pytest.raises(IntegrityError), session.begin_nested():
            session.execute(text(f"UPDATE incidents SET {change}"))


# Tasks


Follow = Callable[[], list[Task]]


@pytest.fixture
def follow(session: Session) -> Follow:
    """Approve a security breach and follow it up, as HR."""
    made = approve(session, tell(session, record(session, "SEC-P1", "Door left open")), on(6))

    def act() -> list[Task]:
        return tasks.follow_incident(
            session,
            actor=actor(session, "E0003"),
            now=on(6),
            incident_id=made.id,
            actions=RULES["SEC-P1"].actions,
        )

    return act


def test_actions_become_tasks_of_the_supervisor_once(session: Session, follow: Follow) -> None:
    made = follow()
    assert [task.action for task in made] == ["written_warning", "retraining"]
    assert {task.owner_id for task in made} == {offices.employee_id(session, "E0002")}
    assert {task.due for task in made} == {date(2026, 11, 20)}
    assert follow() == []
    assert told(session, "E0002")[-2:] == ["task.assigned", "task.assigned"]
    assert told(session, "E0004")[-2:] == ["task.about", "task.about"]


def test_a_task_is_done_with_an_outcome_once_and_not_by_whom_it_is_about(
    session: Session, follow: Follow
) -> None:
    task = follow()[0]

    def end(by: str, outcome: str = "Talked it over") -> Task:
        return tasks.end_task(
            session, actor=actor(session, by), now=on(9), task_id=task.id, outcome=outcome
        )

    with pytest.raises(Refused):
        end("E0004")
    with pytest.raises(Refused) as refused:
        end("E0002", " ")
    assert refused.value.field == "outcome"
    assert end("E0002").state == "done"
    with pytest.raises(Conflict):
        end("E0001")


def test_another_owner_is_told_and_is_never_the_person(session: Session, follow: Follow) -> None:
    task = follow()[0]

    def give(number: str, left: date | None = None) -> Task:
        session.get_one(Employee, offices.employee_id(session, number)).leave_date = left
        return tasks.change_task(
            session,
            actor=actor(session, "E0003"),
            now=on(6),
            task_id=task.id,
            owner_id=offices.employee_id(session, number),
            due=date(2026, 12, 1),
        )

    with pytest.raises(Refused) as refused:
        give("E0004")
    assert refused.value.field == "owner"
    with pytest.raises(Refused):
        give("E0002", left=date(2026, 11, 5))
    give("E0001")
    assert told(session, "E0001") == ["task.assigned"]
    assert task.due == date(2026, 12, 1)


def test_a_task_whose_owner_left_needs_another(session: Session, follow: Follow) -> None:
    owner = session.get_one(Employee, offices.employee_id(session, "E0002"))
    hr = Viewer(1, offices.employee_id(session, "E0003"), frozenset({Role.HR}), "E0003")
    day = date(2026, 11, 9)
    made = follow()
    assert task_queries.open_and_overdue(session, hr, day) == (2, 0, 0)
    owner.leave_date = date(2026, 11, 6)
    assert task_queries.open_and_overdue(session, hr, day) == (2, 0, 2)
    tasks.end_task(
        session, actor=actor(session, "E0003"), now=on(9), task_id=made[0].id, outcome="Done"
    )
    assert task_queries.open_and_overdue(session, hr, day) == (1, 0, 1)
    owner.leave_date = date(2026, 11, 5)
    third = approve(session, tell(session, record(session, "SEC-P1", "Again")), on(6))
    (again, *_) = tasks.follow_incident(
        session,
        actor=actor(session, "E0003"),
        now=on(6),
        incident_id=third.id,
        actions=RULES["SEC-P1"].actions,
    )
    assert again.owner_id == offices.employee_id(session, "E0003")


def test_what_counts_no_more_drops_its_open_tasks(session: Session, follow: Follow) -> None:
    first, second = follow()
    tasks.end_task(
        session, actor=actor(session, "E0002"), now=on(6), task_id=first.id, outcome="Warned"
    )
    services.decline_incident(
        session,
        actor=actor(session, "E0003"),
        now=on(6),
        incident_id=first.incident_id or 0,
        reason="Mistaken",
    )
    follow()
    assert (first.state, second.state) == ("done", "dropped")


def test_the_database_knows_no_outcome_of_an_open_task(session: Session, follow: Follow) -> None:
    task = follow()[0]
    for change in ("outcome = 'x'", "state = 'done'", "owner_id = employee_id", "state = 'late'"):
        with pytest.raises(IntegrityError), session.begin_nested():
            session.execute(text(f"UPDATE tasks SET {change} WHERE id = {task.id}"))
