"""Award proposals of a closed month, made from its stored results."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from closing.history import facts_from_json
from closing.months import current_closing
from closing.policy import Policy
from closing.versions import policy_of_closing
from core.errors import N_, Conflict, NotFound
from core.models import Closing, MonthState
from core.values import Month, flat
from evaluations.scorecards.models import FactSheet, Scorecard
from rewards.models import AwardWinner, RuleEntry
from rewards.policy import Award
from rewards.selection import Candidate, Proposal
from rewards.selection import select as select_winners
from rewards.voiding import still_counts
from staff.models import Employee, Team


@dataclass(frozen=True, slots=True)
class Bar:
    """A rule that counted in ``month`` and bars awards up to ``until``, that month included."""

    rule: str
    month: Month
    until: Month


@dataclass(frozen=True, slots=True)
class Listed:
    """A candidate, who it is, and the bars that hold in the month, the longest first."""

    candidate: Candidate
    employee_id: int
    name: str
    status: str
    bars: tuple[Bar, ...]


def award_of(session: Session, month: Month, key: str) -> tuple[Closing, Award]:
    """The closing and the award as its policy has it.

    Raises ``Conflict`` for an open month, ``NotFound`` for an unknown award.
    """
    closing, policy = closing_of(session, month, key)
    return closing, policy.awards[key]


def closing_of(session: Session, month: Month, key: str) -> tuple[Closing, Policy]:
    """The closing and its policy, which has the award. Raises like ``award_of``."""
    closing = current_closing(session, month)
    if closing is None:
        raise Conflict(N_("%(month)s is not closed."), month=str(month))
    policy = policy_of_closing(session, closing.document_version_id).policy
    if key not in policy.awards:
        raise NotFound(N_("There is no award %(key)s."), key=key)
    return closing, policy


def propose(session: Session, month: Month, key: str) -> list[Proposal]:
    """The ranked proposal with the reasons of those who are not eligible."""
    closing, award = award_of(session, month, key)
    return select_winners(award, month, candidates(session, closing, award))


def candidates(session: Session, closing: Closing, award: Award) -> list[Candidate]:
    """Every scorecard of the month with what earlier months say about its owner."""
    return [each.candidate for each in listed(session, closing, award)]


def listed(session: Session, closing: Closing, award: Award) -> list[Listed]:
    """``candidates`` with who they are, by employee number. Three statements."""
    bars = bars_in(session, closing.month)
    wins = wins_before(session, closing.month)[award.key]
    return [
        Listed(
            candidate_of(row, bars[row.Scorecard.employee_id], wins[row.Scorecard.employee_id]),
            row.Scorecard.employee_id,
            row.name,
            row.Scorecard.status,
            tuple(bars[row.Scorecard.employee_id]),
        )
        for row in rows_of(session, closing)
    ]


def wins_before(session: Session, month: Month) -> dict[str, dict[int, list[Month]]]:
    """The months before in which awards were won, by award and employee id."""
    found: dict[str, dict[int, list[Month]]] = defaultdict(lambda: defaultdict(list))
    rows = session.execute(
        select(AwardWinner.award, AwardWinner.employee_id, AwardWinner.month).where(
            AwardWinner.month < month
        )
    )
    for award, employee_id, won in rows:
        found[award][employee_id].append(won)
    return found


def candidate_of(row: Any, bars: list[Bar], wins: list[Month]) -> Candidate:
    card: Scorecard = row.Scorecard
    return Candidate(
        employee_no=row.employee_no,
        position=card.position,
        team=row.path,
        hire_date=row.hire_date,
        complete=card.status == "complete",
        ramping=card.ramping,
        facts=flat(dict(facts_from_json(row.facts))),
        total=card.total,
        total_before=row.total_before,
        coverage=card.coverage,
        tenure_months=card.tenure_months,
        team_rank=card.team_rank,
        company_rank=card.company_rank,
        bars=[(bar.month, bar.until.index - bar.month.index + 1) for bar in bars],
        wins=wins,
    )


def rows_of(session: Session, closing: Closing) -> list[Any]:
    """Columns: Scorecard, employee_no, name, path, facts, hire_date, total_before."""
    before = _before(closing.month).subquery()
    rows = session.execute(
        select(
            Scorecard,
            Employee.employee_no,
            Employee.name,
            Team.path,
            FactSheet.facts,
            FactSheet.hire_date,
            before.c.total.label("total_before"),
        )
        .join(Employee, Employee.id == Scorecard.employee_id)
        .outerjoin(Team, Team.id == Scorecard.team_id)
        .join(
            FactSheet,
            (FactSheet.closing_id == Scorecard.closing_id)
            & (FactSheet.employee_id == Scorecard.employee_id),
        )
        .outerjoin(before, before.c.employee_id == Scorecard.employee_id)
        .where(Scorecard.closing_id == closing.id)
    )
    return sorted(rows, key=lambda row: row.employee_no)


def totals_before(session: Session, month: Month) -> dict[int, float]:
    """Totals of the complete scorecards of the month before, where it is closed."""
    rows = session.execute(_before(month))
    return {who: total for who, total in rows if total is not None}


def _before(month: Month) -> Any:
    return (
        select(Scorecard.employee_id, Scorecard.total)
        .join(MonthState, MonthState.closing_id == Scorecard.closing_id)
        .where(
            MonthState.month == month.plus(-1),
            MonthState.state == "closed",
            Scorecard.status == "complete",
        )
    )


def bars_in(session: Session, month: Month) -> dict[int, list[Bar]]:
    """The rules that bar awards in the month, by employee id, the longest first."""
    rows = session.execute(
        select(Scorecard.employee_id, Scorecard.month, RuleEntry.rule, RuleEntry.bars_awards)
        .join(RuleEntry, RuleEntry.scorecard_id == Scorecard.id)
        .join(MonthState, MonthState.closing_id == Scorecard.closing_id)
        .where(
            MonthState.state == "closed",
            Scorecard.month <= month,
            RuleEntry.state == "counts",
            RuleEntry.bars_awards > 0,
            still_counts(Scorecard.employee_id, Scorecard.month),
        )
    )
    found: dict[int, list[Bar]] = defaultdict(list)
    for who, start, rule, length in rows:
        until = start.plus(length - 1)
        if until >= month:
            found[who].append(Bar(rule, start, until))
    for bars in found.values():
        bars.sort(key=lambda bar: (-bar.until.index, bar.rule))
    return found
