"""Files as tables: encodings, delimiters, spreadsheets, and what is no table."""

from __future__ import annotations

import csv
import io
import signal
import zipfile
from collections.abc import Callable
from datetime import date, datetime, time
from pathlib import Path

import openpyxl
import pytest
from support.ods import Cell, ods

from core.files.blanks import NO_VALUE, Finder
from core.files.reading import Table, read_table
from core.files.sheets import cell_text, sheet_rows
from core.files.writing import write_csv, write_xlsx
from core.messages import Refused

HEADER = ["employee_no", "姓名"]


def fits(header: list[str]) -> int:
    return sum(cell in HEADER for cell in header)


@pytest.fixture
def read(tmp_path: Path) -> Callable[[bytes], Table]:
    def read(content: bytes) -> Table:
        path = tmp_path / "file.bin"
        path.write_bytes(content)
        return read_table(path, fits)

    return read


Read = Callable[[bytes], Table]
TEXT = "employee_no{0}姓名\r\nE1{0}柳青禾\r\n\r\nE2{0}沈棠\r\n"


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize(
    "encoding",
    ["utf-8", "utf-8-sig", "gb18030", "gbk", "utf-16", "mark utf-16-be", "utf-16-le", "utf-16-be"],
)
def test_text_is_read_in_every_encoding_and_with_every_delimiter(
    read: Read, encoding: str, delimiter: str
) -> None:
    mark, _, encoding = encoding.rpartition(" ")
    table = read(("\ufeff" * bool(mark) + TEXT.format(delimiter)).encode(encoding))
    assert table.header == HEADER
    assert list(table.rows) == [(2, ["E1", "柳青禾"]), (4, ["E2", "沈棠"])]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "gb18030", "utf-16", "utf-16-be"])
@pytest.mark.parametrize(
    ("hint", "delimiter"),
    [("sep=;", ";"), ("SEP=,", ","), ('"sep=;"', ";"), ("sep=\t", "\t"), ("sep=|", "|")],
)
def test_a_first_line_that_names_the_separator_is_a_hint_alone(
    read: Read, encoding: str, hint: str, delimiter: str
) -> None:
    """Excel hides it, and shows the header as row 1."""
    content = f"{hint}\r\n{TEXT.format(delimiter)}".replace("柳青禾", '"柳, 青; 禾"')
    table = read(content.encode(encoding))
    assert table.header == HEADER
    assert list(table.rows) == [(2, ["E1", "柳, 青; 禾"]), (4, ["E2", "沈棠"])]
    with pytest.raises(Refused, match=r"line 3 cannot be read"):
        list(read(f'{hint}\nemployee_no{delimiter}b\n"E1" x{delimiter}2\n'.encode(encoding)).rows)


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_titles_above_the_header_and_headers_that_come_again_are_passed_over(
    read: Read, tmp_path: Path, delimiter: str
) -> None:
    rows = [["员工名单, 十月"], ["导出：甲", ""], HEADER, ["E1", "柳"], HEADER, ["E2", ""], ["E3"]]
    text = "\n".join(delimiter.join(row) for row in rows).replace("单, ", "单 ")
    table = read(text.encode())
    assert (table.header, list(table.rows)) == (
        HEADER,
        [(4, ["E1", "柳"]), (6, ["E2", ""]), (7, ["E3"])],
    )
    book = read(write_xlsx(rows[0], rows[1:]))
    assert (book.header, list(book.rows)[-1]) == (HEADER, (7, ["E3", ""]))
    table = read(b"employee_no\nE1\nE2\n")
    assert (table.header, len(list(table.rows))) == (["employee_no"], 2)


