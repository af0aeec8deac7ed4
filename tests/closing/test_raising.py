"""What would raise a total, against computing the whole month again with that one thing changed."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.orm import Session
from support.centres import Examples, expected_months, opened

from closing.cards import CardView, stored_views
from closing.catalogue import fact_catalogue
from closing.gather import Gathered
from closing.history import StoredHistory
from closing.months import current_closing
from closing.policy import Policy
from closing.raising import Scored, Step, outcome, round_step, steps
from closing.services import run
from closing.simulation import closed_inputs
from closing.versions import policy_of_closing
from core.values import Fact, Month, half_up
from reports.scorecards.chances import compiled, scored

SAMPLE = 30


@dataclass
class Centre:
    """A closed month of an example, and its inputs to be computed again."""

    session: Session
    month: Month
    policy: Policy
    gathered: Gathered
    views: dict[int, CardView]

    def totals(self, gathered: Gathered) -> Mapping[int, Decimal | None]:
        result = run(self.session, gathered, self.policy)
        return {card.person.employee_id: card.total for card in result.cards}

    def scored(self, view: CardView) -> Scored:
        everybody = self.views.values()
        crowds = {
            line.metric: sum(
                other.sample_size or 0
                for each in everybody
                if each.template == view.template
                for other in each.lines
                if other.metric == line.metric and other.raw is not None
            )
            for line in view.lines
            if line.prior
        }
        mates = [m for m in everybody if m.team_id == view.team_id and m.team_rank is not None]
        history = StoredHistory(self.session, self.month).past(view.employee_id)
        beside = [m.lines for m in mates if m.template == view.template and m is not view]
        found = scored(
            view, self.policy, history=history, crowds=crowds, mates=len(mates), beside=beside
        )
        assert found is not None
        return found

    def steps(self, view: CardView) -> list[Step]:
        catalogue = fact_catalogue(self.policy)
        return steps(self.scored(view), self.policy, compiled(self.policy), catalogue)

    def again(self, view: CardView, step: Step) -> Decimal | None:
        """The whole month once more: with the fact of the step, or its rule voided."""
        who, inputs = view.employee_id, self.gathered.inputs
        if step.rule:
            occurrences = [
                replace(each, state="voided") if each.rule == step.rule else each
                for each in inputs.occurrences.get(who, ())
            ]
            inputs = replace(
                inputs,
                voided={**inputs.voided, who: {*inputs.voided.get(who, ()), step.rule}},
                occurrences={**inputs.occurrences, who: occurrences},
            )
        else:
            assert step.after is not None
            old = view.facts[step.metric]
            sheets = {each: self.pinned(each, sheet) for each, sheet in inputs.sheets.items()}
            sheets[who][step.metric] = old._replace(value=step.after)
            inputs = replace(inputs, sheets=sheets)
        return self.totals(replace(self.gathered, inputs=inputs))[who]

    def pinned(self, who: int, sheet: Mapping[str, Fact]) -> dict[str, Fact]:
        """With a leader's team facts as they were: one fact changes, and no other."""
        view = self.views.get(who)
        facts = view.facts if view else {}
        return {**sheet, **{key: each for key, each in facts.items() if key.startswith("team_")}}


@pytest.fixture(
    scope="module",
    params=["centre-a", "centre-b", pytest.param("centre-c", marks=pytest.mark.long)],
)
def centre(request: pytest.FixtureRequest, examples: Examples) -> Iterator[Centre]:
    with opened(examples.to_read("sqlite", request.param)) as session:
        month = expected_months(request.param)[-1]
        closing = current_closing(session, month)
        assert closing is not None
        policy = policy_of_closing(session, closing.document_version_id).policy
        views = {view.employee_id: view for view in stored_views(session, closing)}
        yield Centre(session, month, policy, closed_inputs(session, closing, policy), views)


def test_without_a_step_the_scorecard_is_what_it_was(centre: Centre) -> None:
    for view in centre.views.values():
        same = outcome(centre.scored(view), centre.policy, compiled(centre.policy))
        assert same.total == (None if view.total is None else half_up(view.total, 2))
        counting = {entry.rule for entry in view.rules if entry.state == "counts"}
        assert same.counting == counting


def test_every_gain_is_what_computing_the_month_again_gives(centre: Centre) -> None:
    told = [(view, step) for view in centre.views.values() for step in centre.steps(view)]
    assert len(told) > SAMPLE
    chosen = random.Random(4).sample(told, SAMPLE)
    chosen += [(view, step) for view, step in told if step.rule or step.ends or step.begins][:10]
    wrong = []
    for view, step in chosen:
        total, now = centre.again(view, step), half_up(view.total or 0, 2)
        if total is None or total - now != step.gain:
            wrong.append(f"{view.employee_no} {step}: {now} to {total}")
    assert wrong == []
    assert any(step.gain > 1 for _, step in chosen)


def test_what_gains_nothing_says_why_and_the_largest_gain_stands_first(centre: Centre) -> None:
    for view in centre.views.values():
        found = centre.steps(view)
        assert [step.gain for step in found] == sorted((s.gain for s in found), reverse=True)
        assert [step for step in found if (step.gain > 0) == bool(step.why)] == []
        assert (found == []) == (view.total is None)


@given(st.floats(1e-6, 1e6))
def test_steps_are_round_and_no_larger_than_asked(size: float) -> None:
    step = round_step(size, whole=False)
    assert step <= size * (1 + 1e-6)
    assert step * 2.51 >= size or step < 1e-8
    assert f"{step:.0e}"[0] in "125"
    assert round_step(size, whole=True) >= 1
