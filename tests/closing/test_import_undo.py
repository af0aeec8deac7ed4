"""Uploads that are previewed, applied or dropped, and imports that are taken back."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import text
from support.centres import close, seal
from support.importing import CLOCK, NOW, Files

from closing.imports import services
from closing.imports.reports import ImportReport
from closing.imports.taking_back import undo_import
from core.actor import SYSTEM
from core.db import transaction
from core.errors import Conflict, Refused
from core.models import Attachment
from core.values import Month

METRICS = "employee_no,month,metric,value,sample_size"
PEOPLE = "employee_no,name,hire_date,team,supervisor_no"


def undo(files: Files, batch: int | None) -> None:
    assert batch is not None
    with transaction():
        undo_import(files.session, batch_id=batch, clock=CLOCK, seal=seal, actor=SYSTEM, now=NOW)


def preview(files: Files, *lines: str, uploads: Path) -> ImportReport:
    with transaction():
        return services.preview_import(
            files.session,
            kind="metrics",
            path=files.write("\n".join(lines)),
            filename="十月.csv",
            clock=CLOCK,
            seal=seal,
            actor=SYSTEM,
            now=NOW,
            uploads=uploads,
        )


def apply(files: Files, batch: int | None, uploads: Path, **how: Any) -> ImportReport:
    assert batch is not None
    with transaction():
        return services.apply_import(
            files.session,
            batch_id=batch,
            clock=CLOCK,
            seal=seal,
            actor=SYSTEM,
            now=NOW,
            uploads=uploads,
            home=ZoneInfo("Asia/Shanghai"),
            **how,
        )


@pytest.fixture(autouse=True)
def centre(any_files: Files) -> None:
    any_files.people("E1", "E2")


def test_a_preview_stores_nothing_until_it_is_confirmed(any_files: Files, tmp_path: Path) -> None:
    report = preview(any_files, METRICS, "E1,2026-10,csat,0.9,", uploads=tmp_path / "up")
    assert not report.stored
    assert any_files.one("SELECT count(*) FROM metric_values") == 0
    assert apply(any_files, report.batch_id, tmp_path / "up").stored
    assert any_files.one("SELECT count(*) FROM metric_values") == 1
    with pytest.raises(Conflict):
        apply(any_files, report.batch_id, tmp_path / "up")


def test_what_is_confirmed_is_judged_anew(any_files: Files, tmp_path: Path) -> None:
    report = preview(any_files, METRICS, "E1,2026-10,csat,0.9,", uploads=tmp_path)
    close(any_files.session, Month(2026, 10))
    assert apply(any_files, report.batch_id, tmp_path).counts["late"] == 1


def test_a_refused_upload_may_be_taken_in_part(any_files: Files, tmp_path: Path) -> None:
    rows = ["E1,2026-10,csat,0.9,", "E1,2026-10,qa_score,900,"]
    report = preview(any_files, METRICS, *rows, uploads=tmp_path)
    assert not apply(any_files, report.batch_id, tmp_path).stored
    assert apply(any_files, report.batch_id, tmp_path, partial=True).stored


def test_an_import_is_taken_back_with_what_it_changed(any_files: Files) -> None:
    any_files.good("metrics", METRICS, "E1,2026-10,csat,0.9,")
    before = any_files.contents()
    report = any_files.good("metrics", METRICS, "E1,2026-10,csat,0.8,5", "E2,2026-10,csat,0.7,")
    undo(any_files, report.batch_id)
    assert any_files.contents() == before
    with pytest.raises(Conflict):
        undo(any_files, report.batch_id)


def test_people_are_taken_back_with_their_assignments(any_files: Files) -> None:
    before = any_files.contents()
    report = any_files.good(
        "employees",
        PEOPLE,
        "E1,柳,2025-01-01,二组,E3",
        "E3,梁,2025-01-01,二组,",
    )
    undo(any_files, report.batch_id)
    assert any_files.contents() == before


def test_people_with_records_cannot_be_taken_back(any_files: Files) -> None:
    report = any_files.good("employees", PEOPLE, "E3,梁,2025-01-01,二组,")
    any_files.good("metrics", METRICS, "E3,2026-10,csat,0.8,5")
    with pytest.raises(Refused, match="stand on"):
        undo(any_files, report.batch_id)
    assert any_files.one("SELECT count(*) FROM employees") == 3


def test_records_with_files_cannot_be_taken_back(any_files: Files) -> None:
    report = any_files.good("spotchecks", "employee_no,date,score", "E1,2026-10-10,80")
    check = any_files.one("SELECT id FROM spot_checks")
    with transaction():
        any_files.session.add(
            Attachment(subject=f"check:{check}", name="call.txt", media_type="text/plain", size=1,
                       file="x", sha256="x", created_at=NOW, created_by="E2")
        )  # fmt: skip
    with pytest.raises(Refused, match="stand on"):
        undo(any_files, report.batch_id)
    with transaction():
        any_files.session.execute(text("UPDATE attachments SET subject = 'check:999'"))
    undo(any_files, report.batch_id)


def test_punches_are_taken_back(any_files: Files) -> None:
    report = any_files.good("punches", "employee_no,timestamp", "E1,2026-10-10 09:00")
    undo(any_files, report.batch_id)
    assert any_files.one("SELECT count(*) FROM punches") == 0


def test_an_import_stays_once_its_month_is_closed(any_files: Files) -> None:
    report = any_files.good("metrics", METRICS, "E1,2026-10,csat,0.9,")
    close(any_files.session, Month(2026, 10))
    with pytest.raises(Refused, match="closed since"):
        undo(any_files, report.batch_id)


def test_an_import_stays_while_a_later_one_changed_its_rows(any_files: Files) -> None:
    first = any_files.good("metrics", METRICS, "E1,2026-10,csat,0.9,")
    second = any_files.good("metrics", METRICS, "E1,2026-10,csat,0.8,")
    with pytest.raises(Refused, match="later import"):
        undo(any_files, first.batch_id)
    undo(any_files, second.batch_id)
    undo(any_files, first.batch_id)
    assert any_files.one("SELECT count(*) FROM metric_values") == 0


def test_an_import_stays_once_somebody_decided_about_its_rows(any_files: Files) -> None:
    rows = ["E1,2026-10-08 09:00,2026-10-08 18:00,annual,requested"]
    report = any_files.good("leave", "employee_no,from,to,type,status", *rows)
    with transaction():
        any_files.session.execute(text("UPDATE leaves SET status = 'approved'"))
    with pytest.raises(Refused, match="changed since"):
        undo(any_files, report.batch_id)


def test_late_rows_go_with_their_import(any_files: Files) -> None:
    close(any_files.session, Month(2026, 10))
    report = any_files.good("metrics", METRICS, "E1,2026-10,csat,0.9,")
    assert report.counts["late"] == 1
    undo(any_files, report.batch_id)
    assert any_files.rows("SELECT state FROM late_rows") == [("dropped",)]


def test_changed_reviews_cannot_be_taken_back_and_new_ones_can(any_files: Files) -> None:
    header = "month,ratee_no,rater_no,relation,competency,rating"
    first = any_files.good("reviews", header, "2026-10,E1,E2,peer,attitude,4")
    second = any_files.good("reviews", header, "2026-10,E1,E2,peer,attitude,3")
    with pytest.raises(Refused):
        undo(any_files, second.batch_id)
    third = any_files.good("reviews", header, "2026-10,E2,E1,peer,attitude,4")
    undo(any_files, third.batch_id)
    assert any_files.one("SELECT count(*) FROM reviews") == 1
    assert first.batch_id is not None
