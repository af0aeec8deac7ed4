"""Who sees whose results, when, and in how many statements."""

from __future__ import annotations

import pytest
from sqlalchemy import select
from support.readers import AGENT, MONTH, Reports
from support.statements import sent

from evaluations.scorecards.models import Scorecard
from staff.models import Employee

CARD = f"/scorecards/{MONTH}/{AGENT}"
RECORDS = f"/records/{MONTH}/{AGENT}"
FAMILIES = (
    *("tickets", "complaints", "spotchecks", "attendance", "training", "metrics"),
    *("incidents", "reviews"),
)


@pytest.mark.parametrize(
    "url",
    [
        CARD,
        f"{CARD}.pdf",
        f"{CARD}/rules",
        f"{CARD}/trend.svg",
        *(f"{RECORDS}/{f}" for f in FAMILIES),
    ],
)
def test_a_person_is_seen_by_themselves_above_and_hr_and_by_nobody_else(
    reports: Reports, url: str
) -> None:
    for who in ("agent", "supervisor", "hr"):
        assert reports.client(who).get(url).status_code == 200, who
    for who in ("stranger", "admin"):
        assert reports.client(who).get(url).status_code == 404, who


def test_auditors_read_closed_months_but_no_reviews(reports: Reports) -> None:
    for family in FAMILIES[:-1]:
        assert reports.client("auditor").get(f"{RECORDS}/{family}").status_code == 200
        open_month = f"/records/2026-11/{AGENT}/{family}"
        assert reports.client("auditor").get(open_month).status_code == 404
        assert reports.client("hr").get(open_month).status_code == 200
    assert reports.client("auditor").get(f"{RECORDS}/reviews").status_code == 404


def test_nobody_and_somebody_hidden_get_the_same_answer(reports: Reports) -> None:
    def answer(url: str) -> str:
        html = reports.html("stranger", url, status=404)
        return "\n".join(line for line in html.splitlines() if "csrf" not in line.lower())

    hidden = answer(CARD).replace(AGENT, "NOBODY")
    nobody = answer(f"/scorecards/{MONTH}/NOBODY")
    # All but the number of the error is the same.
    assert len(hidden) == len(nobody)
    assert "Performance" not in hidden


def test_own_results_appear_once_they_are_published(reports: Reports) -> None:
    reports.publish(False)
    page = reports.page("agent", CARD, status=404)
    assert "not published yet" in page.text
    assert "57.39" not in page.text
    assert reports.page("agent", "/").headings() != []
    assert "57.39" not in reports.html("agent", "/")
    assert "57.39" not in reports.html("agent", f"{CARD}/trend.svg")
    assert reports.client("agent").get(f"{RECORDS}/reviews").status_code == 404
    assert reports.client("agent").get(f"{RECORDS}/tickets").status_code == 200
    assert reports.page("agent", f"/scorecards/{MONTH}").tables == []
    assert "Not published" in reports.html("hr", f"/scorecards/{MONTH}")
    assert reports.client("supervisor").get(CARD).status_code == 200
    own = f"/scorecards/{MONTH}/{reports.numbers['supervisor']}"
    assert reports.client("supervisor").get(own).status_code == 404


@pytest.mark.parametrize("url", [f"/scorecards/{MONTH}", f"/heatmap/{MONTH}"])
def test_lists_hold_whom_the_reader_may_see(reports: Reports, url: str) -> None:
    from core.db import db
    from core.permissions import Permission
    from staff.queries import visible_employees
    from staff.viewer import load_viewer

    with reports.site.app.app_context():
        viewer = load_viewer(
            db.session(),
            reports.accounts["supervisor"].id,
            today=MONTH.plus(1).first_day,
            positions={},
        )
        assert viewer is not None
        ids = visible_employees(viewer, Permission.SCORECARDS_READ, day=MONTH.plus(1).first_day)
        wanted = set(
            db.session.scalars(
                select(Employee.employee_no)
                .join(Scorecard, Scorecard.employee_id == Employee.id)
                .where(Scorecard.month == MONTH, Employee.id.in_(ids))
            )
        )
        everybody = set(
            db.session.scalars(
                select(Employee.employee_no)
                .join(Scorecard, Scorecard.employee_id == Employee.id)
                .where(Scorecard.month == MONTH)
            )
        )
    assert AGENT in wanted
    assert wanted < everybody
    text = reports.client("supervisor").get(f"{url}?format=csv").get_data().decode("utf-8-sig")
    shown = {number for number in everybody if f",{number}," in text or f"\n{number}," in text}
    assert shown == wanted
    alone = reports.client("agent").get(f"{url}?format=csv").get_data(as_text=True)
    assert [number for number in everybody if number in alone] == [AGENT]


@pytest.mark.parametrize("who", ["agent", "supervisor", "hr"])
@pytest.mark.parametrize(
    ("url", "most"),
    [
        ("/", 12),
        (f"/scorecards/{MONTH}", 12),
        (CARD, 12),
        (f"{CARD}/rules", 12),
        (f"{CARD}.pdf", 15),
        (f"{CARD}/trend.svg", 12),
        (f"/heatmap/{MONTH}", 12),
        (f"{RECORDS}/tickets", 12),
        (f"{RECORDS}/attendance", 12),
    ],
)
def test_a_page_asks_the_database_few_times(
    reports: Reports, who: str, url: str, most: int
) -> None:
    from core.db import db

    client = reports.client(who)
    with reports.site.app.app_context():
        session = db.session()
        with sent(session) as found:
            assert client.get(url).status_code == 200
    assert 0 < len(found.statements) <= most
