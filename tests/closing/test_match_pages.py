"""Files in other columns in the browser: matched by hand once, then offered again; who is who."""

from __future__ import annotations

import re
from typing import Any

import pytest
import yaml
from sqlalchemy import text
from support.desk import Desk, words
from support.markup import fields_of
from werkzeug.test import TestResponse

THEIRS = "No,Who,Opened,Stars,Shop"
ROWS = ["7,旺旺:小满,13/10/2026 09:00,5 stars,tao", "8,E0004,03/10/2026 10:00,1 star,tao"]
ANSWER = {
    "kind": "tickets",
    "source": "shop",
    "from.ticket_id": "Shop",
    "and.ticket_id": "No",
    "with.ticket_id": "-",
    "from.agent": "Who",
    "from.created_at": "Opened",
    "from.satisfaction": "Stars",
    "values.satisfaction": "5 stars = good\n1 star = bad",
    "value.channel": "chat",
    "on_unknown": "set_aside",
    "dates": "day/month/year",
}


def send(desk: Desk, *lines: str, start: str = "", name: str = "shop.csv") -> TestResponse:
    return desk.send("\n".join(lines) + "\n", name, start=start)


def match(desk: Desk, path: str, **answer: str) -> TestResponse:
    return desk.site.post(desk.client, path, {**ANSWER, **answer}, form=path)


def test_unknown_headings_are_matched_once_and_remembered(desk: Desk) -> None:
    path = send(desk, THEIRS, *ROWS).location
    assert path.endswith("/match")
    page = desk.get(path)
    assert "Which column is which?" in page
    assert "旺旺:小满" in page
    shown = match(desk, path)
    assert shown.location == path.removesuffix("/match")
    preview = desk.get(shown.location)
    assert "set aside until somebody is mapped: 1 rows of 旺旺:小满" in preview
    assert "belongs to a closed month" not in preview
    assert "1 row is stored" in words(desk.press(shown.location, "Store 1 new row"))
    assert desk.one("SELECT ticket_id FROM tickets") == "tao-8"
    assert desk.one("SELECT satisfaction FROM tickets") == "bad"

    again = send(desk, THEIRS, *ROWS, "9,E0004,04/10/2026 10:00,1 star,tao").location
    page = desk.client.get(again).get_data(as_text=True)
    assert "Filled in as for the source shop" in page
    fields = {key: value for key, value in fields_of(page).items() if key != "csrf_token"}
    assert {key: fields[key] for key in ANSWER} == ANSWER
    shown = desk.site.post(desk.client, again, fields, form=again)
    assert "Store 1 new row" in desk.get(shown.location)


def test_a_map_that_was_made_is_the_same_document_as_that_of_the_command(desk: Desk) -> None:
    match(desk, send(desk, THEIRS, *ROWS).location)
    assert "shop" in desk.get("/imports/maps")
    document = yaml.safe_load(desk.client.get("/imports/maps/1.yaml").data)
    assert document["columns"]["ticket_id"] == {"join": ["Shop", "No"], "with": "-"}
    assert document["columns"]["satisfaction"]["values"] == {"5 stars": "good", "1 star": "bad"}
    assert "source: zendesk" in desk.client.get("/imports/maps/zendesk.yaml").get_data(True)
    desk.press("/imports/maps", "Forget the map")
    assert desk.one("SELECT count(*) FROM import_maps") == 0
    assert "Filled in as" not in desk.get(send(desk, THEIRS, *ROWS).location)


def test_an_answer_that_says_nothing_is_told_beside_its_fields(desk: Desk) -> None:
    path = send(desk, "a,b", "1,2").location
    refused = desk.site.post(desk.client, path, {"kind": "tickets", "source": ""}, form=path)
    assert refused.status_code == 400
    html = refused.get_data(as_text=True)
    assert '<p class="error" id="wrong-source">' in html
    assert 'id="error-ticket_id">Choose a column of the file' in html
    assert "notice-bad" not in html


def test_rows_to_skip_are_said_on_the_page_and_kept(desk: Desk) -> None:
    path = send(desk, THEIRS, *ROWS).location
    out = {"column": "Stars", "values": "5 stars", "way": "skip_rows"}
    answer = {f"leave.0.{key}": each for key, each in out.items()}
    shown = match(desk, path, **answer)
    assert "skipped by the map: 1 rows" in desk.get(shown.location)
    document = yaml.safe_load(str(desk.one("SELECT document FROM import_maps")))
    assert document["skip_rows"] == [{"column": "Stars", "values": ["5 stars"]}]
    assert "leave_out" not in document
    fields = fields_of(desk.client.get(f"{shown.location}/match").get_data(as_text=True))
    assert {key: fields[key] for key in answer} == answer


