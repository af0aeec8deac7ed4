"""A scorecard with everything that its page and its document tell, read in few statements."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy.orm import Session

from closing.cards import CardView, views_of
from closing.history import facts_from_json
from closing.policy import Policy
from closing.rounds.view import ReviewView, review_view
from closing.versions import policy_of_closing
from core.permissions import Permission
from core.values import Month, flat
from evaluations.review_queries import closed_groups
from reports.reach import ClosedMonth, Subject
from reports.scorecards import card as cards
from reports.scorecards.chances import Chance, chances
from reports.scorecards.past import Past, lines_read, stored, team_totals
from rewards.entries import PastMonth


@dataclass(frozen=True, slots=True)
class Assembled:
    """``own`` are the person's scorecards that the viewer may see, ``chosen`` the one shown.

    ``policy`` is that of the revision; ``teams`` the totals of the person's team by month.
    """

    view: CardView
    policy: Policy
    own: list[Past]
    chosen: Past
    teams: Mapping[Month, list[float]]
    page: cards.CardPage
    chances: list[Chance]


def assembled(
    session: Session, person: Subject, closed: ClosedMonth, revision: str
) -> Assembled | None:
    """The revision that is asked for, else the one in force; None where there is no scorecard."""
    month = closed.month
    known = stored(session, person.viewer, person.id, month)
    own = [past for past in known if past.visible]
    chosen = _revision(own, month, revision)
    if chosen is None:
        return None
    policy = closed.policy
    if not chosen.current:
        policy = policy_of_closing(session, chosen.closing.document_version_id).policy
    before = cards.previous(own, month)
    lines = lines_read(session, chosen, before)
    (view,) = views_of(
        session, chosen.closing, [chosen.row], {chosen.id: lines.chosen}, [chosen.id]
    )
    shown = [past for past in own if past is chosen or (past.current and past.month != month)]
    teams = team_totals(shown)
    mates = len(teams.get(month, []))
    history = {
        past.month: _past_month(past) for past in known if past.current and past.month < month
    }
    return Assembled(
        view=view,
        policy=policy,
        own=own,
        chosen=chosen,
        teams=teams,
        page=cards.card_page(
            view,
            policy,
            before=before,
            lines_before=lines.before,
            reviews=_reviews(session, person, closed),
            with_pay=person.may(Permission.PAY_READ),
            team_size=mates,
        ),
        chances=chances(
            view,
            policy,
            history=history,
            crowds=lines.crowds,
            mates=mates,
            beside=lines.beside,
        ),
    )


def _past_month(past: Past) -> PastMonth:
    facts = flat(facts_from_json(past.row.facts))
    return PastMonth(past.status == "exempt", facts, past.fired)


def _revision(own: list[Past], month: Month, asked: str) -> Past | None:
    of_month = [past for past in own if past.month == month]
    exact = [past for past in of_month if str(past.revision) == asked]
    return next(iter(exact or [past for past in of_month if past.current]), None)


def _reviews(session: Session, person: Subject, closed: ClosedMonth) -> ReviewView | None:
    if not person.may(Permission.REVIEWS_READ):
        return None
    policy = closed.policy
    first = closed.month.plus(-policy.reviews.carry_months)
    least = policy.reviews.min_raters
    rounds, in_browser = closed_groups(session, person.id, first, closed.month, least)
    return review_view(rounds, policy, closed.month, in_browser)
