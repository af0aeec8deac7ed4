"""What is told of an import: counts, bad rows, warnings, late rows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from closing.imports.details import problem_json, rows_json
from closing.imports.registry import KINDS, open_file
from core.imports.kinds import LATE, OUTCOMES, REFUSED, Column, Line, Problem
from core.imports.mapping import FileMapping
from core.imports.moments import AMBIGUOUS, NO_YEAR, SHORT_YEAR, readings
from core.imports.staging import Staged
from core.messages import N_, Message, message
from staff.attendance.punch_grids import NO_MONTH

PROBLEMS = 2000
WARNINGS = 200


@dataclass(frozen=True, slots=True)
class Question:
    """A date that may be read in several ways, and what it is by what comes first in it."""

    cell: str
    readings: Mapping[str, date]

    def as_json(self) -> dict[str, Any]:
        return {
            "cell": self.cell,
            "readings": {order: day.isoformat() for order, day in self.readings.items()},
        }


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What became of a file: counts by outcome, and what to tell about it.

    ``rows`` are the first changed and late rows as JSON. ``stored`` says whether the good rows were
    written; ``batch_id`` is that of a stored batch. Of late rows ``aside`` wait for somebody to say
    who their people are, not for a month. ``nobody`` are unknown people whose rows are refused.
    ``mapping`` is how the file was read, where it is not in our columns.
    """

    kind: str
    filename: str
    sha256: str
    counts: dict[str, int]
    problems: list[Problem]
    warnings: list[Problem]
    unknown: tuple[str, ...]
    late: list[Line]
    columns: tuple[Column, ...]
    traced: bool = True
    rows: dict[str, Any] = field(default_factory=dict)
    stored: bool = False
    batch_id: int | None = None
    remarks: tuple[Message, ...] = ()
    aside: int = 0
    nobody: tuple[str, ...] = ()
    mapping: FileMapping | None = None

    @property
    def question(self) -> Question | None:
        """The first date that may be read in several ways, where nobody said which."""
        cells = (
            (str(each.message.params["cell"]), each.message.params.get("year"))
            for each in self.problems
            if each.message.msgid in (AMBIGUOUS, SHORT_YEAR)
        )
        asked = (Question(cell, found) for cell, year in cells if (found := readings(cell, year)))
        return next(asked, None)

    @property
    def asks_period(self) -> bool:
        """Whether nothing says of which month or year days are."""
        return any(each.message.msgid in (NO_YEAR, NO_MONTH) for each in self.problems)

    @property
    def summary(self) -> str:
        """``new N, changed N, same N, late N, refused N``."""
        return ", ".join(f"{name} {self.counts[name]}" for name in OUTCOMES)

    @property
    def refused(self) -> bool:
        return bool(self.counts[REFUSED])

    @property
    def notes(self) -> list[Message]:
        """What is said of the file as a whole."""
        if self.kind == "reviews" and self.counts[LATE]:
            return [
                message(N_("a closed round takes no more reviews; late ones are not kept")),
                *self.remarks,
            ]
        return list(self.remarks)

    def as_json(self) -> dict[str, Any]:
        """What a batch keeps for its page: the first of each, with messages to be translated."""
        return {
            "problems": [
                problem_json(each, traced=self._shown(each)) for each in self.problems[:PROBLEMS]
            ],
            "problem_count": len(self.problems),
            "warnings": [
                problem_json(each, traced=self._shown(each)) for each in self.warnings[:WARNINGS]
            ],
            "warning_count": len(self.warnings),
            "unknown": list(self.unknown),
            "aside": self.aside,
            "question": self.question.as_json() if self.question and self.traced else None,
            "asks_period": self.asks_period,
            "remarks": [
                {"msgid": each.msgid, "params": dict(each.params)} for each in self.remarks
            ],
            **self.rows,
        }

    def _shown(self, problem: Problem) -> bool:
        """Whether a message may repeat the cell that it is about."""
        secret = {column.name for column in self.columns if column.secret}
        return self.traced and problem.column not in secret


def report_of(staged: Staged, filename: str, digest: str) -> ImportReport:
    return ImportReport(
        kind=staged.kind.name,
        filename=filename,
        sha256=digest,
        counts=staged.counts,
        problems=staged.problems,
        warnings=staged.warnings,
        unknown=staged.unknown,
        late=[line for line in staged.lines if line.outcome == LATE],
        columns=staged.kind.columns,
        traced=staged.kind.traced,
        rows=rows_json(staged),
    )


def refused_rows(
    report: ImportReport, path: Path, render: Callable[[Message], str] = str
) -> tuple[list[str], list[list[str]]]:
    """The bad rows as the file had them, with a last column ``error`` that says why."""
    errors: dict[int, list[str]] = defaultdict(list)
    for problem in report.problems:
        column = f"{problem.column}: " if problem.column else ""
        errors[problem.row].append(f"{column}{render(problem.message)}")
    table = open_file(KINDS[report.kind], report.columns, path, report.mapping)
    width = len(table.header)
    rows = [
        [*row[:width], *[""] * (width - len(row)), "; ".join(errors[number])]
        for number, row in table.rows
        if number in errors
    ]
    return [*table.header, "error"], rows
