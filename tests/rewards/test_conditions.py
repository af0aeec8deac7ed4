"""The language of conditions: docs/scoring.md, The rules matrix."""

from __future__ import annotations

import gc
import math
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from rewards.conditions import Condition, ConditionError, compile_condition


def holds(text: str, **values: float) -> bool | None:
    return compile_condition(text, None).evaluate(values)


def refused(text: str, known: frozenset[str] | None = None) -> ConditionError:
    with pytest.raises(ConditionError) as caught:
        compile_condition(text, known)
    return caught.value


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a < 2", True),
        ("a < 1", False),
        ("a <= 1", True),
        ("a > 1", False),
        ("a >= 1", True),
        ("a == 1", True),
        ("a == 1.0", True),
        ("a != 1", False),
        ("1 < b", True),
        ("a + b == 4", True),
        ("a - b == -2", True),
        ("a * b == 3", True),
        ("a / b < 0.34", True),
        ("1 - 2 - 3 == -4", True),
        ("12 / 3 / 2 == 2", True),
        ("2 + 3 * 4 == 14", True),
        ("(2 + 3) * 4 == 20", True),
        ("-b * 10 + 31 > 0", True),
        ("+a == 1", True),
        ("a == 1 and b == 3", True),
        ("a == 1 and b == 4", False),
        ("a == 2 or b == 3", True),
        ("a == 2 or b == 4", False),
        ("not a == 2", True),
        ("not (a == 1)", False),
        ("a == 2 and b == 4 or a == 1", True),
        ("a == 1 or a == 2 and b == 4", True),
        ("  a\n== 1 and\tb == 3 ", True),
        (".5 < a and 5. > b and 1e3 > b and 1E+3 > b and 1e-3 < b", True),
    ],
)
def test_a_condition_reads_as_arithmetic_and_logic(text: str, expected: bool) -> None:
    assert holds(text, a=1, b=3) is expected


@pytest.mark.parametrize(
    ("text", "code", "part"),
    [
        ("", "empty", ""),
        ("  \n ", "empty", ""),
        ("a > ", "syntax", "a >"),
        ("(a > 1", "syntax", "(a > 1"),
        ("a > 1) + (b", "syntax", ") + (b"),
        ("a <> 1", "syntax", "<> 1"),
        ("1 < a < 3", "chained", "1 < a < 3"),
        ("a == b == 1", "chained", "a == b == 1"),
        ("max(a) > 1", "forbidden", "max(a)"),
        ("a.b > 1", "forbidden", "a.b"),
        ("a ** 2 > 1", "forbidden", "a ** 2"),
        ("a // 2 > 1", "forbidden", "a // 2"),
        ("a if b > 1 else c", "forbidden", "a if b > 1 else c"),
        ("a is b", "forbidden", "a is b"),
        ("a in b", "forbidden", "a in b"),
        ("True", "forbidden", "True"),
        ("a == None", "forbidden", "None"),
        ("a > ()", "forbidden", "()"),
        ("'a' > 1", "character", "'"),
        ("a % 2 == 0", "character", "%"),
        ("a[0] > 1", "character", "["),
        ("a > 1; b", "character", ";"),
        ("a > 1 # why", "character", "#"),
        ("满意度 > 1", "character", "满"),
        ("a ≥ 1", "character", "≥"),
        ("a > 1\x00", "character", "\x00"),
        ("a > 1_000", "number", "1_000"),
        ("a > 0x10", "number", "0x10"),
        ("a > 2j", "number", "2j"),
        ("a > 1and b > 2", "number", "1and"),
        ("a > 1.2.3", "number", "1.2.3"),
        ("a > 1e999", "number", "1e999"),
        ("a > " + "9" * 400, "number", "9" * 400),
        ("a", "type", "a"),
        ("1", "type", "1"),
        ("a + 1", "type", "a + 1"),
        ("-(a > 1)", "type", "-(a > 1)"),
        ("a > 1 and 3", "type", "3"),
        ("not 5", "type", "5"),
        ("(a > 1) + 2", "type", "(a > 1) + 2"),
        ("(a > 1) + 2 > 1", "type", "a > 1"),
        ("(a > 1) == (b > 1)", "type", "a > 1"),
        ("a > (not b)", "type", "not b"),
    ],
)
def test_what_the_language_does_not_have_is_refused_with_the_piece_at_fault(
    text: str, code: str, part: str
) -> None:
    error = refused(text)
    assert (error.code, error.part) == (code, part)


def test_an_error_names_the_column_counted_from_one() -> None:
    assert refused("  a > 1 and zz > 1", frozenset({"a"})).column == 13
    assert refused("a ≥ 1").column == 3
    assert refused("\n a > 1_0").column == 7


def test_only_known_facts_may_be_named() -> None:
    error = refused("csat > 0.9 and csta_n > 3", frozenset({"csat", "csat_n"}))
    assert (error.code, error.part) == ("unknown", "csta_n")
    assert compile_condition("csat > 0.9", {"csat"}).names == {"csat"}


def test_a_condition_has_at_most_500_characters() -> None:
    text = "a > 1".ljust(500)
    assert compile_condition(text, None).names == {"a"}
    assert refused(text + " ").code == "length"


