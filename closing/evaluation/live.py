"""Scorecards as they come about while values are typed: what a close would give, within moments.

What the records give is gathered once and kept in this process for as long as the audit trail tells
of nothing that could change it. Entered values are read anew each time, and everything that follows
from them is computed by the functions of the close itself.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import cast

from sqlalchemy.orm import Session

from closing.facts import Sheet, carry_review, merged
from closing.gather import gather
from closing.history import StoredHistory
from closing.month import Card, Inputs, complete_sheets, compute_cards
from closing.policy import Policy
from closing.preview import attendance_now
from closing.services import required_policy
from core import audit
from core.db import db
from core.kept import Mark, unchanged_since
from core.values import Fact, Month
from evaluations.fact_queries import entered_facts, latest_ticket_time
from evaluations.rounds.queries import ends_at
from rewards.entries import PastMonth
from rewards.rules import CompiledRules, compile_rules
from training.effect import MonthScores

# Entries of the trail that change nothing of what is kept: signing in, reading, and what is typed
# on these pages, for entered values are never kept.
HARMLESS = ("evaluation.", "sign_in", "sign_out", "access.", "export", "session.")
KEPT_MONTHS = 2


class KeptHistory:
    """``StoredHistory`` in the session of whoever asks; what was read stays read."""

    def __init__(self, before: Month) -> None:
        self._stored = StoredHistory(cast(Session, db.session), before)
        self._reviews: dict[Month, Mapping[int, Fact] | None] = {}
        self._scores: dict[Month, MonthScores | None] = {}

    def review(self, month: Month) -> Mapping[int, Fact] | None:
        if month not in self._reviews:
            self._reviews[month] = self._stored.review(month)
        return self._reviews[month]

    def scores(self, month: Month) -> MonthScores | None:
        if month not in self._scores:
            self._scores[month] = self._stored.scores(month)
        return self._scores[month]

    def past(self, employee_id: int) -> Mapping[Month, PastMonth]:
        return self._stored.past(employee_id)

    def coefficients(self, months: Sequence[Month]) -> Mapping[int, list[float]]:
        return self._stored.coefficients(months)


@dataclass(slots=True)
class Kept:
    """What the records of a month give, and how far the trail went when they were read.

    No wages are kept. ``lock`` lets one at a time compute, for the history reads as it is asked.
    ``until`` is when the 360° round of the month will be over, and count.
    """

    mark: Mark
    inputs: Inputs
    policy: Policy
    rules: CompiledRules
    history: KeptHistory
    lock: threading.Lock
    until: datetime | None


@dataclass(frozen=True, slots=True)
class Live:
    """Scorecards by employee id, and beneath what was entered what the records give."""

    cards: Mapping[int, Card]
    beneath: Mapping[int, Mapping[str, Fact]]


_kept: OrderedDict[tuple[str, Month], Kept] = OrderedDict()
_guard = threading.Lock()


def live(
    session: Session,
    month: Month,
    wanted: Collection[int],
    now: datetime | None = None,
    known: Kept | None = None,
) -> Live:
    """The scorecards of ``wanted`` as a close would give them at ``now``, but for ranks and pay.

    ``known`` is what ``still_kept`` has just given. Raises ``Refused`` where no policy is in
    force.
    """
    kept = known or kept_now(session, month, now)
    entered = entered_facts(session, month)
    with kept.lock:
        inputs = _with_entered(kept.inputs, entered)
        cards = compute_cards(inputs, kept.policy, kept.rules, kept.history, wanted)
        beneath = _beneath(kept, entered, wanted)
    return Live({card.person.employee_id: card for card in cards}, beneath)


def kept_now(session: Session, month: Month, now: datetime | None = None) -> Kept:
    found = still_kept(session, month, now)
    if found is None:
        found = _gathered(session, month, now)
        with _guard:
            _kept[_key(session, month)] = found
            while len(_kept) > KEPT_MONTHS:
                _kept.popitem(last=False)
    return found


def _key(session: Session, month: Month) -> tuple[str, Month]:
    return (str(session.get_bind().engine.url), month)


def still_kept(session: Session, month: Month, now: datetime | None = None) -> Kept | None:
    """What is kept, if the trail since then tells of nothing that could change it.

    With it ``live`` has nothing to gather.
    """
    with _guard:
        found = _kept.get(_key(session, month))
        if found is None:
            return None
        _kept.move_to_end(_key(session, month))
    if now is not None and found.until is not None and now >= found.until:
        return None
    mark = unchanged_since(session, found.mark, HARMLESS)
    if mark is None:
        return None
    found.mark = mark
    return found


def _gathered(session: Session, month: Month, now: datetime | None) -> Kept:
    mark = audit.head(session)
    policy = required_policy(session, month).policy
    facts, _ = attendance_now(session, month, policy)
    as_of = latest_ticket_time(session)
    found = gather(session, month, policy, facts, as_of, with_entered=False, now=now)
    inputs = found.inputs
    for sheet in inputs.sheets.values():
        sheet.pop("complaint_rate", None)  # it follows from the contacts that win
    people = [replace(person, base_wage=None) for person in inputs.people]
    return Kept(
        mark,
        replace(inputs, people=people),
        policy,
        compile_rules(policy.rules.values(), grades=[grade.key for grade in policy.grades]),
        KeptHistory(month),
        threading.Lock(),
        ends_at(session, month, now) if now is not None else None,
    )


def _with_entered(inputs: Inputs, entered: Mapping[int, Mapping[str, Fact]]) -> Inputs:
    sheets: dict[int, Sheet] = {
        who: merged((sheet,), entered.get(who, {})) for who, sheet in inputs.sheets.items()
    }
    return replace(inputs, sheets=sheets)


def _beneath(
    kept: Kept, entered: Mapping[int, Mapping[str, Fact]], wanted: Collection[int]
) -> dict[int, dict[str, Fact]]:
    """What the records give where something else was entered.

    The facts of a team are gathered without what was entered for its leader; nothing else follows
    from them.
    """
    asked = {who: entered[who] for who in wanted if who in entered and who in kept.inputs.sheets}
    found: dict[int, dict[str, Fact]] = {}
    team: Mapping[int, Sheet] = {}
    if any(key.startswith("team_") for facts in asked.values() for key in facts):
        bare = {
            who: {key: fact for key, fact in facts.items() if not key.startswith("team_")}
            for who, facts in entered.items()
        }
        inputs = _with_entered(kept.inputs, bare)
        team = complete_sheets(inputs, kept.policy, kept.history, dict.fromkeys(asked))
    back = range(1, kept.policy.reviews.carry_months + 1)
    for who, facts in asked.items():
        own = merged((kept.inputs.sheets[who],), {})
        reviews = (kept.history.review(kept.inputs.month.plus(-months)) or {} for months in back)
        carry_review(own, (month.get(who) for month in reviews))
        if "complaint_rate" in facts:  # of the contacts that were entered, if they were
            contacts = {k: f for k, f in facts.items() if k == "contacts_handled"}
            own.pop("complaint_rate", None)
            rate = merged((kept.inputs.sheets[who],), contacts).get("complaint_rate")
            own |= {"complaint_rate": rate} if rate else {}
        own |= {key: fact for key, fact in team.get(who, {}).items() if key.startswith("team_")}
        found[who] = {key: own[key] for key in facts if key in own}
    return found
