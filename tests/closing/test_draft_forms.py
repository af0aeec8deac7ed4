"""The sections of a draft as fields and back: nothing is lost, every key has its field."""

from __future__ import annotations

import copy
import json
from collections.abc import Sequence
from dataclasses import fields
from typing import Any

import pytest
from factories.policies import default_document
from hypothesis import given, settings
from hypothesis import strategies as st
from support.centres import CENTRES, policy_of
from werkzeug.datastructures import MultiDict

from closing.document_edits import Path, value_at
from closing.document_tables import TableView, row_of, view
from closing.pages.draft_fields import award_columns, rule_columns, sheets
from closing.pages.draft_sheets import put_back
from closing.policy import Policy, parse_policy
from closing.policy_text import default_policy
from core.documents import DocumentError
from evaluations.policy import ReviewsSection, ScoringSection, TicketsSection
from rewards.policy import Award, Rule
from rewards.ranking_rows import RankingRow, kept_ranking, ranking_of, ranking_text
from staff.attendance.policy import AttendanceSection

Document = dict[str, Any]
ODD: tuple[Any, ...] = (
    *(None, True, False, 0, 1.0, 0.5, -3, 12345, "", "x", " y ", "yes", "12345", "1123"),
    *([], ["a", 2], [None], {}, {"x": 1}, "9:00-24:00"),
)


def said(document: Any) -> str:
    return json.dumps(document, ensure_ascii=False)


def filled(views: list[TableView]) -> MultiDict[str, str]:
    """What a browser sends of these tables."""
    sent: MultiDict[str, str] = MultiDict()
    for each in views:
        for row in (*each.rows, *((each.spare,) if each.spare else ())):
            for cell in row.cells:
                if cell.kind in ("many", "weekdays"):
                    sent.setlist(cell.name, sorted(cell.chosen))
                elif cell.kind != "flag" or cell.text:
                    sent[cell.name] = cell.text.replace("\n", "\r\n")
        sent[f"key:{'.'.join(map(str, each.table.at))}"] = ""
    return sent


def form(document: Document, key: str) -> MultiDict[str, str]:
    sheet = sheets()[key]
    complete = sheet.complete(document)
    return filled([view(complete, table) for table in sheet.tables(complete)])


def through(document: Document, **typed: Sequence[str]) -> Document:
    """The document after every sheet of it was saved, with what was typed besides."""
    document = copy.deepcopy(document)
    for key, sheet in sheets().items():
        values = form(document, key)
        for name, value in typed.items():
            if name in values or name.startswith(("remove", "new2:")):
                values.setlist(name, [value] if isinstance(value, str) else value)
        put_back(document, sheet, values)
    return document


def policies() -> list[Policy]:
    """The three worked examples, and what a new installation and its demo begin with."""
    return [*map(policy_of, CENTRES), default_policy()]


@pytest.mark.parametrize("number", range(len(CENTRES) + 1))
def test_a_policy_is_the_same_after_all_its_forms_were_saved(number: int) -> None:
    before = policies()[number]
    after = through(before.document)
    assert said(after) == said(before.document)
    assert parse_policy(after).hash == before.hash


def places(value: Any, path: Path = ()) -> list[Path]:
    """Every place of a document but the whole."""
    items = value.items() if isinstance(value, dict) else enumerate(value)
    below = [(key, each) for key, each in items] if isinstance(value, dict | list) else []
    return [
        found
        for key, each in below
        for found in (
            (*path, key),
            *(places(each, (*path, key)) if isinstance(each, dict | list) else ()),
        )
    ]


SECTIONS = ("attendance", "leave", "tickets", "reviews", "scoring", "grades", "pay", "templates")
CHANGED = [each for each in places(default_document()) if each[0] in SECTIONS]
edits = st.tuples(st.sampled_from(CHANGED), st.sampled_from(("put", "drop", "add")),
                  st.sampled_from(ODD))  # fmt: skip


@settings(max_examples=15, deadline=None)
@given(st.lists(edits, max_size=4))
def test_whatever_stands_in_a_draft_is_kept_by_forms_that_nobody_touched(
    drawn: list[tuple[Path, str, Any]],
) -> None:
    """Keys that are not known, nulls, wrong types, sections that are absent or empty."""
    document = default_document()
    for path, how, value in drawn:
        parent = value_at(document, path[:-1])
        if isinstance(parent, list) and isinstance(path[-1], int) and path[-1] < len(parent):
            parent[path[-1]] = value
        elif isinstance(parent, dict) and how == "drop":
            parent.pop(path[-1], None)
        elif isinstance(parent, dict):
            parent["a_key_of_nobody" if how == "add" else path[-1]] = value
    assert said(through(document)) == said(document)