def test_dates_that_may_be_read_in_two_ways_are_asked_about(desk: Desk) -> None:
    lines = [THEIRS, ROWS[1].replace("03/10", "03/04")]
    path = send(desk, *lines).location
    asked = match(desk, path, dates="")
    assert asked.status_code == 400
    page = words(asked)
    assert "What comes first in the dates?" in page
    assert "The day: it is Apr 3, 2026" in page
    assert "The month: it is Mar 4, 2026" in page
    assert desk.one("SELECT count(*) FROM import_maps") == 0
    assert "checked" not in re.findall(
        r'<input[^>]*name="dates"[^>]*>', asked.get_data(as_text=True)
    )
    shown = match(desk, path, dates="month/day/year")
    desk.press(shown.location, "Store 1 new row")
    assert desk.one("SELECT month FROM tickets") == "2026-03"


def test_a_recognised_file_is_asked_about_and_its_strangers_wait(desk: Desk) -> None:
    listed = "AC-No.,Name,Time\nE0004,A,03/04/2026 8:05 AM\n99,B,2026-04-03 8:06 AM\n"
    path = desk.send(listed, "device.csv").location
    page = desk.get(path)
    assert "03/04/2026 8:05 AM can be read in several ways" in page
    assert "The day: it is Apr 3, 2026" in page
    assert "The month: it is Mar 4, 2026" in page
    assert "set aside until somebody is mapped: 1 rows of 99" in page
    assert desk.client.get(f"{path}/match").status_code == 404
    answer = {"dates": "month/day/year", "on_unknown": "set_aside"}
    desk.site.post(desk.client, f"{path}/reading", answer, form=path)
    assert "How the file is read: month first" in desk.get(path)
    stored = words(desk.press(path, "Store 1 new row"))
    assert "Say who the people of the rows set aside are" in stored
    assert desk.one("SELECT datetime(at, 'unixepoch') FROM punches") == "2026-03-04 08:05:00"
    assert "99" in desk.get("/imports/unmapped")

    again = desk.send(listed.replace("03/04", "05/04"), "device.csv").location
    assert "How the file is read: month first" in desk.get(again)
    assert "device.csv" in desk.get(again)
    wrong = {"dates": "soon", "on_unknown": "set_aside"}
    assert desk.site.post(desk.client, f"{again}/reading", wrong, form=again).status_code == 302
    assert "How the file is read: month first" in desk.get(again)
    refuse = {"dates": "month/day/year", "on_unknown": "refuse"}
    desk.site.post(desk.client, f"{again}/reading", refuse, form=again)
    assert "1 bad row" in desk.get(again)


def test_the_month_of_days_without_a_year_is_asked_for_each_file(desk: Desk) -> None:
    listed = "AC-No.,Name,Time\nE0004,A,10/03 8:05 AM\n"
    path = desk.send(listed, "device.csv").location
    assert "Of which month or year are the dates?" in desk.get(path)
    answer = {"dates": "", "period": "2026", "on_unknown": "set_aside"}
    desk.site.post(desk.client, f"{path}/reading", answer, form=path)
    page = desk.get(path)
    assert "10/03 8:05 AM can be read in several ways" in page
    assert "The day: it is Mar 10, 2026" in page
    desk.site.post(desk.client, f"{path}/reading", {**answer, "period": "soon"}, form=path)
    assert "must be a month such as 2026-10" in desk.get(path)
    desk.site.post(desk.client, f"{path}/reading", {**answer, "period": "2026-10"}, form=path)
    assert "Store 1 new row" in desk.get(path)
    again = desk.send(listed, "device.csv").location
    assert "Of which month or year are the dates?" in desk.get(again)

    visit = "UserId,Time,Type\nE0004,2026-10-03 14:05,外出打卡\n"
    path = desk.send(visit, "visits.csv").location
    assert "E0004 at 2026-10-03 14:05:00 is a visit" in desk.get(path)
    desk.site.post(
        desk.client, f"{path}/reading", {**answer, "period": "", "outside": "count"}, form=path
    )
    assert "Store 1 new row" in desk.get(path)
    assert "Store 1 new row" in desk.get(desk.send(visit, "visits.csv").location)

    path = send(desk, THEIRS, "8,E0004,10月3日 10:00,1 star,tao").location
    asked = match(desk, path)
    assert asked.status_code == 400
    assert "10月3日 10:00 in the column Opened has no year" in words(asked)
    shown = match(desk, path, period="2026-10")
    assert "Store 1 new row" in desk.get(shown.location)
    assert "period" not in str(desk.one("SELECT document FROM import_maps WHERE source = 'shop'"))


