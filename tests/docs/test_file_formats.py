"""The documented columns and keys are those of the code, in both languages."""

from __future__ import annotations

import json
import re
from dataclasses import fields
from datetime import datetime
from decimal import Decimal
from typing import Any, cast

import pytest
from sqlalchemy.orm import Session
from support.repository import ROOT

from closing.cards import CardView, PayView
from closing.imports.registry import KINDS
from closing.imports.world import World
from closing.payroll import COLUMNS
from closing.simulation import Difference
from closing.tables import SCORECARD_COLUMNS
from core.imports.kinds import Kind, Setting
from core.values import Fact, Month
from evaluations.scorecards.scoring import LineResult
from rewards.entries import RuleEntry
from rewards.selection import Proposal

DOCUMENTS = ("docs/file-formats.md", "docs/zh/file-formats.md")
HEADING = re.compile(r"^### ([a-z]+)$", re.MULTILINE)
ROW = re.compile(r"^\| `(\w+)` \|([^|]*)\|([^|]*)\|[^|]*\|$", re.MULTILINE)
JSON = re.compile(r"```json\n(.*?)```", re.DOTALL)

Columns = list[tuple[str, tuple[str, ...], bool]]


class Nothing(list[Any]):
    """The answer of a database without rows."""

    def all(self) -> Nothing:
        return self


class EmptySession:
    """As much of a session as kinds ask for when they are made."""

    def execute(self, *_: object) -> Nothing:
        return Nothing()

    def scalars(self, *_: object) -> Nothing:
        return Nothing()

    def scalar(self, *_: object) -> None:
        return None


def built(name: str) -> Kind:
    session = cast(Session, EmptySession())
    setting = Setting(session, datetime(2026, 11, 2), frozenset())
    return KINDS[name].build(World(setting, str))


def text_of(document: str) -> str:
    return (ROOT / document).read_text(encoding="utf-8")


def documented_columns(text: str) -> dict[str, Columns]:
    """The tables of columns by kind, as they stand below the headings ``### kind``."""
    parts = HEADING.split(text)
    found = {}
    for name, body in zip(parts[1::2], parts[2::2], strict=True):
        body = re.split(r"^##+ ", body, flags=re.MULTILINE)[0]
        found[name] = [
            (column, tuple(part.strip() for part in chinese.split(",")), bool(needed.strip()))
            for column, chinese, needed in ROW.findall(body)
        ]
    return found


@pytest.mark.parametrize("document", DOCUMENTS)
def test_the_documented_kinds_are_those_that_can_be_imported_in_their_order(document: str) -> None:
    assert list(documented_columns(text_of(document))) == list(KINDS)


@pytest.mark.parametrize("document", DOCUMENTS)
@pytest.mark.parametrize("name", list(KINDS))
def test_the_documented_columns_of_a_kind_are_those_that_are_read(name: str, document: str) -> None:
    code = [(each.name, each.chinese, each.required) for each in built(name).columns]
    assert documented_columns(text_of(document))[name] == code


def test_a_column_that_is_not_documented_is_found() -> None:
    text = "### leave\n\n| `a` | 甲, 乙 | yes | what |\n| `b` | 丙 | | |\n\n## End\n"
    assert documented_columns(text) == {"leave": [("a", ("甲", "乙"), True), ("b", ("丙",), False)]}


def examples(document: str) -> list[dict[str, Any]]:
    """The JSON of the document: a scorecard, a difference, a proposal."""
    return [json.loads(text) for text in JSON.findall(text_of(document))]


def view() -> CardView:
    line = LineResult("csat", 0.9, 0.9, 10, "tickets", 20, 80.0, 0.7, 0.9, None, 0, None)
    rule = RuleEntry("TEA-R1", "reward", "when", "counts")
    money = (Decimal("0.00"),) * 5
    given: dict[str, Any] = {
        "month": Month(2026, 10),
        "as_of": 0,
        "lines": (line,),
        "rules": (rule,),
        "facts": {"csat": Fact(0.9, 10)},
        "pay": PayView(0, 0, 0, *money),
    }
    values: dict[str, Any] = {each.name: given.get(each.name) for each in fields(CardView)}
    return CardView(**values)


@pytest.mark.parametrize("document", DOCUMENTS)
def test_the_scorecard_of_the_example_has_the_keys_of_the_code_in_their_order(
    document: str,
) -> None:
    shown, code = examples(document)[0], view().as_json()
    assert list(shown) == list(code)
    for part in ("lines", "rules"):
        assert list(shown[part][0]) == list(code[part][0])
    assert list(shown["pay"]) == list(code["pay"])
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", shown["as_of"])
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", code["as_of"])


@pytest.mark.parametrize("document", DOCUMENTS)
def test_differences_and_proposals_have_the_documented_keys(document: str) -> None:
    _, difference, proposal = examples(document)
    assert list(difference) == list(Difference("E0007", None, None).as_json())
    assert list(proposal) == list(Proposal("E0007", True, 1, True, ()).as_json())


@pytest.mark.parametrize("document", DOCUMENTS)
def test_the_columns_of_payroll_and_of_scorecards_are_documented(document: str) -> None:
    text = text_of(document)
    table = text[text.index("`flask payroll ") :]
    assert re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE) == list(COLUMNS)
    assert ", ".join(f"`{name}`" for name in SCORECARD_COLUMNS) in text.replace("、", ", ")
