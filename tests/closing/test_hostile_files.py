"""Files that are meant to harm: told of in words, within bounds, and nothing stored unsaid."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import openpyxl
import pytest
from sqlalchemy import text
from support.centres import opened
from support.databases import Databases
from support.importing import Files, reasons, with_policy
from support.measured import command
from support.ods import ods
from support.xls import xls

from core.files.writing import write_xlsx

MOST = 500  # megabytes of memory
TICKETS = "ticket_id,agent,created_at\n"
Build = Callable[[Path], None]


def sparse(size: int) -> Build:
    def build(path: Path) -> None:
        with path.open("wb") as file:
            file.truncate(size)

    return build


def content(data: bytes | str) -> Build:
    def build(path: Path) -> None:
        path.write_bytes(data.encode() if isinstance(data, str) else data)

    return build


def repeated(header: str, row: Callable[[int], str], size: int) -> Build:
    """Rows up to ``size`` bytes, written as they come."""

    def build(path: Path) -> None:
        with path.open("w", encoding="utf-8") as file:
            written, number = file.write(header), 0
            while written < size:
                part = "".join(row(each) for each in range(number, number + 10_000))
                written, number = written + file.write(part), number + 10_000
                if written + len(part) > size:
                    break

    return build


def bomb(name: str, filler: bytes, megabytes: int) -> Build:
    """A spreadsheet whose part ``name`` unpacks to so much."""

    def build(path: Path) -> None:
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            whole = write_xlsx(TICKETS.strip().split(","), [["T1", "E1", "2026-10-03 09:00"]])
            with zipfile.ZipFile(io.BytesIO(whole)) as good:
                for info in good.infolist():
                    if info.filename != name:
                        archive.writestr(info.filename, good.read(info))
            with archive.open(name, "w", force_zip64=True) as part:
                for _ in range(megabytes):
                    part.write(filler * (1024**2 // len(filler)))

    return build


def far_corner(path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet["A1"], sheet["XFD1048576"] = "ticket_id", "far"
    book.save(path)


def changed(name: str, how: Callable[[bytes], bytes], called: str = "") -> Build:
    """A good spreadsheet of which one part is another, and perhaps called otherwise."""

    def build(path: Path) -> None:
        whole = write_xlsx(TICKETS.strip().split(","), [["T1", "E1", "2026-10-03 09:00"]])
        with zipfile.ZipFile(io.BytesIO(whole)) as good, zipfile.ZipFile(path, "w") as found:
            for info in good.infolist():
                data = good.read(info)
                if info.filename == name:
                    data = how(data)
                elif called:
                    data = data.replace(name.removeprefix("xl/").encode(), called.encode())
                elsewhere = called and info.filename == name
                found.writestr(f"xl/{called}" if elsewhere else info.filename, data)

    return build


def far(cell: bytes) -> Callable[[bytes], bytes]:
    """The sheet with a last row that holds this."""
    row = b'<row r="1048576">' + cell + b"</row></sheetData>"
    return lambda sheet: sheet.replace(b"</sheetData>", row)


def copied(path: Path) -> None:
    """Many cells that refer to one long text: the library keeps a copy for each."""
    texts = b"<sst><si><t>ticket_id</t></si><si><t>" + b"x" * 5000 + b"</t></si></sst>"
    rows = b"".join(b'<row r="%d"><c t="s"><v>1</v></c></row>' % n for n in range(2, 200_000))
    changed(SHEET, lambda sheet: sheet.replace(b"</sheetData>", rows + b"</sheetData>"))(path)
    changed_so = path.read_bytes()
    with zipfile.ZipFile(io.BytesIO(changed_so)) as old, zipfile.ZipFile(path, "w") as found:
        for info in old.infolist():
            found.writestr(info, texts if info.filename == STRINGS else old.read(info))


def archive(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as found:
        found.writestr("hello.txt", "world")


SHEET = "xl/worksheets/sheet1.xml"
STRINGS = "xl/sharedStrings.xml"
REPEATED = (
    '<table:table-row table:number-rows-repeated="1048575"><table:table-cell'
    ' table:number-columns-repeated="90" office:value-type="float" office:value="1"/>'
    "</table:table-row>"
)
ROW = b"<row><c><v>1</v></c></row>"
GOOD = write_xlsx(["employee_no", "timestamp"], [["E1", "2026-10-08 08:55"]] * 500)

# Name: kind, how the file is made, what is told of it.
HUGE: dict[str, tuple[str, Build, str]] = {
    "more than 300 MB": ("tickets", sparse(300 * 1024**2 + 1), "larger than 300 MB"),
    "300 MB of nothing": ("punches", sparse(300 * 1024**2), "NUL bytes"),
    "300 MB of one line": (
        "tickets",
        repeated(TICKETS, lambda _: "x" * 100, 300 * 1024**2),
        "longer than 4000000 characters",
    ),
    "300 MB of the same punch": (
        "punches",
        repeated("employee_no,timestamp\n", lambda _: "E1,2026-10-08 08:55:10\n", 300 * 1024**2),
        "new 1, changed 0, same",
    ),
    "300 MB of different punches": (
        "punches",
        repeated(
            "employee_no,timestamp\n",
            lambda n: (
                f"E1,2026-{n // 2_419_200 % 10 + 1:02}-{n // 86400 % 28 + 1:02}"
                f" {n // 3600 % 24:02}:{n // 60 % 60:02}:{n % 60:02}\n"
            ),
            300 * 1024**2,
        ),
        "split it",
    ),
    "300 MB of bad punches": (
        "punches",
        repeated("employee_no,timestamp\n", lambda n: f"X{n},2026-10-08 08:55\n", 300 * 1024**2),
        "bad rows",
    ),
    "100 MB of a device's list": (
        "punches",
        repeated(
            "AC-No.,Name,Time\n",
            lambda n: (
                f"E1,A,2026-{n // 2_419_200 % 10 + 1:02}-{n // 86400 % 28 + 1:02}"
                f" {n // 3600 % 24:02}:{n // 60 % 60:02}:{n % 60:02}\n"
            ),
            100 * 1024**2,
        ),
        "split it",
    ),
    "300 MB of strangers": (
        "punches --on-unknown set_aside",
        repeated("", lambda n: f"X{n // 9}\t2026-10-08 08:{n % 9:02}:30\t1\n", 300 * 1024**2),
        "rows of people who are not known",
    ),
    "300 MB of tickets": (
        "tickets",
        repeated(TICKETS, lambda n: f"T{n},E1,2026-10-08 08:55:10\n", 300 * 1024**2),
        "split it",
    ),
    "300 MB of bad tickets": (
        "tickets",
        repeated(TICKETS, lambda n: f"T{n},nobody,never\n", 300 * 1024**2),
        "bad rows",
    ),
    "a bomb in the sheet": ("tickets", bomb(SHEET, b" ", 2000), "unpacks to more than it may"),
    "a bomb in the texts": ("tickets", bomb(STRINGS, b"x", 2000), "unpacks to more than it may"),
    "a bomb just below": ("tickets", bomb(SHEET, ROW, 390), ""),
    "a cell of 50 MB": (
        "tickets",
        content(f"{TICKETS}T1,E1,{'x' * 50_000_000}\n"),
        "longer than 4000000 characters",
    ),
    "a heading of 50 MB": (
        "tickets",
        content("x" * 50_000_000 + "\n1\n"),
        "longer than 4000000 characters",
    ),
    "a million columns": ("tickets", content("a," * 1_000_000 + "\n"), "more than 500 columns"),
    "a sheet to the far corner": ("tickets", far_corner, "spans 1048576 rows"),
}
SMALL: dict[str, tuple[str, Build, str]] = {
    "empty": ("tickets", content(b""), "the file is empty"),
    "binary noise": ("tickets", content(bytes(range(256)) * 400), "neither CSV nor a spreadsheet"),
    "noise without NUL": (
        "tickets",
        content(bytes(range(1, 256)) * 400),
        "neither UTF-8 nor GB18030",
    ),
    "a torn spreadsheet": ("punches", content(GOOD[: len(GOOD) // 2]), "damaged"),
    "a far corner in small letters": (
        "tickets",
        changed(SHEET, far(b"<c r = 'xfd1048576'><v>1</v></c>")),
        "spans 1048576 rows",
    ),
    "a far corner without names": (
        "tickets",
        changed(SHEET, far(b"<c><v>1</v></c>" * 16_000)),
        "spans 1048576 rows",
    ),
    "a far corner elsewhere": (
        "tickets",
        changed(SHEET, far(b'<c r="XFD1048576"><v>1</v></c>'), "other/one.xml"),
        "spans 1048576 rows",
    ),
    "a far corner of an old one": (
        "tickets",
        content(xls([[1.0]], far=(65535, 255))),
        "unpacks to more than it may",
    ),
    "a far corner of an open document": (
        "tickets",
        content(ods([["x"]], raw=REPEATED)),
        "unpacks to more than it may",
    ),
    "rows that are written once": (
        "tickets",
        content(
            ods(
                [["ticket_id", "agent", "created_at"]],
                raw='<table:table-row table:number-rows-repeated="1000000000"><table:table-cell'
                ' office:value-type="string"><text:p>T1</text:p></table:table-cell>'
                "</table:table-row>",
            )
        ),
        "unpacks to more than it may",
    ),
    "a tag without an end": (
        "tickets",
        changed(SHEET, far(b"<c " + b" " * 2_000_000)),
        "unpacks to more than it may",
    ),
    "copies of one text": ("tickets", copied, "unpacks to more than it may"),
    "an archive of something else": ("tickets", archive, "the spreadsheet cannot be read"),
    "600 columns": ("tickets", content(",".join("abc" * 200) + "\n"), "more than 500 columns"),
}


@pytest.fixture
def centre(databases: Databases) -> Iterator[str]:
    url = databases.copy_of("sqlite", "default-policy", with_policy)
    with opened(url) as session:
        Files(session, Path("/nowhere"))
        session.execute(
            text(
                "INSERT INTO employees (employee_no, name, hire_date)"
                " VALUES ('E1', '柳青禾', '2025-01-06')"
            )
        )
        session.commit()
    yield url
    databases.drop(url)


def stored(url: str) -> int:
    with opened(url) as session:
        return int(
            session.scalar(
                text("SELECT (SELECT count(*) FROM tickets) + (SELECT count(*) FROM punches)")
            )
        )


def _check(centre: str, folder: Path, kind: str, build: Build, told: str) -> None:
    path = folder / "hostile.bin"
    build(path)
    kind, *options = kind.split()
    options += ["--clock", "2026-11-02 00:00"]
    took = command(centre, folder, "import", kind, str(path), *options)
    path.unlink()
    assert "Traceback" not in took.told
    assert told in took.told + took.out
    assert took.megabytes <= MOST
    good = took.out.startswith("new ") and took.out.rstrip().endswith("refused 0")
    assert took.status == (0 if good else 1)
    assert stored(centre) == (int(took.out[4 : took.out.index(",")]) if good else 0)


@pytest.mark.long
@pytest.mark.parametrize("name", HUGE)
def test_a_huge_file_is_told_of_and_costs_little_memory(
    centre: str, tmp_path: Path, name: str
) -> None:
    _check(centre, tmp_path, *HUGE[name])


@pytest.mark.long
def test_rows_take_so_little_memory_that_the_longest_legal_file_stays_within_the_bound(
    centre: str, tmp_path: Path
) -> None:
    """The database's cache of 64 MB fills meanwhile: of 400,000 rows each takes far less."""
    path = tmp_path / "tickets.csv"

    def peak(numbers: range, rating: str, outcome: str) -> float:
        rows = "".join(
            f"T{n:08},E1,2026-10-08 08:00:{n % 60:02},2026-10-08 09:00:{n % 60:02},"
            f"2026-10-08 10:00:{n % 60:02},0,{rating},chat\n"
            for n in numbers
        )
        head = "ticket_id,agent,created_at,first_response_at,resolved_at,reopened,satisfaction"
        path.write_text(f"{head},channel\n{rows}")
        words = ("import", "tickets", str(path), "--clock", "2026-11-02 00:00")
        took = command(centre, tmp_path, *words)
        assert f"{outcome} {len(numbers)}," in took.out
        return took.megabytes

    few, many = range(10_000), range(10_000, 40_000)
    for rating, outcome, most in (("good", "new", 800), ("bad", "changed", 2_400)):
        least, more = (peak(numbers, rating, outcome) for numbers in (few, many))
        of_a_row = (more - least) * 1024**2 / (len(many) - len(few))
        assert of_a_row <= most, outcome


