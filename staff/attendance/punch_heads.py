"""Column heads of devices and office suites: which name people, days and times.

Words are those that vendors' own files show, English and Chinese, of some also Spanish (Hikvision,
ZKTeco) and Indonesian (ZKTeco, Fingerspot).
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from staff.attendance.punch_cells import title

_IDS = (
    *("工号", "员工号", "员工编号", "人员编号", "考勤号码", "登记号码", "编号", "用户号", "帐号"),
    *("账号", "userid", "ac-no", "ac_no", "enno", "personnel id", "user id", "id"),
    *("employee no", "employee id", "emp no", "emp id", "person id", "id de persona", "staff id"),
    *("badge number", "卡号", "no"),
)
_NAMES = ("姓名", "name", "nombre", "nama")
DATES = (
    *("考勤日期", "打卡日期", "刷卡日期", "出勤日期", "日期", "date", "tanggal"),
    "时间",
)
STAMPS = (
    *("打卡时间", "日期时间", "刷卡时间", "签到时间", "date/time", "datetime", "fecha/hora"),
    *("时间", "time", "hora"),
)
_COUNT = r"[\d一二三四五六七八九十]?"
TIMES = re.compile(
    rf"(第{_COUNT}次)?(上班|下班|签到|签退){_COUNT}(打卡时间|打卡|刷卡时间|时间)?"
    rf"|(最早|最晚|首次|末次)(打卡|刷卡)?(时间)?|(打卡|刷卡|出勤|时间){_COUNT}|(打卡|刷卡|出勤)时间{_COUNT}"
    r"|(打卡|刷卡)(明细|记录)"
    r"|(clock|on|off|check)[- ]?(in|out|duty)?( time)?|(in|out)( time)?|time ?\d?"
    r"|scan (masuk|pulang|keluar)"
)
# What a shift asks for, and how long somebody was there, beside columns that say when they came.
_PLANNED = (
    ({"上班时间", "下班时间", "出勤时间"}, {"签到时间", "签退时间"}),
    ({"on duty", "off duty"}, {"clock in", "clock out"}),
)
_LANGUAGES = re.compile(r"[\n/|()]+")


def heading(cell: str) -> str:
    """A heading as ``title`` gives it; of one in two languages, ``姓名/Name``, the first."""
    whole = title(cell)
    if _is_known(whole):
        return whole
    parts = [title(each) for each in _LANGUAGES.split(whole) if each.strip()]
    two = len({each.isascii() for each in parts}) > 1
    return parts[0] if two and all(map(_is_known, parts)) else whole


def repeats(row: Sequence[str], head: Sequence[str]) -> bool:
    """Whether a row says nothing but what stands in the head, as on every page of some reports."""
    shown = 0
    for cell, name in zip(row, head, strict=False):
        if cell:
            if cell != name:
                return False
            shown += 1
    return shown > 1


def _is_known(word: str) -> bool:
    return any(word in each for each in (_IDS, _NAMES, DATES, STAMPS)) or bool(
        TIMES.fullmatch(word)
    )


def people(plain: Sequence[str]) -> tuple[int, ...]:
    """Columns that name the person: numbers first, then names."""
    ids = [plain.index(word) for word in _IDS if word in plain]
    return (*ids, *(plain.index(word) for word in _NAMES if word in plain))


def times(titles: Sequence[str], day_at: int | None) -> tuple[int, ...]:
    """Columns of punches; not those of the times that a shift asks for."""
    planned: set[str] = set()
    for words, came in _PLANNED:
        planned |= words if came & set(titles) else set()
    return tuple(
        at
        for at, each in enumerate(titles)
        if at != day_at and each not in planned and TIMES.fullmatch(each)
    )
