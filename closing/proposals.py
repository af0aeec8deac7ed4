"""What waits for a decision in a month: rules that ask for approval, and incidents recorded."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy.orm import Session

from closing.cards import CardView, stored_views
from closing.catalogue import condition_catalogue
from closing.months import current_closing
from closing.policy import Policy
from closing.preview import preview_month
from closing.versions import policy_of_closing
from core.clock import Now
from core.values import Month, flat
from core.viewer import Viewer
from rewards import queries
from rewards.conditions import compile_condition
from rewards.models import RuleApproval
from rewards.policy import Rule
from rewards.wording import Finding, findings

REVIEW = "review_360"


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


def proposals(
    session: Session, viewer: Viewer, month: Month, now: Now, within: Collection[int]
) -> tuple[Policy, list[Proposal]]:
    """The month's proposals about those in ``within`` (employee ids), undecided ones first.

    An open month is computed, reading only; a closed one tells what was decided. Raises ``Refused``
    where an open month cannot be computed.
    """
    closing = current_closing(session, month)
    if closing is None:
        computed = preview_month(session, month, now.moment)
        policy, views = computed.version.policy, computed.views()
        rows = list(queries.undecided_incidents(session, viewer, now.wall.date(), month))
    else:
        policy = policy_of_closing(session, closing.document_version_id).policy
        views, rows = stored_views(session, closing), []
    rows += queries.decided_incidents(session, viewer, now.wall.date(), month)
    decisions = {(row.employee_id, row.rule): row for row in queries.rule_decisions(session, month)}
    found = list(_fired(views, policy, decisions, viewer, within, is_open=closing is None))
    fired = {each.key for each in found}
    found += _lapsed(views, policy, decisions, fired, viewer, within)
    found += [_incident(row, policy, viewer, within) for row in rows]
    found.sort(key=lambda each: (each.decision is not None, each.employee_no, each.key))
    return policy, found


def _fired(
    views: Iterable[CardView],
    policy: Policy,
    decisions: dict[tuple[int, str], RuleApproval],
    viewer: Viewer,
    within: Collection[int],
    *,
    is_open: bool,
) -> Iterable[Proposal]:
    """A 360° result is not told while the round runs: from day to day the difference would be one
    person's review."""
    facts = condition_catalogue(policy)
    for view in views:
        if view.employee_id not in within:
            continue
        for entry in view.rules:
            rule = policy.rules.get(entry.rule)
            if rule is None or not rule.approval or rule.incident or entry.state == "undecided":
                continue
            explained: list[Finding] = []
            if rule.when is not None:
                values = flat(dict(view.facts))
                if is_open:
                    values = {key: each for key, each in values.items() if REVIEW not in key}
                explained = findings(compile_condition(rule.when, None), values, facts)
            yield _of_rule(view, rule, decisions, viewer, tuple(explained))


def _of_rule(
    view: CardView,
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
    views: Iterable[CardView],
    policy: Policy,
    decisions: dict[tuple[int, str], RuleApproval],
    fired: Collection[str],
    viewer: Viewer,
    within: Collection[int],
) -> list[Proposal]:
    """Decisions on rules that do not fire (any more)."""
    cards = {view.employee_id: view for view in views}
    return [
        _of_rule(cards[who], policy.rules[code], decisions, viewer, lapsed=True)
        for who, code in decisions
        if who in within
        and who in cards
        and code in policy.rules
        and f"rule:{who}:{code}" not in fired
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
