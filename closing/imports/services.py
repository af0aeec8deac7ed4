"""Importing files: staged, previewed, applied, undone; late rows after a month was reopened.

Services never commit. A file that is only previewed, or refused, leaves nothing but its batch.
"""

from __future__ import annotations

import hashlib
import shutil
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from closing.imports.registry import KINDS, open_file
from closing.imports.world import Seal, world_at
from core.actor import Actor
from core.audit import record
from core.errors import Conflict, N_, NotFound, Refused
from core.files.reading import Row, Table
from core.imports.kinds import LATE, OUTCOMES, REFUSED, Line, Problem
from core.imports.staging import Staged
from core.imports.undoing import undo
from core.models import Closing, ImportBatch, LateRow, MonthState
from core.values import Month

SHOWN = 200


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What became of a file: counts by outcome, and what to tell about it.

    ``stored`` says whether the good rows were written; ``batch_id`` is that of a stored batch.
    ``header`` and ``refused`` are the file's own cells, for the file of bad rows.
    """

    kind: str
    filename: str
    sha256: str
    counts: dict[str, int]
    problems: list[Problem]
    warnings: list[Problem]
    unknown: tuple[str, ...]
    lines: list[Line]
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
