"""What every import promises: encodings, headings, whole or not at all, twice is once."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest
from support.centres import KINDS_OF_FILES, opened, policy_of, publish, unpacked
from support.databases import Kind
from support.importing import CLOCK, Files, reasons

from closing.imports.registry import KINDS
from closing.imports.templates import template
from core.files.writing import write_csv, write_xlsx
from core.messages import Refused

METRICS = "employee_no,month,metric,value,sample_size"


def table_of(path: Path) -> list[list[str]]:
    return list(csv.reader(io.StringIO(path.read_text(encoding="utf-8-sig"))))


def test_every_file_of_the_examples_is_taken_once(any_files: Files) -> None:
    publish(any_files.session, policy_of("centre-a"))
    folder = unpacked("centre-a")
    for kind in KINDS_OF_FILES:
        rows = len(table_of(folder / f"{kind}.csv")) - 1
        report = any_files.take(kind, folder / f"{kind}.csv")
        assert reasons(report) == []
        assert report.counts["new"] == rows
    for kind in KINDS_OF_FILES:
        report = any_files.take(kind, folder / f"{kind}.csv")
        assert report.counts["same"] == sum(report.counts.values())


def as_xlsx(rows: list[list[str]]) -> bytes:
    """Numbers become numbers, as they do when somebody opens the file in a spreadsheet."""

    def cell(text: str) -> object:
        try:
            return float(text)
        except ValueError:
            return text

    return write_xlsx(rows[0], [[cell(each) for each in row] for row in rows[1:]])


def as_gb18030(rows: list[list[str]]) -> bytes:
    stream = io.StringIO()
    csv.writer(stream, delimiter=";").writerows(rows)
    return stream.getvalue().encode("gb18030")


@pytest.mark.parametrize("form", [as_xlsx, as_gb18030])
def test_every_kind_reads_the_same_from_other_forms_under_chinese_headings(
    files: Files, form: Callable[[list[list[str]]], bytes]
) -> None:
    publish(files.session, policy_of("centre-a"))
    folder = unpacked("centre-a")
    for kind in KINDS_OF_FILES:
        files.take(kind, folder / f"{kind}.csv")
        rows = table_of(folder / f"{kind}.csv")
        english, _ = template(files.session, kind, clock=CLOCK)
        chinese, _ = template(files.session, kind, clock=CLOCK, chinese=True)
        translated = dict(zip(english, chinese, strict=True))
        rows[0] = [translated[name] for name in rows[0]]
        report = files.take(kind, files.write(form(rows), "a file"))
        assert reasons(report) == []
        assert report.counts["same"] == len(rows) - 1, kind


def test_the_order_of_rows_shows_nowhere(make_files: Callable[[Kind], Files]) -> None:
    stored = []
    for seed in (1, 2):
        files = make_files("sqlite")
        for kind in ("employees", "tickets", "metrics", "punches"):
            header, *rows = table_of(unpacked("centre-a") / f"{kind}.csv")
            Random(seed).shuffle(rows)
            report = files.take(kind, files.write(write_csv(header, rows)))
            assert reasons(report) == []
        stored.append(files.contents())
    assert stored[0] == stored[1]
    assert len(stored[0]["tickets"]) > 100


def test_a_file_with_a_bad_row_is_refused_whole(any_files: Files) -> None:
    any_files.people("E1")
    before = any_files.contents()
    report = any_files.add("metrics", METRICS, "E1,2026-10,csat,0.9,", "E1,2026-10,qa_score,900,")
    assert report.summary == "new 1, changed 0, same 0, late 0, refused 1"
    assert not report.stored
    assert any_files.contents() == before
    assert any_files.one("SELECT count(*) FROM import_batches WHERE kind = 'metrics'") == 0


def test_a_dry_run_stores_nothing(files: Files) -> None:
    files.people("E1")
    before = files.contents()
    report = files.add("metrics", METRICS, "E1,2026-10,csat,0.9,", dry_run=True)
    assert report.counts["new"] == 1
    assert files.contents() == before


def test_a_change_is_counted_traced_and_audited(files: Files) -> None:
    files.people("E1")
    files.good("metrics", METRICS, "E1,2026-10,csat,0.9,10")
    report = files.good("metrics", METRICS, "E1,2026-10,csat,0.8,")
    assert report.summary == "new 0, changed 1, same 0, late 0, refused 0"
    assert files.rows("SELECT value, sample_size FROM metric_values") == [(0.8, None)]
    [payload] = files.rows("SELECT payload FROM audit_entries WHERE action = 'metrics:change'")
    assert '"value": 0.9' in payload[0]
    assert '"value": 0.8' in payload[0]
    applied = files.rows("SELECT payload FROM audit_entries WHERE action = 'import.applied'")
    assert report.sha256 in applied[-1][0]


def test_a_missing_column_is_named_in_both_languages(files: Files) -> None:
    with pytest.raises(Refused, match=r"value \(数值\)"):
        files.add("metrics", "employee_no,month,metric", "E1,2026-10,csat")


def test_a_column_that_stands_twice_is_refused(files: Files) -> None:
    with pytest.raises(Refused, match="twice"):
        files.add("metrics", METRICS + ",月份", "E1,2026-10,csat,0.9,,2026-09")


def test_unknown_columns_are_reported_and_ignored(files: Files) -> None:
    files.people("E1")
    report = files.good("metrics", METRICS + f",备注,{'m' * 999}", "E1,2026-10,csat,0.9,,好,fine")
    assert report.unknown == ("备注", "m" * 57 + "...")
    assert report.counts["new"] == 1


def test_rows_are_numbered_as_in_a_spreadsheet(files: Files) -> None:
    files.people("E1")
    report = files.add("metrics", METRICS, "", "E1,2026-10,csat,0.9,", ",,,,", "E1,2026-10,csat")
    assert reasons(report) == ["row 5: has 3 cells, the header 5"]
    assert sum(report.counts.values()) == 2


def test_without_a_policy_an_import_that_needs_one_says_so(
    fresh_database_url: Callable[[Kind], str], tmp_path: Path
) -> None:
    with opened(fresh_database_url("sqlite")) as session:
        files = Files(session, tmp_path)
        files.people("E1")
        with pytest.raises(Refused, match="no policy"):
            files.add("metrics", METRICS, "E1,2026-10,csat,0.9,")


@pytest.mark.parametrize("kind", KINDS)
def test_every_column_has_a_chinese_heading_of_its_own(files: Files, kind: str) -> None:
    english, [example] = template(files.session, kind, clock=CLOCK)
    chinese, _ = template(files.session, kind, clock=CLOCK, chinese=True)
    assert len(set(chinese)) == len(english) == len(example)
    assert [name for name in chinese if name.isascii()] == []


def test_the_row_of_every_template_is_taken_as_it_stands(files: Files) -> None:
    """In the order in which a new centre imports them, with a supervisor and a ticket system."""
    files.people("E0002")
    for kind in KINDS:
        header, rows = template(files.session, kind, clock=CLOCK)
        report = files.take(kind, files.write(write_csv(header, rows)))
        assert reasons(report) == [], kind
        assert report.counts["new"] == 1, kind
