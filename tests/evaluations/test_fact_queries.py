"""The facts that SQL adds up, and the service clock, on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import BigInteger, Engine, create_engine, literal, select
from sqlalchemy.orm import Session
from support.compare import about
from support.databases import KINDS, Databases, Kind
from support.walltime import wall

from core.db import wall_seconds
from core.values import Fact, Month
from evaluations import fact_queries
from evaluations.models import Complaint, MetricValue, SpotCheck, Ticket
from evaluations.policy import ServiceClock, TicketsSection
from evaluations.service_clock import service_seconds
from staff.models import Employee

OCTOBER = Month(2026, 10)
WHOLE_DAY = ServiceClock(frozenset(range(1, 8)), 0, 1440)
SHOP = ServiceClock(frozenset(range(1, 8)), 9 * 60, 21 * 60)
OFFICE = ServiceClock(frozenset(range(1, 6)), 9 * 60, 18 * 60)


@pytest.fixture(scope="module", params=KINDS)
def engine(request: pytest.FixtureRequest, databases: Databases) -> Iterator[Engine]:
    """A database with the newest schema; tests roll back what they write."""
    kind: Kind = request.param
    url = databases.fresh(kind)
    made = create_engine(url)
    yield made
    made.dispose()
    databases.drop(url)


@pytest.fixture
def session(engine: Engine) -> Iterator[Session]:
    with Session(engine) as opened:
        for number in (1, 2):
            opened.add(
                Employee(
                    id=number,
                    employee_no=f"E{number}",
                    name="某",
                    hire_date=datetime(2020, 1, 1).date(),
                )
            )
        opened.flush()
        yield opened
        opened.rollback()


def served(engine: Engine, clock: ServiceClock | None, pairs: list[tuple[int, int]]) -> list[int]:
    """What SQL makes of waits from and to wall seconds."""
    waits = [
        service_seconds(clock, literal(start, BigInteger), literal(until, BigInteger))
        for start, until in pairs
    ]
    with engine.connect() as connection:
        return list(connection.execute(select(*waits)).one())


def counted(clock: ServiceClock, start: int, end: int) -> int:
    """Open seconds, one minute of the clock after the other."""
    total = 0
    at = start
    while at < end:
        moment = datetime(1970, 1, 1) + timedelta(seconds=at)
        step = min(60 - at % 60, end - at)
        minute = moment.hour * 60 + moment.minute
        if moment.isoweekday() in clock.days and clock.start_minute <= minute < clock.end_minute:
            total += step
        at += step
    return total


@pytest.mark.parametrize(
    ("clock", "start", "end", "minutes"),
    [
        (SHOP, "2026-10-05 23:00", "2026-10-06 09:05", 5),
        (SHOP, "2026-10-05 07:00", "2026-10-05 08:59", 0),
        (SHOP, "2026-10-05 07:00", "2026-10-05 09:00", 0),
        (SHOP, "2026-10-05 20:50", "2026-10-05 21:00", 10),
        (SHOP, "2026-10-05 20:50", "2026-10-05 23:00", 10),
        (SHOP, "2026-10-05 20:50", "2026-10-07 09:10", 10 + 720 + 10),
        (SHOP, "2026-10-05 12:00", "2026-10-05 12:00", 0),
        (OFFICE, "2026-10-09 17:59", "2026-10-12 09:01", 2),  # Friday to Monday
        (OFFICE, "2026-10-10 10:00", "2026-10-11 16:00", 0),  # a weekend
        (OFFICE, "2026-10-01 10:00", "2026-10-01 11:00", 60),  # it knows no holidays
        (WHOLE_DAY, "2026-10-05 23:59", "2026-10-06 00:01", 2),
        (None, "2026-10-10 23:00", "2026-10-11 09:05", 605),
        (ServiceClock(frozenset(), 0, 1440), "2026-10-05 00:00", "2026-10-30 00:00", 0),
        (OFFICE, "2024-02-28 17:00", "2024-03-01 10:00", 60 + 540 + 60),  # a leap day
    ],
)
def test_only_minutes_of_service_count(
    engine: Engine, clock: ServiceClock | None, start: str, end: str, minutes: int
) -> None:
    assert served(engine, clock, [(wall(start), wall(end))]) == [minutes * 60]


moments = st.integers(wall("2024-02-20 00:00"), wall("2024-03-12 00:00"))
edges = st.builds(
    lambda day, hour, second: wall("2024-02-20 00:00") + day * 86400 + hour * 3600 + second,
    st.integers(0, 20),
    st.integers(0, 24),
    st.sampled_from((-1, 0, 1, 59)),
)


@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    days=st.frozensets(st.integers(1, 7)),
    hours=st.tuples(st.integers(0, 47), st.integers(1, 48)).filter(lambda pair: pair[0] < pair[1]),
    pairs=st.lists(
        st.tuples(st.one_of(moments, edges), st.integers(0, 5 * 86400)), min_size=1, max_size=4
    ),
)
@example(days=frozenset({7}), hours=(0, 48), pairs=[(wall("2024-02-25 00:00") - 1, 86402)])
def test_sql_counts_the_minutes_that_one_counts_by_hand(
    engine: Engine, days: frozenset[int], hours: tuple[int, int], pairs: list[tuple[int, int]]
) -> None:
    clock = ServiceClock(days, hours[0] * 30, hours[1] * 30)
    spans = [(start, start + length) for start, length in pairs]
    assert served(engine, clock, spans) == [counted(clock, *span) for span in spans]


def ticket(session: Session, created: str, **other: object) -> None:
    place = len(session.new) + session.query(Ticket).count()
    times = {key: wall(str(value)) for key, value in other.items() if key.endswith("_at")}
    plain = {key: value for key, value in other.items() if not key.endswith("_at")}
    session.add(
        Ticket(
            **{
                "ticket_id": f"T{place}",
                "employee_id": 1,
                "month": Month.parse(created[:7]),
                "created_at": wall(created),
                **times,
                **plain,
            }
        )
    )
    session.flush()


def facts_of(
    session: Session, section: TicketsSection, as_of: str | None = None
) -> dict[str, Fact]:
    seconds = wall(as_of) if as_of else fact_queries.latest_ticket_time(session)
    return fact_queries.ticket_facts(session, OCTOBER, section, seconds).get(1, {})


SECTION = TicketsSection(SHOP, (10,), (24,))


def test_without_a_ticket_there_is_no_fact(session: Session) -> None:
    assert facts_of(session, SECTION) == {}
    assert fact_queries.latest_ticket_time(session) is None


def test_a_ticket_without_answer_gives_nothing_but_a_contact(session: Session) -> None:
    ticket(session, "2026-10-31 20:00")
    assert facts_of(session, SECTION) == {"contacts_handled": Fact(1, None, "tickets")}


def test_tickets_of_other_months_and_people_do_not_count(session: Session) -> None:
    ticket(session, "2026-09-30 23:59:59", positive=True)
    ticket(session, "2026-11-01 00:00", positive=True)
    ticket(session, "2026-10-01 00:00", employee_id=2, positive=False)
    assert facts_of(session, SECTION) == {}


@pytest.mark.parametrize(
    ("as_of", "rate", "n"),
    [
        ("2026-10-03 11:59:59", 0.5, 2),  # the third has time left
        ("2026-10-03 12:00:00", 1 / 3, 3),
        ("2026-11-30 00:00", 1 / 3, 3),
    ],
)
def test_a_resolution_that_ran_out_counts_as_missed(
    session: Session, as_of: str, rate: float, n: int
) -> None:
    ticket(session, "2026-10-01 12:00", resolved_at="2026-10-02 12:00")  # at the very end
    ticket(session, "2026-10-01 12:00", resolved_at="2026-10-02 12:00:01")
    ticket(session, "2026-10-02 12:00")
    fact = facts_of(session, SECTION, as_of)["resolution_rate_24h"]
    assert (fact.value, fact.n) == (about(rate), n)


def test_answers_are_measured_by_the_service_clock(session: Session) -> None:
    ticket(session, "2026-10-05 23:00", first_response_at="2026-10-06 09:10")  # 10 minutes
    ticket(session, "2026-10-05 10:00", first_response_at="2026-10-05 10:10:01")
    ticket(session, "2026-10-05 10:00", first_response_at="2026-10-05 10:00")
    ticket(session, "2026-10-05 10:00", first_response_at="2026-10-05 11:00")
    facts = facts_of(session, SECTION)
    mean = (600 + 601 + 0 + 3600) / 4 / 60
    assert facts["first_response_minutes"] == Fact(about(mean), 4, "tickets")
    median = (600 + 601) / 2 / 60
    assert facts["first_response_minutes_median"] == Fact(about(median), 4, "tickets")
    assert facts["first_response_10min_rate"] == Fact(0.5, 4, "tickets")


@pytest.mark.parametrize(("waits", "median"), [((5,), 5), ((9, 1, 4), 4), ((1, 9, 4, 6), 5)])
def test_the_median_is_the_middle_one_or_between_the_middle_two(
    session: Session, waits: tuple[int, ...], median: float
) -> None:
    for wait in waits:
        ticket(session, "2026-10-05 10:00", first_response_at=f"2026-10-05 10:0{wait}")
    assert facts_of(session, SECTION)["first_response_minutes_median"].value == median


def test_ratings_and_reopened_tickets_are_shares_of_their_own(session: Session) -> None:
    done = "2026-10-06 10:00"
    ticket(session, "2026-10-05 10:00", resolved_at=done, reopened=True, positive=True)
    ticket(session, "2026-10-05 10:00", resolved_at=done, reopened=False, positive=False)
    ticket(session, "2026-10-05 10:00", resolved_at=done, reopened=None, positive=None)
    ticket(session, "2026-10-05 10:00", reopened=True, positive=True)  # not resolved
    facts = facts_of(session, SECTION)
    assert facts["reopen_rate"] == Fact(about(1 / 3), 3, "tickets")
    assert facts["csat"] == Fact(about(2 / 3), 3, "tickets")
    assert facts["contacts_handled"].value == 4


def complaint(session: Session, **other: object) -> None:
    place = len(session.new) + session.query(Complaint).count()
    times = {key: wall(str(value)) for key, value in other.items() if key.endswith("_at")}
    plain = {key: value for key, value in other.items() if not key.endswith("_at")}
    row = {
        "complaint_no": f"C{place}",
        "month": OCTOBER,
        "received_at": wall("2026-10-05 10:00"),
        "severity": "ordinary",
        "handler_id": 1,
    }
    session.add(Complaint(**{**row, **times, **plain}))
    session.flush()


@pytest.mark.parametrize(
    ("severity", "times", "inside"),
    [
        ("ordinary", {"contacted_at": "12:00", "plan_at": "10:00 +1"}, True),
        ("ordinary", {"contacted_at": "12:00:01", "plan_at": "10:00"}, False),
        ("ordinary", {"contacted_at": "10:00", "plan_at": "10:00:01 +1"}, False),
        ("ordinary", {"plan_at": "10:00"}, False),
        ("ordinary", {}, False),
        (
            "major",
            {"escalated_at": "11:00", "started_at": "14:00", "progress_at": "10:00 +1"},
            True,
        ),
        (
            "major",
            {"escalated_at": "11:00:01", "started_at": "11:00", "progress_at": "11:00"},
            False,
        ),
        (
            "major",
            {"escalated_at": "11:00", "started_at": "14:00:01", "progress_at": "15:00"},
            False,
        ),
        ("major", {"escalated_at": "11:00", "started_at": "14:00"}, False),
        ("major", {"contacted_at": "10:00", "plan_at": "10:00"}, False),
    ],
)
def test_a_complaint_is_handled_inside_every_deadline_or_not(
    session: Session, severity: str, times: dict[str, str], inside: bool
) -> None:
    full = {
        name: f"2026-10-{'06' if text.endswith('+1') else '05'} {text.split(' ')[0]}"
        for name, text in times.items()
    }
    complaint(session, severity=severity, **full)
    facts = fact_queries.complaint_facts(session, OCTOBER)
    assert facts[1]["complaint_sla_rate"] == Fact(float(inside), 1)


def test_only_upheld_complaints_count_for_the_responsible(session: Session) -> None:
    complaint(session, employee_id=2, attributable=True)
    complaint(session, employee_id=2, attributable=True, handler_id=None)
    complaint(session, employee_id=2, attributable=False)
    complaint(session, employee_id=2, attributable=None)
    complaint(session, employee_id=None, attributable=True)
    complaint(session, employee_id=2, attributable=True, month=Month(2026, 9))
    facts = fact_queries.complaint_facts(session, OCTOBER)
    assert facts[2] == {"complaint_count": Fact(2)}
    assert facts[1]["complaint_sla_rate"].n == 4


def test_quality_is_the_mean_of_the_months_checks(session: Session) -> None:
    for text, score in (
        ("2026-09-30", 1),
        ("2026-10-01", 90),
        ("2026-10-31", 85.5),
        ("2026-11-01", 1),
    ):
        day = datetime.fromisoformat(text).date()
        session.add(SpotCheck(employee_id=1, day=day, score=score))
    session.flush()
    found = fact_queries.spot_check_facts(session, OCTOBER)
    assert found == {1: {"qa_score": Fact(87.75, 2)}}


def test_what_is_entered_brings_its_own_sample_or_none(session: Session) -> None:
    for metric, size in (("csat", 40), ("qa_score", None)):
        session.add(
            MetricValue(employee_id=1, month=OCTOBER, metric=metric, value=0.5, sample_size=size)
        )
    session.flush()
    found = fact_queries.entered_facts(session, OCTOBER)
    assert found[1] == {"csat": Fact(0.5, 40, "entered"), "qa_score": Fact(0.5, None, "entered")}


def test_the_latest_time_of_any_ticket_is_what_the_month_is_judged_as_of(session: Session) -> None:
    ticket(session, "2026-10-05 10:00", first_response_at="2026-12-24 10:00")
    ticket(session, "2026-11-05 10:00", resolved_at="2026-11-06 10:00")
    found = fact_queries.latest_ticket_time(session)
    assert found == wall_seconds(datetime(2026, 12, 24, 10))
