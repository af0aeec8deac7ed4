"""Files in the browser: templates, upload, preview, confirmation, history, undo, late rows."""

from __future__ import annotations

import errno
import io
import re
import zipfile
from pathlib import Path

import openpyxl
import pytest
from factories import people
from support.centres import close, reopen
from support.desk import Desk, words
from support.statements import sent

from closing.imports import registry
from core.clock import Now
from core.db import db
from core.files.writing import write_csv, write_xlsx
from core.values import Month

METRICS = "employee_no,month,metric,value,sample_size"
SEPTEMBER = Month(2026, 9)


def test_a_template_has_the_headings_of_the_readers_language(desk: Desk) -> None:
    for language, heading in (("en", "employee_no"), ("zh", "工号")):
        desk.speak(language)
        sheet = desk.client.get("/imports/templates/metrics.xlsx")
        book = openpyxl.load_workbook(io.BytesIO(sheet.data))
        rows = list(book.worksheets[0].values)
        assert rows[0][0] == heading
        assert len(rows) == 2
        listed = desk.client.get("/imports/templates/metrics.csv")
        assert listed.data.decode("utf-8-sig").startswith(f"{heading},")
    assert desk.client.get("/imports/templates/moods.csv").status_code == 404


def test_every_kind_has_a_template_that_its_own_upload_recognises(desk: Desk) -> None:
    from closing.imports.registry import KINDS

    desk.speak("zh")
    page = desk.get("/imports/")
    for kind in KINDS:
        assert kind in page
        template = desk.client.get(f"/imports/templates/{kind}.xlsx").data
        response = desk.send(template, "template.xlsx")
        assert response.status_code == 302, (kind, words(response))
        assert desk.one("SELECT kind FROM import_batches ORDER BY id DESC LIMIT 1") == kind


def test_from_the_template_to_the_history_and_back(desk: Desk) -> None:
    desk.speak("zh")
    book = openpyxl.load_workbook(
        io.BytesIO(desk.client.get("/imports/templates/metrics.xlsx").data)
    )
    header = [str(cell) for cell in next(iter(book.worksheets[0].values))]
    rows = [[f"E000{n}", "2026-10", "callback_rate", "93%", 41] for n in (1, 2, 4)]
    response = desk.send(write_xlsx(header, rows), "十月指标.xlsx")
    path = response.location
    preview = desk.get(path)
    assert "十月指标.xlsx" in preview
    assert "写入 3 行新数据" in preview
    assert desk.one("SELECT count(*) FROM metric_values") == 0
    stored = words(desk.press(path, "写入 3 行新数据"))
    assert "已写入 3 行" in stored
    assert desk.one("SELECT count(*) FROM metric_values") == 3
    assert list((Path(desk.site.app.config["UPLOADS"])).iterdir()) == []
    history = desk.get("/imports/?kind=metrics")
    assert "十月指标.xlsx" in history
    assert "十月指标.xlsx" not in desk.get("/imports/?kind=tickets")
    assert desk.undo(path).status_code == 302
    assert desk.one("SELECT count(*) FROM metric_values") == 0
    gone = desk.get(path)
    assert "the wrong file" in gone
    assert desk.one("SELECT count(*) FROM audit_entries WHERE action = 'import.undone'") == 1


def test_changed_rows_stand_there_before_and_after(desk: Desk) -> None:
    desk.press(desk.upload(METRICS, "E0004,2026-10,csat,0.9,10"), "Store 1 new row")
    path = desk.upload(METRICS, "E0004,2026-10,csat,0.8,10", "E0005,2026-10,csat,0.7,")
    page = desk.get(path)
    assert "E0004 · 2026-10 · csat value 0.9 0.8" in page
    assert "sample_size" not in page
    desk.press(path, "Store 1 new and 1 changed rows")
    assert desk.one("SELECT value FROM metric_values ORDER BY value DESC LIMIT 1") == 0.8


def test_people_and_times_are_shown_as_files_have_them(desk: Desk) -> None:
    head = "ticket_id,agent,created_at,resolved_at,reopened"
    first = desk.upload(head, "T1,E0004,2026-10-03 09:00,2026-10-03 10:00,0", kind="tickets")
    desk.press(first, "Store 1 new row")
    page = desk.get(
        desk.upload(head, "T1,E0005,2026-10-03 09:00,2026-10-03 11:00,1", kind="tickets")
    )
    assert "agent E0004 E0005" in page
    assert "resolved_at 2026-10-03 10:00:00 2026-10-03 11:00:00" in page
    assert "reopened No Yes" in page


