"""A month as one pure function: fact sheets and policy in, scorecards with their reasons out.

docs/scoring.md is the contract. Nothing here reads a clock, a random number, a locale or a
database; earlier months come through ``History``, which knows only what was stored.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import NamedTuple, Protocol

from closing.facts import Person, Sheet, add_team_facts, carry_review
from closing.parts import Part, part_in, templates_by_position
from closing.pay import PayResult, pay_of, presence_ratio
from closing.policy import Policy
from core.values import Fact, Month, flat, mean
from evaluations.policy import Grade, Template
from evaluations.scorecards import scoring
from rewards.entries import (
    Decision,
    Effects,
    Occurrence,
    PastMonth,
    PersonMonth,
    RuleEntry,
    effects,
)
from rewards.rules import CompiledRules, fire
from training.effect import Completion, MonthScores, Verdict, verdicts, worst

COEFFICIENT_MONTHS = 3


class History(Protocol):
    """The stored results of earlier months. A month that was not closed gives None."""

    def review(self, month: Month) -> Mapping[int, Fact] | None:
        """``review_360`` of its own (computed or entered) by employee id."""

    def scores(self, month: Month) -> MonthScores | None: ...

    def past(self, employee_id: int) -> Mapping[Month, PastMonth]: ...

    def coefficients(self, months: Sequence[Month]) -> Mapping[int, list[float]]:
        """Coefficients of the complete scorecards of these months by employee id."""


@dataclass(frozen=True, slots=True)
class Inputs:
    """What a month is computed from. ``sheets`` hold everybody's own facts, entered ones won."""

    month: Month
    people: Sequence[Person]
    sheets: Mapping[int, Sheet]
    occurrences: Mapping[int, Sequence[Occurrence]] = field(default_factory=dict)
    approvals: Mapping[int, Mapping[str, Decision]] = field(default_factory=dict)
    voided: Mapping[int, Collection[str]] = field(default_factory=dict)
    completions: Sequence[Completion] = ()


class Card(NamedTuple):
    """One scorecard with everything that explains it."""

    person: Person
    template: Template
    status: scoring.Status
    ramping: bool
    tenure_months: int
    lines: tuple[scoring.LineResult, ...]
    coverage: float
    base: float | None
    team_mean: float | None = None
    blended: float | None = None
    adjustment: float = 0
    total: Decimal | None = None
    grade: str | None = None
    team_rank: int | None = None
    company_rank: int | None = None
    coefficient: float = 0
    rules: tuple[RuleEntry, ...] = ()
    pay: PayResult | None = None

    @property
    def competes(self) -> bool:
        """Enters team means, ranks and awards."""
        return self.status == "complete" and not self.ramping


@dataclass(frozen=True, slots=True)
class MonthResult:
    """Scorecards in the order of people; fact sheets of everybody employed; verdicts."""

    cards: list[Card]
    sheets: dict[int, Sheet]
    verdicts: list[Verdict]


def compute_month(
    inputs: Inputs, policy: Policy, rules: CompiledRules, history: History
) -> MonthResult:
    """The whole chain of docs/scoring.md for one month."""
    sheets, cards, found = _scored_month(inputs, policy, history)
    finished = _Finish(inputs, policy, rules, history, sheets, _team_means(cards))
    cards = [finished.card(card) for card in cards]
    return MonthResult(_ranked(cards), sheets, found)


def compute_cards(
    inputs: Inputs,
    policy: Policy,
    rules: CompiledRules,
    history: History,
    wanted: Collection[int],
) -> list[Card]:
    """The scorecards of some people as ``compute_month`` gives them, but for the ranks.

    Only who has a part in them is scored.
    """
    part = part_in(inputs.month, inputs.people, inputs.completions, policy, wanted)
    sheets, cards, _ = _scored_month(inputs, policy, history, part)
    finished = _Finish(inputs, policy, rules, history, sheets, _team_means(cards))
    return [finished.card(card) for card in cards if card.person.employee_id in wanted]


