"""Punches as devices and office suites write them."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from typing import Any

import openpyxl
import pytest
from support.centres import seal
from support.importing import CLOCK, NOW, Files, reasons
from support.ods import ods
from support.xls import xls

from closing.imports.foreign import WALL, import_foreign
from core.actor import SYSTEM
from core.db import transaction, wall_time
from core.files.writing import write_xlsx
from core.imports.mapping import recognised
from core.messages import Refused


@pytest.fixture(autouse=True)
def centre(files: Files) -> None:
    files.people("E1", "7", "64")


def punches(files: Files) -> list[str]:
    rows = files.rows(
        "SELECT employee_no, at FROM punches JOIN employees e ON e.id = employee_id ORDER BY 1, 2"
    )
    return [f"{number} {wall_time(at)}" for number, at in rows]


def table(*rows: list[Any]) -> str:
    stream = io.StringIO()
    csv.writer(stream).writerows(rows)
    return stream.getvalue()


def warnings(report: Any) -> list[str]:
    return [str(each.message) for each in report.warnings]


DUMP = b"        7\t2026-10-08 08:59:30\t1\t0\t1\t0\r\n"


def test_a_dump_as_it_really_is(files: Files) -> None:
    dump = (
        DUMP
        + b"\0" * 700
        + b"00000064\t2026-10-08 09:00:00\t1\t0\r\n"
        + b"7\t2026-10-08 18:0\r\n"
        + b"7\t2000-01-01 00:00:07\t1\t0\r\n"
        + b"7\t2026-13-40 08:00:00\t1\t0\r\n"
        + b"7\t2062-10-08 08:00:00\t1\t0\r\n"
        + "7\t柳青禾\t2026-10-08 18:01:00\t1\r\n".encode()
        + DUMP
    )
    path = files.write(dump, "anything.bin")
    report = files.take("punches", path, partial=True)
    assert report.summary == "new 3, changed 0, same 1, late 0, refused 4"
    assert reasons(report) == [
        "row 3: is a torn record",
        "row 4, column timestamp: the clock of the device was not set",
        'row 5, column timestamp: "2026-13-40 08:00:00" is no date of the calendar',
        "row 6, column timestamp: lies in the future",
    ]
    assert punches(files) == [
        "64 2026-10-08 09:00:00",
        "7 2026-10-08 08:59:30",
        "7 2026-10-08 18:01:00",
    ]
    assert files.take("punches", path, partial=True).counts["same"] == 4
    files.take("punches", files.write(DUMP.replace(b"08:59:30", b"24:00:00")))
    assert "7 2026-10-09 00:00:00" in punches(files)


def test_an_id_at_a_device_is_known_by_its_alias(files: Files) -> None:
    files.good(
        "aliases",
        "source,external_id,employee_no,from,to",
        "punches,7,E1,2026-10-01,2026-10-31",
    )
    files.take("punches", files.write(DUMP + DUMP.replace(b"2026-10", b"2026-09")))
    assert punches(files) == ["7 2026-09-08 08:59:30", "E1 2026-10-08 08:59:30"]


STRANGERS = (
    DUMP
    + DUMP.replace(b"       7", b"00000099")
    + b"X1\t2026-13-08 08:00:00\t1\r\n"
    + DUMP.replace(b"       7", b"00000099").replace(b"-", b"/").replace(b"/08 ", b"/9 ")
)


def read(files: Files, content: bytes | str, **how: Any) -> Any:
    """The file as one that is recognised, with what is told of it."""
    told = {key: how.pop(key) for key in ("dates", "period", "on_unknown", "outside") if key in how}
    with transaction():
        return import_foreign(
            files.session,
            kind="punches",
            path=files.write(content, "read.bin"),
            mapping=recognised("punches", source="punches", **told),
            home=WALL,
            clock=CLOCK,
            seal=seal,
            actor=SYSTEM,
            now=NOW,
            **how,
        )


def test_punches_of_strangers_wait_until_they_are_known_and_then_count(files: Files) -> None:
    refused = read(files, STRANGERS)
    assert refused.summary == "new 1, changed 0, same 0, late 0, refused 3"
    assert refused.nobody == ("00000099",)
    for outcome in ("new 1, changed 0, same 0", "new 0, changed 0, same 1"):
        report = read(files, STRANGERS, on_unknown="set_aside", partial=True)
        assert report.summary == f"{outcome}, late 2, refused 1"
        assert [str(each) for each in report.notes] == [
            "set aside until somebody is mapped: 2 rows of 00000099"
        ]
    assert reasons(report)[-1].endswith('"2026-13-08 08:00:00" is no date of the calendar')
    assert files.one("SELECT count(*) FROM unmapped_rows") == 2
    header = "source,external_id,employee_no,from,to"
    files.good("aliases", header, "punches,00000099,E1,2026-10-09,")
    assert punches(files) == ["7 2026-10-08 08:59:30", "E1 2026-10-09 08:59:30"]
    files.people("99")
    assert "99 2026-10-08 08:59:30" in punches(files)
    assert files.rows("SELECT DISTINCT state FROM unmapped_rows") == [("applied",)]


def test_strangers_of_a_dump_become_people_where_that_is_asked_for(files: Files) -> None:
    report = read(files, STRANGERS, on_unknown="create", partial=True)
    assert report.summary == "new 3, changed 0, same 0, late 0, refused 1"
    assert files.one("SELECT hire_date FROM employees WHERE employee_no = '00000099'") == (
        "2026-10-08"
    )


DAY_FIRST = [
    "64\t08/10/2026 08:31:02\t1\t0",
    "7\t柳青禾\t08/10/2026 06:05:10 PM\t1",
    "64\t08/1       7\t08/10/2026 08:32:02\t1",
]


@pytest.mark.parametrize(
    ("more", "dates", "expected"),
    [
        ("", "day/month/year", ["64 2026-10-08 08:31:02", "7 2026-10-08 18:05:10"]),
        ("", "month/day/year", ["64 2026-08-10 08:31:02", "7 2026-08-10 18:05:10"]),
        ("7\t2026-10-09 09:00\t1", "", ["7 2026-10-09 09:00:00"]),
        (
            "7\t13.10.2026 09:00\t1",
            "",
            ["64 2026-10-08 08:31:02", "7 2026-10-08 18:05:10", "7 2026-10-13 09:00:00"],
        ),
    ],
)
def test_a_dump_whose_dates_begin_with_the_day(
    files: Files, more: str, dates: str, expected: list[str]
) -> None:
    told = {"dates": dates} if dates else {}
    report = read(files, "\r\n".join([*DAY_FIRST, more]), partial=True, **told)
    assert punches(files) == expected
    assert "row 3: is a torn record" in reasons(report)
    asked = report.question.readings if report.question else {}
    assert {order: str(day) for order, day in asked.items()} == (
        {"day/month/year": "2026-10-08", "month/day/year": "2026-08-10"}
        if len(expected) == 1
        else {}
    )
    assert sum(report.counts.values()) == 3 + bool(more)


def test_an_alias_counts_on_its_days_alone_however_a_dump_writes_dates(files: Files) -> None:
    header = "source,external_id,employee_no,from,to"
    files.good("aliases", header, "punches,5,E1,,2026-09-30", "punches,5,64,2026-10-01,")
    files.take("punches", files.write(b"5\t2026/10/8 08:59\t1\r\n5\t2026/9/8 08:59\t1\r\n"))
    assert punches(files) == ["64 2026-10-08 08:59:00", "E1 2026-09-08 08:59:00"]


RAW = ["姓名", "考勤组", "部门", "工号", "职位", "UserId", "考勤日期", "考勤时间", "打卡时间"]


def test_raw_records_of_dingtalk(files: Files) -> None:
    content = write_xlsx(
        ["原始记录 统计日期：2026-10-01 至 2026-10-31"],
        [
            RAW,
            ["甲", "一组", "客服", 64.0, "", "u1", "26-10-08 星期四", "09:00", "2026-10-08 08:58"],
            ["乙", "一组", "客服", "E1", "", "u2", "26-10-08 星期四", "18:00", "2026-10-08 18:20"],
        ],
    )
    report = files.take("punches", files.write(content))
    assert report.summary == "new 2, changed 0, same 0, late 0, refused 0"
    assert punches(files) == ["64 2026-10-08 08:58:00", "E1 2026-10-08 18:20:00"]


def test_a_monthly_summary_of_results_says_that_it_has_no_times(files: Files) -> None:
    days = [str(day) for day in range(1, 32)]
    head = ["姓名", "考勤组", "部门", "工号", "出勤天数", "考勤结果", *[""] * 30]
    content = table(
        ["月度汇总 统计日期：2026-10-01 至 2026-10-31"],
        head,
        ["", "", "", "", "", *days],
        ["甲", "一组", "客服", "64", "20", *["正常"] * 31],
    )
    with pytest.raises(Refused, match="results of days without times"):
        files.take("punches", files.write(content))


def test_a_matrix_with_a_merged_head_of_two_rows_and_punches_in_cells(files: Files) -> None:
    days = [str(day) for day in range(1, 32)]
    cells = ["08:55\n18:02", "休息", "21:00 09:27 +", *[""] * 28]
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["打卡时间表 统计日期：2026-10-01 至 2026-10-31"])
    for row in (["姓名", "工号", "打卡时间"], ["", "", *days], ["甲", 64.0, *cells]):
        sheet.append(row)
    for merged in ("A1:AG1", "A2:A3", "B2:B3", "C2:AG2"):
        sheet.merge_cells(merged)
    path = files.folder / "merged.xlsx"
    book.save(path)
    report = files.take("punches", path)
    assert punches(files) == [
        "64 2026-10-01 08:55:00",
        "64 2026-10-01 18:02:00",
        "64 2026-10-03 21:00:00",
        "64 2026-10-04 09:27:00",
    ]
    assert warnings(report) == ["1 cells say what became of a day, not when"]


def test_what_a_cell_that_is_merged_downwards_says_holds_for_all_its_rows(files: Files) -> None:
    """Whoever opens the workbook sees no sheet that is hidden either."""
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    sheet.sheet_state = "hidden"
    sheet.append(["工号", "日期时间"])
    sheet.append(["7", "2026-10-01 08:00"])
    sheet = book.create_sheet("打卡")
    sheet.append(["工号", "姓名", "日期", "签到", "签退"])
    for row in (
        ["64", "甲", "2026-10-08", "08:55"],
        [None, None, None, "12:00", "18:02"],
        [None, None, "2026-10-09", "08:56"],
        [None, None, "2026-10-10", "08:57"],
    ):
        sheet.append(row)
    for merged in ("A2:A4", "B2:B4", "C2:C3"):
        sheet.merge_cells(merged)
    path = files.folder / "merged.xlsx"
    book.save(path)
    report = files.take("punches", path, partial=True)
    assert reasons(report) == ["row 5, column employee_no: names nobody"]
    days = ["08 08:55:00", "08 12:00:00", "08 18:02:00", "09 08:56:00"]
    assert punches(files) == [f"64 2026-10-{each}" for each in days]


ZKTECO = "Emp No.,AC-No.,Name,Date,Timetable,On duty,Off duty,Clock In,Clock Out,Normal,Late"
FORMS = {
    "planned times": (
        [
            ZKTECO.split(","),
            ["", "64", "A", "10/13/2026", "Day", "09:00", "18:00", "08:55", "18:02"],
        ],
        ["13 08:55", "13 18:02"],
    ),
    "planned times in Chinese": (
        [
            ["登记号码", "日期", "上班时间", "下班时间", "签到时间", "签退时间", "出勤时间"],
            ["64", "2026-10-13", "09:00", "18:00", "08:55", "18:02", "09:07"],
        ],
        ["13 08:55", "13 18:02"],
    ),
    "heads again on every page": (
        [
            ["工号", "姓名", "日期", "上班", ""],
            ["", "", "", "签到", "签退"],
            ["64", "甲", "2026-10-13", "08:55", "18:02"],
            ["工号", "姓名", "日期", "上班", ""],
            ["", "", "", "签到", "签退"],
            ["64", "甲", "2026-10-14", "08:56", ""],
            ["合计", "", "", "2", "1"],
        ],
        ["13 08:55", "13 18:02", "14 08:56"],
    ),
    "lists in sections": (
        [
            ["工号:64", "姓名:甲"],
            ["日期", "签到", "签退"],
            ["2026-10-13", "08:55", "18:02"],
            ["小计", "1", "1"],
            ["工号:", ""],
            ["日期", "签到", "签退"],
            ["2026-10-13", "08:55", "18:02"],
        ],
        ["13 08:55", "13 18:02"],
    ),
    "two columns of whole times": (
        [
            ["Employee ID", "Name", "Clock In", "Clock Out"],
            ["64", "A", "10/13/2026 8:55 PM", "10/14/2026 6:02 AM"],
        ],
        ["13 20:55", "14 06:02"],
    ),
    "heads in two languages": (
        [
            ["工号\n(ID)", "姓名/Name", "日期\nDate", "上班\nOn duty"],
            ["64", "A", "2026-10-13", "08:55"],
        ],
        ["13 08:55"],
    ),
    "numbers of days": (
        [["编号", "日期", "签到", "签退"], ["64", "46308", "0.375", "0.751388"]],
        ["13 09:00", "13 18:02"],
    ),
    "a number of days with its time": (
        [["编号", "日期时间"], ["64.00", "46308.371527777"]],
        ["13 08:55"],
    ),
    "Spanish": (
        [["ID de persona", "Nombre", "Hora"], ["'64", "A", "2026-10-13 08:55:00"]],
        ["13 08:55"],
    ),
    "Indonesian": (
        [
            ["Emp No.", "Nama", "Tanggal", "Jam Masuk", "Scan Masuk", "Scan Pulang"],
            ["64", "A", "13/10/2026", "09:00", "08:55", "18:02"],
        ],
        ["13 08:55", "13 18:02"],
    ),
}


@pytest.mark.parametrize("form", FORMS)
def test_what_stands_beside_punches_is_told_from_them(files: Files, form: str) -> None:
    rows, expected = FORMS[form]
    report = files.take("punches", files.write(table(*rows)), partial=True)
    assert punches(files) == [f"64 2026-10-{each}:00" for each in expected]
    nobody = ['row 7, column employee_no: nobody has the number "?"'] * 2
    assert reasons(report) == (nobody if form == "lists in sections" else [])


def test_times_of_another_zone_are_not_taken_for_ours(files: Files) -> None:
    zone = "names a time zone: only a map turns it into local time (--map)"
    stamps = ["2026-10-08T08:55:00Z", "2026-10-08T08:56:00+08:00", "2026-10-08T08:57:00"]
    content = table(["ID", "Date/Time"], *(["64", each] for each in stamps))
    report = files.take("punches", files.write(content), partial=True)
    assert [each.row for each in report.problems] == [2, 3]
    assert {str(each.message) for each in report.problems} == {
        f'"{stamp}" {zone}' for stamp in stamps[:2]
    }
    assert punches(files) == ["64 2026-10-08 08:57:00"]


def test_sections_of_a_device_report(files: Files) -> None:
    days = [str(day) for day in range(1, 32)]
    content = table(
        ["员工刷卡记录表"],
        ["考勤日期", "2026/10/01 ~ 10/31", "2026/10/01 ~ 2026/10/31"],
        days,
        ["工号:", "", "64.0", "姓名:", "甲"],
        ["08:5518:02", *[""] * 30],
        ["工号：7", "姓名：乙"],
        ["", "09:00", *[""] * 29],
    )
    files.take("punches", files.write(content))
    assert punches(files) == [
        "64 2026-10-01 08:55:00",
        "64 2026-10-01 18:02:00",
        "7 2026-10-02 09:00:00",
    ]


def test_a_matrix_without_a_month_is_refused_and_not_guessed(files: Files) -> None:
    days = [str(day) for day in range(1, 32)]
    content = table(["工号", *days], ["64", "08:55", *[""] * 30])
    report = files.take("punches", files.write(content))
    assert reasons(report) == [
        "row 2, column timestamp: nothing in the file says of which month day 1 is (period)"
    ]


def test_a_daily_report_of_wecom(files: Files) -> None:
    content = table(
        ["上下班打卡_日报"],
        ["时间", "姓名", "帐号", "部门", "概况", "", ""],
        ["", "", "", "", "最早", "最晚", "打卡次数(次)"],
        ["2026/10/08 星期四", "柳", "E1", "客服", "08:50", "次日 00:10", "2"],
        ["2026/10/09 星期五", "柳", "E1", "客服", "未打卡", "--", "0"],
    )
    report = files.take("punches", files.write(content))
    assert punches(files) == ["E1 2026-10-08 08:50:00", "E1 2026-10-09 00:10:00"]
    assert warnings(report) == ["2 cells say what became of a day, not when"]


VISITS = [
    ["姓名", "帐号", "日期", "打卡类型", "打卡时间"],
    ["甲", "64", "2026-10-08", "上班打卡", "08:55"],
    ["甲", "64", "2026-10-08", "外出打卡", "14:10"],
    ["甲", "64", "2026-10-08", "下班打卡", "18:02"],
]


@pytest.mark.parametrize(
    ("rows", "outside", "expected"),
    [
        (VISITS, "leave_out", ["08:55:00", "18:02:00"]),
        (VISITS, "count", ["08:55:00", "14:10:00", "18:02:00"]),
        ([["外出打卡_明细"], ["帐号", "打卡时间"], ["64", "2026-10-08 14:10"]], "leave_out", []),
        (
            [["外出打卡_明细"], ["帐号", "打卡时间"], ["64", "2026-10-08 14:10"]],
            "count",
            ["14:10:00"],
        ),
    ],
)
def test_punches_of_visits_are_listed_and_count_where_that_is_said(
    files: Files, rows: list[list[Any]], outside: str, expected: list[str]
) -> None:
    report = read(files, table(*rows), outside=outside)
    assert punches(files) == [f"64 2026-10-08 {each}" for each in expected]
    left_out = int(outside == "leave_out")
    assert report.counts["same"] == left_out
    text = "64 at 2026-10-08 14:10:00 is a visit (外出打卡), which does not count (outside)"
    assert warnings(report) == [text] * left_out
    assert [str(each)[-1] for each in report.notes] == ["1"] * left_out


def test_stamps_with_weekdays_and_12_hour_clocks(files: Files) -> None:
    content = table(
        ["编号", "姓名", "日期时间"],
        ["64.0", "甲", "2019/10/8 星期二 8:20"],
        ["64", "甲", "2026/10/8 下午 6:05"],
        ["64", "甲", "10/09/2026 6:05 PM"],
    )
    report = files.take("punches", files.write(content), partial=True)
    assert punches(files) == ["64 2019-10-08 08:20:00", "64 2026-10-08 18:05:00"]
    assert reasons(report) == [
        'row 4, column timestamp: "10/09/2026 6:05 PM" may begin with the day or with the month:'
        " say which (dates)"
    ]


@pytest.mark.parametrize(
    ("other", "expected"), [("13/10/2026", "2026-10-09"), ("10/13/2026", "2026-09-10")]
)
def test_other_dates_of_the_file_decide_the_order(files: Files, other: str, expected: str) -> None:
    stamps = ["09/10/2026 8:00", f"{other} 9:00"]
    rows = [["64", each] for each in stamps]
    files.take("punches", files.write(table(["ID", "Date/Time"], *rows)))
    assert punches(files) == [f"64 {expected} 08:00:00", "64 2026-10-13 09:00:00"]


@pytest.mark.parametrize(
    ("dates", "expected"),
    [
        ("day/month/year", ["64 2026-09-10 18:05:00"]),
        ("month/day/year", ["64 2026-10-09 18:05:00"]),
    ],
)
def test_what_the_file_does_not_decide_is_decided_by_what_is_told(
    files: Files, dates: str, expected: list[str]
) -> None:
    content = table(["编号", "日期时间"], ["64", "10/09/2026 6:05 PM"])
    asked = read(files, content)
    assert asked.counts["refused"] == 1
    days = {order: str(day) for order, day in asked.question.readings.items()}
    assert days == {"day/month/year": "2026-09-10", "month/day/year": "2026-10-09"}
    assert read(files, content, dates=dates).question is None
    assert punches(files) == expected
    other = table(["编号", "日期时间"], ["64", "13/10/2026 6:05 PM"])
    told = read(files, other, dates=dates)
    assert told.counts["refused"] == (dates == "month/day/year")


@pytest.mark.parametrize(
    ("stamps", "dates", "expected"),
    [
        (["26-10-08 08:55"], "year-month-day", ["2026-10-08 08:55:00"]),
        (["8/9/26 8:55 AM"], "day/month/year", ["2026-09-08 08:55:00"]),
        (["8/9/26 08:55"], "month/day/year", ["2026-08-09 08:55:00"]),
        (["10/8/26 8:55", "10/31/26 9:00"], "", ["2026-10-08 08:55:00", "2026-10-31 09:00:00"]),
        (["26-10-08 08:55", "26-10-31 08:55"], "", []),
        (["31/12/26 08:55"], "month/day/year", []),
    ],
)
def test_years_of_two_digits_are_asked_about(
    files: Files, stamps: list[str], dates: str, expected: list[str]
) -> None:
    content = table(["编号", "日期时间"], *(["64", each] for each in stamps))
    report = read(files, content, partial=True, **({"dates": dates} if dates else {}))
    assert punches(files) == [f"64 {each}" for each in expected]
    asked = report.question.readings if report.question else {}
    ways = {"day/month/year": "2008-10-26", "year-month-day": "2026-10-08"}
    assert {order: str(day) for order, day in asked.items()} == (
        ways if len(stamps) == 2 and not expected else {}
    )


def test_a_name_that_several_have_is_refused(files: Files) -> None:
    content = table(["姓名", "打卡时间"], ["柳青禾", "2026-10-08 08:58"])
    report = files.take("punches", files.write(content))
    assert reasons(report) == ['row 2, column employee_no: "柳青禾" may be 64, 7, E1']


def test_our_own_columns_are_not_taken_for_another_form(files: Files) -> None:
    files.good("punches", "工号,打卡时间", "64,2026-10-08 08:58")
    files.good("punches", "employee_no,timestamp,上班", "64,2026-10-09 08:58,08:00")
    assert len(punches(files)) == 2


DAYS = [str(day) for day in range(1, 32)]
MONTH = "2026-10-01 至 2026-10-31"


@pytest.mark.parametrize("form", ["xls", "xlsx", "ods"])
def test_a_report_of_a_device_in_every_spreadsheet_format(files: Files, form: str) -> None:
    rows: list[list[Any]] = [
        ["考勤记录表", "2026年10月"],
        ["工号", "姓名", *map(float, DAYS)],
        [64.0, "甲", "08:55\n12:01\n18:02", *[""] * 30],
        [7.0, "乙", "", "20:00 09:27 +", *[""] * 29],
    ]
    written: dict[str, Callable[[list[list[Any]]], bytes]] = {"xls": xls, "ods": ods}
    content = written[form](rows) if form in written else write_xlsx(rows[0], rows[1:])
    files.take("punches", files.write(content))
    assert punches(files) == [
        "64 2026-10-01 08:55:00",
        "64 2026-10-01 12:01:00",
        "64 2026-10-01 18:02:00",
        "7 2026-10-02 20:00:00",
        "7 2026-10-03 09:27:00",
    ]


@pytest.mark.parametrize(
    "title",
    [
        "2026/10/01 ~ 10/31",
        "2026-10-01至2026-10-31",
        "2026年10月",
        "统计 2026-10",
        "2026.10.01-10.31",
    ],
)
def test_the_month_of_a_matrix_stands_in_its_title(files: Files, title: str) -> None:
    files.take(
        "punches",
        files.write(table([title], ["工号", *DAYS], ["64", "08:55", *[""] * 30])),
    )
    assert punches(files) == ["64 2026-10-01 08:55:00"]


def test_a_list_that_cannot_be_read_says_where(files: Files) -> None:
    content = '编号,日期时间\n64,"2026-10-08 8:20\n' + "64,2026-10-08 8:21\n" * 9000
    with pytest.raises(Refused, match="holds a cell that is too long"):
        files.take("punches", files.write(content))


NO_YEARS = {
    "list": [["编号", "日期时间"], ["64", "10月8日 08:55"], ["64", "10/9 8:55"]],
    "days": [
        ["编号", "日期", "上班", "下班"],
        ["64", "10-08 周四", "08:55", ""],
        ["64", "10-09", "0855"],
    ],
    "heads": [["编号", "10/08", "10/09", "10/10"], ["64", "08:55", "08:55", ""]],
    "matrix": [["编号", *DAYS], ["64", *[""] * 7, "08:55", "08:55"]],
}


@pytest.mark.parametrize("form", NO_YEARS)
@pytest.mark.parametrize("title", ["", "2026-10-01 ~ 2026-10-31", "2026年10月"])
def test_days_without_a_year_are_of_the_month_that_is_named_or_told(
    files: Files, form: str, title: str
) -> None:
    content = table(*([[title]] if title else []), *NO_YEARS[form])
    if not title:
        asked = read(files, content)
        assert (asked.counts["refused"], asked.asks_period) == (2, True)
        wrong = read(files, content, period="2025-11", dry_run=True)
        assert wrong.counts["refused"] == (0 if form == "matrix" else 2)
    report = read(files, content, period="2026-10")
    assert (reasons(report), report.asks_period) == ([], False)
    assert punches(files) == ["64 2026-10-08 08:55:00", "64 2026-10-09 08:55:00"]


def test_other_days_of_the_file_decide_whether_days_or_months_come_first(files: Files) -> None:
    """One of another month is refused, and not taken for one of this."""
    stamps = ["8/10 08:55", "13/10 08:55", "10/9 08:55"]
    content = table(["2026年10月"], ["编号", "日期时间"], *(["64", each] for each in stamps))
    report = read(files, content, partial=True)
    assert punches(files) == ["64 2026-10-08 08:55:00", "64 2026-10-13 08:55:00"]
    assert [each.row for each in report.problems] == [5]
    heads = table(["2026年10月"], ["编号", "7/10", "8/10", "14/10"], ["64", "09:00", "", ""])
    read(files, heads)
    assert punches(files)[0] == "64 2026-10-07 09:00:00"


def test_what_comes_first_in_a_year_is_asked_about_too(files: Files) -> None:
    report = read(files, table(["编号", "日期时间"], ["64", "10/08 08:55"]), period="2026")
    days = {order: str(day) for order, day in report.question.readings.items()}
    assert days == {"day/month/year": "2026-08-10", "month/day/year": "2026-10-08"}


def test_two_months_in_the_titles_decide_nothing(files: Files) -> None:
    content = table(["2026年10月", "2026年11月"], ["工号", *DAYS], ["64", "08:55", *[""] * 30])
    report = files.take("punches", files.write(content))
    assert reasons(report) == [
        "row 3, column timestamp: nothing in the file says of which month day 1 is (period)"
    ]


def test_whole_dates_as_headings(files: Files) -> None:
    heads = [f"2026-10-{day:02}" for day in range(1, 32)]
    content = write_xlsx(["工号", *heads], [["64", "08:55;18:02", *[""] * 30]])
    files.take("punches", files.write(content))
    assert punches(files) == ["64 2026-10-01 08:55:00", "64 2026-10-01 18:02:00"]


def test_daily_statistics_of_dingtalk(files: Files) -> None:
    content = write_xlsx(
        [f"每日统计表 统计日期：{MONTH}"],
        [
            ["姓名", "考勤组", "工号", "日期", "班次", "上班1", "", "下班1", ""],
            ["", "", "", "", "", "打卡时间", "打卡结果", "打卡时间", "打卡结果"],
            ["甲", "一组", "64", "26-10-08 星期四", "A", "08:55", "正常", "次日 00:30", "正常"],
            ["甲", "一组", "64", "26-10-08 星期五", "A", "08:55", "正常", "", "缺卡"],
        ],
    )
    report = files.take("punches", files.write(content), partial=True)
    assert punches(files) == ["64 2026-10-08 08:55:00", "64 2026-10-09 00:30:00"]
    assert reasons(report) == ['row 5, column timestamp: "26-10-08 星期五" is no 星期五']


def test_a_monthly_summary_with_weekdays_as_headings_is_refused_too(files: Files) -> None:
    content = write_xlsx(
        [f"月度汇总 统计日期：{MONTH}"],
        [
            ["姓名", "工号", "出勤天数", "考勤结果"],
            ["", "", "", *"四五六日一二三"],
            ["甲", "64", "5"],
        ],
    )
    with pytest.raises(Refused, match="results of days without times"):
        files.take("punches", files.write(content))


def test_twelve_hour_clocks_of_a_device(files: Files) -> None:
    content = table(
        ["AC-No.", "Name", "Time", "State"],
        ["64", "甲", "10/13/2026 8:05 AM", "C/In"],
        ["64", "甲", "10/14/2026 12:05 AM", "C/Out"],
        ["64", "甲", "10/14/2026 12:05 PM", "C/In"],
        ["64", "甲", "10/14/2026 13:05 PM", "C/In"],
    )
    report = files.take("punches", files.write(content), partial=True)
    assert punches(files) == [
        "64 2026-10-13 08:05:00",
        "64 2026-10-14 00:05:00",
        "64 2026-10-14 12:05:00",
    ]
    assert reasons(report) == ['row 5, column timestamp: "10/14/2026 13:05 PM" is no date or time']


NOBODY = {
    "list": table(
        ["编号", "姓名", "日期时间"], ["", "", "2026/10/8 8:20"], ["64", "甲", "2026/10/8 8:21"]
    ),
    "matrix": table(["2026年10月"], ["工号", *DAYS], ["", "08:55", *[""] * 30]),
    "days": table(["工号", "日期", "签到"], ["", "2026/10/8", "8:20"], ["64", "2026/10/8", "8:21"]),
}


@pytest.mark.parametrize("form", NOBODY)
def test_times_of_nobody_are_told_of(files: Files, form: str) -> None:
    report = files.take("punches", files.write(NOBODY[form]), partial=True)
    assert [each.split(",")[1] for each in reasons(report)] == [" column employee_no: names nobody"]


@pytest.mark.parametrize(
    ("day", "order"),
    [("2026-10-08", ""), ("08/10/2026", "day/month/year"), ("10/08/2026", "month/day/year")],
)
def test_records_that_ran_into_each_other_are_never_given_to_another(
    files: Files, day: str, order: str
) -> None:
    """What is whole of them counts, however dates are written."""
    pieces = [
        "64\t{day:.6}" + "\0" * 300 + "7\t{day} 18:02:11\t1",
        "64\t{day} 08:55:00\t1\t07\t{day} 08:56:00\t1",
        *(f"64\t{{day:.{cut}}}       7\t{{day}} 18:03:11\t1" for cut in (6, 2, 1)),
        "64\t7\t{day} 18:03:11\t1",
        *["7\t{day} 08:59:30\t1"] * 7,
        "64\t{day} 09:0",
        "6\0\0" + "64\t{day} 09:01:00\t1",
    ]
    dump = "\r\n".join(pieces).format(day=day)
    report = read(files, dump, partial=True, **({"dates": order} if order else {}))
    assert report.summary == "new 3, changed 0, same 6, late 0, refused 8"
    assert punches(files) == [
        "64 2026-10-08 09:01:00",
        "7 2026-10-08 08:59:30",
        "7 2026-10-08 18:02:11",
    ]
    files.take("punches", files.write(DUMP.rstrip() + b"\r64\t2026-10-08 09:00\t1\r"))
    assert punches(files)[0] == "64 2026-10-08 09:00:00"


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("12:00 次日 01:00", ["08 12:00:00", "09 01:00:00"]),
        ("外勤12:00\n次日上午1:00", ["08 12:00:00", "09 01:00:00"]),
        ("6:02次日\n18:00", ["08 18:00:00", "09 06:02:00"]),
        ("18:02 (next day)", ["09 18:02:00"]),
        ("08：55、翌日００：１０", ["08 08:55:00", "09 00:10:00"]),
        ("08:55+18:02", ["08 08:55:00", "08 18:02:00"]),
        ("8点05分", ["08 08:05:00"]),
        ("2026-10-09 00:30", ["09 00:30:00"]),
        ("0855", ["08 08:55:00"]),
        ("0855\n1802", ["08 08:55:00", "08 18:02:00"]),
        ("08.55", ["08 08:55:00"]),
        ("18:00 24:00", ["08 18:00:00", "09 00:00:00"]),
        ("0875", None),
        ("855", None),
    ],
)
def test_punches_in_one_cell(files: Files, cell: str, expected: list[str] | None) -> None:
    content = table(["工 号", "出勤日期", "最早打卡时间"], ["６４", "20261008", cell])
    report = files.take("punches", files.write(content), partial=True)
    assert punches(files) == [f"64 2026-10-{each}" for each in expected or ()]
    assert reasons(report) == (
        [] if expected else [f'row 2, column timestamp: "{cell}" is no time of day']
    )


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (["0855 1802", "1830"], ["01 08:55:00", "01 18:02:00", "02 18:30:00"]),
        (["08.55", "17.45"], ["01 08:55:00", "02 17:45:00"]),
        (["1830", "2015"], []),  # may be what was sold
        (["10.25", "8.5"], []),  # may be hours
    ],
)
def test_digits_in_a_matrix_are_times_where_one_can_be_no_number(
    files: Files, cells: list[str], expected: list[str]
) -> None:
    content = table(["2026年10月"], ["工号", *DAYS], ["64", *cells], ["7", "09:00"])
    report = files.take("punches", files.write(content))
    assert punches(files)[:-1] == [f"64 2026-10-{each}" for each in expected]
    assert warnings(report) == ([] if expected else ["2 cells say what became of a day, not when"])


def test_the_sheet_that_holds_punches_is_read_and_named(files: Files) -> None:
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    week = ["1", "2", "六", "日", *(str(day) for day in range(5, 32))]
    for name, rows in {
        "月度汇总": [["姓名", "工号", *DAYS], ["甲", "64", *["正常"] * 31]],
        "打卡时间": [[MONTH], ["姓名", "工号", *week], ["甲", "64", "", "", "08:55", "9:05"]],
        "原始记录": [RAW, ["甲", "", "", "64", "", "", "", "", "2026-10-03 08:55"]],
    }.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    path = files.folder / "book.xlsx"
    book.save(path)
    report = files.take("punches", path)
    assert punches(files) == ["64 2026-10-03 08:55:00", "64 2026-10-04 09:05:00"]
    assert warnings(report) == ["read from the sheet 打卡时间"]


def test_a_list_of_a_device_refuses_a_clock_that_was_not_set(files: Files) -> None:
    head = "No\tTMNo\tEnNo\tName\tGMNo\tMode\tDateTime\r\n"
    rows = "1\t1\t00000064\t\t0\t1\t2000/01/01 00:02:23\r\n2\t1\t7\t\t0\t1\t2026/10/20 01:02\r\n"
    report = files.take("punches", files.write(head + rows), partial=True)
    assert reasons(report) == ["row 2, column timestamp: the clock of the device was not set"]
    assert punches(files) == ["7 2026-10-20 01:02:00"]


DUMPS = {
    "a long run of NUL first": b"\0" * 200_000 + DUMP,
    "slashes": DUMP.replace(b"-", b"/"),
    "no seconds": DUMP.replace(b":30", b""),
    "GBK names": "7\t柳青\t2026-10-08 08:59:30\t1\r\n".encode("gbk"),
    "no last column": b"7\t2026-10-08 08:59:30\r\n",
    "no end of line": DUMP.rstrip(),
    "blanks": DUMP.replace(b"\t", b"  "),
    "commas": DUMP.strip().replace(b"\t", b","),
    "two blanks in a time": DUMP.replace(b"8 08", b"8  08"),
    "a tab in a time": DUMP.replace(b"8 08", b"8\t08"),
    "UTF-16": DUMP.decode().encode("utf-16"),
    "UTF-16 without a mark": "7\t柳青\t2026-10-08 08:59:30\t1\r\n".encode("utf-16-be"),
    "a torn record first": b"-10-08 08:59:30\t1\r\n" + DUMP + DUMP,
}


@pytest.mark.parametrize("form", DUMPS)
def test_dumps_as_devices_leave_them(files: Files, form: str) -> None:
    files.take("punches", files.write(DUMPS[form], "x"), partial=True)
    seconds = "00" if form == "no seconds" else "30"
    assert punches(files) == [f"7 2026-10-08 08:59:{seconds}"]