@pytest.mark.parametrize("prefix", ["(", "not ", "-", "+"])
def test_nesting_goes_20_deep_and_no_further(prefix: str) -> None:
    def nested(depth: int) -> str:
        inside = "a > 1" if prefix in "(not " else "a"
        text = prefix * depth + inside + (")" * depth if prefix == "(" else "")
        return text if inside == "a > 1" else f"{text} < 99"

    assert compile_condition(nested(20), None).evaluate({"a": 5}) is True
    assert refused(nested(21)).code == "nesting"


def test_parentheses_side_by_side_and_long_sums_are_not_nested() -> None:
    assert holds(" or ".join(["(a > 1)"] * 45), a=2) is True
    assert holds("+".join("a" * 240) + " == 240", a=1) is True


@pytest.mark.parametrize(
    "text", ["-" * 495 + "a > 1", "(" * 499, "not " * 124 + "a", "(" * 250 + ")"]
)
def test_hostile_text_is_refused_like_any_other(text: str) -> None:
    assert refused(text).code in ("nesting", "syntax")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0.29 * 100 >= 29", True),
        ("0.29 * 100 == 29", True),
        ("0.1 + 0.2 == 0.3", True),
        ("0.1 + 0.2 > 0.3", False),
        ("a == 1", True),
        ("a > 1", False),
        ("a <= 1", True),
        ("1 >= a", True),
        ("b == 1", False),
        ("b > 1", True),
        ("1 < b", True),
    ],
)
def test_each_side_is_settled_to_nine_decimals_before_it_is_compared(
    text: str, expected: bool
) -> None:
    assert holds(text, a=1 + 4e-10, b=1 + 6e-10) is expected


def test_the_sides_are_settled_each_by_itself_not_their_difference() -> None:
    assert holds("a < b", a=1.4e-9, b=1.6e-9) is True
    assert holds("a == b", a=0.6e-9, b=1.4e-9) is True


@pytest.mark.parametrize("text", ["a > 1 or b > 1", "b > 1 and a > 5", "not (b > 1) or a > 1"])
def test_an_absent_fact_leaves_it_undecided_even_where_the_rest_would_settle_it(text: str) -> None:
    assert holds(text, a=2) is None
    assert holds(text, a=2, b=0) is not None


@pytest.mark.parametrize("text", ["a > 1 or a / b > 1", "a < 1 and a / (b + 0) > 1", "0 / b == 0"])
def test_a_division_by_zero_anywhere_leaves_it_undecided(text: str) -> None:
    assert holds(text, a=2, b=0) is None
    assert holds(text, a=2, b=1) is not None


def test_a_number_beyond_doubles_leaves_it_undecided() -> None:
    assert holds("a * a > 1", a=1e200) is None
    assert holds("1 / (a * a) == 0", a=1e200) is None
    assert holds("a > 1", a=math.inf) is None
    assert holds("a != 1", a=math.nan) is None
    assert holds("a - b > 1", a=10**400, b=1) is None
    assert holds("a > 1", a=10**400) is None
    assert holds("a > b", a=1e300, b=-1e300) is True
    assert holds("a == 1e22", a=10**22) is True


def test_the_clauses_tell_why_it_holds() -> None:
    condition = compile_condition("csat >= 0.97 and not (late + absent) / days > 2 * 3", None)
    first, second = condition.explain({"csat": 0.98, "late": 1, "absent": 2})
    assert first.tokens == ("csat", ">=", "0.97")
    assert first.facts == (("csat", 0.98),)
    assert (first.left, first.operator, first.right) == (0.98, ">=", 0.97)
    assert first.held
    assert second.tokens == ("(", "late", "+", "absent", ")", "/", "days", ">", "2", "*", "3")
    assert dict(second.facts) == {"late": 1, "absent": 2, "days": None}
    assert (second.left, second.right, second.held) == (None, 6.0, None)


def test_the_tokens_are_the_whole_text() -> None:
    condition: Condition = compile_condition("not a>=1.5e-3 or(b!=.5)", None)
    assert condition.tokens == (
        "not", "a", ">=", "1.5e-3", "or", "(", "b", "!=", ".5", ")",
    )  # fmt: skip
    assert condition.names == {"a", "b"}


@pytest.fixture
def _collecting_and_switching() -> Iterator[None]:
    """Parses are interrupted by collections that run Python, in which another thread goes on."""

    def collected(*_: object) -> None:
        pass

    threshold, interval = gc.get_threshold(), sys.getswitchinterval()
    gc.callbacks.append(collected)
    gc.set_threshold(1)
    sys.setswitchinterval(1e-6)
    try:
        yield
    finally:
        sys.setswitchinterval(interval)
        gc.set_threshold(*threshold)
        gc.callbacks.remove(collected)


@pytest.mark.usefixtures("_collecting_and_switching")
def test_threads_compile_conditions_at_once() -> None:
    text = " and ".join(f"(a{number} < {number} or b > 1)" for number in range(12))
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda _: compile_condition(text, None).names, range(60)))
    assert all(len(each) == 13 for each in found)
