"""Spoilt files of every kind and form: each is refused, or every row of it is told of."""

from __future__ import annotations

import random
import zlib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import time_machine
from sqlalchemy.orm import Session
from support.centres import opened, seal
from support.counting import FORMS, device_file, records
from support.databases import Databases
from support.fuzzing import spoilt
from support.grids import still_held
from support.importing import CLOCK, NOW, Files, with_policy
from support.samples import SAMPLES

from closing.imports.foreign import WALL, import_foreign
from closing.imports.mappings import load_mapping
from closing.imports.registry import KINDS, columns_of, open_file
from closing.imports.reports import ImportReport
from closing.imports.services import import_file
from core.actor import SYSTEM
from core.imports.headings import names
from core.imports.mapping import recognised
from core.messages import Refused

SHANGHAI = ZoneInfo("Asia/Shanghai")
GRIDS = ("dingtalk", "matrix", "sections", "wecom", "stamps", "report.xls")
EACH = 118  # of more than 42 samples: more than 5,000 inputs


@pytest.fixture(autouse=True)
def _at_one_moment() -> Iterator[None]:
    """A spreadsheet holds when it was made: so the same bytes are spoilt in every run."""
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture(scope="module")
def centre(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Files]:
    """One database for all; what is stored is rolled back."""
    url = databases.copy_of("sqlite", "default-policy", with_policy)
    with opened(url) as session:
        files = Files(session, tmp_path_factory.mktemp("fuzz"))
        files.people("E1", email="e1@example.com")
        files.people("E2", "64", "7")
        files.good("courses", "course_code,name", "K0,Fire")
        yield files
    databases.drop(url)


def take(session: Session, kind: str, mapping: str, path: Path, **how: Any) -> ImportReport:
    told: dict[str, Any] = {
        "kind": kind,
        "path": path,
        "clock": CLOCK,
        "seal": seal,
        "actor": SYSTEM,
        "now": NOW,
        **how,
    }
    if not mapping:
        return import_file(session, **told)
    found = load_mapping(mapping, session, CLOCK)
    return import_foreign(session, mapping=found, home=SHANGHAI, **told)


def rows_in(session: Session, name: str, path: Path) -> int:
    """The records of a file, counted by other means than the product's.

    Grids hold several punches in a row, and are read once more here: what is written into them is
    counted where it is written (``test_of_each_punch_that_a_device_wrote_is_told``), and what was
    not spoilt is looked for in what was read (``support.grids``).
    """
    kind, mapping, _ = SAMPLES[name]
    columns = columns_of(session, CLOCK)[kind]
    if name not in GRIDS:
        theirs = load_mapping(mapping, session, CLOCK).theirs if mapping else ()
        headings = {*names(columns), *(each.lower() for each in theirs)}
        counted = records(path.read_bytes(), headings, dump=name == "attlog")
        if counted is not None:
            return counted
        assert (
            name.endswith((".xlsx", ".ods")) or name == "attlog"
        )  # which the other library cannot read
    read: list[Any] = [tuple(row) for _, row in open_file(KINDS[kind], columns, path).rows]
    lost = still_held(name, SAMPLES[name][2](), path.read_bytes()) - Counter(read)
    assert not lost
    return len(read)


def judge(files: Files, name: str, path: Path, *, stored: bool) -> str:
    """What became of a file: refused as a whole, bad rows, or good."""
    kind, mapping, _ = SAMPLES[name]
    session = files.session
    try:
        report = take(session, kind, mapping, path, dry_run=not stored, partial=True)
    except Refused:
        return "refused"
    finally:
        session.rollback()
    assert sum(report.counts.values()) == rows_in(session, name, path)
    assert report.counts["refused"] == len({each.row for each in report.problems}) or (
        kind == "punches"
    )
    assert bool(report.counts["refused"]) == bool(report.problems)
    assert all(str(each.message) for each in report.problems)
    return "bad rows" if report.counts["refused"] else "good"


@pytest.mark.parametrize("name", SAMPLES)
def test_every_sample_is_good_as_it_is(centre: Files, name: str) -> None:
    path = centre.write(SAMPLES[name][2](), "sample.bin")
    assert judge(centre, name, path, stored=True) == "good"


@pytest.mark.long
@pytest.mark.parametrize("name", SAMPLES)
def test_a_spoilt_file_is_refused_or_every_row_of_it_is_told_of(centre: Files, name: str) -> None:
    whole = SAMPLES[name][2]()
    became = []
    for number in range(EACH):
        dice = random.Random(zlib.crc32(f"{name} {number}".encode()))
        content = spoilt(whole, dice)
        path = centre.write(content, "spoilt.bin")
        try:
            became.append(judge(centre, name, path, stored=number % 5 == 0))
        except BaseException as error:
            error.add_note(f"{name}, number {number}, {len(content)} bytes")
            raise
    # A spoilt .xls is torn, or what is spoilt of it is not looked at.
    expected = {"refused"} if name.endswith(".xls") else {"refused", "bad rows"}
    assert expected <= set(became)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("seeds", [range(3), pytest.param(range(3, 55), marks=pytest.mark.long)])
def test_of_each_punch_that_a_device_wrote_is_told(centre: Files, form: str, seeds: range) -> None:
    session = centre.session
    for seed in seeds:
        written = device_file(form, random.Random(f"{form} {seed}"))
        path = centre.write(written.content, "written.bin")
        told: dict[str, Any] = {"clock": CLOCK, "seal": seal, "actor": SYSTEM, "now": NOW}
        how = recognised("punches", source="punches", on_unknown="set_aside")
        if form != "ours":
            told |= {"mapping": how, "home": WALL}
        take = import_file if form == "ours" else import_foreign
        report = take(session, kind="punches", path=path, partial=True, dry_run=True, **told)
        session.rollback()
        silent = sum(each.message.params.get("count", 0) for each in report.warnings)
        assert (report.counts, silent) == (
            {
                "new": written.new,
                "changed": 0,
                "same": written.same,
                "late": written.aside,
                "refused": written.refused,
            },
            written.silent,
        ), f"{form}, seed {seed}"
