"""What the page of one import shows, and the table of its bad rows."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from flask_babel import gettext as _
from sqlalchemy.orm import Session

from closing.imports import queries
from closing.imports.batches import upload_path
from closing.imports.details import problem_json
from closing.imports.readings import Reading, reading_in
from closing.imports.registry import KINDS
from closing.imports.reports import ImportReport, refused_rows, report_of
from closing.imports.services import match_report, stage_file
from closing.imports.taking_back import undo_obstacle
from closing.imports.world import Seal, world_at
from core.errors import N_, NotFound
from core.imports.kinds import OUTCOMES
from core.messages import Message
from core.models import ImportBatch
from core.values import Month

ROWS = 50
Table = tuple[list[str], list[list[str]]]


@dataclass(frozen=True, slots=True)
class Told:
    """A bad or odd row in words."""

    row: int
    column: str | None
    text: str


@dataclass(frozen=True, slots=True)
class BatchView:
    """``problems`` are those of one page out of ``pages``; more than are kept may have been found.

    ``obstacle`` says why an applied import cannot be taken back.
    """

    batch: ImportBatch
    who: str
    ended_by: str
    counts: dict[str, int]
    problems: Sequence[Told]
    problem_count: int
    kept_problems: int
    page: int
    pages: int
    warnings: Sequence[Told]
    warning_count: int
    changed: Sequence[dict[str, Any]]
    late: Sequence[dict[str, Any]]
    unknown: Sequence[str]
    remarks: Sequence[str]
    reading: Reading | None
    aside: int
    late_months: int
    headings: dict[str, str]
    traced: bool
    is_there: bool
    has_refused: bool
    obstacle: str | None

    @property
    def good(self) -> int:
        """Rows that a confirmation would store."""
        return self.counts["new"] + self.counts["changed"]


def batch_view(
    session: Session, batch: ImportBatch, *, clock: datetime, seal: Seal, uploads: Path, page: int
) -> BatchView:
    kind = None
    if batch.kind:
        kind = KINDS[batch.kind].build(world_at(session, clock=clock, seal=seal))
    headings = {column.name: queries.heading(column) for column in kind.columns} if kind else {}
    report = batch.report
    problems = report.get("problems", [])
    pages = max(1, math.ceil(len(problems) / ROWS))
    page = min(max(1, page), pages)
    obstacle = None
    if batch.state == "applied":
        found = undo_obstacle(session, batch=batch, clock=clock, seal=seal)
        obstacle = found.render(_) if found else None
    return BatchView(
        batch=batch,
        who=queries.display_name(session, batch.created_by),
        ended_by=queries.display_name(session, batch.ended_by),
        counts={name: getattr(batch, name) for name in OUTCOMES},
        problems=[_told(each, headings) for each in problems[(page - 1) * ROWS : page * ROWS]],
        problem_count=report.get("problem_count", len(problems)),
        kept_problems=len(problems),
        page=page,
        pages=pages,
        warnings=[_told(each, headings) for each in report.get("warnings", [])],
        warning_count=report.get("warning_count", 0),
        changed=report.get("changed", []),
        late=[{**each, "month": Month.parse(each["month"])} for each in report.get("late", [])],
        unknown=report.get("unknown", []),
        reading=reading_in(batch),
        aside=report.get("aside", 0),
        late_months=batch.late - report.get("aside", 0),
        headings=headings,
        traced=kind is None or kind.traced,
        remarks=[
            Message(each["msgid"], each["params"]).render(_) for each in report.get("remarks", [])
        ],
        is_there=batch.state == "previewed" and upload_path(uploads, batch).exists(),
        has_refused=_has_refused(batch, uploads),
        obstacle=obstacle,
    )


def _has_refused(batch: ImportBatch, uploads: Path) -> bool:
    """Whether the bad rows can be had as a file."""
    if batch.state == "previewed":
        return batch.refused > 0 and upload_path(uploads, batch).exists()
    return batch.state == "applied" and _kept(uploads, batch.id).exists()


def _told(problem: dict[str, Any], headings: dict[str, str]) -> Told:
    column = problem["column"]
    text = Message(problem["msgid"], problem["params"]).render(_)
    return Told(problem["row"], headings.get(column, column), text)


def refused_table(
    session: Session,
    batch: ImportBatch,
    *,
    clock: datetime,
    seal: Seal,
    uploads: Path,
    home: ZoneInfo,
) -> Table:
    """The bad rows of a file, with a column ``error``: of one that waits judged anew.

    Of a kind that leaves no trace, only numbers and columns. Raises ``NotFound`` where they are
    gone.
    """
    kept = _kept(uploads, batch.id)
    if batch.state == "applied" and kept.exists():
        header, rows = json.loads(kept.read_text(encoding="utf-8"))
        return header, rows
    path = upload_path(uploads, batch)
    if batch.state != "previewed" or not path.exists():
        raise NotFound(N_("the uploaded file is gone; upload it again"))
    if batch.mapping:
        report = match_report(
            session, mapping=batch.mapping, path=path, home=home, clock=clock, seal=seal
        )
        return _refused(report, path)
    staged = stage_file(session, kind=batch.kind, path=path, clock=clock, seal=seal)
    return _refused(report_of(staged, batch.filename, batch.sha256), path)


def keep_refused(report: ImportReport, uploads: Path) -> None:
    """Keep the bad rows of a file that was stored in part, until they are swept away."""
    assert report.batch_id is not None
    table = _refused(report, uploads / f"import-{report.batch_id}")
    _kept(uploads, report.batch_id).write_text(json.dumps(table), encoding="utf-8")


def _kept(uploads: Path, batch_id: int) -> Path:
    return uploads / f"import-{batch_id}-refused.json"


def _refused(report: ImportReport, path: Path) -> Table:
    if report.traced:
        return refused_rows(report, path, lambda message: message.render(_))
    told = [_told(problem_json(each, traced=False), {}) for each in report.problems]
    return ["row", "column", "error"], [
        [str(each.row), each.column or "", each.text] for each in told
    ]
