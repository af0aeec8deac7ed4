"""YAML read strictly: what people get wrong, and what an attacker would send."""

from __future__ import annotations

import pytest

from core.documents import DocumentError
from core.documents.yaml_text import LARGEST_TEXT, dump_yaml, load_yaml


def refused(text: str | bytes) -> list[str]:
    with pytest.raises(DocumentError) as caught:
        load_yaml(text)
    return [problem.render() for problem in caught.value.problems]


def test_a_byte_order_mark_and_chinese_are_read() -> None:
    assert load_yaml("\ufeffname: 甲".encode()) == {"name": "甲"}
    assert load_yaml("\ufeffname: 甲") == {"name": "甲"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "is empty"),
        ("# nothing\n", "is empty"),
        ("a: 1\n---\nb: 2\n", "line 2, column 1"),
        ("a: [1, 2\nb: 3\n", "cannot be read as YAML: line 2, column "),
        ("a: b: c", "line 1, column 5: mapping values are not allowed"),
        ("a: !!python/object:os.system {}", "line 1, column 4: could not determine a constructor"),
        ("a: 2026-13-45", "cannot be read as YAML: month must be in 1..12"),
        ("a: *missing", "line 1, column 4: found undefined alias"),
        ("a: \x00", "cannot be read as YAML"),
        ("&a [*a]", "unfolds into more than 200000 values"),
        ("[" * 100, "nested deeper than 30 levels"),
        ("? [1, 2]\n: 3\n", "has a key that is not a text"),
        (b"\xff\xfe", "is not text in UTF-8"),
        ("a: \ud800", "is not text in UTF-8"),
        ("a" * (LARGEST_TEXT + 1), f"is larger than {LARGEST_TEXT} characters"),
    ],
)
def test_what_is_not_one_sound_document_is_refused(text: str | bytes, expected: str) -> None:
    [line] = refused(text)
    assert expected in line


def test_a_key_that_stands_twice_is_refused_with_its_place_and_lines() -> None:
    text = "rules:\n  A: {points: 1}\n  B:\n    points: 1\n    points: 2\n  A: {}\n"
    assert refused(text) == [
        "rules.A: stands twice, in lines 2 and 6",
        "rules.B.points: stands twice, in lines 4 and 5",
    ]


def test_a_duplicate_inside_a_list_is_placed_by_its_number() -> None:
    assert refused("lines:\n- {a: 1}\n- {b: 1, b: 1}\n") == [
        "lines[1].b: stands twice, in lines 3 and 3"
    ]


def test_aliases_are_read_but_a_bomb_of_them_is_not() -> None:
    assert load_yaml("a: &x [1]\nb: *x\n") == {"a": [1], "b": [1]}
    assert load_yaml("a: &x {k: 1}\nb: {<<: *x, l: 2}\n")["b"] == {"k": 1, "l": 2}
    bomb = ["a0: &a0 [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]"]
    bomb += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 10)]
    assert refused("\n".join(bomb)) == ["unfolds into more than 200000 values"]


def test_nesting_far_beyond_any_limit_is_refused_quietly() -> None:
    assert len(refused("[" * 100_000)) == 1
    assert len(refused("\n".join(" " * depth + "a:" for depth in range(200)))) == 1


def test_an_integer_of_thousands_of_digits_is_refused() -> None:
    [line] = refused("a: " + "9" * 5000)
    assert "cannot be read as YAML" in line


def test_a_dump_has_no_aliases_and_folds_no_line() -> None:
    shared = ["甲" * 200]
    text = dump_yaml({"b": shared, "a": shared})
    assert text == f"b:\n- {shared[0]}\na:\n- {shared[0]}\n"
    assert load_yaml(text) == {"b": shared, "a": shared}