def test_commas_inside_a_heading_do_not_decide_the_delimiter(read: Read) -> None:
    table = read("employee_no;姓名;a,b,c,d,e\nE1;柳青禾;1\n".encode())
    assert table.header == [*HEADER, "a,b,c,d,e"]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "empty"),
        (b"\n \n", "empty"),
        (b"employee_no\0,x\nE1,2\n", "NUL"),
        (b"\xef\xbb\xbf\r\n <!DOCTYPE html>\n<table><tr><td>employee_no,x</td>", "but HTML"),
        (b"<TABLE border=1>\n", "but HTML"),
        (b"<?xml version='1.0'?>\n<Workbook/>\n", "but XML"),
        (b"%PDF-1.7\n", "but PDF"),
        ("employee_no,姓名\nE1,2\n".encode("utf-16")[:-1], "UTF-16 text with broken"),
        ("employee_no,姓名\nE1,\0\n".encode("utf-16"), "NUL"),
        ("<html>\n".encode("utf-16"), "but HTML"),
        ("employee_no,姓名\n".encode() + "E1,柳青禾沈棠岚\n".encode()[:-3] + b"\n", "broken"),
        (b'employee_no,x\nE1,"no end\nE2,b\n', "line"),
        (b"employee_no,x\nE1," + b"y" * 200_000 + b"\n", "line"),
        (b"\x81\x20\xff\xff,\n" * 9, "neither UTF-8"),
        ("employee_no,name\nE1,Müller\n".encode("latin-1"), "neither UTF-8"),
        ("employee_no,name\nE1,李小龍\nE2,張三豐\n".encode("big5"), "neither UTF-8"),
        (b",".join([b"x"] * 600) + b"\n", "columns"),
        (b"PK\x03\x04 and nothing more", "damaged"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 and nothing more", "cannot be read"),
        (
            "employee_no,姓名\nE1,柳青禾\n".encode("gb18030") + "E2,沈棠\n".encode(),
            "line 3 is UTF-8 text and others are GB18030",
        ),
    ],
)
def test_what_is_no_table_is_refused_with_a_reason(read: Read, content: bytes, reason: str) -> None:
    with pytest.raises(Refused, match=reason):
        list(read(content).rows)


def test_a_spreadsheet_is_known_by_its_content_and_read_as_text(read: Read) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(HEADER)
    sheet.append([1001, "柳青禾"])
    sheet.append([])
    sheet.append(["007", date(2026, 10, 3)])
    sheet.append([0.93, datetime(2026, 10, 3, 9, 1, 22)])
    sheet.append([True])
    book.create_sheet("another").append(["not", "read"])
    stream = io.BytesIO()
    book.save(stream)
    table = read(stream.getvalue())
    assert table.header == HEADER
    assert list(table.rows) == [
        (2, ["1001", "柳青禾"]),
        (4, ["007", "2026-10-03 00:00:00"]),
        (5, ["0.93", "2026-10-03 09:01:22"]),
        (6, ["1", ""]),
    ]


def test_what_shows_in_a_spreadsheet_without_a_value_is_told_and_not_empty(read: Read) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(HEADER)
    sheet.append(["E1", "=NOW()"])
    sheet.append(["#N/A", "柳青禾"])
    sheet.append([None, "=NOW()"])  # a form that was not filled in
    sheet.append(["E2", None])
    sheet.append(["E3", "#REF!"])
    book.create_sheet("another").append(["#NUM!", "=NOW()"])
    stream = io.BytesIO()
    book.save(stream)
    assert list(read(stream.getvalue()).rows) == [
        (2, ["E1", NO_VALUE]),
        (3, ["#N/A", "柳青禾"]),
        (5, ["E2", ""]),
        (6, ["E3", "#REF!"]),
    ]


def test_an_open_document_is_read_like_another_spreadsheet(read: Read) -> None:
    rows: list[list[Cell]] = [[], [*HEADER], [1001.0, "柳青禾"], ["007", date(2026, 10, 3)]]
    raw = (
        '<table:table-row table:number-rows-repeated="2"><table:table-cell/></table:table-row>'
        '<table:table-row><table:table-cell table:number-columns-repeated="2" table:formula="of:=1"'
        ' office:value-type="string" office:string-value="" calcext:value-type="error">'
        "<text:p>#N/A</text:p></table:table-cell></table:table-row>"
        "<table:table-row><table:table-cell office:value-type='string'><text:p>E1</text:p>"
        '</table:table-cell><table:table-cell table:formula="of:=IF([.A1]&gt;1;2)"/>'
        '</table:table-row><table:table-row table:number-rows-repeated="1048000">'
        '<table:table-cell table:number-columns-repeated="16384"/></table:table-row>'
    )
    table = read(ods(rows, raw=raw))
    assert table.header == HEADER
    assert list(table.rows) == [
        (3, ["1001", "柳青禾"]),
        (4, ["007", "2026-10-03 00:00:00"]),
        (7, ["#N/A", "#N/A"]),
        (8, ["E1", NO_VALUE]),
    ]


