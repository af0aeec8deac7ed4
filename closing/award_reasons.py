"""An award's list with everything that explains it: values ranked by, and why one is out."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy.orm import Session

from closing.awards import Bar, closing_of, listed
from closing.catalogue import award_catalogue
from closing.policy import Policy
from core.values import FactSpec, Month
from rewards.conditions import compile_condition
from rewards.policy import Award
from rewards.selection import Candidate, Proposal, candidate_values, quota_of
from rewards.selection import select as select_winners
from rewards.wording import Finding, findings


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

    @property
    def passed_over(self) -> set[str]:
        """Who is not proposed because their team has its share of winners already."""
        taken: Counter[str] = Counter()
        quota = quota_of(self.award, sum(one.eligible for one in self.proposals))
        found = set()
        for line in self.lines:
            team, one = line.team or "", line.proposal
            full = bool(team) and taken[team] >= (self.award.per_team or math.inf)
            if one.selected:
                taken[team] += 1
            elif one.eligible and full and taken.total() < quota:
                found.add(one.employee_no)
        return found


def award_list(session: Session, month: Month, key: str) -> AwardList:
    """Raises like ``closing.awards.award_of``. Five statements."""
    closing, policy = closing_of(session, month, key)
    award, facts = policy.awards[key], award_catalogue(policy)
    people = {each.candidate.employee_no: each for each in listed(session, closing, award)}
    proposals = select_winners(award, month, [each.candidate for each in people.values()])
    condition = compile_condition(award.eligible, None)
    lines = []
    for proposal in proposals:
        person = people[proposal.employee_no]
        candidate, values = person.candidate, candidate_values(person.candidate)
        out = {"condition", "undecided"} & set(proposal.reasons)
        failing = findings(condition, values, facts) if out else []
        won = _won(award, month, candidate.wins)
        lines.append(
            Line(
                proposal=proposal,
                employee_id=person.employee_id,
                name=person.name,
                team=candidate.team,
                values=tuple(_value(candidate, values, each) for each, _ in award.rank_by),
                bars=person.bars,
                failing=tuple(each for each in failing if not each.held),
                won=won,
                again=won.plus(award.cooldown_months + 1) if won else None,
                status=person.status,
                ramping=candidate.ramping,
            )
        )
    return AwardList(award, policy, lines, facts)


def _value(candidate: Candidate, values: Mapping[str, float], key: str) -> float | date | None:
    return candidate.hire_date if key == "hire_date" else values.get(key)


def _won(award: Award, month: Month, wins: Sequence[Month]) -> Month | None:
    recent = [won for won in wins if 0 < month.index - won.index <= award.cooldown_months]
    return max(recent, default=None)
