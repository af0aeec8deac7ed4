"""Drafts of the policy on pages: edited part by part, tried, compared, published or discarded."""

from __future__ import annotations

import copy
import json
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import time_machine
from factories import offices
from factories.offices import NOW, OCTOBER
from flask.testing import FlaskClient
from sqlalchemy import func, select
from support.centres import KEY
from support.databases import Databases, build_schema
from support.form_values import form_values
from support.markup import Markup, markup
from support.rows import everything
from support.site import Site, application
from support.statements import sent
from werkzeug.datastructures import MultiDict
from werkzeug.test import TestResponse

from closing.drafts import create_draft, read_draft
from closing.models import PolicyDraft, PolicyRecord
from closing.policy import parse_policy
from closing.versions import policy_version
from core.actor import Actor
from core.db import db
from core.models import AuditEntry
from staff.models import Account, Employee, Notice

DRAFT = "/policy/drafts/1"
SHEETS = ("general", "templates", "metrics", "pay", "attendance", "tickets", "reviews", "awards")


@pytest.fixture(autouse=True)
def _second_of_november() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


def build(url: str) -> None:
    """The office with October closed, and the draft 1 of HR begun from version 1."""
    build_schema(url)
    with tempfile.TemporaryDirectory() as folder:
        office = Site(application(url, Path(folder), PINGYOU_KEY=KEY.text))
        with office.session() as session:
            offices.office(session)
            offices.complaints(session, "E0005")
        with office.session() as session:
            offices.close(session, OCTOBER)
            create_draft(session, actor=Actor("E0003"), now=NOW, name="Stricter")
        with office.app.app_context():
            db.engine.dispose()


@pytest.fixture
def site(databases: Databases, tmp_path: Path) -> Iterator[Site]:
    url = databases.copy_of("sqlite", "office-with-a-draft", build)
    made = Site(application(url, tmp_path, PINGYOU_KEY=KEY.text))
    made.app.config["BABEL_DEFAULT_LOCALE"] = "en"
    made.app.config["LANGUAGE"] = "en"
    yield made
    with made.app.app_context():
        db.session.remove()
        db.engine.dispose()
    databases.drop(url)


def reader(site: Site, number: str) -> FlaskClient:
    """Somebody of the office by number, or by login."""
    with site.session() as session:
        person = select(Employee.id).where(Employee.employee_no == number).scalar_subquery()
        chosen = (Account.employee_id == person) | (Account.login == number)
        account = session.scalars(select(Account).where(chosen)).one()
    return site.signed_in(account)


@pytest.fixture
def hr(site: Site) -> FlaskClient:
    return reader(site, "E0003")


def rule(code: str) -> str:
    return f"{DRAFT}/rules/{code}"


def document(site: Site) -> dict[str, Any]:
    with site.session() as session:
        return read_draft(session, 1).document


def untouched(client: FlaskClient, url: str) -> MultiDict[str, str]:
    answer = client.get(url)
    assert answer.status_code == 200
    return form_values(answer.get_data(as_text=True), url)


def send(client: FlaskClient, url: str, /, **changes: str | list[str]) -> TestResponse:
    """The form at a page with other values in some fields."""
    values = untouched(client, url)
    for name, value in changes.items():
        values.setlist(name, value if isinstance(value, list) else [value])
    return client.post(url, data=values)


def page(client: FlaskClient, url: str) -> Markup:
    answer = client.get(url)
    assert answer.status_code == 200
    return markup(answer)


def said(document: Any) -> str:
    return json.dumps(document, ensure_ascii=False)


def test_forms_that_nobody_touched_change_nothing(site: Site, hr: FlaskClient) -> None:
    """To the last byte: every rule, every table, the whole as text."""
    before = offices.policy()
    pages = [rule(code) for code in before.rules]
    pages += [f"{DRAFT}/awards/{key}" for key in before.awards]
    pages += [f"{DRAFT}/sheet/{key}" for key in SHEETS]
    for url in (*pages, f"{DRAFT}/text"):
        assert hr.post(url, data=untouched(hr, url)).status_code == 302, url
        assert said(document(site)) == said(before.document), url
    with site.session() as session:
        assert read_draft(session, 1).row.revision == 1
        found = read_draft(session, 1).policy
        assert found is not None
        assert found.hash == before.hash


