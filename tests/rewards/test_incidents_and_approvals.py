"""Incidents recorded and decided, decisions on rules: who may, when, and what stays."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from factories import offices
from factories.offices import OCTOBER, SEPTEMBER
from sqlalchemy import select
from sqlalchemy.orm import Session
from support.site import Site

from core import audit
from core.actor import Actor
from core.clock import Now
from core.errors import Conflict, NotFound, Refused
from core.models import AuditEntry
from core.values import Month
from rewards import services
from rewards.models import Incident, RuleApproval
from rewards.recording import record_incident

NOW = Now(datetime(2026, 11, 2, 1, tzinfo=UTC), datetime(2026, 11, 2, 9))
RULES = offices.policy().rules


@pytest.fixture
def session(any_site: Site) -> Iterator[Session]:
    with any_site.session() as session:
        offices.office(session, SEPTEMBER, OCTOBER)
        yield session


def actor(session: Session, number: str) -> Actor:
    return Actor(number, offices.employee_id(session, number))


def record(
    session: Session,
    by: str = "E0002",
    about: str = "E0004",
    day: date = date(2026, 10, 12),
    code: str = "CON-P1",
    description: str = "On the phone",
) -> Incident:
    return record_incident(
        session,
        actor=actor(session, by),
        now=NOW,
        employee_id=offices.employee_id(session, about),
        day=day,
        code=code,
        description=description,
        rules=RULES,
        evidence="Camera 3",
        case="K1",
    )


def approve(session: Session, incident: Incident, by: str = "E0001") -> Incident:
    return services.approve_incident(
        session, actor=actor(session, by), now=NOW, incident_id=incident.id
    )


def decide(
    session: Session, by: str = "E0003", decision: str = "approved", reason: str = ""
) -> RuleApproval:
    return services.decide_rule(
        session,
        actor=actor(session, by),
        now=NOW,
        month=OCTOBER,
        employee_id=offices.employee_id(session, "E0004"),
        rule=RULES["ATT-P2"],
        decision="approved" if decision == "approved" else "declined",
        reason=reason,
    )


def test_what_is_recorded_waits_and_names_its_recorder(session: Session) -> None:
    made = record(session)
    assert (made.status, made.counts_in, made.recorded_by) == ("recorded", None, "E0002")
    assert (made.evidence, made.case) == ("Camera 3", "K1")


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"by": "E0004"}, "employee"),
        ({"day": date(2026, 11, 3)}, "day"),
        ({"day": date(2024, 1, 1)}, "day"),
        ({"code": "LAT-P1"}, "rule"),
        ({"code": "INN-P1"}, "rule"),
        ({"code": "NO-SUCH"}, "rule"),
        ({"description": "  "}, "description"),
    ],
    ids=["oneself", "to come", "before hire", "fires by itself", "off", "unknown", "no words"],
)
def test_what_cannot_be_recorded_is_refused_at_its_field(
    session: Session, changes: dict[str, object], field: str
) -> None:
    with pytest.raises(Refused) as refused:
        record(session, **changes)  # type: ignore[arg-type]
    assert refused.value.field == field


def test_the_same_in_the_same_words_is_recorded_once(session: Session) -> None:
    record(session)
    with pytest.raises(Refused) as refused:
        record(session, description=" On  the phone ")
    assert refused.value.field == "description"
    record(session, description="On the phone again")


def test_a_rule_for_other_positions_is_refused(session: Session) -> None:
    rules = {"CON-P1": replace(RULES["CON-P1"], positions=("manager",))}
    with pytest.raises(Refused) as refused:
        record_incident(
            session,
            actor=actor(session, "E0002"),
            now=NOW,
            employee_id=offices.employee_id(session, "E0004"),
            day=date(2026, 10, 12),
            code="CON-P1",
            description="On the phone",
            rules=rules,
        )
    assert refused.value.field == "rule"


def test_an_approved_incident_counts_in_the_month_of_its_date(session: Session) -> None:
    made = approve(session, record(session))
    assert (made.status, made.counts_in, made.decided_by) == ("approved", OCTOBER, "E0001")
    assert made.approved_by_id == offices.employee_id(session, "E0001")


def test_where_that_month_is_closed_it_counts_in_the_open_one_of_its_approval(
    session: Session,
) -> None:
    made = record(session, day=date(2026, 9, 14))
    offices.close(session, SEPTEMBER, OCTOBER)
    assert approve(session, made).counts_in == Month(2026, 11)


def test_approved_early_it_counts_in_the_month_after_the_newest_closed_one() -> None:
    early = Now(NOW.moment, datetime(2026, 9, 30, 9))
    closed = frozenset((SEPTEMBER, OCTOBER))
    assert services.counts_in(date(2026, 9, 14), early, closed) == Month(2026, 11)


def test_nobody_approves_what_they_recorded_nor_what_is_about_them(session: Session) -> None:
    made = record(session, by="E0001")
    for by in ("E0001", "E0004"):
        with pytest.raises(Refused):
            approve(session, made, by)
    assert made.status == "recorded"


def test_one_without_a_number_does_not_approve_what_they_recorded_either(session: Session) -> None:
    admin = Actor("second")
    made = record_incident(
        session,
        actor=admin,
        now=NOW,
        employee_id=offices.employee_id(session, "E0004"),
        day=date(2026, 10, 12),
        code="CON-P1",
        description="On the phone",
        rules=RULES,
    )
    with pytest.raises(Refused):
        services.approve_incident(session, actor=admin, now=NOW, incident_id=made.id)


def test_declining_needs_a_reason_and_keeps_it(session: Session) -> None:
    made = record(session)
    with pytest.raises(Refused) as refused:
        services.decline_incident(
            session, actor=actor(session, "E0003"), now=NOW, incident_id=made.id, reason=" "
        )
    assert refused.value.field == "reason"
    services.decline_incident(
        session, actor=actor(session, "E0003"), now=NOW, incident_id=made.id, reason="No proof"
    )
    assert (made.status, made.reason, made.counts_in) == ("declined", "No proof", OCTOBER)


def test_a_decision_can_be_changed_until_its_month_is_closed(session: Session) -> None:
    made = approve(session, record(session))
    with pytest.raises(Conflict):
        approve(session, made, "E0003")
    services.decline_incident(
        session, actor=actor(session, "E0003"), now=NOW, incident_id=made.id, reason="Mistaken"
    )
    assert (made.status, made.approved_by_id) == ("declined", None)
    offices.close(session, SEPTEMBER, OCTOBER)
    with pytest.raises(Conflict):
        approve(session, made)


def test_an_unknown_incident_is_not_found(session: Session) -> None:
    with pytest.raises(NotFound):
        services.approve_incident(session, actor=Actor(), now=NOW, incident_id=999)


def test_a_rule_is_decided_once_and_the_other_way_until_the_close(session: Session) -> None:
    row = decide(session)
    assert (row.decision, row.decided_by, row.month) == ("approved", "E0003", OCTOBER)
    with pytest.raises(Conflict):
        decide(session, by="E0001")
    with pytest.raises(Refused) as refused:
        decide(session, decision="declined")
    assert refused.value.field == "reason"
    decide(session, decision="declined", reason="Looked into it")
    rows = session.scalars(select(RuleApproval)).all()
    assert [(each.decision, each.reason) for each in rows] == [("declined", "Looked into it")]


def test_nobody_decides_a_rule_about_themselves(session: Session) -> None:
    with pytest.raises(Refused):
        decide(session, by="E0004")


def test_decisions_of_a_closed_month_stay(session: Session) -> None:
    decide(session)
    offices.close(session, SEPTEMBER, OCTOBER)
    with pytest.raises(Conflict):
        decide(session, decision="declined", reason="Too late")


def test_rules_without_approval_take_no_decision(session: Session) -> None:
    for code in ("LAT-P1", "CON-P1"):
        with pytest.raises(Refused):
            services.decide_rule(
                session,
                actor=actor(session, "E0003"),
                now=NOW,
                month=OCTOBER,
                employee_id=offices.employee_id(session, "E0004"),
                rule=RULES[code],
                decision="approved",
            )


def test_every_step_is_in_the_audit_trail(session: Session) -> None:
    approve(session, record(session))
    decide(session)
    audit.write(session)
    actions = session.scalars(select(AuditEntry.action).order_by(AuditEntry.id)).all()
    assert actions[-3:] == ["incident.recorded", "incident.approved", "rule.approved"]
