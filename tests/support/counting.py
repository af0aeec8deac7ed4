"""How many records files hold, known without the product's readers.

``records`` counts those of any file by the standard library and openpyxl. ``device_file`` writes
one of a device and says what it wrote: what is good, spoilt, doubled, a stranger's.
"""

from __future__ import annotations

import csv
import io
import random
import re
from collections.abc import Callable, Collection
from dataclasses import dataclass
from itertools import takewhile

from support.ods import rows_of

from core.files.writing import write_xlsx

_DUMP = re.compile(rb"\s*[^\s,;]+(?:\s*\t(?:[^\t\n]*\t)?|\s*,\s*|\s+)\d{4}[-/]\d")
_LONG = 64 * 1024
OPEN = b"content.xml"
_NULS = re.compile(rb"\0\0\0")


def records(content: bytes, headings: Collection[str], *, dump: bool) -> int | None:
    """The records below the head; None where the file is of a form that this does not count."""
    if content.startswith(b"\xd0\xcf\x11\xe0"):
        return None
    if content.startswith(b"PK\x03\x04"):
        return _of_open_sheet(content) if OPEN in content[:200] else _of_sheet(content)
    content = _narrow(content)
    if dump or _is_dump(content):
        # A run of NUL ends a line, but where it fills up an id or a name.
        whole = re.sub(rb"\0\0+(?!\t)", b"\n", content).replace(b"\0", b"")
        lines = re.split(rb"[\r\n]", whole)
        if max(map(len, lines)) >= _LONG:
            return None
        texts = [line.decode("utf-8", "replace").lstrip("\ufeff") for line in lines]
        return sum(bool(line.strip()) for line in texts)
    return _of_text(content, headings)


def _narrow(content: bytes) -> bytes:
    """UTF-16, by its mark or by nothing in half of its bytes, as UTF-8."""
    zeros = [content[start:60_000:2].count(0) for start in (0, 1)]
    wide = "utf-16-le" if zeros[1] > zeros[0] else "utf-16-be"
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        wide = "utf-16"
    elif 6 * max(zeros) < min(len(content), 60_000) or _NULS.search(content[:60_000]):
        return content
    try:
        return content.decode(wide).encode()
    except UnicodeDecodeError:
        return content


def _is_dump(content: bytes) -> bool:
    """Records without a head: most of the first lines are some, and the first is no head."""
    lines = re.split(rb"[\r\n]", content[:_LONG].replace(b"\0", b"").lstrip())
    lines = [line for line in lines if line.strip()][:40]
    good = [bool(_DUMP.match(line)) for line in lines]
    head = lines and (not re.search(rb"\d", lines[0]) or re.search(rb"[A-Za-z]{3}", lines[0]))
    return 2 * sum(good) > len(good) and (good[0] or not head)


def _of_sheet(content: bytes) -> int | None:
    import openpyxl

    try:
        book = openpyxl.load_workbook(io.BytesIO(content), read_only=True)
        rows = list(book.worksheets[0].values)
        book.close()
    except Exception:
        return None  # damaged, and yet read by the other library
    return _below_head([["" if cell is None else str(cell) for cell in row] for row in rows])


def _of_open_sheet(content: bytes) -> int | None:
    try:
        return _below_head(rows_of(content))
    except Exception:
        return None


def _of_text(content: bytes, headings: Collection[str]) -> int | None:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("gb18030")
    best, score = 0, -1
    for separator in ",;\t|":
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=separator))
        head, _ = _parted(rows)
        known = sum(cell.strip().lower() in headings for cell in head)
        if known > score:
            best, score = _below_head(rows), known
    return best


def _below_head(rows: list[list[str]]) -> int:
    """All but those that only repeat the head."""
    head, below = _parted(rows)
    return sum(row != head for row in below)


def _parted(rows: list[list[str]]) -> tuple[list[str], list[list[str]]]:
    """The head, and what stands below it: a title above it fills one cell alone."""
    filled = [row for row in rows if any(cell.strip() for cell in row)]
    titles = takewhile(lambda row: sum(bool(cell.strip()) for cell in row) == 1, filled[:10])
    at = sum(1 for _ in titles)
    at = 0 if at == len(filled[:10]) else at
    trimmed = [row[: max(n for n, cell in enumerate(row, 1) if cell.strip())] for row in filled]
    return [cell.strip() for cell in trimmed[at]] if trimmed else [], trimmed[at + 1 :]


@dataclass(frozen=True)
class Written:
    """A file, and what became of each punch that was written into it; ``silent`` are cells that
    say what became of a day and not when."""

    content: bytes
    new: int
    same: int
    aside: int
    refused: int
    silent: int


