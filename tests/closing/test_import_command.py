"""``flask import``: what it prints where, and how it ends."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from pathlib import Path

import openpyxl
import pytest
from flask import Flask
from support.centres import KEY
from support.databases import Databases
from support.importing import with_policy

METRICS = "employee_no,month,metric,value,note"
PEOPLE = "employee_no,name,hire_date\nE1,柳青禾,2025-01-06\n"


@pytest.fixture
def app(databases: Databases, tmp_path: Path) -> Iterator[Flask]:
    from app import create_app
    from core.db import db

    url = databases.copy_of("sqlite", "default-policy", with_policy)
    made = create_app(
        {
            "DATABASE_URL": url,
            "INSTANCE": tmp_path,
            "TESTING": True,
            "PINGYOU_LANGUAGE": "en",
            "PINGYOU_KEY": KEY.text,
        }
    )
    yield made
    with made.app_context():
        db.session.remove()
        db.engine.dispose()
    databases.drop(url)


@pytest.fixture
def run(app: Flask, tmp_path: Path) -> Callable[..., tuple[int, list[str], list[str]]]:
    """``run(kind, text, *options)``: exit status, lines of output, lines on standard error."""

    def run(kind: str, content: str, *options: str) -> tuple[int, list[str], list[str]]:
        path = tmp_path / f"{kind}.csv"
        path.write_text(content, encoding="utf-8")
        result = app.test_cli_runner().invoke(args=["import", kind, str(path), *options])
        return result.exit_code, result.stdout.splitlines(), result.stderr.splitlines()

    run("employees", PEOPLE)
    return run


Run = Callable[..., tuple[int, list[str], list[str]]]


def test_a_good_file_ends_with_its_counts(run: Run) -> None:
    status, out, _ = run("employees", PEOPLE)
    assert status == 0
    assert out[-1] == "new 0, changed 0, same 1, late 0, refused 0"


def test_what_a_recognised_file_leaves_open_is_told_by_options(run: Run) -> None:
    listed = "编号,日期时间\nE1,03/04/2026 8:05\n99,2026-04-03 8:05\n"
    status, out, told = run("punches", listed)
    assert (status, out) == (1, ["new 0, changed 0, same 0, late 0, refused 2"])
    assert told[-3:] == [
        '"03/04/2026 8:05" can be read in several ways, say in which: --dates day-first:'
        " 2026-04-03; --dates month-first: 2026-03-04",
        "not known: 99; --on-unknown set_aside keeps their rows until somebody is mapped"
        " (flask import aliases)",
        "nothing was stored: the file has bad rows",
    ]
    options = ("--dates", "month-first", "--on-unknown", "set_aside")
    status, out, told = run("punches", listed, *options)
    assert (status, out) == (0, ["new 1, changed 0, same 0, late 1, refused 0"])
    assert told == ["set aside until somebody is mapped: 1 rows of 99"]
    aliases = "source,external_id,employee_no\npunches,99,E1\n"
    assert run("aliases", aliases)[0] == 0
    assert run("punches", listed, *options)[1] == ["new 0, changed 0, same 2, late 0, refused 0"]
    status, _, told = run("punches", "employee_no,timestamp\nE1,2026-04-03 8:05\n", *options)
    assert status == 1
    assert "this one is not" in told[-1]


def test_the_month_of_days_without_a_year_is_told_by_an_option(run: Run) -> None:
    listed = "编号,日期时间\nE1,10/03 8:05\n"
    hint = "nothing in the file says of which month or year its days are: --period 2026-10"
    assert hint in run("punches", listed)[2]
    assert run("punches", listed, "--period", "2026-10")[1] == [
        "new 1, changed 0, same 0, late 0, refused 0"
    ]
    assert "--period is a month" in run("punches", listed, "--period", "10")[2][-1]


def test_a_bad_row_is_named_and_nothing_is_stored(run: Run) -> None:
    text = f"{METRICS}\nE1,2026-10,csat,0.9,x\nE1,2026-10,qa_score,900,x\n"
    status, out, err = run("metrics", text, "--clock", "2026-11-02 00:00")
    assert status == 1
    assert out == ["new 1, changed 0, same 0, late 0, refused 1"]
    assert err == [
        "unknown columns, ignored: note",
        "row 3, column value: 900 is more than 100",
        "nothing was stored: the file has bad rows",
    ]
    good = f"{METRICS}\nE1,2026-10,csat,0.9,x\n"
    assert run("metrics", good, "--clock", "2026-11-02 00:00")[1][-1].startswith("new 1")


def test_a_cell_that_shows_no_value_says_so_and_empties_nothing(
    app: Flask, run: Run, tmp_path: Path
) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for row in (PEOPLE.splitlines()[0].split(","), ["E1", "#N/A", "=NOW()"]):
        sheet.append(row)
    book.save(tmp_path / "people.xlsx")
    done = app.test_cli_runner().invoke(args=["import", "employees", str(tmp_path / "people.xlsx")])
    assert done.stderr.splitlines() == [
        "row 2, column name: holds an error of the spreadsheet (#N/A)",
        "row 2, column hire_date: holds a formula without a value: open the file, let it calculate,"
        " save it",
        "nothing was stored: the file has bad rows",
    ]
    assert run("employees", PEOPLE)[1] == ["new 0, changed 0, same 1, late 0, refused 0"]


def test_partial_writes_the_bad_rows_beside_the_file(run: Run, tmp_path: Path) -> None:
    text = f"{METRICS}\nE1,2026-10,csat,0.9,x\nE1,2026-10,qa_score,900,=x\nE1,2026-10\n"
    status, out, _ = run("metrics", text, "--partial", "--clock", "2026-11-02 00:00")
    assert (status, out) == (0, ["new 1, changed 0, same 0, late 0, refused 2"])
    with (tmp_path / "metrics.refused.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.reader(file))
    assert rows == [
        [*METRICS.split(","), "error"],
        ["E1", "2026-10", "qa_score", "900", "'=x", "value: 900 is more than 100"],
        ["E1", "2026-10", "", "", "", "has 2 cells, the header 5"],
    ]


def test_nobody_waits_for_whoever_reads_what_is_told(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    from core.db import db

    told = []
    monkeypatch.setattr(
        "closing.imports.commands._tell", lambda _: told.append(db.session().in_transaction())
    )
    text = f"{METRICS}\nE1,2026-10,csat,0.9,x\nE1,2026-10,qa_score,900,x\n"
    assert run("metrics", text, "--partial", "--clock", "2026-11-02 00:00")[0] == 0
    assert told == [False]


def test_a_dry_run_writes_nothing(run: Run, tmp_path: Path) -> None:
    text = f"{METRICS}\nE1,2026-10,csat,0.9,x\nE1,2026-10,qa_score,900,x\n"
    for _ in range(2):
        status, out, _ = run(
            "metrics", text, "--partial", "--dry-run", "--clock", "2026-11-02 00:00"
        )
        assert (status, out) == (0, ["new 1, changed 0, same 0, late 0, refused 1"])
    assert not (tmp_path / "metrics.refused.csv").exists()


def test_the_clock_decides_what_lies_in_the_future(run: Run) -> None:
    text = "employee_no,timestamp\nE1,2026-10-05 09:00\n"
    assert run("punches", text, "--clock", "2026-10-05 08:59")[0] == 1
    assert run("punches", text, "--clock", "2026-10-05 09:00")[0] == 0


def test_what_is_no_table_is_refused_with_a_reason(run: Run) -> None:
    status, out, err = run("metrics", "nothing to see\n")
    assert (status, out) == (1, [])
    assert "missing column" in err[-1]


@pytest.mark.parametrize(
    "args",
    [["mood", "FILE"], ["metrics", "no-such-file.csv"], ["metrics", "FILE", "--clock", "noon"]],
)
def test_wrong_usage_ends_with_status_2(app: Flask, tmp_path: Path, args: list[str]) -> None:
    path = tmp_path / "file.csv"
    path.write_text(PEOPLE, encoding="utf-8")
    given = [str(path) if each == "FILE" else each for each in args]
    assert app.test_cli_runner().invoke(args=["import", *given]).exit_code == 2


def test_person_days_are_computed_after_an_import(app: Flask, run: Run) -> None:
    from sqlalchemy import text

    from core.db import db

    run("rosters", "employee_no,from,shift,weekdays\nE1,2026-01-01,09:00-18:00,12345\n")
    run("punches", "employee_no,timestamp\nE1,2026-10-08 09:20\n", "--clock", "2026-11-02 00:00")
    with app.app_context():
        query = text("SELECT late_minutes FROM person_days WHERE day = '2026-10-08'")
        assert db.session.execute(query).all() == [(20,)]
        assert db.session.execute(text("SELECT count(*) FROM stale_days")).scalar() == 0