def test_editing_one_rule_changes_nothing_else(site: Site, hr: FlaskClient) -> None:
    place = "rules.LAT-P1"
    changes: dict[str, str | list[str]] = {
        "row-join": ["and", "or"],
        "row-fact": ["late_count", "attendance_score"],
        "row-sign": [">", "<"],
        "row-value": ["2", "80"],
        f"{place}.bonus_deduction": "80.50",
        f"{place}.actions": ["interview", "reminder"],
        f"{place}.positions": ["senior_agent", "agent"],
    }
    send(hr, rule("LAT-P1"), **changes)
    expected = copy.deepcopy(offices.policy().document)
    expected["rules"]["LAT-P1"] |= {
        "when": "late_count > 2 or attendance_score < 80",
        "bonus_deduction": 80.5,
        "actions": ["reminder", "interview"],
        "positions": ["senior_agent", "agent"],
    }
    assert said(document(site)) == said(expected)


def test_a_rate_is_typed_in_per_cent(site: Site, hr: FlaskClient) -> None:
    values = untouched(hr, rule("ATT-R1")).getlist("row-value")
    assert values[:2] == ["97%", "30"]
    send(hr, rule("ATT-R1"), **{"row-value": ["98.5%", *values[1:]]})
    assert document(site)["rules"]["ATT-R1"]["when"].startswith("csat >= 0.985 and csat_n >= 30")
    send(hr, f"{DRAFT}/sheet/templates", **{"templates.agent.lines[2].floor": "72.5%"})
    assert document(site)["templates"]["agent"]["lines"][2]["floor"] == 0.725


def test_a_condition_that_rows_cannot_tell_stays_text(site: Site, hr: FlaskClient) -> None:
    text = "(csat < 0.8 or qa_score < 60) and not late_count > 3"
    send(hr, f"{rule('LAT-P1')}", when_as="text", when=text)
    values = untouched(hr, rule("LAT-P1"))
    assert values["when"] == text
    assert "row-fact" not in values
    assert document(site)["rules"]["LAT-P1"]["when"] == text


def test_another_trigger_takes_what_belongs_to_the_first_away(site: Site, hr: FlaskClient) -> None:
    place = "rules.TAR-P1"
    fields = {f"{place}.repeats.rule": "LAT-P1", f"{place}.repeats.times": "2"}
    send(hr, rule("TAR-P1"), trigger="repeats", **fields, **{f"{place}.repeats.months": "6"})
    found = document(site)["rules"]["TAR-P1"]
    assert found["repeats"] == {"rule": "LAT-P1", "times": 2, "months": 6}
    assert not {"when", "streak", "incident"} & set(found)
    send(hr, rule("TAR-P1"), trigger="incident")
    assert document(site)["rules"]["TAR-P1"]["incident"] is True
    assert "repeats" not in document(site)["rules"]["TAR-P1"]


def test_every_problem_stands_beside_its_field_in_the_language_of_the_reader(
    site: Site, hr: FlaskClient
) -> None:
    place = "rules.QUA-R1"
    hr.post("/language", data={"language": "zh", "csrf_token": site.token(hr, "/account")})
    changes: dict[str, str | list[str]] = {f"{place}.amount": "many", f"{place}.bars_awards": "2"}
    send(hr, rule("QUA-R1"), **changes, **{"row-fact": ["qa_scor"]})
    html = hr.get(rule("QUA-R1")).get_data(as_text=True)
    assert 'value="many"' in html  # nothing typed is lost
    for field in ("amount", "bars_awards"):
        assert f'id="error-{place}.{field}"' in html
    assert "须为数字" in html
    assert "“qa_score”" in html  # did you mean
    overview = page(hr, DRAFT)
    assert overview.row("rules.QUA-R1.amount")
    assert page(hr, f"{DRAFT}/publish").fields.keys().isdisjoint({"newest"})