@pytest.mark.parametrize("name", SMALL)
def test_a_file_that_is_no_table_is_told_of(files: Files, name: str) -> None:
    from core.messages import Refused

    kind, build, told = SMALL[name]
    path = files.folder / "hostile.bin"
    build(path)
    with pytest.raises(Refused, match=told):
        files.take(kind, path)
    assert files.rows("SELECT count(*) FROM import_batches") == [(0,)]


@pytest.mark.parametrize(
    "name", ["柳\x07", "\u202e柳", "柳\u200f", "柳\u2066青", "\ufeff柳", "\u200b", "柳\u2028青"]
)
def test_what_does_not_show_in_a_name_is_a_bad_row(files: Files, name: str) -> None:
    report = files.add("employees", "employee_no,name,hire_date", f"E1,{name},2026-01-05")
    assert reasons(report) == ["row 2, column name: holds control characters"]


def test_a_formula_is_a_text_that_never_runs(files: Files) -> None:
    from core.files.writing import write_csv

    files.good("employees", "employee_no,name,hire_date", "E1,=HYPERLINK(1),2026-01-05")
    [(name,)] = files.rows("SELECT name FROM employees")
    assert name == "=HYPERLINK(1)"
    assert write_csv(["name"], [[name]]).decode("utf-8-sig").splitlines()[1] == "'=HYPERLINK(1)"


@pytest.mark.parametrize(
    ("kind", "header", "row"),
    [
        ("punches", "employee_no,timestamp", "E1,2062-10-08 08:55"),
        ("tickets", "ticket_id,agent,created_at", "T1,E1,2062-10-08 08:55"),
        ("complaints", "complaint_no,received_at,severity", "C1,2062-10-08 08:55,major"),
        ("metrics", "employee_no,month,metric,value", "E1,2062-10,csat,1"),
    ],
)
def test_the_future_is_a_bad_row(files: Files, kind: str, header: str, row: str) -> None:
    files.people("E1")
    [reason] = reasons(files.add(kind, header, row))
    assert "lies in the future" in reason
