"""Which rules fire for one employee in one month, and what they do together.

Source: docs/scoring.md, The rules matrix. Pure: policy, facts and history are handed in.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import lru_cache

from core.values import Month, settle
from rewards.conditions import Condition, compile_condition
from rewards.entries import FiredBy, PersonMonth, RuleEntry, State, gravity, ladder_counts
from rewards.policy import Per, Repeats, Rule


@dataclass(frozen=True, slots=True)
class _Trial:
    """An enabled rule, ready to be tried; entries that cannot differ are made once."""

    index: int
    rule: Rule
    condition: Condition | None
    ready: Mapping[State, RuleEntry]

    def entry(self, state: State, facts: Mapping[str, float]) -> RuleEntry:
        return self.ready[state] if self.ready else _entry(self.rule, state, facts)


@dataclass(frozen=True, slots=True)
class _Set:
    """The rules of one position by the way in which they fire."""

    when: tuple[tuple[_Trial, Condition], ...]
    incident: Mapping[str, _Trial]
    repeats: tuple[tuple[_Trial, Repeats], ...]


@dataclass(frozen=True, slots=True)
class CompiledRules:
    """The matrix ready for use; ``grades`` are the keys of the grades, best first."""

    grades: tuple[str, ...]
    _trials: tuple[_Trial, ...]
    _by_position: dict[str, _Set] = field(default_factory=dict, compare=False, repr=False)

    def for_position(self, position: str) -> _Set:
        found = self._by_position.get(position)
        if found is None:
            found = self._by_position[position] = _for_position(self._trials, position)
        return found


def compile_rules(
    rules: Iterable[Rule], *, grades: Sequence[str], known: Collection[str] | None = None
) -> CompiledRules:
    """Compile the matrix once for a close; ``rules`` in the policy's order, ``grades`` best first.

    Raises ``ConditionError``, or ``ValueError`` for a ``cap_grade`` that is no grade.
    """
    trials = []
    for index, rule in enumerate(rules):
        if rule.cap_grade is not None and rule.cap_grade not in grades:
            raise ValueError(f"{rule.code}: no such grade: {rule.cap_grade!r}")
        condition = None if rule.when is None else compile_condition(rule.when, known)
        if rule.enabled:
            trials.append(_Trial(index, rule, condition, _ready(rule)))
    return CompiledRules(tuple(grades), tuple(trials))


def fire(rules: CompiledRules, person: PersonMonth) -> list[RuleEntry]:
    """Every rule that fired or was undecided, in the policy's order.

    Several incidents of one rule stand by date, then description, then id.
    """
    mine = rules.for_position(person.position)
    found = _try_conditions(mine, person)
    found += _take_incidents(mine, person)
    found += _climb_ladders(mine, person, found)
    found.sort(key=lambda item: item[0])
    entries = [entry for _, entry in found]
    _settle_groups(entries)
    _settle_cases(entries, rules.grades)
    return entries


_Found = list[tuple[int, RuleEntry]]


def _try_conditions(mine: _Set, person: PersonMonth) -> _Found:
    """Undecided trials are listed, in an exempt month too; a streak does not fire in one."""
    found: _Found = []
    facts = person.facts
    for trial, condition in mine.when:
        holds = condition.evaluate(facts)
        if holds is None:
            found.append((trial.index, trial.entry("undecided", facts)))
        elif holds:
            before = trial.rule.streak - 1
            if before and (person.exempt or not _held_before(condition, before, person)):
                continue
            found.append((trial.index, trial.entry(_state(trial.rule, person), facts)))
    return found


def _held_before(condition: Condition, months: int, person: PersonMonth) -> bool:
    """Whether it held in the ``months`` not exempt months before this one, without a break."""
    month = person.month
    while months:
        month = month.plus(-1)
        past = person.history.get(month)
        if past is None:
            return False
        if past.exempt:
            continue
        if not condition.evaluate(past.facts):
            return False
        months -= 1
    return True


def _take_incidents(mine: _Set, person: PersonMonth) -> _Found:
    found: _Found = []
    for one in sorted(person.occurrences, key=lambda o: (o.day, o.description, o.id)):
        trial = mine.incident.get(one.rule)
        if trial is not None:
            entry = trial.entry(one.state, person.facts)
            case = (one.case or "").strip() or None
            found.append((trial.index, replace(entry, case=case, incident=one.id, day=one.day)))
    return found


def _climb_ladders(mine: _Set, person: PersonMonth, found: _Found) -> _Found:
    if not mine.repeats:
        return []
    now = ladder_counts(entry for _, entry in found)
    climbed: _Found = []
    for trial, ladder in mine.repeats:
        times = now.get(ladder.rule, 0)
        if not times:
            continue
        for month in _before(person.month, ladder.months - 1):
            past = person.history.get(month)
            times += past.fired.get(ladder.rule, 0) if past else 0
        if times >= ladder.times:
            state = _state(trial.rule, person)
            climbed.append((trial.index, trial.entry(state, person.facts)))
    return climbed


@lru_cache
def _before(month: Month, months: int) -> tuple[Month, ...]:
    """That many months before, the nearest first."""
    return tuple(month.plus(-back) for back in range(1, months + 1))


def _state(rule: Rule, person: PersonMonth) -> State:
    if rule.code in person.voided:
        return "voided"
    if not rule.approval:
        return "counts"
    decision = person.approvals.get(rule.code)
    if decision is None:
        return "proposed"
    return "counts" if decision == "approved" else "declined"


def _settle_groups(entries: list[RuleEntry]) -> None:
    """Of a group only the highest level counts: all of that level, each being its own event."""
    best: dict[str, RuleEntry] = {}
    for entry in entries:
        if entry.state == "counts" and entry.group is not None:
            leader = best.get(entry.group)
            if leader is None or (entry.level or 0) > (leader.level or 0):
                best[entry.group] = entry
    for position, entry in enumerate(entries):
        if entry.state == "counts" and entry.group is not None:
            leader = best[entry.group]
            if (entry.level or 0) < (leader.level or 0):
                entries[position] = replace(entry, state="superseded", superseded_by=leader.rule)


def _settle_cases(entries: list[RuleEntry], grades: Sequence[str]) -> None:
    """One event, one consequence: of the penalties of one case only the gravest counts."""
    cases: dict[str, list[int]] = {}
    for position, entry in enumerate(entries):
        punishes = entry.kind == "penalty" and entry.fired_by == "incident"
        if punishes and entry.case and entry.state == "counts":
            cases.setdefault(entry.case, []).append(position)

    def order(position: int) -> tuple[int, Decimal, int, str, int]:
        entry = entries[position]
        cap = gravity(entry.cap_grade, grades)
        return -cap, -settle(entry.points), -entry.bars_awards, entry.rule, position

    for positions in cases.values():
        gravest = min(positions, key=order)
        for position in positions:
            if position != gravest:
                entries[position] = replace(
                    entries[position], state="superseded", superseded_by=entries[gravest].rule
                )


def _fired_by(rule: Rule) -> FiredBy:
    if rule.incident:
        return "incident"
    return "when" if rule.repeats is None else "repeats"


def _factor(per: Per, facts: Mapping[str, float]) -> float:
    """min(max, max(0, fact - above)); an absent fact counts as 0."""
    excess = max(0, facts.get(per.fact, 0) - per.above)
    return excess if per.max is None else min(per.max, excess)


def _entry(rule: Rule, state: State, facts: Mapping[str, float]) -> RuleEntry:
    factor = None if rule.per is None else _factor(rule.per, facts)
    times = 1 if factor is None else factor
    return RuleEntry(
        rule=rule.code,
        kind=rule.kind,
        fired_by=_fired_by(rule),
        state=state,
        group=rule.group,
        level=rule.level,
        points=rule.points * times,
        amount=rule.amount * times,
        bonus_deduction=rule.bonus_deduction * times,
        bonus_share=rule.bonus_share * times,
        wage_deduction=rule.wage_deduction * times,
        cap_grade=rule.cap_grade,
        actions=rule.actions,
        bars_awards=rule.bars_awards,
        factor=factor,
    )


def _ready(rule: Rule) -> dict[State, RuleEntry]:
    """Without ``per`` an entry depends on its state alone."""
    if rule.per is not None:
        return {}
    states: tuple[State, ...] = ("counts", "proposed", "declined", "voided", "undecided")
    return {state: _entry(rule, state, {}) for state in states}


def _for_position(trials: Iterable[_Trial], position: str) -> _Set:
    mine = [t for t in trials if t.rule.positions is None or position in t.rule.positions]
    return _Set(
        when=tuple((trial, trial.condition) for trial in mine if trial.condition is not None),
        incident={trial.rule.code: trial for trial in mine if trial.rule.incident},
        repeats=tuple((trial, trial.rule.repeats) for trial in mine if trial.rule.repeats),
    )
