"""The calendar of public holidays, make-up days and the organisation's own days."""

from __future__ import annotations

import json
from datetime import date

import pytest

from staff.attendance.calendar import OfficialCalendar, official_calendar


@pytest.fixture(scope="module")
def year_2026() -> OfficialCalendar:
    return official_calendar([2026])


def test_the_makeup_days_of_2026_are_known(year_2026: OfficialCalendar) -> None:
    makeup = [day for day, kind in year_2026.days.items() if kind == "makeup"]
    assert makeup == [
        date(2026, *month_and_day)
        for month_and_day in [(1, 4), (2, 14), (2, 28), (5, 9), (9, 20), (10, 10)]
    ]
    assert year_2026.provisional == frozenset()


@pytest.mark.parametrize("day", [1, 2, 3, 5, 6, 7])
def test_the_national_day_of_2026_is_a_holiday(year_2026: OfficialCalendar, day: int) -> None:
    assert year_2026.days[date(2026, 10, day)] == "holiday"
    assert year_2026.labels[date(2026, 10, day)]


def test_ordinary_days_are_not_listed(year_2026: OfficialCalendar) -> None:
    assert date(2026, 10, 8) not in year_2026.days
    assert date(2026, 10, 17) not in year_2026.days


def test_only_the_years_asked_for_are_listed() -> None:
    assert {day.year for day in official_calendar([2025, 2026]).days} == {2025, 2026}


def test_a_year_without_makeup_days_is_provisional() -> None:
    assert official_calendar([2026, 2096]).provisional == {2096}


def test_the_organisations_own_days_go_first() -> None:
    overrides = {
        date(2026, 10, 6): (True, ""),
        date(2026, 10, 10): (False, "团建"),
        date(2026, 10, 24): (True, "大促"),
        date(2026, 10, 27): (False, "停电"),
        date(2025, 10, 27): (False, "别的年份"),
    }
    calendar = official_calendar([2026], overrides)
    assert date(2026, 10, 6) not in calendar.days
    assert date(2026, 10, 6) not in calendar.labels
    assert calendar.days[date(2026, 10, 10)] == "holiday"
    assert calendar.days[date(2026, 10, 24)] == "makeup"
    assert calendar.days[date(2026, 10, 27)] == "holiday"
    assert calendar.labels[date(2026, 10, 27)] == "停电"
    assert date(2025, 10, 27) not in calendar.days


def test_a_calendar_survives_json(year_2026: OfficialCalendar) -> None:
    text = json.dumps(year_2026.to_json(), ensure_ascii=False)
    assert OfficialCalendar.from_json(json.loads(text)) == year_2026


def test_a_document_with_an_unknown_kind_of_day_is_refused() -> None:
    with pytest.raises(ValueError):
        OfficialCalendar.from_json(
            {"days": {"2026-10-01": "festival"}, "labels": {}, "provisional": []}
        )
