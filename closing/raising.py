"""What would raise a total, and by how much: one step at a time, all else as it was. Pure.

A step changes one fact of one person, or takes one rule back; every other fact stays, also what a
leader is told of their people. What follows is computed by the functions of the close: the line and
its small-sample mean, the team's mean, the rules, what they hold down, the total. So a gain is what
the scorecard would have had, to the hundredth.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from closing.policy import Policy
from core.values import Fact, FactSpec, Month, flat, half_up, settle
from evaluations.policy import Template
from evaluations.scorecards import scoring
from rewards.entries import (
    Decision,
    Effects,
    Occurrence,
    OccurrenceState,
    PastMonth,
    PersonMonth,
    RuleEntry,
    effects,
)
from rewards.rules import CompiledRules, fire

STEPS = 5  # a step is about a fifth of the way from the floor to the target
NOTHING = Decimal(0)
# Until where a kind of fact can get better at all.
ENDS: Mapping[str, tuple[float, float]] = {"rate": (0, 1), "score": (0, 100)}
WHOLE = ("count", "verdict")
FIXED = "team_"  # facts of a leader's people follow from theirs, and are raised there
_STATES: Mapping[str, OccurrenceState] = {
    "counts": "counts",
    "superseded": "counts",
    "proposed": "proposed",
    "declined": "declined",
    "voided": "voided",
}


@dataclass(frozen=True, slots=True)
class Scored:
    """A scorecard as it was computed, and what its total hangs on beside its own facts.

    ``crowds`` are the sample sizes behind the mean of each metric with a prior; ``mates`` how many
    scorecards the team's mean is made of, and ``beside`` the lines of those among them that are
    scored by the same means: one's own sample moves the mean that theirs are drawn to.
    """

    month: Month
    position: str
    template: Template
    facts: Mapping[str, Fact]
    lines: tuple[scoring.LineResult, ...]
    entries: tuple[RuleEntry, ...]
    history: Mapping[Month, PastMonth]
    status: str
    tenure_months: int
    ramping: bool
    base: float | None
    team_mean: float | None
    total: Decimal | None
    crowds: Mapping[str, int]
    mates: int
    beside: Sequence[Sequence[scoring.LineResult]]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a scorecard would have come to: its total, and the rules that would have counted."""

    total: Decimal | None
    effects: Effects
    counting: frozenset[str]


@dataclass(frozen=True, slots=True)
class Step:
    """One step: of a line (``metric``, from ``before`` to ``after``), or a rule taken back.

    ``why`` says why nothing is gained: ``best``, ``floor``, ``cap`` (held to ``cap_grade``) or
    ``held`` (rules take it away, or the total is at its end). ``ends`` and ``begins`` are rules
    that would not have counted, or would have.
    """

    metric: str
    before: float | None
    after: float | None
    gain: Decimal
    rule: str = ""
    why: str = ""
    cap_grade: str | None = None
    ends: tuple[str, ...] = ()
    begins: tuple[str, ...] = ()


def steps(
    card: Scored, policy: Policy, rules: CompiledRules, catalogue: Mapping[str, FactSpec]
) -> list[Step]:
    """One for every line with data, and for every penalty that counted with points or a cap.

    The largest gain comes first; without a total there is none.
    """
    if card.total is None:
        return []
    now = outcome(card, policy, rules)
    found = [_of_line(card, policy, rules, catalogue, line, now) for line in card.lines]
    told = [each for each in found if each is not None]
    told += [_of_rule(card, policy, rules, code, now) for code in _penalties(card.entries)]
    return sorted(told, key=lambda each: -each.gain)


def outcome(
    card: Scored,
    policy: Policy,
    rules: CompiledRules,
    *,
    metric: str = "",
    value: float = 0.0,
    without: str = "",
) -> Outcome:
    """The total with another value of one fact, or ``without`` what a rule did."""
    facts, means = dict(card.facts), _means(card)
    if metric:
        old = facts[metric]
        facts[metric] = old._replace(value=value)
        if metric in means and old.n:
            means[metric] += old.n * (value - old.value) / card.crowds[metric]
    factor = scoring.ramp_factor(policy.scoring.ramp, card.tenure_months)
    base = scoring.base_score(card.template, facts, means, factor).base
    entries = fire(rules, _person_month(card, facts, without))
    sums = effects(entries, [grade.key for grade in policy.grades])
    blended = scoring.blend(base, _team_mean(card, base, means), card.template.team_share)
    adjustment = scoring.held_adjustment(sums.adjustment, policy.scoring.adjust_cap)
    ceiling = scoring.cap_ceiling(policy.grades, sums.cap_grade)
    counting = frozenset(each.rule for each in entries if each.state == "counts")
    return Outcome(scoring.total_of(blended, adjustment, ceiling), sums, counting)


def _means(card: Scored) -> dict[str, float]:
    return {line.metric: line.prior_mean for line in card.lines if line.prior_mean is not None}


def _team_mean(card: Scored, base: float | None, means: Mapping[str, float]) -> float | None:
    """The team's mean with one's own base changed, if it is in it, and what that moved."""
    if card.team_mean is None or not card.mates:
        return card.team_mean
    moved = [_moved(lines, means) for lines in card.beside]
    if card.status == "complete" and not card.ramping:
        moved.append((base or 0) - (card.base or 0))
    return card.team_mean + math.fsum(moved) / card.mates


