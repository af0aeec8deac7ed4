"""What is told of an import: counts, bad rows, warnings, late rows."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from closing.imports.registry import KINDS, open_file
from core.imports.kinds import CHANGED, LATE, OUTCOMES, REFUSED, Column, Line, Problem
from core.imports.staging import Staged
from core.imports.storing import key_text
from core.messages import N_, Message, message

SHOWN = 200


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What became of a file: counts by outcome, and what to tell about it.

    ``stored`` says whether the good rows were written; ``batch_id`` is that of a stored batch.
    """

    kind: str
    filename: str
    sha256: str
    counts: dict[str, int]
    problems: list[Problem]
    warnings: list[Problem]
    unknown: tuple[str, ...]
    lines: list[Line]
    columns: tuple[Column, ...]
    traced: bool = True
    stored: bool = False
    batch_id: int | None = None

    @property
    def summary(self) -> str:
        """``new N, changed N, same N, late N, refused N``."""
        return ", ".join(f"{name} {self.counts[name]}" for name in OUTCOMES)

    @property
    def refused(self) -> bool:
        return bool(self.counts[REFUSED])

    @property
    def late(self) -> list[Line]:
        return [line for line in self.lines if line.outcome == LATE]

    @property
    def notes(self) -> list[Message]:
        """What is said of the file as a whole."""
        if self.kind == "reviews" and self.counts[LATE]:
            return [message(N_("a closed round takes no more reviews; late ones are not kept"))]
        return []

    def as_json(self) -> dict[str, Any]:
        """What a batch keeps for its page: the first of each, with messages to be translated."""
        traced = self.traced
        return {
            "problems": [_problem_json(each) for each in self.problems[:SHOWN]],
            "warnings": [_problem_json(each) for each in self.warnings[:SHOWN]],
            "unknown": list(self.unknown),
            "late": [_line_json(each) for each in self.late[:SHOWN]] if traced else [],
            "changed": [
                _line_json(each)
                for each in [line for line in self.lines if line.outcome == CHANGED][:SHOWN]
            ]
            if traced
            else [],
        }


def _problem_json(problem: Problem) -> dict[str, Any]:
    return {
        "row": problem.row,
        "column": problem.column,
        "msgid": problem.message.msgid,
        "params": {key: str(value) for key, value in problem.message.params.items()},
    }


def _line_json(line: Line) -> dict[str, Any]:
    return {
        "row": line.number,
        "key": key_text(line),
        "month": str(line.month) if line.month else None,
        "columns": changed_fields(line),
    }


def changed_fields(line: Line) -> list[str]:
    """Names of the fields in which a changed row differs from what is known."""
    if line.before is None:
        return []
    return [name for name in line.record if line.record[name] != line.before.get(name)]


def report_of(staged: Staged, filename: str, digest: str) -> ImportReport:
    return ImportReport(
        kind=staged.kind.name,
        filename=filename,
        sha256=digest,
        counts=staged.counts,
        problems=staged.problems,
        warnings=staged.warnings,
        unknown=staged.unknown,
        lines=staged.lines,
        columns=staged.kind.columns,
        traced=staged.kind.traced,
    )


def refused_rows(report: ImportReport, path: Path) -> tuple[list[str], list[list[str]]]:
    """The bad rows as the file had them, with a last column ``error`` that says why in English."""
    errors: dict[int, list[str]] = defaultdict(list)
    for problem in report.problems:
        column = f"{problem.column}: " if problem.column else ""
        errors[problem.row].append(f"{column}{problem.message}")
    table = open_file(KINDS[report.kind], report.columns, path)
    width = len(table.header)
    rows = [
        [*row[:width], *[""] * (width - len(row)), "; ".join(errors[number])]
        for number, row in table.rows
        if number in errors
    ]
    return [*table.header, "error"], rows
