"""The made-up centre as files: what follows from the seed, and what a centre can be."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import date, datetime

import pytest

from closing.demo.centre import Centre, centre
from closing.demo.names import FIRST, SECOND, SURNAMES, ordinal
from closing.demo.people import FEWEST, Person, layout
from closing.demo.rows import Row, at
from core.values import Month
from staff.attendance.calendar import official_calendar

UNTIL = Month(2026, 10)
CALENDAR = official_calendar([2025, 2026]).days
PEOPLE = (
    *("employee_no", "agent", "handler_no", "checked_by_no", "ratee_no", "rater_no"),
    *("recorded_by_no", "approved_by_no", "supervisor_no"),
)
DAYS = ("from", "timestamp", "created_at", "received_at", "date")


def made(seed: int = 1, staff: int = 60, months: int = 6) -> Centre:
    return centre(seed, staff, months, UNTIL, CALENDAR)


@pytest.fixture(scope="module")
def whole() -> Centre:
    return made()


def rows_of(found: Centre, kind: str) -> Iterator[tuple[Month, Row]]:
    for month, files in found.files.items():
        for row in files[kind]:
            yield month, row


def every_row(found: Centre) -> Iterator[tuple[Month, str, Row]]:
    for month, files in found.files.items():
        for kind, rows in files.items():
            for row in rows:
                yield month, kind, row


def people_of(found: Centre) -> dict[str, Person]:
    return {person.no: person for person in found.people}


def agents_of(found: Centre) -> list[Person]:
    return [person for person in found.people if person.queue]


def told(found: Centre, story: str) -> Person:
    (person,) = (person for person in found.people if person.story == story)
    return person


def test_the_same_seed_gives_the_same_centre() -> None:
    assert made(seed=7, staff=30, months=2) == made(seed=7, staff=30, months=2)


def test_another_seed_gives_other_people_and_other_records() -> None:
    one, two = made(seed=1, staff=30, months=1), made(seed=2, staff=30, months=1)
    assert {person.name for person in one.people} != {person.name for person in two.people}
    assert one.files[UNTIL]["tickets"] != two.files[UNTIL]["tickets"]


@pytest.mark.parametrize("staff", [FEWEST, 33, 60, 150, 700])
def test_there_are_as_many_people_as_were_asked_for(staff: int) -> None:
    found = made(staff=staff, months=1)
    assert len(found.people) == staff
    assert len({person.no for person in found.people}) == staff
    assert len({person.name for person in found.people}) == staff


def test_the_months_end_with_the_one_that_was_asked_for(whole: Centre) -> None:
    assert [str(month) for month in whole.months] == [f"2026-{n:02d}" for n in range(5, 11)]


@pytest.mark.parametrize("staff", [FEWEST, 60, 1000])
def test_every_queue_has_a_team_and_every_team_several_agents(staff: int) -> None:
    teams = layout(staff)
    assert {team.queue for team in teams} == {"presales", "agent", "technical"}
    assert len({team.path for team in teams}) == len(teams)
    assert min(team.agents for team in teams) >= 4


def test_names_are_composed_and_no_one_is_meant(whole: Centre) -> None:
    for person in whole.people:
        surname, first, second = tuple(person.name)
        assert surname in SURNAMES
        assert first in FIRST
        assert second in SECOND


@pytest.mark.parametrize(
    ("number", "words"), [(1, "一"), (10, "十"), (12, "十二"), (20, "二十"), (35, "三十五")]
)
def test_teams_are_numbered_in_chinese(number: int, words: str) -> None:
    assert ordinal(number) == words


def test_files_name_nobody_who_is_not_there(whole: Centre) -> None:
    known = {person.no for person in whole.people}
    named = {
        str(row[column])
        for _, _, row in every_row(whole)
        for column in PEOPLE
        if row.get(column) is not None
    }
    assert named <= known
    assert len(named) == len(known)


def test_nothing_is_recorded_of_people_before_their_hire_or_after_they_left(whole: Centre) -> None:
    people = people_of(whole)
    outside = [
        (kind, row)
        for _, kind, row in every_row(whole)
        if kind != "employees"
        for owner in [row.get("employee_no") or row.get("agent")]
        for column in DAYS
        if owner and row.get(column)
        if not people[str(owner)].employed(date.fromisoformat(str(row[column])[:10]))
    ]
    assert outside == []


def test_records_lie_in_the_month_of_their_file(whole: Centre) -> None:
    stray = [
        (month, kind, row)
        for month, kind, row in every_row(whole)
        if kind not in ("employees", "rosters", "training", "courses")
        for column in ("created_at", "received_at", "date", "timestamp", "month")
        if row.get(column) and not str(row[column]).startswith(str(month))
    ]
    assert stray == []


def test_nobody_punches_or_takes_tickets_on_a_day_off(whole: Centre) -> None:
    """National Day is a holiday for those who keep the calendar, shops work through."""
    people = people_of(whole)
    busy = {
        str(row[owner])
        for kind, owner, column in (
            ("punches", "employee_no", "timestamp"),
            ("tickets", "agent", "created_at"),
        )
        for row in whole.files[UNTIL][kind]
        if str(row[column]).startswith("2026-10-01")
    }
    assert busy
    assert all(people[no].weekdays for no in busy)


def test_times_of_tickets_are_in_order(whole: Centre) -> None:
    for _, row in rows_of(whole, "tickets"):
        created, answered = str(row["created_at"]), str(row["first_response_at"])
        assert created <= answered
        assert row["resolved_at"] is None or answered <= str(row["resolved_at"])


def test_an_agent_has_about_a_hundred_tickets_a_month(whole: Centre) -> None:
    counts = Counter((month, row["agent"]) for month, row in rows_of(whole, "tickets"))
    usual = [count for (month, no), count in counts.items() if not people_of(whole)[str(no)].story]
    assert 85 <= sum(usual) / len(usual) <= 115


def test_no_two_rows_of_a_kind_have_one_identity(whole: Centre) -> None:
    identities = {
        "tickets": ("ticket_id",),
        "complaints": ("complaint_no",),
        "leave": ("employee_no", "from"),
        "overtime": ("employee_no", "from"),
        "punches": ("employee_no", "timestamp"),
        "metrics": ("employee_no", "month", "metric"),
        "spotchecks": ("employee_no", "date", "checked_by_no"),
        "reviews": ("month", "ratee_no", "rater_no", "competency"),
        "training": ("employee_no", "course_code", "date"),
        "incidents": ("employee_no", "date", "rule", "description"),
    }
    for kind, columns in identities.items():
        keys = Counter(tuple(row[c] for c in columns) for _, row in rows_of(whole, kind))
        assert [key for key, count in keys.items() if count > 1] == [], kind


def test_rounds_are_quarterly_and_everybody_is_reviewed_by_several(whole: Centre) -> None:
    raters = defaultdict(set)
    for month, row in rows_of(whole, "reviews"):
        raters[month, row["ratee_no"]].add((row["rater_no"], row["relation"]))
        assert row["rating"] in (1, 2, 3, 4, 5)
    assert {month for month, _ in raters} == {whole.months[0], whole.months[3]}
    agents = {person.no for person in agents_of(whole)}
    sizes = {len(found) for (_, no), found in raters.items() if no in agents}
    assert min(sizes) >= 4
    assert max(sizes) <= 8


def test_a_rater_stands_in_one_relation_to_a_person(whole: Centre) -> None:
    for found in (whole, made(staff=200, months=1)):
        relations = defaultdict(set)
        for month, row in rows_of(found, "reviews"):
            relations[month, row["ratee_no"], row["rater_no"]].add(row["relation"])
        assert all(len(each) == 1 for each in relations.values())


def test_nobody_approves_what_they_recorded_or_did(whole: Centre) -> None:
    rows = [row for _, row in rows_of(whole, "incidents")]
    for row in rows:
        assert row["approved_by_no"] not in (row["recorded_by_no"], row["employee_no"])
    assert any(row["approved_by_no"] is None for row in whole.files[UNTIL]["incidents"])
    rules = {row["rule"] for row in rows}
    assert {"SEC-P2", "QUA-P3"} <= rules


def test_shops_have_five_days_of_seven_and_late_hours(whole: Centre) -> None:
    rosters = [row for _, row in rows_of(whole, "rosters")]
    own = [row for row in rosters if row["employee_no"]]
    assert {row["shift"] for row in own} == {"12:00-21:00"}
    assert {len(str(row["weekdays"])) for row in own} == {5}
    assert {row["shift"] for row in rosters} == {"09:00-18:00", "12:00-21:00"}


def test_the_one_who_comes_late_does_so_more_than_three_times_a_month(whole: Centre) -> None:
    person = told(whole, "latecomer")
    late = Counter(
        month
        for month, row in rows_of(whole, "punches")
        if row["employee_no"] == person.no
        and 9 <= datetime.fromisoformat(str(row["timestamp"])).hour < 12
    )
    assert sum(count > 3 for count in late.values()) >= 2


def test_somebody_is_away_for_a_whole_month(whole: Centre) -> None:
    worked = defaultdict(set)
    for month, row in rows_of(whole, "tickets"):
        worked[row["agent"]].add(month)
    assert whole.months[4] not in worked[told(whole, "maternity").no]
    assert whole.months[1] not in worked[told(whole, "sick").no]


def test_only_three_take_a_course_that_is_meant_to_raise_something(whole: Centre) -> None:
    raising = {row["course_code"] for _, row in rows_of(whole, "courses") if row["metrics"]}
    takers = {
        str(row["employee_no"])
        for _, row in rows_of(whole, "training")
        if row["course_code"] in raising
    }
    stories = {people_of(whole)[no].story for no in takers}
    assert stories == {"struggler", "plateau", "late_bloomer"}


def test_the_smallest_centre_of_one_month_can_be_made() -> None:
    found = made(staff=FEWEST, months=1)
    assert all(found.files[UNTIL][kind] for kind in ("employees", "tickets", "punches", "reviews"))


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "2026-10-31 00:00:00"), (32_461, "2026-10-31 09:01:01"), (86_400, "2026-11-01 00:00:00")],
)
def test_seconds_of_a_day_become_wall_time(seconds: int, text: str) -> None:
    assert at(date(2026, 10, 31), seconds) == text
