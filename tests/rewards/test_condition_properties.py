"""Conditions against a second, naive evaluator over the same grammar."""

from __future__ import annotations

import math
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Context, Decimal

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from rewards.conditions import ConditionError, compile_condition

NAMES = ("a", "b", "csat_n", "and_more")
WIDE = Context(prec=700)


class Undecided(Exception):
    """The naive evaluator's word for it."""


@dataclass(frozen=True)
class Node:
    """``kind`` is an operator, ``name``, ``number``, ``neg`` or ``not``."""

    kind: str
    parts: tuple[Node, ...] = ()
    text: str = ""

    def __str__(self) -> str:
        if self.kind in ("name", "number"):
            return self.text
        if self.kind == "neg":
            return f"-({self.parts[0]})"
        if self.kind == "not":
            return f"not ({self.parts[0]})"
        return f" {self.kind} ".join(f"({part})" for part in self.parts)


def number(node: Node, values: dict[str, float]) -> float:
    if node.kind == "name":
        if node.text not in values:
            raise Undecided
        return float(values[node.text])
    if node.kind == "number":
        return float(node.text)
    sides = [number(part, values) for part in node.parts]
    if node.kind == "neg":
        return -sides[0]
    left, right = sides
    if node.kind == "/":
        if right == 0:
            raise Undecided
        result = left / right
    else:
        result = {"+": left + right, "-": left - right, "*": left * right}[node.kind]
    if not math.isfinite(result):
        raise Undecided
    return result


def truth(node: Node, values: dict[str, float]) -> bool:
    if node.kind in ("and", "or", "not"):
        outcomes = [truth(part, values) for part in node.parts]
        if node.kind == "not":
            return not outcomes[0]
        return all(outcomes) if node.kind == "and" else any(outcomes)
    left, right = (
        Decimal(repr(number(part, values))).quantize(Decimal("1e-9"), ROUND_HALF_UP, WIDE)
        for part in node.parts
    )
    return {
        "<": left < right,
        "<=": left <= right,
        ">": left > right,
        ">=": left >= right,
        "==": left == right,
        "!=": left != right,
    }[node.kind]


def pair(parts: st.SearchStrategy[Node], kinds: str) -> st.SearchStrategy[Node]:
    return st.builds(Node, st.sampled_from(kinds.split()), st.tuples(parts, parts))


leaves = st.one_of(
    st.sampled_from(NAMES).map(lambda name: Node("name", text=name)),
    st.sampled_from(["0", "1", "2.5", ".97", "1e3", "29", "100", "0.29", "1e-9", "1e300"]).map(
        lambda text: Node("number", text=text)
    ),
)
numbers = st.recursive(
    leaves,
    lambda inner: pair(inner, "+ - * /") | st.builds(Node, st.just("neg"), st.tuples(inner)),
    max_leaves=5,
)
conditions = st.recursive(
    pair(numbers, "< <= > >= == !="),
    lambda inner: pair(inner, "and or") | st.builds(Node, st.just("not"), st.tuples(inner)),
    max_leaves=4,
)
near = st.builds(
    lambda base, nudge: base + nudge,
    st.sampled_from([0.0, 0.97, 1.0, 29.0, 1000.0, 999999999.5]),
    st.sampled_from([0.0, 4e-10, 5e-10, 6e-10, -5e-10, 1e-9, 1e-7, 1e-5, -1e-6, 2e-16]),
)
values = st.dictionaries(
    st.sampled_from(NAMES),
    near | st.integers(-5, 10**12) | st.floats(allow_nan=False, allow_infinity=False),
)


@given(conditions, values)
@example(Node(">=", (Node("name", text="a"), Node("number", text="29"))), {"a": 0.29 * 100})
def test_a_compiled_condition_is_worth_what_the_naive_evaluator_says(
    tree: Node, facts: dict[str, float]
) -> None:
    assume(len(str(tree)) <= 500)
    try:
        expected: bool | None = truth(tree, facts)
    except Undecided:
        expected = None
    assert compile_condition(str(tree), NAMES).evaluate(facts) is expected


@given(conditions, st.dictionaries(st.sampled_from(NAMES), st.floats() | st.integers()))
def test_evaluating_and_explaining_never_raise(tree: Node, facts: dict[str, float]) -> None:
    assume(len(str(tree)) <= 500)
    condition = compile_condition(str(tree), None)
    outcome = condition.evaluate(facts)
    assert outcome in (True, False, None)
    clauses = condition.explain(facts)
    assert (outcome is None) == any(clause.held is None for clause in clauses)


@given(conditions)
def test_without_facts_only_conditions_without_names_are_decided(tree: Node) -> None:
    assume(len(str(tree)) <= 500)
    condition = compile_condition(str(tree), None)
    if condition.names:
        assert condition.evaluate({}) is None


@given(st.text(max_size=60) | st.text(alphabet="ab01 .()<>=!+-*/enotrd_", max_size=60))
def test_any_text_either_compiles_or_is_refused_with_a_code(text: str) -> None:
    try:
        condition = compile_condition(text, None)
    except ConditionError as error:
        refusal: ConditionError | None = error
    else:
        refusal = None
        assert condition.evaluate(dict.fromkeys(condition.names, 1.0)) in (True, False, None)
    assert refusal is None or (refusal.code and 1 <= refusal.column <= 501)


@pytest.mark.parametrize("base", [0.5, 1.0, 123456.789, 999999998.25])
def test_the_quick_comparisons_agree_with_settling_around_every_threshold(base: float) -> None:
    for steps in range(-40, 41):
        value = base + steps * 2.5e-8
        tree = Node(">", (Node("name", text="a"), Node("number", text=repr(base))))
        mirrored = Node("<", tuple(reversed(tree.parts)))
        for one in (tree, mirrored):
            assert compile_condition(str(one), None).evaluate({"a": value}) is truth(
                one, {"a": value}
            )