def test_rules_are_added_moved_and_removed(site: Site, hr: FlaskClient) -> None:
    add = f"{DRAFT}/add-rule"
    new = {"code": "CON-P9", "zh": "新", "en": "New", "category": "conduct", "kind": "penalty"}
    assert send(hr, add, **new).headers["Location"] == rule("CON-P9")
    assert send(hr, add, **new).status_code == 400  # there is one already
    assert send(hr, add, **{**new, "code": "no good"}).status_code == 400
    for action in ("up", "up"):
        site.post(hr, f"{rule('CON-P9')}/do", {"action": action}, form=DRAFT)
    codes = list(document(site)["rules"])
    assert codes.index("CON-P9") < codes.index("CON-P3")
    before = list(offices.policy().rules)
    assert [code for code in codes if code != "CON-P9"].index("CON-P1") == before.index("CON-P1")
    site.post(hr, f"{rule('CON-P9')}/do", {"action": "remove"}, form=DRAFT)
    assert set(document(site)["rules"]) == set(before)
    assert hr.get(rule("CON-P9")).status_code == 404


def test_lines_grades_and_bonuses_are_added_and_removed(site: Site, hr: FlaskClient) -> None:
    new = "new:templates.agent.lines"
    send(
        hr,
        f"{DRAFT}/sheet/templates",
        remove="templates.agent.lines[3]",
        **{f"{new}.metric": "assists", f"{new}.weight": "5", f"{new}.floor": "0"},
        **{f"{new}.target": "4"},
    )
    lines = document(site)["templates"]["agent"]["lines"]
    assert [line["metric"] for line in lines][-1] == "assists"
    assert "callback_rate" not in [line["metric"] for line in lines]
    assert lines[-1] == {"metric": "assists", "weight": 5, "floor": 0, "target": 4}
    grade = {"key": "A+", "min": "95", "zh": "卓越", "en": "Outstanding", "coefficient": "1.5"}
    send(
        hr,
        f"{DRAFT}/sheet/pay",
        **{f"new:grades.{key}": value for key, value in grade.items()},
        **{"key:pay.bonus_base": "trainee", "new:pay.bonus_base": "500"},
    )
    found = document(site)
    assert [each["key"] for each in found["grades"]] == ["A+", "A", "B", "C", "D", "E"]
    assert found["pay"]["bonus_base"]["trainee"] == 500
    assert parse_policy(found)


def test_of_two_who_edit_one_rule_the_second_sees_both(site: Site, hr: FlaskClient) -> None:
    mine = untouched(hr, rule("LAT-P1"))
    other = untouched(hr, rule("QUA-R1"))
    send(hr, rule("LAT-P1"), **{"rules.LAT-P1.bonus_deduction": "70"})
    assert hr.post(rule("QUA-R1"), data=other).status_code == 302  # another part: no conflict
    mine["rules.LAT-P1.bonus_deduction"] = "90"
    answer = hr.post(rule("LAT-P1"), data=mine)
    assert answer.status_code == 409
    money = "Money off the bonus"  # in words, not by its place in the text
    assert markup(answer).row(money) == [money, "70", "90"]
    assert document(site)["rules"]["LAT-P1"]["bonus_deduction"] == 70
    again = form_values(answer.get_data(as_text=True), rule("LAT-P1"))
    assert hr.post(rule("LAT-P1"), data=again).status_code == 302
    assert document(site)["rules"]["LAT-P1"]["bonus_deduction"] == 90
    text = untouched(hr, f"{DRAFT}/text")
    send(hr, rule("LAT-P1"), **{"rules.LAT-P1.bonus_deduction": "60"})
    text["text"] += "\n# mine\n"
    answer = hr.post(f"{DRAFT}/text", data=text)
    assert answer.status_code == 409
    assert "bonus_deduction: 60" in markup(answer).text


def test_last_month_shows_at_once_whom_a_rule_hits_and_for_how_much(
    site: Site, hr: FlaskClient
) -> None:
    place = "rules.QUA-P1"
    send(hr, rule("QUA-P1"), **{f"{place}.bonus_deduction": "100"})
    with site.session() as session:
        before = everything(session)
    part = hr.get(f"{DRAFT}/effect?rule=QUA-P1", headers={"HX-Request": "true"})
    shown = markup(part)
    assert "<html" not in part.get_data(as_text=True)
    assert "QUA-P2" not in shown.text
    (row,) = (each for each in shown.rows if "E0005" in each[0] and len(each) == 3)
    assert "another counted instead" in row[0]  # three complaints: the ladder's second rung
    send(hr, rule("QUA-P1"), **{f"{place}.bonus_deduction": ""})
    send(hr, rule("QUA-P2"), **{"rules.QUA-P2.bonus_deduction": "100"})
    shown = markup(hr.get(f"{DRAFT}/effect?rule=QUA-P2", headers={"HX-Request": "true"}))
    assert [row[2] for row in shown.rows if "E0005" in row[0] and len(row) == 3] == ["−100.00"]
    assert "October 2026: QUA-P2 hits 1 person" in shown.text
    assert page(hr, f"{DRAFT}/effect").row("E0005")[3] == "−100.00"
    with site.session() as session:
        after = everything(session)
    changed = {table for table in before if before[table] != after[table]}
    assert changed <= {"policy_drafts", "audit_entries", "sessions", "signed_in_sessions"}, changed