def test_a_file_with_bad_rows_can_be_taken_in_part(desk: Desk) -> None:
    path = desk.upload(
        f"{METRICS},note",
        "E0004,2026-10,csat,0.9,,x",
        "E0004,2026-10,qa_score,900,,=y",
        "E0099,2026-10,csat,0.9,,z",
    )
    page = desk.get(path)
    assert "2 bad rows" in page
    assert "3 value 900 is more than 100" in page
    assert '4 employee_no nobody has the number "E0099"' in page
    assert "Unknown columns, ignored: note" in page
    listed = desk.client.get(f"{path}/refused.csv").data.decode("utf-8-sig").splitlines()
    assert listed[1] == "E0004,2026-10,qa_score,900,,'=y,value: 900 is more than 100"
    assert len(listed) == 3
    whole = desk.site.post(desk.client, f"{path}/confirm", {}, form=path)
    assert whole.status_code == 302
    assert desk.one("SELECT count(*) FROM metric_values") == 0
    desk.press(path, "Import only the 1 good row")
    assert desk.one("SELECT count(*) FROM metric_values") == 1
    assert "900 is more than 100" in desk.get(path)
    kept = desk.client.get(f"{path}/refused.csv").data.decode("utf-8-sig").splitlines()
    assert kept == listed


def test_bad_rows_are_told_in_chinese_too(desk: Desk) -> None:
    desk.speak("zh")
    page = desk.get(desk.upload(METRICS, "E0099,2026-10,csat,0.9,"))
    assert "1 行有误" in page
    assert "2 工号 没有工号为“E0099”的人" in page


