"""Conditions in pieces: labels for facts, signs for operators, numbers like their facts."""

from __future__ import annotations

import pytest

from core.values import FactSpec, Names
from rewards.conditions import compile_condition
from rewards.wording import findings, phrase

CSAT = FactSpec("csat", "rate", Names("满意度", "Satisfaction"), "%")
LATE = FactSpec("late_count", "count", Names("迟到", "Late"))
FACTS = {"csat": CSAT, "late_count": LATE}


def pieces(text: str) -> list[tuple[str, str]]:
    return [(each.kind, each.text) for each in phrase(compile_condition(text, None).tokens, FACTS)]


def test_names_signs_words_and_numbers_are_told_apart() -> None:
    assert pieces("csat >= 0.97 and not late_count != 3") == [
        ("fact", "csat"),
        ("sign", "≥"),
        ("value", "0.97"),
        ("word", "and"),
        ("word", "not"),
        ("fact", "late_count"),
        ("sign", "≠"),
        ("value", "3"),
    ]


@pytest.mark.parametrize(
    ("text", "spec"),
    [
        ("csat >= 0.9", CSAT),
        ("0.9 <= csat", CSAT),
        ("(csat >= 0.9) or late_count > 1", CSAT),
        ("late_count * 2 > 0.9", None),
        ("0.9 < late_count - 1", None),
        ("csat > 0.9 * 2", None),
        ("unheard > 0.9", None),
    ],
)
def test_a_number_is_written_like_the_fact_that_alone_stands_beside_it(
    text: str, spec: FactSpec | None
) -> None:
    found = phrase(compile_condition(text, None).tokens, FACTS)
    number = next(each for each in found if each.number == 0.9)
    assert number.spec == spec
    assert number.kind == ("value" if spec else "number")


def test_a_name_that_is_no_fact_keeps_its_text() -> None:
    (unknown, *_rest) = phrase(compile_condition("unheard > 1", None).tokens, FACTS)
    assert (unknown.kind, unknown.text, unknown.spec) == ("fact", "unheard", None)


def test_findings_tell_values_and_outcome_of_every_comparison() -> None:
    condition = compile_condition("csat >= 0.97 and late_count <= 1 and unheard == 0", None)
    found = findings(condition, {"csat": 0.98, "late_count": 4}, FACTS)
    assert [(each.held, each.facts) for each in found] == [
        (True, ((CSAT, "csat", 0.98),)),
        (False, ((LATE, "late_count", 4),)),
        (None, ((None, "unheard", None),)),
    ]
