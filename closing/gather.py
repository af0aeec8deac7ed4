"""The month's facts gathered in one place: records of every package become ``Inputs``."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from closing.facts import Person, Sheet, merged
from closing.month import Inputs
from closing.policy import Policy
from core.values import Fact, Month
from evaluations import fact_queries
from evaluations.review_queries import review_groups
from evaluations.reviews import ReviewSum, review_score
from evaluations.reviews_seal import OpenReview, reviews_of
from rewards.entries import Decision, Occurrence, OccurrenceState
from rewards.models import Incident, RuleApproval
from staff.people import PersonRow, employed_days, people_in
from training.queries import facts_of_training, passed_completions


@dataclass(frozen=True, slots=True)
class Decided:
    """By employee id: decisions on proposals, and the rules that accepted appeals voided."""

    approvals: Mapping[int, Mapping[str, Decision]]
    voided: Mapping[int, Collection[str]]


@dataclass(frozen=True, slots=True)
class Gathered:
    """Inputs of the pure close, and what else is stored with the month.

    ``reviews`` are the groups that may be seen, by ratee id; ``single`` what an open round has of
    them, which the close seals.
    """

    inputs: Inputs
    rows: list[PersonRow]
    as_of: int | None
    reviews: Mapping[int, list[ReviewSum]]
    single: Collection[OpenReview] = field(default=(), repr=False)


def gather(
    session: Session,
    month: Month,
    policy: Policy,
    attendance: Mapping[int, Mapping[str, Fact]],
    as_of: int | None,
    *,
    min_raters: int | None = None,
    with_entered: bool = True,
    now: datetime | None = None,
) -> Gathered:
    """Everybody's own facts, incidents, approvals and completions of ``month``.

    ``attendance`` are the attendance facts by employee id; ``as_of`` in wall seconds;
    ``min_raters`` splits the 360° groups otherwise than the policy says; without ``with_entered``
    the sheets hold what the records give. With ``now`` a 360° round whose last day is over counts,
    though nobody ended it yet: a close would do so first.
    """
    rows = people_in(session, month)
    employed = [row for row in rows if row.employed]
    single = reviews_of(session, month, now=now)
    reviews = review_groups(session, month, min_raters or policy.reviews.min_raters, single)
    weights = policy.reviews.weights
    computed: list[Mapping[int, Mapping[str, Fact]]] = [
        fact_queries.ticket_facts(session, month, policy.tickets, as_of),
        fact_queries.complaint_facts(session, month),
        fact_queries.spot_check_facts(session, month),
        {who: _review(groups, weights) for who, groups in reviews.items()},
        attendance,
        facts_of_training(session, month, employed),
    ]
    entered = fact_queries.entered_facts(session, month) if with_entered else {}
    sheets: dict[int, Sheet] = {
        row.employee_id: merged(
            (facts[row.employee_id] for facts in computed if row.employee_id in facts),
            entered.get(row.employee_id, {}),
        )
        for row in employed
    }
    decided = decisions(session, month)
    inputs = Inputs(
        month=month,
        people=[_person(row, month) for row in rows],
        sheets=sheets,
        occurrences=_occurrences(session, month),
        approvals=decided.approvals,
        voided=decided.voided,
        completions=passed_completions(session, month),
    )
    return Gathered(inputs, rows, as_of, reviews, single)


def _review(groups: list[ReviewSum], weights: Mapping[str, float]) -> dict[str, Fact]:
    fact = review_score(groups, weights)
    return {} if fact is None else {"review_360": fact}


def _person(row: PersonRow, month: Month) -> Person:
    return Person(
        row.employee_id,
        row.employee_no,
        row.team_id,
        row.position,
        row.supervisor_id,
        row.hire_date,
        row.leave_date,
        employed_days(row, month),
        row.base_wage,
    )


STATES: Mapping[str, OccurrenceState] = {
    "approved": "counts",
    "recorded": "proposed",
    "declined": "declined",
    "voided": "voided",
}


def _occurrences(session: Session, month: Month) -> dict[int, list[Occurrence]]:
    """Incidents that count in the month, and those of its days that nobody has approved."""
    undecided = Incident.counts_in.is_(None) & Incident.day.between(month.first_day, month.last_day)
    rows = session.scalars(
        select(Incident).where(or_(Incident.counts_in == month, undecided)).order_by(Incident.id)
    )
    found: dict[int, list[Occurrence]] = defaultdict(list)
    for row in rows:
        found[row.employee_id].append(occurrence(row, STATES[row.status]))
    return found


def occurrence(row: Incident, state: OccurrenceState) -> Occurrence:
    return Occurrence(row.id, row.rule, row.day, row.description, row.case, state)


def decisions(session: Session, month: Month, until: datetime | None = None) -> Decided:
    """What was decided of the rules of the month, as far as it was by ``until``."""
    statement = select(RuleApproval).where(RuleApproval.month == month)
    if until is not None:
        statement = statement.where(RuleApproval.decided_at <= until)
    found: dict[int, dict[str, Decision]] = defaultdict(dict)
    voided: dict[int, set[str]] = defaultdict(set)
    for row in session.scalars(statement):
        if row.decision == "voided":
            voided[row.employee_id].add(row.rule)
        else:
            approved = row.decision == "approved"
            found[row.employee_id][row.rule] = "approved" if approved else "declined"
    return Decided(found, voided)
