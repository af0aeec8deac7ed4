"""The pages of the close: months, what stands in the way, closing, reopening, pay."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from factories import offices, people
from factories.offices import NOW, OCTOBER, SEPTEMBER
from flask.testing import FlaskClient
from sqlalchemy import delete, select
from support.markup import Markup, markup
from support.site import Site
from support.statements import sent

from closing import payroll
from closing.appeals.models import PayAdjustment
from closing.payroll import COLUMNS
from core import jobs
from core.db import db
from core.models import MonthState
from core.values import Month
from evaluations.scorecards.models import Scorecard
from staff.models import Account, Employee

MONTH = "/closing/2026-10"


@pytest.fixture(autouse=True)
def _second_of_november() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def accounts(site: Site) -> dict[str, Account]:
    site.app.config["BABEL_DEFAULT_LOCALE"] = "en"
    site.app.config["LANGUAGE"] = "en"
    with site.session() as session:
        return offices.office(session, SEPTEMBER, OCTOBER)


@pytest.fixture
def hr(site: Site, accounts: dict[str, Account]) -> FlaskClient:
    return site.signed_in(accounts["hr"])


def close(site: Site, *months: Month) -> None:
    with site.session() as session:
        offices.close(session, *months)


def page(client: FlaskClient, url: str) -> Markup:
    answer = client.get(url)
    assert answer.status_code == 200
    return markup(answer)


def test_the_list_tells_what_became_of_every_month(site: Site, hr: FlaskClient) -> None:
    close(site, SEPTEMBER)
    listed = page(hr, "/closing")
    assert listed.heading == "1 month is closed"
    assert listed.row("September 2026")[1:5] == ["Closed", "1", "1", "5"]
    assert listed.row("October 2026")[1] == "Open"
    assert listed.row("November 2026")[1] == "Open"


def test_an_auditor_sees_closed_months_only_and_changes_nothing(
    site: Site, accounts: dict[str, Account]
) -> None:
    close(site, SEPTEMBER)
    client = site.signed_in(accounts["auditor"])
    assert "October" not in "".join(map(str, page(client, "/closing").rows))
    assert client.get(MONTH).status_code == 404
    closed = page(client, "/closing/2026-09")
    assert not any("closing" in action for action in closed.actions)
    assert client.get("/payroll/2026-09").status_code == 200
    assert client.get("/payroll/2026-10").status_code == 404
    for url in ("/closing/2026-10/close", "/closing/2026-09/publish", "/payroll/2026-09/export"):
        assert site.post(client, url, form="/closing/2026-09").status_code == 403


def test_an_employee_does_not_know_of_the_close(site: Site, accounts: dict[str, Account]) -> None:
    for role in ("agent", "supervisor", "manager"):
        client = site.signed_in(accounts[role])
        assert client.get("/closing").status_code == 404
        assert client.get("/payroll/2026-10").status_code == 404


def test_an_open_month_tells_what_it_would_lock_and_leave_out(site: Site, hr: FlaskClient) -> None:
    with site.session() as session:
        offices.complaints(session, "E0005")
    found = page(hr, f"{MONTH}?figures=1")
    assert found.heading == "October 2026 can be closed; 5 things would be left out"
    assert "The close locks 5 scorecards." in found.words
    assert "1 proposal is not decided and does not count" in found.words
    assert "E0005 Person E0005: ATT-P2" in found.words
    assert "2 people have no scorecard" in found.words
    assert "E0003 Person E0003: position hr" in found.words
    assert (
        found.links["1 proposal is not decided and does not count"] == "/rewards/proposals/2026-10"
    )
    assert "2 scorecards have too little data" in found.words


def test_a_month_that_still_runs_says_so(hr: FlaskClient) -> None:
    assert "The month lasts until" not in page(hr, MONTH).words
    assert "The month lasts until Nov 30, 2026" in page(hr, "/closing/2026-11").words


def test_the_preview_lists_totals_grades_and_changes(site: Site, hr: FlaskClient) -> None:
    with site.session() as session:
        offices.values(session, "E0004", OCTOBER, csat=0.98)
        offices.close(session, SEPTEMBER)
    found = page(hr, f"{MONTH}/preview?figures=1")
    assert found.heading == "October 2026: 5 scorecards as of now"
    row = found.row("E0004")
    assert row[3:5] == ["After-sales agent", "Complete"]
    assert row[6].startswith("▲")
    assert found.row("E0009")[6] == "= 0"
    only = page(hr, f"{MONTH}/preview?status=incomplete")
    assert len(only.rows) == 3
    assert hr.get("/closing/2019-01/preview").status_code == 400
    with site.session() as session:
        assert session.query(Scorecard).filter_by(month=OCTOBER).count() == 0


def test_closing_locks_the_scorecards_and_a_second_tab_is_told(site: Site, hr: FlaskClient) -> None:
    answer = site.post(hr, f"{MONTH}/close", form=MONTH)
    assert answer.headers["Location"] == MONTH
    closed = page(hr, MONTH)
    assert "October 2026 is closed: 5 scorecards are locked." in closed.words
    assert closed.heading == "October 2026 is closed: 5 scorecards"
    assert "by E0003" in closed.words
    again = hr.post(f"{MONTH}/close", data={"csrf_token": site.token(hr, MONTH)})
    assert again.headers["Location"] == MONTH
    assert "2026-10 is closed already." in page(hr, MONTH).words
    with site.session() as session:
        assert session.query(Scorecard).filter_by(month=OCTOBER).count() == 5


def test_a_month_before_a_closed_one_is_not_closed(site: Site, hr: FlaskClient) -> None:
    close(site, OCTOBER)
    found = page(hr, "/closing/2026-09")
    assert found.heading == "September 2026 cannot be closed yet"
    assert "/closing/2026-09/close" not in found.actions
    site.post(hr, "/closing/2026-09/close", form="/closing/2026-09")
    assert "cannot be closed while 2026-10" in page(hr, "/closing/2026-09").words


def test_reopening_asks_for_a_reason_and_keeps_the_revision(site: Site, hr: FlaskClient) -> None:
    close(site, OCTOBER)
    url = f"{MONTH}/reopen"
    refused = site.post(hr, url, {"reason": " "}, form=url)
    assert refused.status_code == 200
    assert "Write the reason" in markup(refused).words
    site.post(hr, url, {"reason": "A ticket was missing"}, form=url)
    opened = page(hr, MONTH)
    assert "Reopened: October 2026." in opened.words
    assert "Revisions" in opened.words
    assert page(hr, "/closing").row("October 2026")[1] == "Reopened"
    site.post(hr, f"{MONTH}/close", form=MONTH)
    assert "Revision 2" in page(hr, MONTH).words


def test_an_older_month_reopens_with_the_later_ones_or_not_at_all(
    site: Site, hr: FlaskClient
) -> None:
    close(site, SEPTEMBER, OCTOBER)
    url = "/closing/2026-09/reopen"
    assert "Reopen 2 months" in page(hr, url).words
    refused = markup(site.post(hr, url, {"reason": "A slip"}, form=url))
    assert "Later months are closed" in refused.words
    assert refused.fields["reason"] == "A slip"
    site.post(hr, url, {"reason": "A slip", "cascade": "y"}, form=url)
    assert "Reopened: October 2026, September 2026." in page(hr, "/closing/2026-09").words


def test_publishing_shows_the_results_and_hiding_takes_them_back(
    site: Site, hr: FlaskClient
) -> None:
    close(site, OCTOBER)
    assert "5 people will see their own scorecards." in page(hr, MONTH).words
    site.post(hr, f"{MONTH}/publish", form=MONTH)
    assert "The results of October 2026 are published." in page(hr, MONTH).words
    with site.session() as session:
        assert session.get_one(MonthState, OCTOBER).published_at == NOW
    site.post(hr, f"{MONTH}/withhold", form=MONTH)
    assert "are hidden again" in page(hr, MONTH).words


def test_payroll_is_exported_once_released_and_keeps_the_month_closed(
    site: Site, hr: FlaskClient
) -> None:
    close(site, OCTOBER)
    url = "/payroll/2026-10"
    shown = page(hr, url)
    assert "5 lines go out." in shown.words
    assert "CSV" not in shown.links
    assert hr.get(f"{url}?format=csv").status_code == 409
    site.post(hr, f"{url}/export", form=url)
    shown = page(hr, url)
    assert "is released" in shown.words
    file = hr.get(shown.links["CSV"])
    rows = list(csv.reader(io.StringIO(file.get_data().decode("utf-8-sig"))))
    assert tuple(rows[0]) == COLUMNS
    assert len(rows) == 6
    assert hr.get(shown.links["XLSX"]).get_data()[:2] == b"PK"
    assert "cannot be reopened" in page(hr, f"{MONTH}/reopen").words
    refused = site.post(hr, f"{MONTH}/reopen", {"reason": "Still"}, form=MONTH)
    assert refused.status_code == 200
    with site.session() as session:
        assert session.get_one(MonthState, OCTOBER).state == "closed"


def test_payroll_sums_are_those_of_its_lines(site: Site, hr: FlaskClient) -> None:
    close(site, OCTOBER)
    found = page(hr, "/payroll/2026-10")
    paid = sum(float(row[-1].replace(",", "")) for row in found.rows[1:])
    assert f"{paid:,.2f}" in found.heading
    assert paid > 0
    assert f"{paid:,.2f}" in page(hr, MONTH).words  # the same as what the close locked


@pytest.mark.parametrize("url", [MONTH, "/payroll/2026-10"])
def test_pages_of_a_closed_month_ask_the_database_few_times(
    site: Site, hr: FlaskClient, url: str
) -> None:
    close(site, OCTOBER)
    with site.app.app_context(), sent(db.session()) as found:
        assert hr.get(url).status_code == 200
    assert 0 < len(found.statements) <= 12, found.statements


def test_an_open_month_has_no_payroll_yet(hr: FlaskClient) -> None:
    assert page(hr, "/payroll/2026-10").heading == "October 2026 has no payroll yet"


def test_the_payroll_command_is_an_export_too(site: Site, hr: FlaskClient) -> None:
    close(site, OCTOBER)
    runner = site.app.test_cli_runner()
    done = runner.invoke(args=["payroll", "2026-10", "--as", "E0003"])
    assert done.exit_code == 0, done.output
    refused: Any = runner.invoke(args=["reopen", "2026-10", "--reason", "Late"])
    assert refused.exit_code == 1
    assert "2026-10" in refused.stderr
    assert "Exported" in page(hr, "/payroll/2026-10").words


def test_the_payroll_command_gives_what_whoever_it_waited_for_left(
    site: Site, hr: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    close(site, OCTOBER)
    with site.session() as session:
        who = session.scalars(select(Employee.id).where(Employee.employee_no == "E0004")).one()
        session.add(
            PayAdjustment(employee_id=who, for_month=OCTOBER.plus(-1), pay_month=OCTOBER,
                          amount=Decimal(5), reason="Gone", decided_by="E0003", decided_at=NOW)
        )  # fmt: skip

    def waits(session: Any, _what: str) -> None:
        session.execute(delete(PayAdjustment))  # somebody takes it back, and ends

    monkeypatch.setattr(payroll, "one_at_a_time", waits)
    done = site.app.test_cli_runner().invoke(args=["payroll", "2026-10"])
    assert (done.exit_code, "Gone" in done.output) == (0, False)


def test_pay_lines_that_could_not_be_written_were_not_exported(
    site: Site, hr: FlaskClient, tmp_path: Any
) -> None:
    close(site, OCTOBER)
    runner = site.app.test_cli_runner()
    nowhere = tmp_path / "none" / "pay.csv"
    assert runner.invoke(args=["payroll", "2026-10", "-o", str(nowhere)]).exit_code == 1
    with site.session() as session:
        assert session.get_one(MonthState, OCTOBER).exported_at is None


def test_the_same_in_chinese(site: Site, hr: FlaskClient) -> None:
    site.post(hr, "/language", {"language": "zh"}, form="/closing")
    assert page(hr, MONTH).heading.startswith("2026年10月")


def test_months_without_any_record_say_what_to_do(site: Site) -> None:
    with site.session() as session:
        accounts = people.centre(session)
    client = site.signed_in(accounts["hr"])
    assert client.get("/closing").status_code == 200
    assert client.get(MONTH).status_code == 200
    assert client.get("/rewards/matrix").status_code == 200
    assert client.get("/policy/").status_code == 200
    assert client.get("/policy/new").status_code == 200


@pytest.fixture
def large(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every centre is too large to be closed within a request."""
    monkeypatch.setattr("closing.jobs.AT_ONCE", 0)


