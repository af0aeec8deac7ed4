"""The figures as a page of docs/performance.md: each with its bar, and whether it is kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

PAGE = Path(__file__).parents[1] / "docs" / "performance.md"
MARK = "<!-- written by make bench from here on -->"


@dataclass(frozen=True, slots=True)
class Figure:
    """``bar`` is None where the figure is told for what it is; ``at_least`` turns the bar."""

    name: str
    value: float
    unit: str = ""
    bar: float | None = None
    at_least: bool = False

    @property
    def kept(self) -> bool:
        if self.bar is None:
            return True
        return self.value >= self.bar if self.at_least else self.value <= self.bar

    def row(self) -> str:
        sign = "≥" if self.at_least else "≤"
        bar = "" if self.bar is None else f"{sign} {_written(self.bar)}{self.unit}"
        kept = "" if self.bar is None else ("yes" if self.kept else "**no**")
        return f"| {self.name} | {_written(self.value)}{self.unit} | {bar} | {kept} |"


def _written(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 or value == int(value) else f"{value:.2f}"


def write(figures: Sequence[Figure], *, machine: str, command: str, on: date) -> None:
    """Put the figures below the mark of the page; what stands above it is written by hand."""
    above = PAGE.read_text(encoding="utf-8").partition(MARK)[0]
    lines = [
        MARK,
        "",
        f"`{command}` on {on.isoformat()}: {machine}.",
        "",
        "| what | figure | bar | kept |",
        "|---|---:|---:|---|",
        *(figure.row() for figure in figures),
        "",
    ]
    PAGE.write_text(above + "\n".join(lines), encoding="utf-8")
