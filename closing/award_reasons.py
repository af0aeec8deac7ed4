"""An award's list with everything that explains it: values ranked by, and why one is out."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from closing.awards import award_of, candidates
from closing.catalogue import award_catalogue
from closing.policy import Policy
from closing.versions import policy_of_closing
from core.models import Closing, MonthState
from core.values import FactSpec, Month
from evaluations.scorecards.models import Scorecard
from rewards.conditions import compile_condition
from rewards.models import RuleEntry
from rewards.policy import Award
from rewards.selection import Candidate, Proposal, candidate_values
from rewards.selection import select as select_winners
from rewards.voiding import still_counts
from rewards.wording import Finding, findings
from staff.models import Employee


@dataclass(frozen=True, slots=True)
class Bar:
    """A rule that counted in ``month`` and bars awards up to ``until``, that month included."""

    rule: str
    month: Month
    until: Month


@dataclass(frozen=True, slots=True)
class Line:
    """One candidate. ``values`` are those of the award's ``rank_by``, in its order.

    ``failing`` are the comparisons that do not hold or are undecided; ``won`` the last month within
    the cooldown in which the award was won, ``again`` the first in which it may be won again.
    """

    proposal: Proposal
    employee_id: int
    name: str
    team: str | None
    values: tuple[float | date | None, ...]
    bars: tuple[Bar, ...]
    failing: tuple[Finding, ...]
    won: Month | None
    again: Month | None
    status: str
    ramping: bool


@dataclass(frozen=True, slots=True)
class AwardList:
    """``facts`` name what ``rank_by`` and the findings are about."""

    award: Award
    policy: Policy
    lines: list[Line]
    facts: Mapping[str, FactSpec]

    @property
    def proposals(self) -> list[Proposal]:
        return [line.proposal for line in self.lines]


def award_list(session: Session, month: Month, key: str) -> AwardList:
    """Raises like ``closing.awards.award_of``."""
    closing, award = award_of(session, month, key)
    policy = policy_of_closing(session, closing.document_version_id).policy
    facts = award_catalogue(policy)
    listed = {each.employee_no: each for each in candidates(session, closing, award)}
    proposals = select_winners(award, month, listed.values())
    people = _people(session, closing)
    bars = _bars(session, month)
    condition = compile_condition(award.eligible, None)
    lines = []
    for proposal in proposals:
        candidate = listed[proposal.employee_no]
        person, name, status = people[proposal.employee_no]
        values = candidate_values(candidate)
        out = {"condition", "undecided"} & set(proposal.reasons)
        failing = findings(condition, values, facts) if out else []
        won = _won(award, month, candidate.wins)
        lines.append(
            Line(
                proposal=proposal,
                employee_id=person,
                name=name,
                team=candidate.team,
                values=tuple(_value(candidate, values, each) for each, _ in award.rank_by),
                bars=tuple(bars[person]),
                failing=tuple(each for each in failing if not each.held),
                won=won,
                again=won.plus(award.cooldown_months + 1) if won else None,
                status=status,
                ramping=candidate.ramping,
            )
        )
    return AwardList(award, policy, lines, facts)


def _value(candidate: Candidate, values: Mapping[str, float], key: str) -> float | date | None:
    return candidate.hire_date if key == "hire_date" else values.get(key)


def _won(award: Award, month: Month, wins: Sequence[Month]) -> Month | None:
    recent = [won for won in wins if 0 < month.index - won.index <= award.cooldown_months]
    return max(recent, default=None)


def _people(session: Session, closing: Closing) -> dict[str, tuple[int, str, str]]:
    rows = session.execute(
        select(Employee.employee_no, Employee.id, Employee.name, Scorecard.status)
        .join(Scorecard, Scorecard.employee_id == Employee.id)
        .where(Scorecard.closing_id == closing.id)
    )
    return {number: (who, name, status) for number, who, name, status in rows}


def _bars(session: Session, month: Month) -> dict[int, list[Bar]]:
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