def test_every_key_of_the_format_has_a_field() -> None:
    """So that a key which the format gains is not left to the text."""
    document = default_document()
    names = {
        cell.name
        for key in sheets()
        for each in sheets()[key].tables(document)
        for row in (*view(document, each).rows, view(document, each).spare)
        if row
        for cell in row.cells
    } | {".".join(map(str, each.at)) for key in sheets() for each in sheets()[key].tables(document)}
    names |= {"tickets.clock"} & {name.rpartition(".")[0] for name in names}
    names |= {"reviews.weights"} & {name.rpartition(".")[0] for name in names}
    for section, kind in (
        ("attendance", AttendanceSection),
        ("tickets", TicketsSection),
        ("scoring", ScoringSection),
        ("reviews", ReviewsSection),
    ):
        assert {f"{section}.{each.name}" for each in fields(kind)} <= names
    award = {each.partition(".")[0] for each in award_columns(document)}
    assert {each.name for each in fields(Award)} - award == {"key", "names", "eligible", "rank_by"}
    rule = {each.partition(".")[0] for each in rule_columns(document, {})}
    assert {each.name for each in fields(Rule)} - rule == {"code", "names", "when", "incident"}


def test_thresholds_and_types_of_leave_are_added_changed_and_removed() -> None:
    before = default_document()
    after = through(
        before,
        **{
            "attendance.late_tiers[1]": "20",
            "attendance.late_tiers[0]": "",  # a blank field removes its row
            "new:attendance.late_tiers": "90",
            "new2:attendance.late_tiers": "120",  # as many rows as the page was given
            "new:tickets.response_minutes": "5",
            "tickets.clock.days": ["5", "1", "2"],
            "remove": ["leave.compensatory", "scoring.ramp[2]"],
            "key:leave": "study",
            "new:leave.zh": "学习假",
            "new:leave.en": "Study leave",
            "new:leave.protected": "no",
            "reviews.carry_months": "",
        },
    )
    expected = copy.deepcopy(before)
    expected["attendance"]["late_tiers"] = [20, 60, 90, 120]
    expected["tickets"]["response_minutes"] = [3, 10, 30, 5]
    expected["tickets"]["clock"]["days"] = "125"
    del expected["leave"]["compensatory"], expected["reviews"]["carry_months"]
    expected["leave"]["study"] = {"zh": "学习假", "en": "Study leave", "protected": False}
    expected["scoring"]["ramp"] = [0.7, 0.85]
    assert after == expected


def test_what_holds_by_default_is_written_down_once_it_is_changed() -> None:
    document = default_document()
    del document["leave"], document["reviews"], document["grades"]
    assert said(through(document)) == said(document)
    after = through(document, **{"leave.sick.protected": "yes", "reviews.weights.peer": "20"})
    assert after["leave"]["sick"]["protected"] is True
    assert len(after["leave"]) == 11
    assert after["reviews"] == {
        "weights": {"supervisor": 40, "peer": 20, "subordinate": 15, "cross_team": 15}
    }
    assert "grades" not in after


def test_every_problem_of_a_section_stands_at_a_field_or_row() -> None:
    document = default_document()
    document["attendance"] |= {"late": -1, "late_tiers": [15, 0, 15], "repeat_minutes": "often"}
    document["tickets"] = {"clock": {"days": "89", "hours": "21:00-09:00"}, "response_minutes": [0]}
    document["leave"]["annual"]["protected"] = "maybe"
    document["leave"]["study"] = {"zh": "学习假", "en": "Study leave"}
    document["reviews"] |= {"min_raters": 0, "weights": {"peer": "much"}}
    document["scoring"]["ramp"] = [2]
    with pytest.raises(DocumentError) as refused:
        parse_policy(document)
    problems = [(each.place, each.render()) for each in refused.value.problems]
    shown = [
        place
        for sheet in sheets().values()
        for table in sheet.tables(document)
        for row in view(document, table, problems).rows
        for place, text in problems
        if text in row.errors or any(text in cell.errors for cell in row.cells)
    ]
    own = [place for place, _ in problems if place.split(".")[0] not in ("rules", "templates")]
    assert set(own) <= set(shown)
    assert {"attendance.late_tiers[1]", "tickets.clock.days", "leave.study.protected"} <= set(own)


def test_wrong_weekdays_are_text_that_can_be_mended() -> None:
    columns = next(iter(sheets()["tickets"].tables({}))).columns
    for value, kind in (("12x", "text"), ("11", "text"), (12345, "weekdays"), (None, "weekdays")):
        document = {"tickets": {"clock": {"days": value}}}
        assert row_of(document, ("tickets",), columns).cells[1].kind == kind


@given(st.lists(st.sampled_from(("total desc", " csat  asc", "total", "csat up", "", "x asc y"))))
def test_a_ranking_that_nobody_touched_stays_as_it_was_written(before: list[str]) -> None:
    rows = ranking_of(before)
    assert rows is not None
    typed = ranking_text((str(place), row) for place, row in enumerate(rows, 1))
    assert kept_ranking(typed, before) == before


def test_places_order_a_ranking_and_rows_without_a_fact_go() -> None:
    rows = [("3", RankingRow("total", "desc")), ("1", RankingRow("csat", "asc"))]
    rows += [("", RankingRow("late_minutes", "asc")), ("2", RankingRow("", "desc"))]
    typed = ranking_text(rows)
    assert typed == ["csat asc", "total desc", "late_minutes asc"]
    assert kept_ranking(typed, ["total  desc"]) == ["csat asc", "total  desc", "late_minutes asc"]
    assert ranking_of("total desc") is None
    assert ranking_of(None) == ()
