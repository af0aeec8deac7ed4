"""The end of a month in HR: a file, proposals, an incident, close, publish, an award, payroll."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import expect
from sqlalchemy import func, select
from support.journeys import Journey, employee_id

from closing.appeals.models import Appeal
from core.models import MonthState
from core.values import Month
from evaluations.models import MetricValue
from evaluations.rounds.models import ReviewAssignment, ReviewRound
from rewards.models import AwardDecision, AwardWinner, Incident, RuleApproval
from staff.models import Notice

MONTH = Month(2026, 10)
SHEET = (
    f"employee_no,month,metric,value,sample_size\nE0019,{MONTH},callback_rate,0.98,50\n"
    f"E0021,{MONTH},callback_rate,0.97,60\n"
)


@pytest.mark.long
def test_the_end_of_a_month_in_hr(journey: Journey, tmp_path: Path) -> None:
    journey.sign_in("E0002")
    bring_in_a_file(journey, tmp_path)
    decide_an_incident(journey)
    decide_an_appeal(journey)
    decide_proposals(journey)
    remind_reviewers(journey)
    run_a_round(journey)
    close(journey)
    publish(journey)
    choose_winners(journey)
    print_certificates(journey)
    export_payroll(journey)


def bring_in_a_file(journey: Journey, folder: Path) -> None:
    page = journey.page
    file = folder / "metrics.csv"
    file.write_text(SHEET, encoding="utf-8")
    journey.goto("/imports/")
    page.set_input_files("input[type=file]", file)
    journey.send("form.upload")
    page.wait_for_url(re.compile(r"/imports/\d+$"))
    journey.send(".deeds form[action$=confirm]")
    expect(page.locator(".state-good").first).to_be_visible()
    with journey.session() as session:
        kept = select(MetricValue.value).where(
            MetricValue.employee_id == employee_id(session, "E0021"),
            MetricValue.metric == "callback_rate",
            MetricValue.month == MONTH,
        )
        assert session.scalar(kept) == 0.97


def decide_an_incident(journey: Journey) -> None:
    """From what waits, to one that another recorded; the reason stands with it."""
    page = journey.page
    journey.goto("/")
    journey.follow(".waits a[href^='/rewards/incidents?']")
    journey.follow("main tbody a[href^='/rewards/incidents/']")
    number = int(page.url.rpartition("/")[2])
    page.fill("form.decide #reason", "已核实")
    journey.send("form.decide[action$='/approve']")
    with journey.session() as session:
        found = session.get_one(Incident, number)
        assert (found.status, found.reason) == ("approved", "已核实")
        assert "E0002" in (found.decided_by or "")


def decide_an_appeal(journey: Journey) -> None:
    """Line by line, until nothing of it is open."""
    page = journey.page
    journey.goto("/")
    journey.follow(".waits a[href^='/appeals?']")
    journey.follow("main tbody a[href^='/appeals/']")
    number = int(page.url.rpartition("/")[2])
    while page.locator("main a[href*='/lines/']").count():
        journey.follow("main a[href*='/lines/']")
        page.check("[name=decision][value=declined]")
        page.fill("[name=reason]", "已复核原始记录，无误")
        journey.send("form.narrow")
    with journey.session() as session:
        assert session.get_one(Appeal, number).state == "decided"


def remind_reviewers(journey: Journey) -> None:
    """The round tells how far it is, and not who has answered."""
    page = journey.page
    journey.goto("/reviews/rounds")
    journey.follow("main tbody a[href^='/reviews/rounds/']")
    expect(page.locator("main td.num").first).to_be_visible()
    journey.send("form[action$='/remind']")


def run_a_round(journey: Journey) -> None:
    """Drawn and looked at, opened, ended; a round once ended is not opened again."""
    page, month = journey.page, MONTH.plus(2)
    journey.goto("/reviews/rounds")
    journey.follow("a[href='/reviews/rounds/new']")
    page.select_option("select[name=month]", str(month))
    journey.send("form.narrow")
    page.wait_for_url(f"**/reviews/rounds/{month}")
    drawn = page.locator("main tbody tr").count()
    assert drawn > 0
    with journey.session() as session:
        assert session.get_one(ReviewRound, month).state == "draft"
    journey.send("form[action$='/open']")
    with journey.session() as session:
        assert session.get_one(ReviewRound, month).state == "open"
        asked = select(ReviewAssignment.rater_id).where(ReviewAssignment.month == month)
        told = select(Notice.employee_id).where(Notice.once == f"review.asked:{month}")
        assert set(session.scalars(asked)) == set(session.scalars(told))
    journey.confirm("form[action$='/end']")
    expect(page.locator("form[action$='/open'], form[action$='/end']")).to_have_count(0)
    with journey.session() as session:
        assert session.get_one(ReviewRound, month).state == "ended"


def decide_proposals(journey: Journey) -> None:
    page = journey.page
    journey.goto(f"/rewards/proposals/{MONTH}")
    box = page.locator("form input[name=chosen]").first
    rule = re.search(r"[A-Z]{3}-[PR]\d\w?", box.get_attribute("value") or "")
    with journey.session() as session:
        before = session.scalar(select(func.count()).select_from(RuleApproval)) or 0
    box.check()
    with page.expect_navigation():
        page.locator("button[name=decision][value=approved]").first.click()
    expect(page.locator(".notice-bad")).to_have_count(0)
    with journey.session() as session:
        after = session.scalar(select(func.count()).select_from(RuleApproval)) or 0
        assert after == before + 1 or rule is None


def close(journey: Journey) -> None:
    """What would be left out is read first; then every scorecard is locked."""
    page = journey.page
    journey.goto("/")
    journey.follow(f'.waits a[href="/closing/{MONTH}"]')
    with journey.session() as session:
        assert session.get(MonthState, MONTH) is None
    journey.follow(f".tabs a[href='/closing/{MONTH}/preview']")
    expect(page.locator("main table tbody tr").first).to_be_visible()  # it is fetched
    journey.goto(f"/closing/{MONTH}")
    journey.confirm(f"form[action='/closing/{MONTH}/close']")
    expect(page.locator(f"form[action='/closing/{MONTH}/publish']")).to_have_count(1)
    with journey.session() as session:
        state = session.get_one(MonthState, MONTH)
        assert (state.state, state.published_at) == ("closed", None)


def publish(journey: Journey) -> None:
    journey.confirm(f"form[action='/closing/{MONTH}/publish']")
    with journey.session() as session:
        assert session.get_one(MonthState, MONTH).published_at is not None


def choose_winners(journey: Journey) -> None:
    """Those whom the rules propose are ticked already; they are confirmed and announced."""
    page = journey.page
    journey.goto(f"/rewards/awards/{MONTH}")
    journey.follow(f"main a[href^='/rewards/awards/{MONTH}/']")
    award = page.url.rpartition("/")[2]
    ticked = page.locator("input[name=winners]:checked").count()
    assert ticked > 0
    journey.send("form:has(input[name=winners])")
    with journey.session() as session:
        won = select(func.count()).select_from(AwardWinner)
        won = won.where(AwardWinner.month == MONTH, AwardWinner.award == award)
        assert session.scalar(won) == ticked
        decided = select(AwardDecision).where(AwardDecision.month == MONTH)
        assert len(session.scalars(decided).all()) == 1
    journey.follow("main a[href$='/announcement']")
    expect(page.locator("main h1")).to_be_visible()


def print_certificates(journey: Journey) -> None:
    """Those of an award that is final."""
    journey.goto("/rewards/honours")
    with journey.page.expect_download() as got:
        journey.page.locator("a[href^='/rewards/certificates/']").first.click()
    assert Path(got.value.path()).read_bytes().startswith(b"%PDF")


def export_payroll(journey: Journey) -> None:
    page = journey.page
    journey.goto(f"/payroll/{MONTH}")
    journey.confirm(f"form[action='/payroll/{MONTH}/export']")
    with journey.session() as session:
        assert session.get_one(MonthState, MONTH).exported_at is not None
    with page.expect_download() as got:
        page.locator("a[href*='format=xlsx']").first.click()
    assert Path(got.value.path()).read_bytes().startswith(b"PK")
