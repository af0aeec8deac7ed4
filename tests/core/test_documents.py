"""The reader of documents: places, keys, and values that are nearly right."""

from __future__ import annotations

import datetime

import pytest

from core.documents import DocumentError, Problem, Section
from core.values import Month


def found(section: Section) -> list[str]:
    return [problem.render() for problem in section.problems]


def test_places_name_keys_and_count_list_items_from_zero() -> None:
    root = Section({"a": {"b": [{"c": "x"}, {"c": 1}]}})
    values = [item.text("c") for _, item in root.section("a").sections("b")]
    assert values == ["x", ""]
    assert found(root) == ["a.b[1].c: must be a text; a number must stand in quotes"]


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (None, "a: is missing"),
        (True, "a: must be a number, not true or false"),
        ("1", 'a: must be a number; "1" is a text'),
        (float("-inf"), "a: must be a finite number"),
        (-1, "a: must lie between 0 and 2"),
        (2.1, "a: must lie between 0 and 2"),
        (datetime.date(2026, 1, 1), "a: must be a number"),
    ],
)
def test_what_is_not_a_number_in_range_is_told_apart(value: object, message: str) -> None:
    section = Section({"a": value})
    section.number("a", low=0, high=2)
    assert found(section) == [message]


@pytest.mark.parametrize("value", [0, 2, 1.5])
def test_both_ends_of_a_range_belong_to_it(value: float) -> None:
    section = Section({"a": value})
    assert section.number("a", low=0, high=2) == value
    section.finish()


def test_more_than_a_bound_leaves_the_bound_out() -> None:
    section = Section({"a": 0})
    section.number("a", above=0)
    assert found(section) == ["a: must be more than 0"]


def test_keys_that_yaml_takes_for_something_else_are_told_to_stand_in_quotes() -> None:
    section = Section({False: 1, 7: 2, "ok": 3})
    assert found(section) == [
        "False: as a key, yes, no, on, off, true and false must stand in quotes",
        "7: as a key, numbers, dates and the like must stand in quotes",
    ]


@pytest.mark.parametrize(
    ("value", "what"),
    [(False, "yes, no, on, off"), (2026, "a number"), (datetime.date(2026, 1, 1), "a date")],
)
def test_texts_that_yaml_takes_for_something_else_are_told_to_stand_in_quotes(
    value: object, what: str
) -> None:
    section = Section({"a": value})
    section.text("a")
    [line] = found(section)
    assert what in line
    assert line.endswith("must stand in quotes")


def test_a_month_stays_a_month_and_a_date_is_none() -> None:
    assert Section({"a": "2026-01"}).month("a") == Month(2026, 1)
    section = Section({"a": datetime.date(2026, 1, 1)})
    section.month("a")
    assert found(section) == ["a: must be a month such as 2026-10, not 2026-01-01"]


def test_unknown_keys_are_reported_last_with_the_nearest_known_one() -> None:
    section = Section({"wieght": 1, "zzz": 2, "floor": "x"})
    section.number("weight", default=1)
    section.number("floor")
    with pytest.raises(DocumentError) as caught:
        section.finish()
    assert [problem.render() for problem in caught.value.problems] == [
        'floor: must be a number; "x" is a text',
        'wieght: is not a known key; did you mean "weight"?',
        "zzz: is not a known key",
    ]
    assert str(caught.value).count("\n") == 2


def test_whole_numbers_may_be_written_with_a_point() -> None:
    section = Section({"a": 3.0, "b": 3.5})
    assert (section.whole("a"), type(section.whole("a"))) == (3, int)
    section.whole("b")
    assert found(section) == ["b: must be a whole number"]


def test_a_missing_section_is_reported_once_and_not_key_by_key() -> None:
    root = Section({})
    below = root.section("a")
    below.text("b")
    below.number("c")
    assert found(root) == ["a: is missing"]


def test_fine_looks_at_a_key_and_below_it_and_not_beside_it() -> None:
    root = Section({"a": {"x": True}, "ab": 1})
    root.section("a").number("x")
    assert not root.fine("a")
    assert not root.fine()
    assert root.fine("ab")


def test_a_problem_of_the_whole_document_has_no_place() -> None:
    assert Problem("", "is empty").render() == "is empty"
