"""A column of a list: what of a row it shows, and how its cells are written."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from core.pages import filters as written
from core.values import Names


@dataclass(frozen=True)
class Column:
    """``value`` takes a row; by default its attribute ``key``, which is also what it is sorted by.

    ``kind`` is text, number, short, percent, money, date, month, walltime or names: how a cell is
    written. Numbers are right-aligned; an absent value is a dash, and sorts last. What is
    ``hidden`` has no column of its own on the page: it stands in another's cell, and in files.
    """

    key: str
    label: Any
    kind: str = "text"
    value: Callable[[Any], Any] | None = None
    sortable: bool = True
    hidden: bool = False

    @property
    def numeric(self) -> bool:
        return self.kind in ("number", "short", "percent", "money", "minutes")

    def of(self, row: Any) -> Any:
        return self.value(row) if self.value else getattr(row, self.key)

    def text(self, row: Any) -> Any:
        """The cell as a page shows it."""
        return _WRITTEN.get(self.kind, written.or_dash)(self.of(row))

    def cell(self, row: Any) -> Any:
        """The cell as a file holds it: numbers and dates stay what they are."""
        value = self.of(row)
        if self.kind == "names" and isinstance(value, Names):
            return written.names(value)
        if self.kind == "walltime":
            return written.walltime(value) if value is not None else None
        if value is None or isinstance(value, int | float | Decimal | date | datetime | str):
            return value
        return str(value)


_WRITTEN: dict[str, Callable[[Any], Any]] = {
    "number": written.number,
    "short": written.short,
    "percent": written.percent,
    "money": written.money,
    "minutes": written.minutes,
    "date": written.day,
    "month": written.month,
    "walltime": written.walltime,
    "names": written.names,
}
