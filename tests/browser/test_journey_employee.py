"""An employee's month: notice, scorecard and why, receipt, appeal, rules, calendar, 360°, PDF."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import expect
from sqlalchemy import select
from support.journeys import Journey, employee_id
from support.site import Site

from closing.appeals.models import Appeal, AppealLine, Receipt
from closing.demo.services import PASSWORD
from closing.models import PolicyAcknowledgement
from core import clock
from core.attachments import of
from core.models import MonthState
from core.values import Month
from evaluations.scorecards.models import Scorecard
from rewards.models import Incident

MONTH = Month(2026, 9)
ME = "E0008"
CARD = f"/scorecards/{MONTH}/{ME}"


@pytest.mark.long
def test_an_employees_month(journey: Journey, tmp_path: Path) -> None:
    publish_just_now(journey)
    tell_of_an_incident(journey)
    journey.sign_in(ME)
    read_notices(journey)
    understand(journey)
    acknowledge(journey)
    appeal(journey, tmp_path)
    rules(journey)
    calendar(journey)
    pdf(journey)
    review(journey)
    state_my_side(journey)


def publish_just_now(journey: Journey) -> None:
    """So that the days for appeals run."""
    with journey.session() as session:
        now = clock.now(journey.app.config["TIMEZONE"])
        session.get_one(MonthState, MONTH).published_at = now.moment


def tell_of_an_incident(journey: Journey) -> None:
    """HR records one and asks for the statement, out of sight."""
    client = journey.app.test_client()
    site = Site(journey.app)
    form = {"name": "E0002", "password": PASSWORD}
    assert site.post(client, "/sign-in", form, form="/sign-in").status_code == 302
    day = clock.now(journey.app.config["TIMEZONE"]).wall.date().isoformat()
    told = {"employee": ME, "rule": "CON-P4", "day": day, "description": "着装", "tell": "y"}
    page = "/rewards/incidents/new"
    assert site.post(client, page, told, form=page).status_code == 302


def read_notices(journey: Journey) -> None:
    """The notice leads to where it is answered, and is read then."""
    page = journey.page
    unread = page.locator(".inbox .count").inner_text()
    journey.follow("a.inbox")
    journey.follow(".inbox-list button.as-text")
    expect(page.locator(".inbox .count")).not_to_have_text(unread)


def understand(journey: Journey) -> None:
    """The total, what it is made of, and what would raise it."""
    page = journey.page
    journey.goto("/")
    journey.follow(f'.waits a[href="{CARD}"]')
    with journey.session() as session:
        total = session.scalar(
            select(Scorecard.total)
            .join(MonthState, MonthState.closing_id == Scorecard.closing_id)
            .where(Scorecard.month == MONTH, Scorecard.employee_id == employee_id(session, ME))
        )
    assert total is not None
    expect(page.locator("main .total").first).to_contain_text(f"{total:.2f}")
    more = "怎样做提分最多" if journey.language == "zh-CN" else "What would raise the total most"
    chances = page.locator("section", has=page.get_by_role("heading", name=more))
    assert chances.locator("tbody tr").count() > 1


def acknowledge(journey: Journey) -> None:
    button = "form[action='/receipts/2026-09/mine'] button.btn-primary"
    journey.send("form[action='/receipts/2026-09/mine']")
    with journey.session() as session:
        read = session.scalars(
            select(Receipt)
            .join(Scorecard, Scorecard.id == Receipt.scorecard_id)
            .where(Scorecard.month == MONTH, Scorecard.employee_id == employee_id(session, ME))
        )
        assert read.one().comment is None
    expect(journey.page.locator(button)).to_have_count(0)


def appeal(journey: Journey, folder: Path) -> None:
    """Against one line, with a file."""
    page = journey.page
    proof = folder / "proof.txt"
    proof.write_text("10:02 系统故障\n", encoding="utf-8")
    journey.follow("main a[href*='/appeals/new']")
    if not page.locator("details.appealable[open]").count():
        page.locator("details.appealable > summary").first.click()
    opened = page.locator("details.appealable[open]").first
    opened.locator("textarea").fill("当天系统故障，有截图")
    opened.locator("input").fill("请按实际处理时间计算")
    page.set_input_files("#files", proof)
    journey.send("form[enctype]")
    with journey.session() as session:
        made = session.scalars(
            select(Appeal).where(
                Appeal.employee_id == employee_id(session, ME), Appeal.month == MONTH
            )
        ).one()
        assert made.state == "lodged"
        lines = session.scalars(select(AppealLine).where(AppealLine.appeal_id == made.id)).all()
        assert [line.reason for line in lines] == ["当天系统故障，有截图"]
        assert [file.name for file in of(session, f"appeal:{made.id}")] == ["proof.txt"]


def rules(journey: Journey) -> None:
    """From what waits to the rules that apply, which one confirms to have read."""
    journey.goto("/")
    journey.follow(".waits a[href$='/rules']")
    journey.send("form[action*='/acknowledgements']")
    with journey.session() as session:
        me = employee_id(session, ME)
        said = select(PolicyAcknowledgement).where(PolicyAcknowledgement.employee_id == me)
        assert len(session.scalars(said).all()) == 1
    journey.goto("/")
    expect(journey.page.locator(".waits a[href$='/rules']")).to_have_count(0)


def calendar(journey: Journey) -> None:
    page = journey.page
    journey.goto(CARD)
    link = page.locator("main a[href$='/attendance']").first
    if not link.is_visible():
        page.locator("main details:has(a[href$='/attendance']) > summary").first.click()
    journey.follow("main a[href$='/attendance']:visible")
    assert page.locator("main").inner_text().count("→") >= 20


def pdf(journey: Journey) -> None:
    journey.goto(CARD)
    with journey.page.expect_download() as got:
        journey.page.click(f'a[href^="{CARD}.pdf"]')
    assert Path(got.value.path()).read_bytes().startswith(b"%PDF")


def review(journey: Journey) -> None:
    page = journey.page
    journey.goto("/reviews/")
    before = page.locator("main a[href*='/about/']").count()
    journey.follow("main a.btn-primary")
    journey.rate()
    assert page.url.endswith("/reviews/")
    assert before > 1


def state_my_side(journey: Journey) -> None:
    journey.goto("/")
    journey.follow(".waits a[href^='/rewards/incidents/']")
    journey.page.fill("#statement", "工服送洗，已向组长报备")
    journey.send("form[action$='/statement']")
    with journey.session() as session:
        mine = session.scalars(
            select(Incident).where(
                Incident.employee_id == employee_id(session, ME), Incident.description == "着装"
            )
        ).one()
        assert mine.statement == "工服送洗，已向组长报备"
        assert mine.status == "recorded"