@pytest.mark.usefixtures("large")
def test_a_large_centre_is_closed_by_a_job_whose_progress_the_page_follows(
    site: Site, hr: FlaskClient
) -> None:
    close(site, SEPTEMBER)
    asked = site.post(hr, "/closing/2026-10/close", form=MONTH)
    address = asked.headers["Location"]
    waiting = page(hr, address)
    assert waiting.heading == "Closing October 2026"
    assert "It waits for its turn." in waiting.text
    # Whoever asks again is led to the same job.
    again = site.post(hr, "/closing/2026-10/close", form=MONTH)
    assert again.headers["Location"] == address
    assert "HX-Redirect" not in hr.get(f"{address}/progress").headers
    with site.app.app_context():
        assert jobs.work_off() == 1
    assert hr.get(f"{address}/progress").headers["HX-Redirect"] == MONTH
    assert hr.get(address).headers["Location"] == MONTH
    assert page(hr, MONTH).heading.startswith("October 2026 is closed")
    with site.session() as session:
        assert session.get_one(MonthState, OCTOBER).state == "closed"


@pytest.mark.usefixtures("large")
def test_a_job_that_failed_says_why_and_that_nothing_was_changed(
    site: Site, hr: FlaskClient
) -> None:
    close(site, SEPTEMBER)
    address = site.post(hr, "/closing/2026-10/close", form=MONTH).headers["Location"]
    close(site, OCTOBER)  # by command, meanwhile
    with site.app.app_context():
        jobs.work_off()
    told = page(hr, address).text
    assert "Nothing was changed. 2026-10 is closed already." in " ".join(told.split())