def test_a_draft_is_compared_rule_by_rule_in_words(hr: FlaskClient) -> None:
    changes: dict[str, str | list[str]] = {"row-value": ["2"]}
    send(hr, rule("LAT-P1"), **changes, **{"rules.LAT-P1.bonus_deduction": "80"})
    send(hr, f"{DRAFT}/sheet/templates", **{"templates.agent.lines[2].weight": "25"})
    text = untouched(hr, f"{DRAFT}/text")["text"].replace("carry_months: 2", "carry_months: 4")
    send(hr, f"{DRAFT}/text", text=text)
    shown = page(hr, f"{DRAFT}/changes")
    fires = shown.row("Fires")
    assert [each[-1] for each in fires[1:]] == ["3", "2"]
    assert "80" in shown.row("Effects")[2]
    line = shown.row("After-sales agent · Customer satisfaction · Weight")
    assert line[1:] == ["20", "25"]
    assert shown.row("Result is carried on for (months)")[1:] == ["2", "4"]
    assert len([row for row in shown.rows if len(row) == 3]) == 4 + 3  # with three heads


def award() -> str:
    return f"{DRAFT}/awards/{offices.AWARD}"


def test_an_award_is_edited_by_rows_and_tried_at_once(site: Site, hr: FlaskClient) -> None:
    place = f"awards.{offices.AWARD}"
    changes: dict[str, str | list[str]] = {
        "row-join": ["and", "and"],
        "row-fact": ["total", "csat"],
        "row-sign": ["<", ">="],
        "row-value": ["98", "90%"],
        "rank-place": ["2", "1", ""],
        "rank-fact": ["total", "hire_date", ""],
        "rank-direction": ["desc", "asc", "desc"],
        f"{place}.positions": ["agent", "senior_agent"],
        f"{place}.quota": "2",
        f"{place}.prize.amount": "500",
    }
    send(hr, award(), **changes)
    expected = copy.deepcopy(offices.policy().document)
    expected["awards"][offices.AWARD] |= {
        "eligible": "total < 98 and csat >= 0.9",
        "positions": ["agent", "senior_agent"],
        "rank_by": ["hire_date asc", "total desc"],
        "quota": 2,
        "prize": {"amount": 500},
    }
    assert document(site) == expected
    found = hr.get(f"{DRAFT}/effect?award={offices.AWARD}", headers={"HX-Request": "true"})
    told = markup(found).words
    assert "October 2026: 2 people proposed of 2 eligible" in told
    assert "1 proposed then is not any more:" in told
    assert "E0004" in told[told.index("not any more") :]
    assert "Prizes together CN¥1,000.00, then CN¥300.00." in told
    shown = page(hr, f"{DRAFT}/changes")
    assert shown.row("Who is eligible")[1:] == [
        "Total ≥ 60",
        "Total < 98 and Customer satisfaction ≥ 90%",
    ]
    assert shown.row("Prize")[1:] == ["CN¥300.00", "CN¥500.00"]
    assert shown.row("Positions")[1:] == ["everybody", "Agent, Senior agent"]
    assert hr.get(f"{DRAFT}/awards/none").status_code == 404
    assert hr.get(f"{DRAFT}/effect?award=none").status_code == 404


def test_what_rows_of_an_award_cannot_tell_stays_text_with_its_problems(
    site: Site, hr: FlaskClient
) -> None:
    text = "(csat > 0.8 or qa_score > 60) and not late_cont > 3"
    send(hr, award(), when_as="text", when=text, **{"rank-fact": ["total", "csatt"]},
         **{"rank-direction": ["desc", "asc"], "rank-place": ["1", "2"]})  # fmt: skip
    shown = page(hr, award())
    assert shown.fields["when"] == text
    assert 'there is no fact "late_cont"; did you mean "late_count"?' in shown.words
    assert 'did you mean "csat"?' in shown.words
    overview = page(hr, DRAFT)
    assert award() in overview.links.values()