def _scored_month(
    inputs: Inputs, policy: Policy, history: History, part: Part | None = None
) -> tuple[dict[int, Sheet], list[Card], list[Verdict]]:
    """Fact sheets, scorecards up to their base, and verdicts on training; ``part`` of them."""
    sheets = complete_sheets(inputs, policy, history, part.leaders if part else None)
    cards = _score_everybody(inputs, policy, sheets, part.people if part else None)
    found = _training_verdicts(inputs, cards, history) if part is None or part.judged else []
    for employee_id, value in worst(found).items():
        if employee_id in sheets:
            sheets[employee_id].setdefault("training_effect", Fact(value))
    return sheets, cards, found


def complete_sheets(
    inputs: Inputs,
    policy: Policy,
    history: History,
    leaders: Mapping[int, Collection[str] | None] | None = None,
) -> dict[int, Sheet]:
    """Everybody's facts with reviews carried over, and those of the teams that people lead.

    With ``leaders`` only these have facts of their teams, and where it names some only those.
    """
    sheets = {
        p.employee_id: dict(inputs.sheets.get(p.employee_id, {}))
        for p in inputs.people
        if p.employed_days
    }
    earlier = [
        history.review(inputs.month.plus(-back)) or {}
        for back in range(1, policy.reviews.carry_months + 1)
    ]
    for employee_id, sheet in sheets.items():
        carry_review(sheet, (month.get(employee_id) for month in earlier))
    add_team_facts(inputs.people, sheets, leaders)
    return sheets


def _score_everybody(
    inputs: Inputs,
    policy: Policy,
    sheets: Mapping[int, Sheet],
    only: Collection[int] | None = None,
) -> list[Card]:
    by_position = templates_by_position(policy)
    scored = [
        (person, by_position[person.position])
        for person in inputs.people
        if person.employed_days and person.position in by_position
    ]
    groups: dict[str, list[Sheet]] = defaultdict(list)
    for person, template in scored:
        groups[template.key].append(sheets[person.employee_id])
    means = {key: scoring.prior_means(policy.templates[key], each) for key, each in groups.items()}
    return [
        _scored(person, template, sheets[person.employee_id], means[template.key], inputs, policy)
        for person, template in scored
        if only is None or person.employee_id in only
    ]


def _scored(
    person: Person,
    template: Template,
    sheet: Sheet,
    means: Mapping[str, float],
    inputs: Inputs,
    policy: Policy,
) -> Card:
    tenure = scoring.tenure_months(person.hire_date, inputs.month)
    factor = scoring.ramp_factor(policy.scoring.ramp, tenure)
    base = scoring.base_score(template, sheet, means, factor)
    return Card(
        person=person,
        template=template,
        status=scoring.status_of(sheet, base.coverage, policy.scoring),
        ramping=factor is not None,
        tenure_months=tenure,
        lines=base.lines,
        coverage=base.coverage,
        base=base.base,
    )


def month_scores(cards: Iterable[Card]) -> MonthScores:
    """This month as the training effect sees it."""
    cards = list(cards)
    return MonthScores(
        template={card.person.employee_id: card.template.key for card in cards},
        ramping={card.person.employee_id for card in cards if card.ramping},
        scores={
            card.person.employee_id: {
                line.metric: line.score for line in card.lines if line.score is not None
            }
            for card in cards
        },
    )


def _training_verdicts(inputs: Inputs, cards: list[Card], history: History) -> list[Verdict]:
    if not inputs.completions:
        return []
    scores = {inputs.month: month_scores(cards)}
    for back in (4, 3, 1):
        month = inputs.month.plus(-back)
        earlier = history.scores(month)
        if earlier is not None:
            scores[month] = earlier
    return verdicts(inputs.month, inputs.completions, scores)


