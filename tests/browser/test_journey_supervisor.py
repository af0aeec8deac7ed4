"""A supervisor's month: what waits, evaluating, a note, an incident, 360°, an appeal."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect
from sqlalchemy import func, select
from support.journeys import Journey, employee_id
from support.served import sign_out

from closing.appeals.models import AppealComment
from core.values import Month
from evaluations.models import MetricValue, Review
from evaluations.monthly.models import EvaluationFeedback, EvaluationNote, EvaluationState
from rewards.models import Incident

MONTH = Month(2026, 10)
GRID = f"/evaluations/{MONTH}"
METRIC = "callback_rate"
PERSON, NEXT, AFTER = "E0019", "E0021", "E0022"


def field(number: str) -> str:
    return f'input[name="cell:{number}:{METRIC}"]'


def state(number: str) -> str:
    return f'tr[data-row="{number}"] td[data-metric="{METRIC}"]'


@pytest.mark.long
def test_a_supervisors_month(journey: Journey) -> None:
    journey.sign_in("E0004")
    journey.follow(f'.waits a[href="{GRID}"]')
    evaluate(journey)
    write_feedback(journey)
    keep_a_note(journey)
    submit(journey)
    record_an_incident(journey)
    answer(journey)
    comment(journey)


def evaluate(journey: Journey) -> None:
    """A value typed, two pasted below: saved, and the total follows."""
    page = journey.page
    page.fill(field(PERSON), "98% / 40")
    page.press(field(PERSON), "Enter")
    expect(page.locator(state(PERSON))).to_have_attribute("data-state", "saved")
    journey.paste(field(NEXT), "95% / 20\r\n96% / 25\r\n")
    expect(page.locator(state(AFTER))).to_have_attribute("data-state", "saved")
    expect(page.locator(f'tr[data-row="{PERSON}"] .figure-total')).not_to_have_text("—")
    with journey.session() as session:
        for number, value, size in ((PERSON, 0.98, 40), (NEXT, 0.95, 20), (AFTER, 0.96, 25)):
            kept = session.execute(
                select(MetricValue.value, MetricValue.sample_size).where(
                    MetricValue.employee_id == employee_id(session, number),
                    MetricValue.metric == METRIC,
                    MetricValue.month == MONTH,
                )
            ).one()
            assert tuple(kept) == (value, size), number


def write_feedback(journey: Journey) -> None:
    page = journey.page
    journey.follow(f'a[href="{GRID}/{PERSON}"]')
    for name, text in (("strengths", "稳"), ("improve", "快"), ("next_step", "练")):
        with page.expect_response("**/feedback") as saved:
            page.fill(f"[name={name}]", text)
            page.press(f"[name={name}]", "Tab")
        assert saved.value.ok
    page.goto(page.url)
    expect(page.locator("[name=next_step]")).to_have_value("练")
    with journey.session() as session:
        kept = session.scalars(
            select(EvaluationFeedback).where(
                EvaluationFeedback.employee_id == employee_id(session, PERSON),
                EvaluationFeedback.month == MONTH,
            )
        ).one()
        assert (kept.strengths, kept.improve, kept.next_step) == ("稳", "快", "练")


def keep_a_note(journey: Journey) -> None:
    page = journey.page
    journey.follow("aside a[href^='/evaluations/notes?']")
    expect(page.locator("[name=employee_no]")).to_have_value(PERSON)
    page.fill("[name=text]", "主动替同事接了夜班")
    page.check("[name=kind] >> nth=0")
    journey.send("form.note-form")
    expect(page.locator("aside")).to_contain_text("主动替同事接了夜班")
    with journey.session() as session:
        found = session.scalars(
            select(EvaluationNote).where(EvaluationNote.text == "主动替同事接了夜班")
        ).one()
        assert found.employee_id == employee_id(session, PERSON)
        assert found.shared_at is None


def submit(journey: Journey) -> None:
    journey.confirm("form[action$='/submit']")
    with journey.session() as session:
        found = session.get_one(EvaluationState, (employee_id(session, PERSON), MONTH))
        assert found.state == "submitted"


def record_an_incident(journey: Journey) -> None:
    """Recorded, and the person is asked for a statement; the recorder does not decide."""
    page = journey.page
    journey.goto("/rewards/incidents")
    journey.follow('a[href="/rewards/incidents/new"]')
    page.fill("[name=employee]", NEXT)
    page.select_option("[name=rule]", "CON-P1")
    page.fill("[name=description]", "当班时间使用私人手机")
    page.check("[name=tell]")
    journey.send("form.narrow")
    expect(page.locator("form[action$='/approve']")).to_have_count(0)
    with journey.session() as session:
        found = session.scalars(
            select(Incident).where(Incident.description == "当班时间使用私人手机")
        ).one()
        assert found.status == "recorded"
        assert found.notified_at is not None


def answer(journey: Journey) -> None:
    """One form after the other; each is gone from what waits."""
    given = select(func.count()).select_from(Review)
    with journey.session() as session:
        before = session.scalar(given) or 0
    journey.goto("/reviews/")
    journey.follow(".page-head a.btn-primary, main a.btn-primary")
    journey.rate()
    with journey.session() as session:
        assert (session.scalar(given) or 0) > before


def comment(journey: Journey) -> None:
    """Whoever leads the one above finds the open appeal among what waits."""
    sign_out(journey.page)
    journey.sign_in("E0001")
    journey.follow(".waits a[href^='/appeals?']")
    journey.follow("main tbody a[href^='/appeals/']")
    journey.page.fill("#text", "当天系统确有故障")
    journey.send("form[action$='/comments']")
    with journey.session() as session:
        kept = session.scalars(
            select(AppealComment).where(AppealComment.text == "当天系统确有故障")
        ).one()
        assert "E0001" in kept.by
