"""A good file of every kind and of every form that is recognised, as bytes."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from support.ods import ods
from support.xls import xls

from core.files.writing import write_xlsx

FOREIGN = Path(__file__).parents[1] / "data" / "foreign"
DAYS = [str(day) for day in range(1, 32)]

# Kind: header, rows. People are E1, E2 and 64.
TABLES: dict[str, tuple[str, list[str]]] = {
    "employees": (
        "employee_no,name,email,position,team,supervisor_no,hire_date,leave_date,base_wage",
        [
            "E7,柳青禾,e7@example.com,agent,客服中心/一组,E1,2026-03-02,,6500.00",
            "E8,沈棠,,agent,客服中心,,2026-03-02,2026-12-31,",
        ],
    ),
    "aliases": (
        "source,external_id,employee_no,from,to",
        ["shop,旺旺:小满,E1,2026-03-02,", "phone,8001,E2,,2026-10-09"],
    ),
    "rosters": (
        "employee_no,team,from,to,shift,break_minutes,grace_minutes,weekdays,follows_calendar",
        ["E1,,2026-01-01,,09:00-18:00,60,5,12345,1", ",客服中心/一组,2026-01-01,,22:00-06:00,,,,"],
    ),
    "leave": (
        "employee_no,type,from,to,status",
        ["E1,personal,2026-10-05 09:00,2026-10-05 18:00,approved"],
    ),
    "overtime": (
        "employee_no,from,to,status",
        ["E1,2026-10-05 18:00,2026-10-05 20:00,approved"],
    ),
    "punches": (
        "employee_no,timestamp",
        ["E1,2026-10-08 08:55:10", "E2,2026-10-08 18:01", "64,2026/10/08 18:02:03"],
    ),
    "tickets": (
        "ticket_id,agent,created_at,first_response_at,resolved_at,reopened,satisfaction,channel",
        [
            "T1,E1,2026-10-03 09:00,2026-10-03 09:05,2026-10-03 10:00,0,good,chat",
            "T2,E2,2026-10-04 09:00,,,1,5,",
        ],
    ),
    "metrics": (
        "employee_no,month,metric,value,sample_size",
        ["E1,2026-10,csat,93%,41", "E2,2026-10,qa_score,88.5,"],
    ),
    "complaints": (
        "complaint_no,received_at,severity,employee_no,attributable,contacted_at,closed_at",
        ["C1,2026-10-03 09:00,major,E1,1,2026-10-03 09:30,2026-10-04 10:00"],
    ),
    "spotchecks": (
        "employee_no,date,score,checked_by_no,comment",
        ["E1,2026-10-03,88,E2,fine"],
    ),
    "reviews": (
        "month,ratee_no,rater_no,relation,competency,rating",
        ["2026-10,E1,E2,peer,attitude,3", "2026-10,E2,E2,self,attitude,4"],
    ),
    "courses": (
        "course_code,name,category,positions,due_days,valid_months,hours,pass_mark,metrics",
        ["K1,Fire,safety,agent;senior,30,12,2,60,csat"],
    ),
    "training": (
        "employee_no,course_code,date,mandatory,status,hours,score,passed",
        ["E1,K0,2026-10-03,1,attended,2,88,1"],
    ),
    "incidents": (
        "employee_no,date,rule,description,recorded_by_no,approved_by_no,case",
        ["E1,2026-10-03,{rule},late delivery,E2,,K-1"],
    ),
}


def table(*rows: Sequence[object]) -> bytes:
    stream = io.StringIO()
    csv.writer(stream).writerows(rows)
    return stream.getvalue().encode()


def comma(kind: str, rule: str = "ATT-P1", separator: str = ",", encoding: str = "utf-8") -> bytes:
    header, rows = TABLES[kind]
    text = "\n".join([header, *(row.replace("{rule}", rule) for row in rows)]) + "\n"
    return text.replace(",", separator).encode(encoding)


def open_sheet(kind: str) -> bytes:
    header, rows = TABLES[kind]
    return ods([row.split(",") for row in (header, *rows)])


def sheet(kind: str, rule: str = "ATT-P1") -> bytes:
    header, rows = TABLES[kind]
    cells = [row.replace("{rule}", rule).split(",") for row in rows]
    return write_xlsx(header.split(","), cells)


DUMP = (
    b"        7\t2026-10-08 08:59:30\t1\t0\t1\t0\r\n" + b"\0" * 60 + b"00000064\t"
    b"2026-10-08 09:00:00\t1\t0\r\n" + "64\t柳青禾\t2026-10-08 18:01:00\t1\r\n".encode()
)
RAW = ["姓名", "考勤组", "部门", "工号", "职位", "UserId", "考勤日期", "考勤时间", "打卡时间"]
dingtalk = partial(  # made anew: a workbook holds when it was made
    write_xlsx,
    ["原始记录 统计日期：2026-10-01 至 2026-10-31"],
    [
        RAW,
        ["甲", "一组", "客服", 64.0, "", "u1", "26-10-08 星期四", "09:00", "2026-10-08 08:58"],
        ["乙", "一组", "客服", "E1", "", "u2", "26-10-08 星期四", "18:00", "2026-10-08 18:20"],
    ],
)
matrix = partial(
    write_xlsx,
    ["打卡时间表 统计日期：2026-10-01 至 2026-10-31"],
    [
        ["姓名", "工号", "打卡时间"],
        ["", "", *DAYS],
        ["甲", "64", "08:55\n18:02", "休息", "21:00 09:27 +", *[""] * 28],
    ],
)
SECTIONS = table(
    ["员工刷卡记录表"],
    ["考勤日期", "2026/10/01 ~ 2026/10/31"],
    DAYS,
    ["工号:", "", "64.0", "姓名:", "甲"],
    ["08:5518:02", *[""] * 30],
    ["工号：E1", "姓名：乙"],
    ["", "09:00", *[""] * 29],
)
WECOM = table(
    ["上下班打卡_日报"],
    ["时间", "姓名", "帐号", "部门", "概况", "", ""],
    ["", "", "", "", "最早", "最晚", "打卡次数(次)"],
    ["2026/10/08 星期四", "柳", "E1", "客服", "08:50", "次日 00:10", "2"],
    ["2026/10/09 星期五", "柳", "E1", "客服", "未打卡", "--", "0"],
)
STAMPS = table(
    ["编号", "姓名", "日期时间"],
    ["64.0", "甲", "2026/10/8 星期四 8:20"],
    ["64", "甲", "2026/10/8 下午 6:05"],
    ["64", "甲", "13/09/2026 6:05 PM"],
)

REPORT = xls([["2026年10月"], ["工号", "姓名", *DAYS], [64.0, "甲", "08:5518:02", *[""] * 30]])

# Name: kind, map (or nothing), content.
SAMPLES: dict[str, tuple[str, str, Callable[[], bytes]]] = {
    **{f"{kind}.csv": (kind, "", partial(comma, kind)) for kind in TABLES},
    **{f"{kind}.xlsx": (kind, "", partial(sheet, kind)) for kind in TABLES},
    "punches.tsv": ("punches", "", lambda: comma("punches", separator="\t")),
    "employees.gb": ("employees", "", lambda: comma("employees", encoding="gb18030")),
    "tickets.ods": ("tickets", "", lambda: open_sheet("tickets")),
    "punches.utf16": ("punches", "", lambda: comma("punches", "", "\t", "utf-16")),
    "attlog": ("punches", "", lambda: DUMP),
    "dingtalk": ("punches", "", dingtalk),
    "matrix": ("punches", "", matrix),
    "sections": ("punches", "", lambda: SECTIONS),
    "wecom": ("punches", "", lambda: WECOM),
    "stamps": ("punches", "", lambda: STAMPS),
    "report.xls": ("punches", "", lambda: REPORT),
    **{
        name: ("tickets", name, (FOREIGN / f"{name}.csv").read_bytes)
        for name in ("calls", "chatwoot", "freshdesk", "zendesk")
    },
}
