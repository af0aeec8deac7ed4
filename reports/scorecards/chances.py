"""What would raise a total most, in words: ``closing.raising`` computes it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from flask_babel import gettext as _

from closing.cards import CardView
from closing.catalogue import fact_catalogue
from closing.policy import Policy
from closing.raising import Scored, Step, steps
from core.i18n import language
from core.pages.filters import short
from core.values import FactSpec, Month, half_up
from evaluations.scorecards.scoring import LineResult
from reports import words
from rewards.entries import PastMonth
from rewards.rules import CompiledRules, compile_rules


@dataclass(frozen=True, slots=True)
class Chance:
    """One step as the page shows it: what, from where to where, what it gains, and why nothing."""

    label: str
    step: str
    before: str
    after: str
    gain: Decimal
    notes: tuple[str, ...]


def chances(
    card: CardView,
    policy: Policy,
    *,
    history: Mapping[Month, PastMonth],
    crowds: Mapping[str, int],
    mates: int,
    beside: Sequence[Sequence[LineResult]],
) -> list[Chance]:
    """Largest gain first. What comes beside the scorecard is told in ``Scored``."""
    known = scored(card, policy, history=history, crowds=crowds, mates=mates, beside=beside)
    if known is None:
        return []
    catalogue = fact_catalogue(policy)
    lines = {line.metric: line for line in card.lines}
    return [
        _of_rule(each, policy) if each.rule else _of_line(each, lines, policy, catalogue)
        for each in steps(known, policy, compiled(policy), catalogue)
    ]


def scored(
    card: CardView,
    policy: Policy,
    *,
    history: Mapping[Month, PastMonth],
    crowds: Mapping[str, int],
    mates: int,
    beside: Sequence[Sequence[LineResult]],
) -> Scored | None:
    """The scorecard as ``closing.raising`` takes it; None where its template is no more."""
    template = policy.templates.get(card.template)
    if template is None:
        return None
    return Scored(
        month=card.month,
        position=card.position,
        template=template,
        facts=card.facts,
        lines=card.lines,
        entries=card.rules,
        history=history,
        status=card.status,
        tenure_months=card.tenure_months,
        ramping=card.ramping,
        base=card.base,
        team_mean=card.team_mean,
        total=None if card.total is None else half_up(card.total, 2),
        crowds=crowds,
        mates=mates,
        beside=beside,
    )


def compiled(policy: Policy) -> CompiledRules:
    return compile_rules(policy.rules.values(), grades=[grade.key for grade in policy.grades])


def _of_line(
    step: Step,
    lines: Mapping[str, LineResult],
    policy: Policy,
    catalogue: Mapping[str, FactSpec],
) -> Chance:
    spec = catalogue.get(step.metric, words.UNKNOWN)
    metric = policy.metrics.get(step.metric)
    names = metric.names if metric else spec.names
    line = lines[step.metric]
    before, after = step.before or 0.0, step.after or 0.0
    return Chance(
        label=names.get(language()),
        step=_size(after - before, spec) if after != before else "",
        before=words.figure(before, spec),
        after=words.figure(after, spec),
        gain=step.gain,
        notes=tuple(_notes(step, policy, words.figure(line.floor, spec))),
    )


def _size(change: float, spec: FactSpec) -> str:
    """``+2 points`` of a percentage, ``−1 min`` of a time."""
    sign = "+" if change >= 0 else "−"
    if spec.kind == "rate":
        points = short(abs(change) * 100)
        return str(_("%(change)s percentage points", change=f"{sign}{points}"))
    return f"{sign}{words.figure(abs(change), spec)}"


def _of_rule(step: Step, policy: Policy) -> Chance:
    rule = policy.rules[step.rule]
    return Chance(
        label=_("Without %(rule)s %(name)s", rule=step.rule, name=rule.names.get(language())),
        step="",
        before="",
        after="",
        gain=step.gain,
        notes=tuple(_notes(step, policy, "")),
    )


def _notes(step: Step, policy: Policy, floor: str) -> Iterable[str]:
    if step.why == "best":
        yield _("As good as this line can count.")
    elif step.why == "floor":
        yield _("Counts only from %(floor)s on.", floor=floor)
    elif step.why == "cap":
        yield _("A rule holds the total to grade %(grade)s.", grade=step.cap_grade)
    elif step.why == "held" and not (step.ends or step.begins):
        yield _("Limits of the policy take it away again.")
    for code in step.ends:
        name = policy.rules[code].names.get(language())
        yield _("%(rule)s (%(name)s) would no longer count.", rule=code, name=name)
    for code in step.begins:
        name = policy.rules[code].names.get(language())
        yield _("%(rule)s (%(name)s) would count.", rule=code, name=name)
