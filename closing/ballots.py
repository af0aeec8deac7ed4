"""What is decided on when an award is: its candidates, the proposal, and whom one may choose."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from closing.awards import award_of, candidates
from core.actor import Actor
from core.errors import N_, Forbidden, Refused
from core.models import MonthState
from core.values import Month
from rewards.policy import Award
from rewards.selection import Candidate, Proposal, quota_of
from rewards.selection import select as select_winners
from staff.models import Employee
from staff.second_decider import AS_CANDIDATE


@dataclass(frozen=True, slots=True)
class Ballot:
    """What is decided on: the award, its candidates by employee number, the proposal."""

    month: Month
    award: Award
    listed: dict[str, Candidate]
    proposals: list[Proposal]

    @property
    def selected(self) -> list[str]:
        return sorted(each.employee_no for each in self.proposals if each.selected)


def ballot_of(session: Session, month: Month, key: str) -> Ballot:
    session.get(MonthState, month, with_for_update=True)
    closing, award = award_of(session, month, key)
    listed = {each.employee_no: each for each in candidates(session, closing, award)}
    return Ballot(month, award, listed, select_winners(award, month, listed.values()))


def numbers_of(session: Session, actor: Actor) -> set[str]:
    """Of the one who acts, and the one for whom they do."""
    ids = [each for each in (actor.employee_id, actor.behalf_id) if each is not None]
    return set(session.scalars(select(Employee.employee_no).where(Employee.id.in_(ids))))


def check_not_candidate(session: Session, actor: Actor, proposals: list[Proposal]) -> None:
    if numbers_of(session, actor) & {each.employee_no for each in proposals}:
        raise Forbidden(AS_CANDIDATE)


def chosen_from(ballot: Ballot, numbers: set[str]) -> list[Proposal]:
    """The proposals chosen, in their order: eligible, within the quota, not too many of a team."""
    if not numbers:
        raise Refused(N_("Choose at least one winner."), field="winners")
    award = ballot.award
    eligible = [each for each in ballot.proposals if each.eligible]
    chosen = [each for each in eligible if each.employee_no in numbers]
    strange = sorted(numbers - {each.employee_no for each in chosen})
    if strange:
        raise Refused(N_("Not eligible: %(numbers)s."), field="winners", numbers=", ".join(strange))
    quota = quota_of(award, len(eligible))
    if len(chosen) > quota:
        raise Refused(N_("This award has %(quota)d winners at most."), field="winners", quota=quota)
    teams = Counter(ballot.listed[each.employee_no].team for each in chosen)
    for team, count in sorted((team, count) for team, count in teams.items() if team):
        if award.per_team is not None and count > award.per_team:
            raise Refused(
                N_("At most %(most)d of one team may win this award: %(team)s has %(count)d."),
                field="winners",
                most=award.per_team,
                team=team,
                count=count,
            )
    return chosen


def is_candidate(session: Session, employee_id: int | None, proposals: list[Proposal]) -> bool:
    """Whether the person stands on the list, eligible or not."""
    person = session.get(Employee, employee_id) if employee_id is not None else None
    return person is not None and any(each.employee_no == person.employee_no for each in proposals)
