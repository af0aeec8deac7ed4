"""Receipts, appeals and adjustments: who may, until when, and what an accepted line changes."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from factories import offices
from factories.offices import OCTOBER, SEPTEMBER
from sqlalchemy import delete, func, select, text, update
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.orm import Session
from support.databases import Databases, Kind
from support.site import Site, application
from support.statements import sent

from closing.appeals import adjustments, changes, corrections, deadlines, receipts, services
from closing.appeals.differences import adjust_difference, cards_by_now, differences
from closing.appeals.models import Appeal, AppealLine, PayAdjustment, Receipt
from closing.appeals.queries import own_scorecard, standing
from closing.appeals.services import Asked
from closing.awards import propose
from closing.cards import CardView
from closing.history import StoredHistory
from closing.months import current_closing
from closing.payroll import COLUMNS, mark_exported, pay_lines
from closing.publishing import REVISED, publish_results
from closing.services import reopen_month, views_of
from closing.simulation import simulate
from closing.verification import verify
from core import audit
from core.actor import SYSTEM, Actor
from core.clock import Now
from core.db import db
from core.errors import Conflict, Forbidden, NotFound, Refused
from core.models import AuditEntry, MonthState
from core.values import Month
from evaluations.models import MetricValue, SpotCheck
from evaluations.monthly.models import EvaluationState
from rewards.models import Incident, RuleApproval
from rewards.tasks import follow_incident, follow_rule
from staff.attendance.models import Excuse, PersonDay, Punch, Roster
from staff.models import Notice

NOVEMBER = Month(2026, 11)
CLOSED = datetime(2026, 11, 2, 1, tzinfo=UTC)
DAY = date(2026, 10, 13)  # E0004 was late


def at(day: int, month: int = 11) -> Now:
    """Nine in the morning of a day in November 2026, on a clock eight hours ahead."""
    return Now(datetime(2026, month, day, 1, tzinfo=UTC), datetime(2026, month, day, 9))


def actor(session: Session, number: str) -> Actor:
    return Actor(number, offices.employee_id(session, number))


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def any_office(
    request: pytest.FixtureRequest, databases: Databases, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Site]:
    """October is closed and published on the second of November."""
    yield from _office(databases, request.param, tmp_path_factory.mktemp("any"))


@pytest.fixture(scope="module")
def office(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    yield from _office(databases, "sqlite", tmp_path_factory.mktemp("office"))


def _office(databases: Databases, kind: Kind, instance: Path) -> Iterator[Site]:
    url = databases.fresh(kind)
    site = Site(application(url, instance))
    with site.session() as session:
        prepare(session)
    yield site
    with site.app.app_context():
        db.session.remove()
        db.engine.dispose()
    databases.drop(url)


@pytest.fixture
def session(office: Site) -> Iterator[Session]:
    """Nothing of a test stays."""
    yield from _rolled_back(office)


@pytest.fixture
def any_session(any_office: Site) -> Iterator[Session]:
    yield from _rolled_back(any_office)


def _rolled_back(site: Site) -> Iterator[Session]:
    with site.app.app_context():
        yield db.session()
        db.session.rollback()
        db.session.remove()


def prepare(session: Session) -> None:
    offices.office(session, SEPTEMBER, OCTOBER)
    who = offices.employee_id(session, "E0004")
    offices.values(session, "E0004", OCTOBER, csat=0.9, complaint_rate=0.01, complaint_count=3)
    session.add(
        SpotCheck(
            employee_id=who,
            day=date(2026, 10, 8),
            score=70,
            checked_by_id=offices.employee_id(session, "E0002"),
        )
    )
    session.add(
        Incident(
            employee_id=who,
            day=date(2026, 10, 12),
            rule="CON-P1",
            description="On the phone",
            recorded_by="E0002",
            recorded_by_id=offices.employee_id(session, "E0002"),
            approved_by_id=offices.employee_id(session, "E0001"),
            decided_by="E0001",
            decided_at=CLOSED,
            status="approved",
            counts_in=OCTOBER,
        )
    )
    session.add(
        RuleApproval(
            month=OCTOBER,
            employee_id=who,
            rule="ATT-P2",
            decision="approved",
            decided_by="E0001",
            decided_at=CLOSED,
        )
    )
    _late_once(session, who)
    session.flush()
    offices.close(session, SEPTEMBER, OCTOBER)
    publish_results(session, actor=SYSTEM, now=CLOSED, month=OCTOBER)


def _late_once(session: Session, who: int) -> None:
    session.add(
        Roster(
            employee_id=who,
            start=DAY,
            end=DAY,
            shift_start=540,
            shift_end=1080,
            break_minutes=60,
            grace_minutes=0,
            weekdays="1234567",
            follows_calendar=False,
        )
    )
    midnight = (DAY - date(1970, 1, 1)).days * 86400
    for minute in (9 * 60 + 20, 18 * 60):
        session.add(Punch(employee_id=who, at=midnight + minute * 60))


def card_of(session: Session, number: str = "E0004", month: Month = OCTOBER) -> int:
    found = own_scorecard(session, offices.employee_id(session, number), month)
    assert found is not None
    return found


def view(session: Session, month: Month = OCTOBER) -> CardView:
    return next(each for each in views_of(session, month) if each.employee_no == "E0004")


def names(session: Session) -> dict[str, str]:
    """The names of what may be appealed, by kind of record."""
    found = services.appealable(session, card_of(session))[1]
    listed = {record.record: record.name for record in found}
    assert "rule:ATT-P2" in {record.name for record in found}
    return {**listed, "rule": "rule:ATT-P2"}


def lodge(session: Session, *chosen: str, now: Now | None = None, who: str = "E0004") -> Appeal:
    return services.lodge(
        session,
        actor=actor(session, who),
        now=now or at(3),
        scorecard_id=card_of(session),
        lines=[Asked(name, "It was otherwise", "Put it right") for name in chosen],
        hr=[offices.employee_id(session, "E0003")],
    )


def decide(
    session: Session,
    line: AppealLine,
    decision: str = "accepted",
    change: dict[str, Any] | None = None,
    who: str = "E0003",
) -> Appeal:
    return services.decide_line(
        session,
        actor=actor(session, who),
        now=at(4),
        line_id=line.id,
        decision=decision,
        reason="Looked into",
        change=change,
    )


def apply(session: Session, appeal: Appeal, who: str = "E0003") -> list[Month]:
    return corrections.apply_lines(
        session,
        actor=actor(session, who),
        now=at(5),
        appeal_id=appeal.id,
        seal=lambda each: each,
        cascade=True,
    )


def accepted(session: Session, record: str, change: dict[str, Any]) -> Appeal:
    appeal = lodge(session, names(session)[record])
    (line,) = services.lines_of(session, appeal.id)
    return decide(session, line, change=change)


# Deadlines


@pytest.mark.parametrize(
    ("day", "count", "expected"),
    [
        (date(2026, 11, 2), 5, date(2026, 11, 9)),
        (date(2026, 11, 6), 1, date(2026, 11, 9)),
        (date(2026, 9, 30), 5, date(2026, 10, 13)),  # the holiday week, and a Saturday worked
    ],
)
def test_windows_count_working_days_of_the_calendar(day: date, count: int, expected: date) -> None:
    holidays = {date(2026, 10, 1) + timedelta(days=n): "holiday" for n in range(7)}
    assert deadlines.after(day, count, {**holidays, date(2026, 10, 10): "makeup"}) == expected


# Receipt


def test_a_receipt_is_noted_once_and_its_comment_replaced(session: Session) -> None:
    def note(comment: str, day: int) -> Receipt:
        return receipts.acknowledge(
            session,
            actor=actor(session, "E0004"),
            now=at(day).moment,
            scorecard_id=card_of(session),
            comment=comment,
        )

    note("", 3)
    found = note("I was ill", 4)
    note("", 5)
    assert (found.read_at, found.comment) == (at(3).moment, "I was ill")
    assert found.commented_at == at(4).moment


def test_only_the_owner_takes_note_and_only_of_what_is_published(session: Session) -> None:
    card = card_of(session)
    with pytest.raises(Forbidden):
        receipts.acknowledge(
            session, actor=actor(session, "E0005"), now=at(3).moment, scorecard_id=card
        )
    reopen_month(session, actor=SYSTEM, now=CLOSED, month=OCTOBER, reason="x", cascade=False)
    with pytest.raises(NotFound):
        receipts.acknowledge(
            session, actor=actor(session, "E0004"), now=at(3).moment, scorecard_id=card
        )


# Lodging


def test_whatever_costs_something_can_be_appealed(session: Session) -> None:
    assert sorted(names(session)) == ["check", "day", "incident", "metric", "rule"]


def test_an_appeal_tells_hr_and_the_supervisor_and_names_its_deadline(session: Session) -> None:
    appeal = lodge(session, *names(session).values())
    assert (appeal.state, appeal.due_on) == ("lodged", date(2026, 11, 17))
    rows = session.scalars(select(Notice).where(Notice.kind == "appeal.lodged"))
    told = {row.employee_id for row in rows}
    assert told == {offices.employee_id(session, number) for number in ("E0002", "E0003")}


def test_after_the_window_an_appeal_is_refused_with_its_date(session: Session) -> None:
    name = names(session)["metric"]
    with pytest.raises(Refused, match="2026-11-09"):
        lodge(session, name, now=at(10))
    assert lodge(session, name, now=at(9)).id


def test_one_appeal_for_each_revision_and_only_ones_own(session: Session) -> None:
    name = names(session)["metric"]
    with pytest.raises(Forbidden):
        lodge(session, name, who="E0005")
    appeal = lodge(session, name)
    with pytest.raises(Conflict):
        lodge(session, name)
    services.withdraw(session, actor=actor(session, "E0004"), now=at(3), appeal_id=appeal.id)
    assert lodge(session, name).id != appeal.id


@pytest.mark.parametrize(
    ("line", "field"),
    [
        (Asked("metric:csat", "", "More"), "reason-metric:csat"),
        (Asked("metric:csat", "Wrong", ""), "asked-metric:csat"),
        (Asked("metric:nothing", "Wrong", "More"), None),
        (Asked("check:99", "Wrong", "More"), None),
    ],
)
def test_a_line_names_a_record_of_ones_own_and_says_why(
    session: Session, line: Asked, field: str | None
) -> None:
    with pytest.raises(Refused) as refused:
        services.lodge(
            session,
            actor=actor(session, "E0004"),
            now=at(3),
            scorecard_id=card_of(session),
            lines=[line],
        )
    assert refused.value.field == field


def test_an_appeal_is_taken_back_until_a_line_is_decided(session: Session) -> None:
    found = names(session)
    appeal = lodge(session, found["check"], found["metric"])
    with pytest.raises(Forbidden):
        services.withdraw(session, actor=actor(session, "E0003"), now=at(4), appeal_id=appeal.id)
    decide(session, services.lines_of(session, appeal.id)[0], "declined")
    with pytest.raises(Conflict):
        services.withdraw(session, actor=actor(session, "E0004"), now=at(4), appeal_id=appeal.id)


def test_others_comment_while_it_is_open(session: Session) -> None:
    appeal = lodge(session, names(session)["check"])

    def comment(who: str, words: str = "I saw it") -> None:
        services.comment(
            session, actor=actor(session, who), now=at(4), appeal_id=appeal.id, text=words
        )

    comment("E0002")
    with pytest.raises(Conflict):
        comment("E0002")  # the form was sent twice
    with pytest.raises(Forbidden):
        comment("E0004")
    with pytest.raises(Refused):
        comment("E0002", " ")
    decide(session, services.lines_of(session, appeal.id)[0], "declined")
    with pytest.raises(Conflict):
        comment("E0002")


# Deciding


@pytest.mark.parametrize(
    ("record", "maker"),
    [("check", "E0002"), ("incident", "E0002"), ("incident", "E0001"), ("rule", "E0001")],
)
def test_who_made_or_approved_a_record_does_not_decide_on_it(
    session: Session, record: str, maker: str
) -> None:
    appeal = lodge(session, names(session)[record])
    (line,) = services.lines_of(session, appeal.id)
    with pytest.raises(Refused, match="somebody else"):
        decide(session, line, "declined", who=maker)
    with pytest.raises(Refused, match="own appeal"):
        decide(session, line, "declined", who="E0004")
    assert decide(session, line, "declined", who="E0003").state == "decided"


def test_who_typed_or_submitted_a_value_does_not_decide_on_it(session: Session) -> None:
    person = offices.employee_id(session, "E0004")
    name = names(session)["metric"]
    typed = (MetricValue.employee_id == person) & (MetricValue.month == OCTOBER)
    session.execute(update(MetricValue).where(typed).values(entered_by="E0001"))
    session.add(
        EvaluationState(
            employee_id=person, month=OCTOBER, state="submitted", at=CLOSED,
            by="E0002", submitted_by="E0008 for E0002",
        )
    )  # fmt: skip
    appeal = lodge(session, name)
    (line,) = services.lines_of(session, appeal.id)
    for maker in ("E0001", "E0002"):
        with pytest.raises(Refused, match="somebody else"):
            decide(session, line, "declined", who=maker)
    assert decide(session, line, "declined", who="E0003").state == "decided"


def test_a_line_is_decided_once_and_the_person_is_told_with_the_last(session: Session) -> None:
    found = names(session)
    appeal = lodge(session, found["check"], found["metric"])
    first, second = services.lines_of(session, appeal.id)
    assert decide(session, first, "declined").state == "lodged"
    with pytest.raises(Conflict, match="E0003"):
        decide(session, first, "accepted", {"score": 90}, who="E0001")
    assert decide(session, second, change={"value": 0.95, "sample_size": None}).state == "decided"
    rows = session.scalars(select(Notice).where(Notice.kind == "appeal.decided"))
    assert [row.employee_id for row in rows] == [offices.employee_id(session, "E0004")]


def test_accepting_says_what_becomes_of_the_record(session: Session) -> None:
    appeal = lodge(session, names(session)["check"])
    (line,) = services.lines_of(session, appeal.id)
    with pytest.raises(Refused) as refused:
        decide(session, line)
    assert refused.value.field == "by_hand"


@pytest.mark.parametrize(
    ("text_given", "sample", "kind", "expected"),
    [
        ("94%", "", "rate", {"value": 0.94, "sample_size": None}),
        ("0.94", "200", "rate", {"value": 0.94, "sample_size": 200}),
        ("1.2", "", "rate", "value"),
        ("nan", "", "rate", "value"),
        ("-3", "", "mean", {"value": -3.0, "sample_size": None}),
        ("101", "", "score", "value"),
        ("2.5", "", "count", "value"),
        ("3", "0", "count", "sample_size"),
        ("", "", "mean", "value"),
    ],
)
def test_a_new_value_fits_its_metric(
    text_given: str, sample: str, kind: str, expected: Any
) -> None:
    if isinstance(expected, str):
        with pytest.raises(Refused) as refused:
            changes.of_metric(text_given, sample, kind)
        assert refused.value.field == expected
    else:
        assert changes.of_metric(text_given, sample, kind) == expected


def test_a_day_is_excused_of_what_it_shows_or_gets_a_punch() -> None:
    was = {"late": 20, "early": 0, "missing": False, "absent": False}
    assert changes.of_day(DAY, "late", "", was) == {"excuse": "late"}
    assert changes.of_day(DAY, "", "09:00", was) == {"punch": "2026-10-13 09:00"}
    with pytest.raises(Refused):
        changes.of_day(DAY, "early", "", was)
    with pytest.raises(Refused):
        changes.of_day(DAY, "", "nine", was)


@pytest.mark.parametrize(
    ("begin", "end", "clock", "expected"),
    [
        ("13 22:00", "14 06:00", "22:05", "13 22:05"),
        ("13 22:00", "14 06:00", "21:50", "13 21:50"),
        ("13 22:00", "14 06:00", "06:10", "14 06:10"),
        ("13 15:00", "14 00:00", "00:05", "14 00:05"),
        ("13 00:00", "13 08:00", "23:50", "12 23:50"),
        ("13 09:00", "13 18:00", "20:00", "13 20:00"),
    ],
)
def test_a_missing_punch_lies_where_its_shift_does(
    begin: str, end: str, clock: str, expected: str
) -> None:
    shift = [f"2026-10-{begin}", f"2026-10-{end}"]
    assert changes.of_day(DAY, "", clock, {"shift": shift}) == {"punch": f"2026-10-{expected}"}


# Taking effect


def test_accepted_records_are_corrected_and_the_month_closed_anew(any_session: Session) -> None:
    session = any_session
    before, found = view(session), names(session)
    appeal = lodge(session, *found.values())
    given: dict[str, dict[str, Any]] = {
        "metric": {"value": 0.99, "sample_size": None},
        "check": {"score": None},
        "day": {"excuse": "late"},
        "incident": {"void": True},
        "rule": {"void": True},
    }
    for line in services.lines_of(session, appeal.id):
        decide(session, line, change=given[line.record])
    assert apply(session, appeal) == [OCTOBER]
    after = view(session)
    assert (before.revision, after.revision) == (1, 2)
    assert (after.total or 0) > (before.total or 0) > 0
    assert {entry.rule: entry.state for entry in after.rules}.items() >= {
        ("CON-P1", "voided"),
        ("ATT-P2", "voided"),
    }
    assert session.scalar(select(SpotCheck.id)) is None
    entered = session.scalars(select(MetricValue).where(MetricValue.value == 0.99)).one()
    assert (entered.reason, entered.entered_by) == (f"Appeal {appeal.id}", "E0003")
    day = session.scalars(select(PersonDay).where(PersonDay.day == DAY)).one()
    assert day.excused == "l"
    assert session.get_one(Appeal, appeal.id).state == "applied"
    assert session.get_one(MonthState, OCTOBER).published_at == at(5).moment
    audit.write(session)
    assert list(verify(session)) == []


def test_whose_result_stays_keeps_receipt_appeal_and_days(any_session: Session) -> None:
    session = any_session
    other = actor(session, "E0005")
    theirs = card_of(session, "E0005")
    for who, number in (("E0004", card_of(session)), ("E0005", theirs)):
        receipts.acknowledge(
            session,
            actor=actor(session, who),
            now=at(3).moment,
            scorecard_id=number,
            comment="Read",
        )
    name = next(record.name for record in services.appealable(session, theirs)[1])
    asked = [Asked(name, "It was otherwise", "Put it right")]
    mine: dict[str, Any] = {"actor": other, "now": at(3), "lines": asked}
    pending = services.lodge(session, scorecard_id=theirs, **mine)
    appeal = accepted(session, "metric", {"value": 0.99, "sample_size": None})
    with sent(session) as found:
        apply(session, appeal)
    assert sum("FROM carried_results" in each for each in found.statements) == 2
    new = card_of(session, "E0005")
    assert new != theirs
    said = standing(session, new)
    assert said.receipt is not None
    assert (said.receipt.read_at, said.receipt.comment) == (at(3).moment, "Read")
    assert (said.appeal_id, said.appeal_state, said.since) == (pending.id, "lodged", CLOSED)
    with pytest.raises(Conflict, match="already"):
        services.lodge(session, scorecard_id=new, **mine)
    services.withdraw(session, actor=other, now=at(5), appeal_id=pending.id)
    with pytest.raises(Refused, match="2026-11-09"):
        services.lodge(session, scorecard_id=new, **{**mine, "now": at(10)})
    anew = standing(session, card_of(session))
    assert (anew.receipt, anew.appeal_id, anew.since) == (None, None, None)
    assert lodge(session, names(session)["check"], now=at(12)).id
    rows = session.scalars(select(Notice.employee_id).where(Notice.kind == REVISED))
    told = set(rows)
    assert offices.employee_id(session, "E0004") in told
    assert other.employee_id not in told


def test_an_older_month_is_closed_anew_with_all_later_ones(session: Session) -> None:
    offices.values(session, "E0004", NOVEMBER)
    appeal = accepted(session, "metric", {"value": 0.99, "sample_size": None})
    offices.close(session, NOVEMBER)
    with pytest.raises(Conflict, match="2026-11"):
        corrections.apply_lines(
            session,
            actor=actor(session, "E0003"),
            now=at(5),
            appeal_id=appeal.id,
            seal=lambda each: each,
        )
    assert corrections.apply_lines(
        session,
        actor=actor(session, "E0003"),
        now=at(5),
        appeal_id=appeal.id,
        seal=lambda each: each,
        cascade=True,
    ) == [OCTOBER, NOVEMBER]
    assert view(session, NOVEMBER).revision == 2


def test_in_a_month_that_was_reopened_the_record_is_corrected_at_once(session: Session) -> None:
    appeal = accepted(session, "incident", {"void": True})
    reopen_month(session, actor=SYSTEM, now=CLOSED, month=OCTOBER, reason="x", cascade=False)
    incident = session.scalars(select(Incident)).one()
    who: dict[str, Any] = {"actor": actor(session, "E0001"), "now": at(4)}
    (task,) = follow_incident(session, **who, incident_id=incident.id, actions=["coaching"])
    assert apply(session, appeal) == []
    assert incident.status == "voided"
    assert (task.state, task.outcome) == ("dropped", f"Appeal {appeal.id}")


@pytest.mark.parametrize(
    ("record", "change"),
    [
        ("check", {"score": 90}),
        ("day", {"excuse": "late"}),
        ("day", {"punch": "2026-10-13 09:00"}),
        ("incident", {"void": True}),
        ("rule", {"void": True}),
    ],
)
def test_what_is_so_already_lets_an_appeal_pass(
    session: Session, record: str, change: dict[str, Any]
) -> None:
    appeal = accepted(session, record, change)
    (line,) = services.lines_of(session, appeal.id)
    reopen_month(session, actor=SYSTEM, now=CLOSED, month=OCTOBER, reason="x", cascade=False)
    acting = corrections.Acting(session, actor(session, "E0003"), at(4), appeal)
    corrections._correct(acting, line)
    if record == "check":
        session.delete(session.scalars(select(SpotCheck)).one())
    assert apply(session, appeal) == []
    assert session.get_one(Appeal, appeal.id).state == "applied"


def test_what_is_corrected_by_hand_comes_first(session: Session) -> None:
    found = names(session)
    appeal = lodge(session, found["check"], found["day"])
    first, second = services.lines_of(session, appeal.id)
    decide(session, first, "partly", {"by_hand": "Check the call again"})
    decide(session, second, change={"excuse": "late"})
    with pytest.raises(Refused):
        apply(session, appeal)
    with pytest.raises(Conflict):
        corrections.mark_done(session, actor=actor(session, "E0003"), now=at(5), line_id=second.id)
    corrections.mark_done(session, actor=actor(session, "E0003"), now=at(5), line_id=first.id)
    apply(session, appeal)
    assert session.get_one(Appeal, appeal.id).state == "applied"


def test_nothing_takes_effect_undecided_twice_or_by_the_person(session: Session) -> None:
    appeal = lodge(session, names(session)["check"])
    with pytest.raises(Conflict):
        apply(session, appeal)
    (line,) = services.lines_of(session, appeal.id)
    decide(session, line, change={"score": 90})
    with pytest.raises(Refused):
        apply(session, appeal, who="E0004")
    apply(session, appeal)
    with pytest.raises(Conflict):
        apply(session, appeal)
    assert session.scalars(select(SpotCheck.score)).one() == 90


# Adjustments


def export(session: Session, month: Month = OCTOBER) -> None:
    mark_exported(session, actor=SYSTEM, now=CLOSED, month=month)


def settle(session: Session, line: AppealLine, amount: str = "120.50") -> Appeal:
    return corrections.adjust_line(
        session,
        actor=actor(session, "E0003"),
        now=at(5),
        line_id=line.id,
        amount=Decimal(amount),
        reason="Appeal",
    )


def test_once_payroll_was_exported_the_next_open_month_pays(any_session: Session) -> None:
    session = any_session
    before = view(session)
    appeal = accepted(session, "incident", {"void": True})
    export(session)
    with pytest.raises(Conflict):
        apply(session, appeal)
    (line,) = services.lines_of(session, appeal.id)
    settle(session, line)
    assert session.get_one(Appeal, appeal.id).state == "applied"
    assert view(session) == before
    offices.values(session, "E0004", NOVEMBER)
    offices.close(session, NOVEMBER)
    (paid,) = [each for each in pay_lines(session, NOVEMBER) if each.line == "adjustment"]
    assert (paid.employee_no, paid.for_month, paid.payout) == ("E0004", OCTOBER, Decimal("120.50"))
    row = dict(zip(COLUMNS, paid.as_row(), strict=True))
    assert (row["month"], row["note"], row["bonus"]) == ("2026-11", "Appeal", None)


def test_what_was_voided_after_the_export_counts_in_no_later_ladder_or_bar(
    session: Session,
) -> None:
    who = offices.employee_id(session, "E0004")
    assert StoredHistory(session, NOVEMBER).month(OCTOBER)[who].fired.keys() >= {"CON-P1"}
    appeal = accepted(session, "incident", {"void": True})
    export(session)
    (line,) = services.lines_of(session, appeal.id)
    settle(session, line)
    fired = StoredHistory(session, NOVEMBER).month(OCTOBER)[who].fired
    assert "CON-P1" not in fired
    assert "ATT-P2" in fired
    then = StoredHistory(session, NOVEMBER, CLOSED).month(OCTOBER)[who].fired
    assert then.keys() >= {"CON-P1", "ATT-P2"}
    assert propose(session, OCTOBER, offices.AWARD)


def test_what_was_voided_after_the_export_leaves_what_the_closed_month_was(
    session: Session,
) -> None:
    appeal = accepted(session, "rule", {"void": True})
    who: dict[str, Any] = {"actor": actor(session, "E0001"), "now": at(4), "month": OCTOBER}
    who |= {"code": "ATT-P2", "employee_id": appeal.employee_id}
    (task,) = follow_rule(session, **who, actions=["coaching"])
    export(session)
    (line,) = services.lines_of(session, appeal.id)
    settle(session, line)
    assert (task.state, task.outcome) == ("dropped", f"Appeal {appeal.id}")
    found = simulate(session, OCTOBER, offices.policy())
    assert [each.employee_no for each in found if each.differs] == []


def test_what_an_exported_month_would_pay_by_now_is_computed_and_adjusted(
    any_session: Session,
) -> None:
    """The same as closing it anew would have paid; and nothing of it is left in the records."""
    session = any_session
    reopen_month(session, actor=SYSTEM, now=CLOSED, month=OCTOBER, reason="x", cascade=False)
    worse = {"csat": 0.5, "complaint_rate": 0.01, "complaint_count": 3, "late_count": 6}
    offices.values(session, "E0004", OCTOBER, **worse)
    session.execute(
        delete(MetricValue).where(
            MetricValue.employee_id == offices.employee_id(session, "E0004"),
            MetricValue.metric.in_(["qa_score", "attendance_score"]),
        )
    )
    offices.close(session, OCTOBER)
    publish_results(session, actor=SYSTEM, now=CLOSED, month=OCTOBER)
    before, found = view(session), names(session)
    given: dict[str, dict[str, Any]] = {
        "metric:csat": {"value": 0.99, "sample_size": None},
        found["check"]: {"score": 99},
        found["day"]: {"excuse": "late"},
        found["incident"]: {"void": True},
        "rule:ATT-P2": {"void": True},
        "rule:LAT-P1": {"void": True},
    }
    appeal = lodge(session, *given)
    for line in services.lines_of(session, appeal.id):
        decide(session, line, change=given[f"{line.record}:{line.key}"])
    savepoint = session.begin_nested()
    apply(session, appeal)
    anew = view(session)
    savepoint.rollback()
    session.expire_all()
    export(session)
    closing = current_closing(session, OCTOBER)
    assert closing is not None
    cards = cards_by_now(session, closing, CLOSED)
    (card,) = [each for each in cards if each.employee_no == "E0004"]
    assert card.total == anew.total != before.total
    assert session.scalars(select(SpotCheck.score)).one() == 70
    assert session.scalar(select(func.count()).select_from(Excuse)) == 0
    (due,) = [each for each in differences(session, OCTOBER) if each.employee_no == "E0004"]
    assert (due.paid, due.now) == (before.pay.payout, anew.pay.payout)
    adjust(session, "20")
    hr: dict[str, Any] = {"actor": actor(session, "E0003"), "now": at(5), "month": OCTOBER}
    hr |= {"employee_id": due.employee_id, "reason": "Computed"}
    with pytest.raises(Conflict):
        adjust_difference(session, seen=due.left, **hr)
    assert adjust_difference(session, seen=due.left - 20, **hr).amount == due.difference - 20
    (due,) = [each for each in differences(session, OCTOBER) if each.employee_no == "E0004"]
    assert due.left == 0


def test_without_an_appeal_an_exported_month_would_pay_the_same(session: Session) -> None:
    with pytest.raises(Conflict):
        differences(session, OCTOBER)
    export(session)
    assert differences(session, OCTOBER) == []


def adjust(session: Session, amount: str = "-30", **given: Any) -> PayAdjustment:
    return adjustments.adjust(
        session,
        **{
            "actor": actor(session, "E0003"),
            "now": at(5),
            "employee_id": offices.employee_id(session, "E0004"),
            "month": OCTOBER,
            "amount": Decimal(amount),
            "reason": "Counted twice",
            **given,
        },
    )


def test_hr_adjusts_by_hand_only_what_was_exported(session: Session) -> None:
    with pytest.raises(Refused) as refused:
        adjust(session)
    assert refused.value.field == "month"
    export(session)
    made = adjust(session)
    assert (made.pay_month, made.amount) == (NOVEMBER, Decimal("-30"))
    with pytest.raises(Conflict):
        adjust(session, once=True)  # the form was sent twice
    assert adjust(session, once=True, reason="Counted three times").amount == made.amount


@pytest.mark.parametrize(
    ("amount", "reason", "field"),
    [("0", "x", "amount"), ("1.234", "x", "amount"), ("NaN", "x", "amount"), ("5", " ", "reason")],
)
def test_an_adjustment_needs_an_amount_and_a_reason(
    session: Session, amount: str, reason: str, field: str
) -> None:
    export(session)
    with pytest.raises(Refused) as refused:
        adjust(session, amount, reason=reason)
    assert refused.value.field == field


def test_nobody_adjusts_their_own_pay(session: Session) -> None:
    export(session)
    with pytest.raises(Refused):
        adjust(session, actor=actor(session, "E0004"))


def test_an_adjustment_is_taken_back_until_it_is_paid(any_session: Session) -> None:
    session = any_session
    export(session)
    first, second = adjust(session), adjust(session, "40")

    def back(row: PayAdjustment) -> None:
        adjustments.take_back(
            session,
            actor=actor(session, "E0003"),
            now=at(5),
            adjustment_id=row.id,
            reason="A mistake",
        )

    back(first)
    offices.values(session, "E0004", NOVEMBER)
    offices.close(session, NOVEMBER)
    export(session, NOVEMBER)
    with pytest.raises(Conflict):
        back(second)
    with pytest.raises(DBAPIError, match="locked"), session.begin_nested():
        session.execute(text("UPDATE pay_adjustments SET amount = 1"))
    with pytest.raises(DBAPIError, match="locked"), session.begin_nested():
        session.execute(text("DELETE FROM pay_adjustments"))


# Invariants


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE appeals SET state = 'decided'",
        "UPDATE appeals SET state = 'lost'",
        "UPDATE appeal_lines SET decision = 'accepted'",
        "UPDATE appeal_lines SET reason = ''",
        "UPDATE appeal_lines SET applied_at = '2026-11-04 00:00:00'",
        "INSERT INTO appeals (scorecard_id, employee_id, month, state, lodged_at, due_on)"
        " SELECT scorecard_id, employee_id, month, 'lodged', lodged_at, due_on FROM appeals",
    ],
)
def test_the_database_refuses_what_no_appeal_can_be(any_session: Session, statement: str) -> None:
    session = any_session
    lodge(session, names(session)["check"])
    with pytest.raises(IntegrityError), session.begin_nested():
        session.execute(text(statement))


def test_whoever_exports_what_was_reopened_meanwhile_is_told(any_site: Site) -> None:
    with any_site.session() as session:
        prepare(session)
    with any_site.session() as session:
        assert session.get_one(MonthState, OCTOBER).state == "closed"
        with any_site.app.app_context():  # somebody else's
            reopen_month(
                db.session(), actor=SYSTEM, now=CLOSED, month=OCTOBER, reason="x", cascade=False
            )
            db.session.commit()
        with pytest.raises(Conflict):
            export(session)
        with pytest.raises(IntegrityError), session.begin_nested():
            session.execute(
                text("UPDATE months SET exported_at = '2026-11-02' WHERE state = 'open'")
            )


@pytest.mark.long
def test_of_fifty_who_decide_a_line_at_once_one_wins(any_site: Site) -> None:
    with any_site.session() as session:
        prepare(session)
        number = services.lines_of(session, lodge(session, names(session)["check"]).id)[0].id
    told: list[str] = []
    start = threading.Barrier(50)

    def one(decider: int) -> None:
        start.wait()
        try:
            with any_site.session() as session:
                services.decide_line(
                    session,
                    actor=Actor(f"decider-{decider}"),
                    now=at(4),
                    line_id=number,
                    decision="declined",
                    reason="Looked into",
                )
            told.append("")
        except Exception as error:
            told.append(type(error).__name__)

    threads = [threading.Thread(target=one, args=(decider,)) for decider in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(told) == ["", *["Conflict"] * 49]
    with any_site.session() as session:
        decided = AuditEntry.action == "appeal.line_declined"
        assert session.scalar(select(func.count()).where(decided)) == 1
