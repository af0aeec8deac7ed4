"""Which column of a file is which: English and Chinese headings, unknown and missing ones."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from core.documents.problems import short
from core.imports.kinds import Column
from core.messages import N_, Refused


class UnknownHeadings(Refused):
    """The columns of a file are not ours: somebody has to say which is which."""


def plain(heading: str) -> str:
    """A heading without case, spaces and full-width forms: ``Employee No.`` is ``employee_no``."""
    text = unicodedata.normalize("NFKC", heading).strip().lower().rstrip(".*:")
    return text.replace(" ", "_").replace("-", "_").replace("\ufeff", "")


def names(columns: Sequence[Column]) -> dict[str, Column]:
    """Every heading that is understood, in its plain form."""
    found: dict[str, Column] = {}
    for column in columns:
        for heading in (column.name, *column.chinese):
            found[plain(heading)] = column
    return found


@dataclass(frozen=True, slots=True)
class Layout:
    """Where the columns of a kind stand in a file, and the headings that nobody knows."""

    places: tuple[tuple[int, Column], ...]
    unknown: tuple[str, ...]
    width: int


def layout(header: Sequence[str], columns: Sequence[Column]) -> Layout:
    """Raises ``Refused`` for a missing or doubled column."""
    known = names(columns)
    places: dict[str, tuple[int, Column]] = {}
    unknown = []
    for index, heading in enumerate(header):
        column = known.get(plain(heading))
        if column is None:
            unknown.append(short(heading))
        elif column.name in places:
            raise Refused(N_("column %(name)s stands twice"), name=_both(column))
        else:
            places[column.name] = (index, column)
    missing = [column for column in columns if column.required and column.name not in places]
    if missing:
        raise UnknownHeadings(N_("missing column: %(names)s"), names=", ".join(map(_both, missing)))
    return Layout(tuple(places.values()), tuple(unknown), len(header))


def _both(column: Column) -> str:
    return f"{column.name} ({column.chinese[0]})"