def test_another_date_of_the_file_is_told_and_still_confirmed(desk: Desk) -> None:
    path = send(desk, THEIRS, *ROWS).location
    asked = match(desk, path, dates="")
    ticked = re.findall(r'<input[^>]*name="dates"[^>]*checked>', asked.get_data(as_text=True))
    assert len(ticked) == 1
    assert "day/month/year" in ticked[0]


def test_what_is_missing_is_told_beside_its_column(desk: Desk) -> None:
    path = send(desk, THEIRS, *ROWS).location
    answer = {**ANSWER, "from.agent": "", "values.satisfaction": "5 stars"}
    page = desk.site.post(desk.client, path, answer, form=path)
    assert page.status_code == 400
    told = page.get_data(as_text=True)
    assert re.search(r'id="error-agent">Choose a column of the file', told)
    assert re.search(r'id="error-satisfaction">&#34;5 stars&#34; has no', told)
    assert fields_of(told)["from.created_at"] == "Opened"


def test_a_shipped_map_is_chosen_with_the_file(desk: Desk) -> None:
    header = "Link to the conversation,Agent Name,Recorded date,Rating"
    row = "https://c/1,E0004,2026-10-08 10:00:00 UTC,5"
    shown = send(desk, header, row, start="ours:chatwoot")
    assert "unmatched" not in shown.location
    assert not shown.location.endswith("/match")
    page = desk.get(shown.location)
    assert "Change how it is read" in page
    wrong = send(desk, "a,b", "1,2", start="ours:chatwoot").location
    assert wrong.endswith("/match")
    page = desk.get(wrong)
    assert "missing column: Link to the conversation" in page
    assert "(not in this file)" in page


def test_a_file_without_a_head_row_is_matched_by_names_of_its_columns(desk: Desk) -> None:
    row = "8,E0004,2026-10-03 10:00,1 star,tao"
    path = send(desk, row, "9,E0004,2026-10-03 10:00,soon,tao").location
    looked = match(desk, path, head="No, Who, Opened, Stars, Shop", look="1")
    assert "First rows of the file No Who Opened Stars Shop 8 E0004" in words(looked)
    shown = match(desk, path, head="No, Who, Opened, Stars, Shop")
    page = desk.get(shown.location)
    assert "1 good row" in page
    assert "2 满意度" in page or "2 satisfaction" in page
    again = desk.client.get(f"{shown.location}/match").get_data(as_text=True)
    assert fields_of(again)["head"] == "No, Who, Opened, Stars, Shop"
    assert fields_of(again)["from.agent"] == "Who"
    made = send(desk, row, start="made:1").location
    assert "Store 1 new row" in desk.get(made)


def test_needed_columns_that_are_missing_lead_to_matching_too(desk: Desk) -> None:
    response = desk.send("employee_no,month,Kennzahl,value\nE0004,2026-10,csat,1\n", kind="metrics")
    assert response.location.endswith("/match")
    page = desk.client.get(response.location).get_data(as_text=True)
    assert "missing column: metric" in page
    assert fields_of(page)["from.value"] == "value"
    assert "Columns to be matched" in desk.get("/imports/?state=unmatched")
    desk.press(response.location, "Discard the file")
    assert desk.client.get(response.location).status_code == 404


def aside(desk: Desk, *rows: str) -> None:
    shown = match(desk, send(desk, THEIRS, *rows).location)
    page = desk.get(shown.location)
    label = re.search(r"(Store|Set) \d+ (new|late) rows?( aside)?", page)
    assert label is not None
    desk.press(shown.location, label[0])


def decide(desk: Desk, path: str, form: str, **answer: str) -> TestResponse:
    token = desk.site.token(desk.client, form)
    return desk.client.post(path, data={"csrf_token": token, **answer}, follow_redirects=True)