def _team_means(cards: Iterable[Card]) -> dict[int, float]:
    bases: dict[int, list[float]] = defaultdict(list)
    for card in cards:
        if card.competes and card.base is not None and card.person.team_id is not None:
            bases[card.person.team_id].append(card.base)
    return {team_id: mean(each) for team_id, each in bases.items()}


@dataclass(frozen=True, slots=True)
class _Finish:
    """From a base score to a total, a grade and pay."""

    inputs: Inputs
    policy: Policy
    rules: CompiledRules
    history: History
    sheets: Mapping[int, Sheet]
    team_means: Mapping[int, float]

    def card(self, card: Card) -> Card:
        person, sheet = card.person, self.sheets[card.person.employee_id]
        entries = tuple(fire(self.rules, self._person_month(card, sheet)))
        sums = effects(entries, [grade.key for grade in self.policy.grades])
        team_mean = None if person.team_id is None else self.team_means.get(person.team_id)
        blended = scoring.blend(card.base, team_mean, card.template.team_share)
        adjustment = scoring.held_adjustment(sums.adjustment, self.policy.scoring.adjust_cap)
        ceiling = scoring.cap_ceiling(self.policy.grades, sums.cap_grade)
        total = scoring.total_of(blended, adjustment, ceiling)
        grade = self._grade(card, total, sums)
        coefficient = grade.coefficient if grade else self._ungraded(person.employee_id)
        ratio = presence_ratio(person.employed_days, self.inputs.month.length, sheet)
        pay = pay_of(
            self.policy.pay,
            position=person.position or "",
            coefficient=coefficient,
            ratio=ratio,
            effects=sums,
            base_wage=person.base_wage,
        )
        return Card(
            person=person,
            template=card.template,
            status=card.status,
            ramping=card.ramping,
            tenure_months=card.tenure_months,
            lines=card.lines,
            coverage=card.coverage,
            base=card.base,
            team_mean=team_mean,
            blended=blended,
            adjustment=adjustment,
            total=total,
            grade=grade.key if grade else None,
            coefficient=coefficient,
            rules=entries,
            pay=pay,
        )

    def _person_month(self, card: Card, sheet: Sheet) -> PersonMonth:
        who = card.person.employee_id
        return PersonMonth(
            month=self.inputs.month,
            position=card.person.position or "",
            facts=flat(sheet),
            exempt=card.status == "exempt",
            history=self.history.past(who),
            occurrences=self.inputs.occurrences.get(who, ()),
            approvals=self.inputs.approvals.get(who, {}),
            voided=self.inputs.voided.get(who, ()),
        )

    def _grade(self, card: Card, total: Decimal | None, sums: Effects) -> Grade | None:
        if card.status != "complete" or total is None:
            return None
        return scoring.grade_of(
            self.policy.grades, total, ramping=card.ramping, capped=sums.cap_grade
        )

    def _ungraded(self, employee_id: int) -> float:
        month = self.inputs.month
        months = [month.plus(-back) for back in range(1, COEFFICIENT_MONTHS + 1)]
        earlier = self.history.coefficients(months).get(employee_id)
        if earlier:
            return mean(earlier)
        key = self.policy.pay.ungraded
        return next(grade.coefficient for grade in self.policy.grades if grade.key == key)


def _ranked(cards: list[Card]) -> list[Card]:
    competing = [card for card in cards if card.competes and card.total is not None]
    company = scoring.competition_ranks(competing, _total)
    teams: dict[int, list[Card]] = defaultdict(list)
    for card in competing:
        if card.person.team_id is not None:
            teams[card.person.team_id].append(card)
    team: dict[int, int] = {}
    for members in teams.values():
        team |= scoring.competition_ranks(members, _total)
    return [
        card._replace(team_rank=team.get(id(card)), company_rank=company[id(card)])
        if id(card) in company
        else card
        for card in cards
    ]


def _total(card: Card) -> Decimal:
    return card.total if card.total is not None else Decimal(0)