def test_a_section_is_edited_with_its_problems_and_compared_in_words(
    site: Site, hr: FlaskClient
) -> None:
    sheet = f"{DRAFT}/sheet/attendance"
    send(hr, sheet, **{"attendance.late": "5", "new:attendance.late_tiers": "2000"})
    answer = hr.get(sheet).get_data(as_text=True)
    assert 'id="error-attendance.late_tiers[3]"' in answer
    assert page(hr, DRAFT).links["attendance.late_tiers[3]"] == sheet
    send(hr, sheet, **{"attendance.late_tiers[3]": "90", "leave.sick.protected": "yes"})
    send(hr, f"{DRAFT}/sheet/tickets", **{"tickets.clock.days": ["1", "2"]})
    send(hr, f"{DRAFT}/sheet/reviews", **{"reviews.weights.peer": "20"})
    send(hr, rule("QUA-P1"), **{"rules.QUA-P1.group": "targets"})
    shown = page(hr, f"{DRAFT}/changes")
    assert shown.row("Late arrival (points)")[1:] == ["3", "5"]
    assert shown.row("Thresholds of lateness")[1:] == ["15, 30, 60", "15, 30, 60, 90"]
    assert shown.row("Types of leave · Sick leave · Protected")[1:] == ["no", "yes"]
    assert shown.row("Weekdays")[2] == "Monday, Tuesday"
    assert shown.row("Colleagues of the team (weight)")[1:] == ["30", "20"]
    assert "“Upheld complaints”" in shown.row("Besides")[1]
    assert "“Missed targets”" in shown.row("Besides")[2]
    assert "Everything else" not in shown.text


def publish(client: FlaskClient, **changes: str) -> TestResponse:
    return send(client, f"{DRAFT}/publish", **changes)


def test_publication_keeps_the_record_and_tells_everybody(site: Site, hr: FlaskClient) -> None:
    send(hr, rule("LAT-P1"), **{"rules.LAT-P1.bonus_deduction": "80"})
    assert publish(hr, effective_from="2026-10").status_code == 400  # closed
    assert publish(hr, effective_from="next").status_code == 400
    answer = publish(
        hr,
        effective_from="2026-12",
        discussed_on="2026-11-01",
        discussed_with="职工代表大会",
        announced_on="2026-11-02",
        announced_how="Notice board",
    )
    assert answer.headers["Location"] == "/policy/2"
    shown = page(hr, "/policy/2")
    assert "职工代表大会" in shown.text
    assert "not complete" not in shown.text
    assert hr.get(DRAFT).status_code == 404
    with site.session() as session:
        made = policy_version(session).policy
        expected = copy.deepcopy(offices.policy().document)
        expected["rules"]["LAT-P1"]["bonus_deduction"] = 80
        assert said(made.document) == said({**expected, "effective_from": "2026-12"})
        actions = set(session.scalars(select(AuditEntry.action)))
        assert {"policy.published", "policy.record_kept", "policy.draft_published"} <= actions
        told = session.scalar(
            select(func.count()).select_from(Notice).where(Notice.kind == "policy.published")
        )
        assert told
    compared = page(hr, "/policy/compare?old=1&new=2")
    assert compared.row("In force from")[1:] == ["2026-01", "2026-12"]
    assert compared.row("Effects")


def test_the_record_may_be_empty_with_a_warning_and_be_written_later(
    site: Site, hr: FlaskClient
) -> None:
    send(hr, rule("LAT-P1"), **{"rules.LAT-P1.bonus_deduction": "80"})
    publish(hr)
    shown = page(hr, "/policy/2")
    assert "not complete yet" in shown.text
    assert "no record" in shown.text
    send(hr, "/policy/2/record", discussed_with="The union", opinions="None")
    assert "The union" in page(hr, "/policy/2").text
    with site.session() as session:
        assert session.scalars(select(PolicyRecord.opinions)).all() == ["None"]