def torn(data: bytes) -> bytes:
    return data[: len(data) // 2]


def bomb() -> bytes:
    """A spreadsheet of a few hundred kilobytes that unpacks to more than may be."""
    stream = io.BytesIO()
    with (
        zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("xl/worksheets/sheet1.xml", "w") as part,
    ):
        for _ in range(401):
            part.write(b"\0" * 1024**2)
    return stream.getvalue()


SHEET = write_xlsx(METRICS.split(","), [["E0004", "2026-10", "csat", 0.9, 1]] * 50)
USELESS = {
    "empty": (b"", "the file is empty", "文件为空"),
    "noise": (bytes(range(256)) * 40, "neither CSV nor a spreadsheet", "既不是 CSV"),
    "torn": (torn(SHEET), "damaged", "损坏"),
}


@pytest.mark.parametrize("what", USELESS)
def test_what_is_no_table_is_told_beside_the_file(desk: Desk, what: str) -> None:
    content, english, chinese = USELESS[what]
    for language, told in (("en", english), ("zh", chinese)):
        desk.speak(language)
        response = desk.send(content, "file.xlsx", "metrics")
        assert response.status_code == 400
        page = response.get_data(as_text=True)
        error = re.search(r'<p class="error" id="error-file">(.*?)</p>', page)
        assert error is not None
        assert told in error[1]
        assert re.search(r'<option selected value="metrics">', page)
    assert desk.one("SELECT count(*) FROM import_batches") == 0
    assert list(Path(desk.site.app.config["UPLOADS"]).iterdir()) == []


def test_a_bomb_is_refused(desk: Desk) -> None:
    response = desk.send(bomb(), "bomb.xlsx", "metrics")
    assert response.status_code == 400
    assert "unpacks to more than it may" in words(response)


def test_a_file_larger_than_the_limit_is_told_beside_the_field(desk: Desk) -> None:
    desk.site.app.config["MAX_CONTENT_LENGTH"] = 1024**2
    kind = "multipart/form-data; boundary=x"
    response = desk.client.post("/imports/", data=b"x" * (1024**2 + 1), content_type=kind)
    assert response.status_code == 413
    assert "the file is larger than 1 MB" in words(response)


def test_a_form_without_a_file_says_so(desk: Desk) -> None:
    response = desk.site.post(desk.client, "/imports/", {"kind": "metrics"}, form="/imports/")
    assert response.status_code == 400
    assert "Choose a file." in words(response)


def test_the_second_who_confirms_is_told(desk: Desk) -> None:
    path = desk.upload(METRICS, "E0004,2026-10,csat,0.9,")
    token = desk.site.token(desk.client, path)
    desk.press(path, "Store 1 new row")
    again = desk.client.post(f"{path}/confirm", data={"csrf_token": token}, follow_redirects=True)
    assert "This file is stored already, by Person E0003." in words(again)
    assert desk.one("SELECT count(*) FROM metric_values") == 1
    late = desk.client.post(f"{path}/discard", data={"csrf_token": token}, follow_redirects=True)
    assert "stored already" in words(late)


def test_a_confirmation_stores_what_the_button_said_or_nothing(desk: Desk) -> None:
    path = desk.upload(METRICS, "E0004,2026-10,csat,0.9,", "E0005,2026-10,csat,0.8,")
    other = desk.upload(METRICS, "E0004,2026-10,csat,0.5,")
    page = desk.client.get(path)
    desk.press(other, "Store 1 new row")
    fields = re.findall(
        r'name="(\w+)" value="([^"]*)"', page.get_data(as_text=True).split("/confirm")[1]
    )
    told = words(desk.client.post(f"{path}/confirm", data=dict(fields[:6]), follow_redirects=True))
    assert "judged anew" in told
    assert "Store 1 new and 1 changed rows" in told
    assert desk.one("SELECT count(*) FROM metric_values") == 1


def test_a_discarded_file_leaves_nothing_but_its_line(desk: Desk) -> None:
    path = desk.upload(METRICS, "E0004,2026-10,csat,0.9,")
    assert "nothing of it was stored" in words(desk.press(path, "Discard the file"))
    assert list(Path(desk.site.app.config["UPLOADS"]).iterdir()) == []
    assert "This file was discarded" in desk.get(path)
    assert "metrics.csv" in desk.get("/imports/?state=dropped")


def test_forgotten_files_are_given_up_with_the_next_upload(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    from datetime import timedelta

    path = desk.upload(METRICS, "E0004,2026-10,csat,0.9,")
    later = Now(people.NOW.moment + timedelta(days=8), people.NOW.wall + timedelta(days=8))
    monkeypatch.setattr("core.clock.now", lambda _zone: later)
    desk.client = desk.site.signed_in(desk.accounts["hr"])
    desk.upload(METRICS, "E0004,2026-10,csat,0.7,")
    assert "This file was discarded" in desk.get(path)


def test_looking_writes_nothing(desk: Desk) -> None:
    path = desk.upload(METRICS, "E0004,2026-10,csat,0.9,", "E0099,2026-10,csat,0.9,")
    with desk.site.app.app_context():
        statements: list[str] = []
        from sqlalchemy import event

        event.listen(
            db.engine, "before_cursor_execute", lambda *args: statements.append(str(args[2]))
        )
        for address in ("/imports/", path, f"{path}/refused.csv", "/imports/late"):
            desk.client.get(address)
    assert statements != []
    assert [each for each in statements if not each.lstrip().startswith(("SELECT", "WITH"))] == []


def test_late_rows_wait_until_their_month_is_open_again(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.press(desk.upload(METRICS, "E0004,2026-09,csat,0.9,"), "Store 1 new row")
    desk.run(close, SEPTEMBER)
    path = desk.upload(METRICS, "E0004,2026-09,csat,0.5,", "E0005,2026-09,csat,0.6,")
    page = desk.get(path)
    assert "2 rows belong to closed months" in page
    assert "E0005 · 2026-09 · csat" in page
    assert "2 late rows wait." in words(desk.press(path, "Set 2 late rows aside"))
    monkeypatch.setattr(registry, "_COLUMNS", {})  # as in a process that has just started
    with desk.site.app.app_context(), sent(db.session()) as found:
        listed = desk.get("/imports/late?month=2026-09&kind=metrics")
    assert 0 < len(found.statements) <= 12, found.statements
    assert "employee_no E0005" in listed
    assert "month closed" in listed
    assert "employee_no E0005" not in desk.get("/imports/late?kind=tickets")
    token = desk.site.token(desk.client, path)
    early = desk.client.post("/imports/late/2026-09/take", data={"csrf_token": token})
    assert early.status_code == 409
    desk.run(reopen, SEPTEMBER)
    taken = words(desk.press("/imports/late", "Take in 2 rows of September 2026"))
    assert "2 rows are taken in." in taken
    assert desk.one("SELECT sum(value) FROM metric_values") == pytest.approx(1.1)
    assert "No late row waits" in desk.get("/imports/late")


def test_an_import_that_a_close_stands_on_says_why_it_stays(desk: Desk) -> None:
    path = desk.upload(METRICS, "E0004,2026-09,csat,0.9,")
    desk.press(path, "Store 1 new row")
    desk.run(close, SEPTEMBER)
    page = desk.get(path)
    assert "It cannot be taken back: month 2026-09 was closed since." in page
    assert "Take 1 row back" not in page
    token = desk.site.token(desk.client, path)
    tried = desk.client.post(f"{path}/undo", data={"csrf_token": token, "reason": "why not"})
    assert tried.status_code == 400
    assert desk.one("SELECT count(*) FROM metric_values") == 1


def test_taking_back_needs_a_reason(desk: Desk) -> None:
    path = desk.upload(METRICS, "E0004,2026-09,csat,0.9,")
    desk.press(path, "Store 1 new row")
    response = desk.undo(path, " ")
    assert response.status_code == 400
    assert "Write the reason" in words(response)
    assert desk.one("SELECT count(*) FROM metric_values") == 1


def test_people_on_whom_other_records_stand_are_not_taken_back(desk: Desk) -> None:
    hired = "employee_no,name,hire_date"
    path = desk.upload(hired, "E0100,柳青禾,2026-01-05", kind="employees")
    desk.press(path, "Store 1 new row")
    desk.press(desk.upload(METRICS, "E0100,2026-10,csat,0.9,"), "Store 1 new row")
    response = desk.undo(path)
    assert response.status_code == 400
    assert "other records stand on the rows" in words(response)


REVIEWS = "month,ratee_no,rater_no,relation,competency,rating"


def test_no_page_or_table_tells_who_rated_whom_how(desk: Desk) -> None:
    path = desk.upload(
        REVIEWS,
        "2026-10,E0004,E0005,peer,attitude,3",
        "2026-10,E0004,E0009,peer,attitude,77",
        "2026-10,E0004,E0088,peer,attitude,2",
        kind="reviews",
    )
    page = desk.get(path)
    kept = str(desk.one("SELECT report FROM import_batches"))
    listed = desk.client.get(f"{path}/refused.csv").get_data(as_text=True)
    for told in (page, kept, listed):
        assert not re.search("E0005|E0009|E0088|77", told)
    assert "3 rating … is more than 5" in page
    assert '4 rater_no nobody has the number "…"' in page
    desk.press(path, "Import only the 1 good row")
    assert not re.search("E0005|E0009", desk.get(path))
    assert list(Path(desk.site.app.config["UPLOADS"]).glob("*"))  # numbers and columns alone
    for file in Path(desk.site.app.config["UPLOADS"]).iterdir():
        assert not re.search("E0005|E0009|77", file.read_text(encoding="utf-8"))


def test_wages_are_not_written_down_by_a_preview(desk: Desk) -> None:
    header = "employee_no,name,hire_date,base_wage"
    desk.press(
        desk.upload(header, "E0100,柳青禾,2026-01-05,4321", kind="employees"), "Store 1 new row"
    )
    path = desk.upload(header, "E0100,柳青禾,2026-01-05,8765", kind="employees")
    assert "base_wage … …" in desk.get(path)
    desk.press(path, "Store 1 changed row")
    desk.upload(header, "E0100,柳青禾,2026-01-05,9x76", kind="employees")
    reports = desk.one("SELECT group_concat(report) FROM import_batches")
    assert not re.search("4321|8765|9x76", str(reports))


def test_others_find_nothing_there(desk: Desk) -> None:
    path = desk.upload(METRICS, "E0004,2026-10,csat,0.9,")
    for role in ("agent", "supervisor", "manager", "admin", "auditor"):
        client = desk.site.signed_in(desk.accounts[role])
        for address in ("/imports/", path, "/imports/late", "/imports/templates/metrics.csv"):
            assert client.get(address).status_code == 404
        token = desk.site.token(client, "/account")
        posted = client.post(f"{path}/confirm", data={"csrf_token": token})
        assert posted.status_code == 404
    assert desk.one("SELECT count(*) FROM metric_values") == 0


def test_days_are_computed_after_a_confirmation(desk: Desk) -> None:
    roster = "employee_no,from,shift,weekdays"
    desk.press(
        desk.upload(roster, "E0004,2026-01-01,09:00-18:00,12345", kind="rosters"),
        "Store 1 new row",
    )
    path = desk.upload("employee_no,timestamp", "E0004,2026-10-08 09:20", kind="punches")
    desk.press(path, "Store 1 new row")
    assert desk.one("SELECT late_minutes FROM person_days WHERE day = '2026-10-08'") == 20
    assert desk.one("SELECT count(*) FROM stale_days") == 0
    desk.undo(path)
    assert desk.one("SELECT late_minutes FROM person_days WHERE day = '2026-10-08'") != 20


def test_a_large_file_has_a_small_page(desk: Desk) -> None:
    rows = [[f"E{n:05}", "2026-10", "csat", "0.9", ""] for n in range(5000)]
    response = desk.send(write_csv(METRICS.split(","), rows), "large.csv", "metrics")
    page = desk.client.get(response.location).get_data(as_text=True)
    assert len(page) < 60_000
    assert "Page 1 of 40" in page
    last = desk.get(f"{response.location}?page=40")
    assert "These are the first; 3000 more are not shown." in last
    listed = desk.client.get(f"{response.location}/refused.csv").get_data(as_text=True)
    assert len(listed.splitlines()) == 5001


def test_of_an_upload_for_which_the_disk_has_no_room_nothing_is_left(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_source: object, target: Path) -> None:
        target.write_bytes(b"half")
        raise OSError(errno.ENOSPC, "No space left on device", str(target))

    monkeypatch.setattr("closing.imports.services.shutil.copyfile", full)
    response = desk.send(f"{METRICS}\nE0004,2026-10,callback_rate,0.9,4\n".encode(), "m.csv")
    assert response.status_code == 503
    assert "The disk is full." in words(response)
    assert list(Path(desk.site.app.config["UPLOADS"]).iterdir()) == []
    assert desk.one("SELECT count(*) FROM import_batches") == 0