def test_of_an_open_document_the_sheet_that_is_read_is_looked_through(tmp_path: Path) -> None:
    path = tmp_path / "file.bin"
    error = '<table:table-row><table:table-cell calcext:value-type="error"/></table:table-row>'
    path.write_bytes(ods([["a"]], [["b"]], raw=error))
    assert [list(sheet_rows(path, index)) for index in (0, 1)] == [[["a"]], [["b"], ["#VALUE!"]]]


def test_cells_without_a_value_are_found_wherever_a_piece_ends() -> None:
    sheet = (
        b'<row r="7"><c r="A7" s="1"/><c r="B7" t="str"><f>IF(1,"","")</f><v></v></c>'
        b'<c r="C7"><f>NOW()</f></c><x:c r="AA7" t="e"><x:f>1/0</x:f><x:v>#DIV/0!</x:v></x:c>'
        b'<c r="D7"><f>1+1</f><v>2</v></c></row>'
    )
    for size in (1, 7, len(sheet)):
        finder = Finder()
        for start in range(0, len(sheet), size):
            finder.feed(sheet[start : start + size])
        assert finder.found == {(6, 2): NO_VALUE, (6, 26): "#DIV/0!"}


@pytest.mark.parametrize(
    ("begin", "tag"), [(b"<f>", b"<c x>"), (b"<f>", b"<c "), (b'<f><c r="A1">', b"<v ")]
)
def test_tags_that_never_close_are_not_looked_for_again_from_each(begin: bytes, tag: bytes) -> None:
    def too_long(*_: object) -> None:
        pytest.fail("ten seconds of computing for a quarter of a megabyte")

    finder, before = Finder(), signal.signal(signal.SIGVTALRM, too_long)
    signal.setitimer(signal.ITIMER_VIRTUAL, 10)
    try:
        finder.feed(begin + tag * (250_000 // len(tag)))
        finder.feed(b'></c><c r="C7"><f>1</f><v/></c>')
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)
    assert finder.found[6, 2] == NO_VALUE


def test_times_of_day_keep_their_spelling() -> None:
    assert cell_text(time(9, 1)) == "09:01:00"


def test_a_spreadsheet_that_was_cut_off_is_refused(read: Read) -> None:
    whole = write_xlsx(HEADER, [[f"E{number}", "x"] for number in range(500)])
    with pytest.raises(Refused):
        list(read(whole[: len(whole) // 2]).rows)


def test_a_sheet_that_unpacks_to_too_much_is_refused(
    read: Read, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.files.archives.MAX_UNPACKED", 100_000)
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b" " * 1_000_000)
    with pytest.raises(Refused, match="unpacks"):
        list(read(stream.getvalue()).rows)


def test_a_cell_at_the_far_corner_does_not_cost_a_sheet_full_of_memory(read: Read) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet["A1"] = "employee_no"
    sheet["XFD1048576"] = "far"
    stream = io.BytesIO()
    book.save(stream)
    with pytest.raises(Refused, match="spans"):
        list(read(stream.getvalue()).rows)


DANGEROUS = ["=1+1", "+cmd", "-x", "@sum", "\tx", "plain", "-5", "+3.5"]


def test_a_written_csv_holds_no_formula_and_reads_back_the_same(read: Read) -> None:
    content = write_csv(HEADER, [["E1", cell] for cell in DANGEROUS])
    assert content.startswith(b"\xef\xbb\xbf")
    cells = [row[1] for row in csv.reader(io.StringIO(content.decode("utf-8-sig")))][1:]
    assert [cell for cell in cells if cell[0] in "=@\t"] == []
    assert cells[-3:] == ["plain", "-5", "+3.5"]
    assert [row[1] for _, row in read(content).rows] == DANGEROUS


def test_a_written_spreadsheet_holds_no_formula(tmp_path: Path) -> None:
    path = tmp_path / "out.xlsx"
    path.write_bytes(write_xlsx(["a", "b"], [["=1+1", 7], [date(2026, 10, 3), None]]))
    sheet = openpyxl.load_workbook(path).active
    assert sheet is not None
    assert sheet["A2"].data_type == "s"
    assert sheet["A2"].value == "=1+1"
    assert sheet["A3"].value == datetime(2026, 10, 3)
