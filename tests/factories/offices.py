"""A small centre whose month can be closed: the people of ``people.centre``, with entered values.

The policy is the default one, with one award that everybody complete may win.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from factories import people
from factories.policies import default_document
from sqlalchemy import select
from sqlalchemy.orm import Session

from closing.policy import Policy, parse_policy
from closing.services import close_month
from closing.versions import publish_policy
from core.actor import SYSTEM
from core.values import Month
from evaluations.models import MetricValue
from staff.models import Account, Employee

NOW = datetime(2026, 11, 2, 1, 0, tzinfo=UTC)
OCTOBER = Month(2026, 10)
SEPTEMBER = Month(2026, 9)
VALUES: Mapping[str, float] = {
    "first_response_minutes": 20,
    "resolution_rate_48h": 0.955,
    "csat": 0.935,
    "callback_rate": 0.95,
    "complaint_rate": 0.0005,
    "qa_score": 96,
    "review_360": 90,
    "attendance_score": 100,
    "training_score": 90,
}
AWARD = "steady"


def policy(**changes: Any) -> Policy:
    """The default policy with the award ``steady``, and other sections replaced."""
    document = default_document()
    document["awards"] = {
        AWARD: {
            "zh": "稳定之星",
            "en": "Steady hand",
            "eligible": "total >= 60",
            "rank_by": ["total desc"],
            "quota": 1,
            "cooldown_months": 2,
            "prize": {"amount": 300},
        }
    }
    return parse_policy({**document, **changes})


def office(session: Session, *months: Month) -> dict[str, Account]:
    """People, policy, and values of every agent in these months (October 2026 by default)."""
    accounts = people.centre(session)
    publish(session)
    for month in months or (OCTOBER,):
        for number, lost in (("E0004", 0), ("E0005", 4), ("E0009", 8)):
            values(session, number, month, qa_score=96 - lost)
    for account in accounts.values():
        session.refresh(account)
    return accounts


def publish(session: Session, version: Policy | None = None) -> None:
    publish_policy(session, actor=SYSTEM, now=NOW, policy=version or policy())


def values(session: Session, number: str, month: Month, **changes: float) -> None:
    """Entered values of one person: those of ``VALUES`` with changes."""
    who = employee_id(session, number)
    for metric, value in {**VALUES, **changes}.items():
        row = session.scalar(
            select(MetricValue).where(
                MetricValue.employee_id == who,
                MetricValue.month == month,
                MetricValue.metric == metric,
            )
        )
        row = row or MetricValue(employee_id=who, month=month, metric=metric)
        row.value = value
        session.add(row)
    session.flush()


def employee_id(session: Session, number: str) -> int:
    return session.scalars(select(Employee.id).where(Employee.employee_no == number)).one()


def complaints(session: Session, number: str, month: Month = OCTOBER) -> None:
    """Enough complaints for the rule ATT-P2, which asks for approval."""
    values(session, number, month, complaint_rate=0.01, complaint_count=3)


def close(session: Session, *months: Month) -> None:
    for month in months:
        close_month(session, actor=SYSTEM, now=NOW, month=month, seal=lambda text: text)