def _moved(lines: Sequence[scoring.LineResult], means: Mapping[str, float]) -> float:
    """By how much a base moves where the means of small samples are others."""
    known = [line for line in lines if line.score is not None]
    weight = math.fsum(line.weight for line in known)
    return math.fsum(line.weight * _rescored(line, means) for line in known) / weight


def _rescored(line: scoring.LineResult, means: Mapping[str, float]) -> float:
    mean = means.get(line.metric)
    if mean is None or mean == line.prior_mean or line.prior_mean is None:
        return 0
    n, k = line.sample_size or 0, line.prior
    value = (n * (line.raw or 0) + k * mean) / (n + k)
    return scoring.score(value, line.floor, line.target, line.stretch) - (line.score or 0)


def _person_month(card: Scored, facts: dict[str, Fact], without: str) -> PersonMonth:
    """What the rules were tried with, read back from what they gave."""
    occurrences, approvals, voided = [], dict[str, Decision](), set[str]()
    for entry in card.entries:
        if entry.incident is not None and entry.day is not None:
            gone = entry.rule == without
            state: OccurrenceState = "voided" if gone else _STATES[entry.state]
            occurrences.append(
                Occurrence(entry.incident, entry.rule, entry.day, case=entry.case, state=state)
            )
        elif entry.state in ("counts", "superseded"):
            approvals[entry.rule] = "approved"
        elif entry.state == "declined":
            approvals[entry.rule] = "declined"
        elif entry.state == "voided":
            voided.add(entry.rule)
    return PersonMonth(
        month=card.month,
        position=card.position,
        facts=flat(facts),
        exempt=card.status == "exempt",
        history=card.history,
        occurrences=occurrences,
        approvals=approvals,
        voided=voided | {without} if without else voided,
    )


def _penalties(entries: Iterable[RuleEntry]) -> list[str]:
    counting = (each for each in entries if each.state == "counts" and each.kind == "penalty")
    return list(dict.fromkeys(each.rule for each in counting if each.points or each.cap_grade))


def _of_line(
    card: Scored,
    policy: Policy,
    rules: CompiledRules,
    catalogue: Mapping[str, FactSpec],
    line: scoring.LineResult,
    now: Outcome,
) -> Step | None:
    if line.score is None or line.raw is None or line.metric.startswith(FIXED):
        return None
    spec = catalogue.get(line.metric)
    after = target_of_step(line, spec.kind if spec else "mean")
    if after == line.raw:
        return Step(line.metric, line.raw, after, NOTHING, why="best")
    then = outcome(card, policy, rules, metric=line.metric, value=after)
    step = _step(card, now, then, Step(line.metric, line.raw, after, NOTHING))
    if step.gain > 0 or step.why == "cap":
        return step
    sign = 1 if line.target > line.floor else -1
    if line.score == 0 and (after - line.floor) * sign <= 0:
        return replace(step, why="floor")
    return replace(step, why="best" if line.score >= _top(line) else "held")


def _of_rule(card: Scored, policy: Policy, rules: CompiledRules, code: str, now: Outcome) -> Step:
    then = outcome(card, policy, rules, without=code)
    return _step(card, now, then, Step("", None, None, NOTHING, rule=code), {code})


def _step(card: Scored, now: Outcome, then: Outcome, step: Step, known: Iterable[str] = ()) -> Step:
    assert card.total is not None
    gain = (then.total or NOTHING) - (now.total or NOTHING)
    capped = then.effects.cap_grade if gain <= 0 else None
    return replace(
        step,
        gain=half_up(gain, 2),
        why="" if gain > 0 else "cap" if capped else "held",
        cap_grade=capped,
        ends=tuple(sorted(now.counting - then.counting - set(known))),
        begins=tuple(sorted(then.counting - now.counting)),
    )


def _top(line: scoring.LineResult) -> float:
    return 100 if line.stretch is None else 120


def target_of_step(line: scoring.LineResult, kind: str) -> float:
    """The value one step better: a round number of about a fifth of the way to the target.

    It goes no further than the value that scores most, and than the kind of fact can go. With a
    small sample that value lies beyond the anchors: what is scored is drawn towards the mean.
    """
    assert line.raw is not None
    sign = 1 if line.target > line.floor else -1
    size = round_step(abs(line.target - line.floor) / STEPS, whole=kind in WHOLE)
    best = line.target if line.stretch is None else line.stretch
    if line.prior_mean is not None and line.sample_size:
        n, k = line.sample_size, line.prior
        best = (best * (n + k) - k * line.prior_mean) / n
    low, high = ENDS.get(kind, (0, math.inf))
    best = min(high, max(low, best))
    after = float(settle(line.raw + sign * size))
    if (line.raw - best) * sign >= 0:
        return line.raw
    return best if (after - best) * sign > 0 else after


def round_step(size: float, *, whole: bool) -> float:
    """The largest of 1, 2 and 5 times a power of ten that is not above ``size``."""
    power = 10.0 ** math.floor(math.log10(size))
    found = next(each * power for each in (5, 2, 1) if each * power <= size * (1 + 1e-9))
    return max(1.0, found) if whole else float(settle(found))
