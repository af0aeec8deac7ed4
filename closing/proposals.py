"""What waits for a decision in a month: rules that ask for approval, and incidents recorded."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy.orm import Session

from closing.cards import CardView, stored_views
from closing.fired import Fired, fired
from closing.kept_preview import PreviewCard, Summary
from closing.months import ClosedMonth
from closing.policy import Policy
from closing.versions import policy_of_closing, policy_version
from core.clock import Now
from core.values import Month
from core.viewer import Viewer
from rewards import queries
from rewards.models import RuleApproval
from rewards.policy import Rule
from rewards.wording import Finding

Card = CardView | PreviewCard


@dataclass(frozen=True, slots=True)
class Proposal:
    """One thing to decide, or decided.

    ``key`` names it in forms: ``rule:<employee id>:<code>`` or ``incident:<id>``. ``rule`` is None
    for a code that the policy no longer has. ``findings`` explain a condition; ``description`` and
    what follows it belong to incidents. ``decision`` is approved, declined, voided or None;
    ``lapsed`` says that it was decided, but the rule does not fire. ``bar`` says why this viewer
    may not decide: ``self``, ``recorder``, ``scope`` or None.
    """

    key: str
    employee_id: int
    employee_no: str
    name: str
    team: str | None
    code: str
    rule: Rule | None
    bar: str | None
    findings: tuple[Finding, ...] = ()
    incident_id: int | None = None
    day: date | None = None
    description: str = ""
    evidence: str | None = None
    recorded_by: str | None = None
    case: str | None = None
    decision: str | None = None
    reason: str | None = None
    decided_by: str | None = None
    decided_at: datetime | None = None
    lapsed: bool = False


@dataclass(frozen=True, slots=True)
class Source:
    """What the proposals of a month follow from: a preview of it, or its closing."""

    policy: Policy
    cards: Mapping[int, Card]
    fired: Iterable[Fired]
    is_open: bool


def of_preview(session: Session, preview: Summary) -> Source:
    policy = policy_version(session, preview.version).policy
    cards = {card.employee_id: card for card in preview.cards}
    return Source(policy, cards, preview.fired, is_open=True)


def of_closed(session: Session, held: ClosedMonth) -> Source:
    policy = policy_of_closing(session, held.document.id).policy
    views = stored_views(session, held.closing)
    cards = {view.employee_id: view for view in views}
    return Source(policy, cards, fired(views, policy, is_open=False), is_open=False)


def proposals(
    session: Session, viewer: Viewer, month: Month, now: Now, within: Collection[int], of: Source
) -> list[Proposal]:
    """The month's proposals about those in ``within`` (employee ids), undecided ones first.

    Of a closed month only what was decided of incidents.
    """
    day, policy = now.wall.date(), of.policy
    rows = list(queries.undecided_incidents(session, viewer, day, month)) if of.is_open else []
    rows += queries.decided_incidents(session, viewer, day, month)
    decisions = {(row.employee_id, row.rule): row for row in queries.rule_decisions(session, month)}
    cards = {who: card for who, card in of.cards.items() if who in within}
    found = [
        _of_rule(cards[each.employee_id], policy.rules[each.code], decisions, viewer, each.findings)
        for each in of.fired
        if each.employee_id in cards
    ]
    found += _lapsed(cards, policy, decisions, {each.key for each in found}, viewer)
    found += [_incident(row, policy, viewer, within) for row in rows]
    found.sort(key=lambda each: (each.decision is not None, each.employee_no, each.key))
    return found


def _of_rule(
    view: Card,
    rule: Rule,
    decisions: dict[tuple[int, str], RuleApproval],
    viewer: Viewer,
    explained: tuple[Finding, ...] = (),
    lapsed: bool = False,
) -> Proposal:
    row = decisions.get((view.employee_id, rule.code))
    return Proposal(
        key=f"rule:{view.employee_id}:{rule.code}",
        employee_id=view.employee_id,
        employee_no=view.employee_no,
        name=view.name,
        team=view.team,
        code=rule.code,
        rule=rule,
        bar="self" if viewer.is_person(view.employee_id) else None,
        findings=explained,
        decision=row.decision if row else None,
        reason=row.reason if row else None,
        decided_by=row.decided_by if row else None,
        decided_at=row.decided_at if row else None,
        lapsed=lapsed,
    )


def _lapsed(
    cards: Mapping[int, Card],
    policy: Policy,
    decisions: dict[tuple[int, str], RuleApproval],
    there: Collection[str],
    viewer: Viewer,
) -> list[Proposal]:
    """Decisions on rules that do not fire (any more)."""
    return [
        _of_rule(cards[who], policy.rules[code], decisions, viewer, lapsed=True)
        for who, code in decisions
        if who in cards and code in policy.rules and f"rule:{who}:{code}" not in there
    ]


def _incident(row: Any, policy: Policy, viewer: Viewer, within: Collection[int]) -> Proposal:
    return Proposal(
        key=f"incident:{row.id}",
        employee_id=row.employee_id,
        employee_no=row.employee_no,
        name=row.name,
        team=row.team,
        code=row.rule,
        rule=policy.rules.get(row.rule),
        bar=bar_of(row, viewer, within),
        incident_id=row.id,
        day=row.day,
        description=row.description,
        evidence=row.evidence,
        recorded_by=row.recorded_by or row.recorder,
        case=row.case,
        decision=None if row.status == "recorded" else row.status,
        reason=row.reason,
        decided_by=row.decided_by,
        decided_at=row.decided_at,
    )


def bar_of(row: Any, viewer: Viewer, within: Collection[int]) -> str | None:
    """Why the viewer may not decide an incident (a row of ``rewards.queries.incidents``)."""
    if viewer.is_person(row.employee_id):
        return "self"
    if viewer.is_person(row.recorded_by_id) or viewer.has_part_in(row.recorder):
        return "recorder"
    mine = viewer.decides_for_hr(row.recorded_by_id, row.recorder)
    return None if mine or row.employee_id in within else "scope"