@dataclass
class _Tally:
    """What is written at a place: a time of day, or a cell that spoils it."""

    dice: random.Random
    counts: dict[str, int]

    def cell(self, who: str, hour: int, *, may_be_silent: bool = False) -> str:
        way = self.dice.random()
        if way < 0.08:
            self.counts["refused"] += 1
            return self.dice.choice(("25:61", "8:99", "99:10"))
        if way < 0.16 and may_be_silent:
            self.counts["silent"] += 1
            return self.dice.choice(("休息", "未打卡", "--", "迟到"))
        self.counts["aside" if who.startswith("X") else "new"] += 1
        return f"{hour:02}:{self.dice.randrange(60):02}"


PEOPLE = ("E1", "E2", "64", "7", "X1", "X2")  # who is called X is a stranger
FORMS = ("dump", "day first", "ours", "stamps", "days", "matrix", "sections")


def device_file(form: str, dice: random.Random) -> Written:
    """A file of punches in October 2026, written as a seed says."""
    tally = _Tally(dice, dict.fromkeys(("new", "same", "aside", "refused", "silent"), 0))
    makers: dict[str, Callable[[_Tally], bytes]] = {
        "dump": _dump,
        "day first": _day_first,
        "ours": _ours,
        "stamps": _stamps,
        "days": _days,
        "matrix": _matrix,
        "sections": _sections,
    }
    return Written(makers[form](tally), **tally.counts)


def _lines(tally: _Tally, line: Callable[[str, str], str]) -> list[str]:
    """A record for each of some persons, days and hours, some of them twice."""
    found = []
    for who in PEOPLE:
        for day in tally.dice.sample(range(1, 32), 6):
            for hour in tally.dice.sample((8, 12, 18), 2):
                before = dict(tally.counts)
                found.append(line(who, f"2026-10-{day:02} {tally.cell(who, hour)}"))
                if tally.dice.random() < 0.1:
                    found.append(found[-1])
                    _once_more(tally, before)
    tally.dice.shuffle(found)
    return found


def _once_more(tally: _Tally, before: dict[str, int]) -> None:
    """The same again is known already; a bad or a stranger's record counts each time."""
    [what] = [key for key, count in tally.counts.items() if count > before[key]]
    tally.counts["same" if what == "new" else what] += 1


def _dump(tally: _Tally) -> bytes:
    lines = [
        f"{line}\t1\t0\r\n{chr(0) * tally.dice.choice((0, 0, 70))}"
        for line in _lines(tally, lambda who, stamp: f"{who:>8}\t{stamp}")
    ]
    return "".join(lines).encode()


def _day_first(tally: _Tally) -> bytes:
    """A date of another line says what comes first."""

    def line(who: str, stamp: str) -> str:
        return f"{who}\t{stamp[8:10]}/10/2026{stamp[10:]}\t1"

    tally.counts["new"] += 1
    lines = _lines(tally, line)
    return "\n".join([*lines, line("E1", "2026-10-31 23:59:59")]).encode("utf-16")


def _ours(tally: _Tally) -> bytes:
    """Our own columns: who is unknown is refused."""
    lines = _lines(tally, lambda who, stamp: f"{who},{stamp}")
    tally.counts["refused"] += tally.counts["aside"]
    tally.counts["aside"] = 0
    return "\n".join(["employee_no,timestamp", *lines]).encode()


def _stamps(tally: _Tally) -> bytes:
    lines = _lines(tally, lambda who, stamp: f"{who},甲,{stamp}")
    return "\n".join(["考勤号码,姓名,日期时间", *lines]).encode("gb18030")


def _days(tally: _Tally) -> bytes:
    rows = [
        [who, f"2026/10/{day}", *(tally.cell(who, hour, may_be_silent=True) for hour in (8, 18))]
        for who in PEOPLE
        for day in tally.dice.sample(range(1, 32), 8)
    ]
    return write_xlsx(["上下班打卡_日报"], [["帐号", "日期", "最早", "最晚"], *rows])


def _month(tally: _Tally, who: str) -> list[str]:
    cells = []
    for _ in range(31):
        cell = tally.cell(who, 8, may_be_silent=True)
        if ":" in cell and int(cell[:2].rstrip(":")) < 24 and int(cell[-2:]) < 60:
            tally.counts["aside" if who.startswith("X") else "new"] += 1
            cell += tally.dice.choice(("", " ", "\n")) + f"18:{tally.dice.randrange(60):02}"
        cells.append(cell)
    return cells


def _matrix(tally: _Tally) -> bytes:
    days = [str(day) for day in range(1, 32)]
    rows = [[who, "甲", *_month(tally, who)] for who in PEOPLE]
    return write_xlsx(
        ["打卡时间表 2026-10-01 至 2026-10-31"],
        [["工号", "姓名", "打卡时间"], ["", "", *days], *rows],
    )


def _sections(tally: _Tally) -> bytes:
    stream = io.StringIO(newline="")
    writer = csv.writer(stream)
    writer.writerow(["考勤日期", "2026/10/01 ~ 10/31"])
    writer.writerow(range(1, 32))
    for who in PEOPLE:
        writer.writerow(["工号:", "", who, "姓名:", "甲"])
        writer.writerow(_month(tally, who))
    return stream.getvalue().encode()