def test_what_was_not_seen_is_not_published(site: Site, hr: FlaskClient) -> None:
    """Neither a draft saved meanwhile, nor beside a version published meanwhile."""
    url = f"{DRAFT}/publish"
    send(hr, rule("LAT-P1"), **{"rules.LAT-P1.bonus_deduction": "80"})
    seen = untouched(hr, url)
    send(hr, rule("LAT-P1"), **{"rules.LAT-P1.bonus_deduction": "70"})
    assert hr.post(url, data=seen).status_code == 409
    seen = untouched(hr, url)
    with site.session() as session:
        offices.publish(session, offices.policy(effective_from="2026-11"))
    assert hr.post(url, data=seen).status_code == 409
    with site.session() as session:
        assert policy_version(session).number == 2
        assert session.scalars(select(PolicyDraft.state)).all() == ["open"]
    assert publish(hr).headers["Location"] == "/policy/3"


def test_a_draft_that_changes_nothing_is_not_published_and_may_be_discarded(
    site: Site, hr: FlaskClient
) -> None:
    assert "same as the newest" in page(hr, f"{DRAFT}/publish").text
    site.post(hr, f"{DRAFT}/discard", form=DRAFT)
    assert hr.get(DRAFT).status_code == 404
    with site.session() as session:
        assert policy_version(session).number == 1


def test_text_that_is_no_yaml_is_not_saved(site: Site, hr: FlaskClient) -> None:
    answer = send(hr, f"{DRAFT}/text", text="rules: [")
    assert answer.status_code == 400
    assert markup(answer).fields["text"] == "rules: ["
    assert send(hr, f"{DRAFT}/text", text="- 1").status_code == 400
    assert said(document(site)) == said(offices.policy().document)


def test_a_draft_of_any_shape_is_shown(hr: FlaskClient) -> None:
    """Sections that are no mappings, rules that are none: the text mends them, nothing breaks."""
    for text in ("rules: []", "rules: {A: 3, B: {when: 1, per: 2}}\ngrades: {a: 1}", "pay: 1"):
        assert send(hr, f"{DRAFT}/text", text=text).status_code == 302
        pages = ["", "/publish", "/changes", "/effect", "/add-rule", "/text"]
        pages += [f"/sheet/{key}" for key in SHEETS]
        for url in pages:
            assert hr.get(f"{DRAFT}{url}").status_code == 200, url
    text = "awards: {A: 3, B: {eligible: 1, rank_by: {a: 1}, prize: 4}}"
    send(hr, f"{DRAFT}/text", text=text)
    assert hr.get(f"{DRAFT}/awards/A").status_code == 404
    assert hr.get(f"{DRAFT}/sheet/awards").status_code == 200
    url = f"{DRAFT}/awards/B"
    assert hr.post(url, data=untouched(hr, url)).status_code == 302
    assert untouched(hr, f"{DRAFT}/text")["text"] == text
    send(hr, f"{DRAFT}/text", text="rules: {B: {when: 1, per: 2, positions: {a: 1}}}")
    assert hr.post(rule("B"), data=untouched(hr, rule("B"))).status_code == 302


def test_a_page_of_a_draft_takes_few_statements(site: Site, hr: FlaskClient) -> None:
    pages = ["/publish", "/changes", "/sheet/templates", "/rules/LAT-P1", "/text", ""]
    pages += [f"/awards/{offices.AWARD}", "/sheet/attendance"]
    for url in (
        "/policy/drafts",
        "/policy/compare",
        "/policy/1",
        *(DRAFT + each for each in pages),
    ):
        with site.app.app_context(), sent(db.session()) as found:
            assert hr.get(url).status_code == 200
        assert len(found.statements) <= 12, (url, found.statements)


def test_drafts_are_for_hr_alone(site: Site) -> None:
    assert reader(site, "E0006").get("/policy/compare").status_code == 200
    for number in ("E0006", "E0004", "E0002", "E0001", "admin"):
        client = reader(site, number)
        for url in ("/policy/drafts", DRAFT, rule("LAT-P1"), f"{DRAFT}/effect", "/policy/1/record"):
            assert client.get(url).status_code == 403, (number, url)


def test_a_draft_is_begun_with_a_version_and_needs_a_name(site: Site, hr: FlaskClient) -> None:
    page = "/policy/drafts"
    assert site.post(hr, page, {"name": " "}, form=page).status_code == 400
    assert site.post(hr, page, {"name": "x", "from": "9"}, form=page).status_code == 404
    answer = site.post(hr, page, {"name": "Another", "from": "1"}, form=page)
    assert answer.headers["Location"] == "/policy/drafts/2"