def test_rows_count_from_the_day_on_which_somebody_is_mapped(desk: Desk) -> None:
    rows = ["7,旺旺:小满,13/10/2026 09:00,5 stars,tao", "8,旺旺:小满,03/10/2026 10:00,1 star,tao"]
    aside(desk, *rows)
    listed = desk.get("/imports/unmapped")
    assert "2 rows wait for their people" in listed
    assert "shop 旺旺:小满 Tickets 2" in listed
    assert "2 rows wait for somebody" in desk.get("/imports/")
    one = "/imports/unmapped/1"
    assert "13/10" not in desk.get(one)
    assert "2026-10-13 09:00:00" in desk.get(one)
    wrong = decide(desk, one, one, employee_no="E0099")
    assert wrong.status_code == 400
    assert "nobody has the number" in words(wrong)
    taken = words(decide(desk, one, one, employee_no="E0004", valid_from="2026-10-10"))
    assert "1 row is taken in." in taken
    assert desk.one("SELECT ticket_id FROM tickets") == "tao-7"
    other = "/imports/unmapped/2"
    refused = decide(desk, other, other, employee_no="E0005", valid_from="2026-10-01")
    assert "belongs to E0004 at that time already" in words(refused)
    decide(desk, other, other, employee_no="E0005", valid_from="2026-10-01", valid_to="2026-10-09")
    assert desk.one("SELECT count(*) FROM tickets") == 2
    assert "No row waits" in desk.get("/imports/unmapped")
    assert desk.one("SELECT count(*) FROM audit_entries WHERE action = 'alias'") == 2
    aside_again = match(desk, send(desk, THEIRS, *rows).location)
    assert "all of it is known already" in desk.get(aside_again.location)


def test_dismissed_rows_stay_dismissed(desk: Desk) -> None:
    aside(desk, ROWS[0])
    page = "/imports/unmapped/1"
    assert decide(desk, f"{page}/dismiss", page).status_code == 400
    told = words(decide(desk, f"{page}/dismiss", page, reason="a robot"))
    assert "1 row is dismissed." in told
    assert desk.client.get(page).status_code == 404
    aside(desk, ROWS[0])
    assert "No row waits" in desk.get("/imports/unmapped")
    trail = "SELECT payload FROM audit_entries WHERE action = 'import.dismissed'"
    assert "a robot" in desk.one(trail)


def test_names_elsewhere_are_listed_changed_and_removed(desk: Desk) -> None:
    new = "/imports/aliases/new"
    answer: dict[str, Any] = {"source": "phone", "external_id": "8001", "employee_no": "E0004"}
    decide(desk, new, new, **answer)
    assert "phone 8001 E0004" in desk.get("/imports/aliases")
    assert "ever since" in desk.get("/imports/aliases?source=phone")
    decide(desk, new, new, **answer)
    assert desk.one("SELECT count(*) FROM external_ids") == 1
    one = "/imports/aliases/1"
    bad = decide(
        desk, one, one, employee_no="E0004", valid_from="2026-10-02", valid_to="2026-10-01"
    )
    assert bad.status_code == 400
    assert desk.one("SELECT valid_to FROM external_ids") is None
    decide(desk, one, one, employee_no="E0005", valid_from="2026-10-01")
    assert desk.one("SELECT valid_from FROM external_ids") == "2026-10-01"
    own = decide(desk, one, one, employee_no="E0003")
    assert own.status_code == 403
    desk.press(one, "Remove the name")
    assert desk.one("SELECT count(*) FROM external_ids") == 0


@pytest.mark.parametrize("path", ["/imports/", "/imports/unmapped", "/imports/unmapped/1"])
def test_pages_of_unknown_people_read_little(desk: Desk, path: str) -> None:
    from support.statements import sent

    aside(desk, *(f"{n},nobody{n % 5},13/10/2026 09:00,5 stars,tao" for n in range(50)))
    with desk.site.session() as session, sent(session) as found:
        assert desk.client.get(path).status_code == 200
    assert 0 < len(found.statements) <= 12


def test_a_file_read_by_a_map_lists_its_bad_rows_as_they_came(desk: Desk) -> None:
    path = send(desk, THEIRS, ROWS[1], "9,E0004,04/10/2026 10:00,3 stars,tao").location
    shown = match(desk, path)
    listed = desk.client.get(f"{shown.location}/refused.csv").data.decode("utf-8-sig")
    assert listed.splitlines()[1].startswith("9,E0004,04/10/2026 10:00,3 stars,tao,")
    with desk.site.session() as session:
        assert session.scalar(text("SELECT count(*) FROM employees WHERE name = '9'")) == 0
