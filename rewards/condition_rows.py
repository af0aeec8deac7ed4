"""Conditions as rows of fact, comparison and value, joined by and / or.

``and`` binds more closely than ``or``, as in the text. Parentheses, ``not`` and calculations cannot
be told by rows and stay text. Pure: what the rows say is checked as text, like any other.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Final

SIGNS: Final = (">=", ">", "<=", "<", "==", "!=")
_JOIN = re.compile(r"\s+(and|or)\s+")
_CLAUSE = re.compile(r"([A-Za-z_]\w*)\s*(>=|<=|==|!=|>|<)\s*(\S*)", re.ASCII)
_BEYOND_ROWS = re.compile(r"[()*/]|\bnot\b")
_SHARE = re.compile(r"([+-]?(?:\d+\.?\d*|\.\d+))\s*[%％]", re.ASCII)
_PLAIN = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)", re.ASCII)


@dataclass(frozen=True, slots=True)
class ConditionRow:
    """One comparison; ``join`` (and, or) ties it to the row before, that of the first is and."""

    join: str
    fact: str
    sign: str
    value: str


def rows_of(text: str) -> tuple[ConditionRow, ...] | None:
    """The rows that say the same as the text, None where rows cannot."""
    if not text.strip():
        return ()
    if _BEYOND_ROWS.search(text):
        return None
    parts = _JOIN.split(text.strip())
    rows = []
    for join, clause in zip(["and", *parts[1::2]], parts[::2], strict=True):
        match = _CLAUSE.fullmatch(clause)
        if match is None:
            return None
        rows.append(ConditionRow(join, match[1], match[2], match[3]))
    return tuple(rows)


def text_of(rows: Sequence[ConditionRow]) -> str:
    """The rows as the text of a condition; rows without a fact are left out."""
    said = ""
    for row in rows:
        if row.fact:
            joined = f"{row.join} " if said else ""
            said = f"{said} {joined}{row.fact} {row.sign} {plain_number(row.value)}".strip()
    return said


def plain_number(text: str) -> str:
    """``97%`` as 0.97; anything else as it was typed, without spaces."""
    typed = "".join(text.split())
    match = _SHARE.fullmatch(typed)
    return format((Decimal(match[1]) / 100).normalize(), "f") if match else typed


def as_share(text: str) -> str:
    """``0.97`` as 97%; what is not a plain number as it stands."""
    if not _PLAIN.fullmatch(text):
        return text
    return f"{format((Decimal(text) * 100).normalize(), 'f')}%"


def written(rows: Iterable[ConditionRow], shares: Iterable[str]) -> tuple[ConditionRow, ...]:
    """The rows as a form shows them: values of the facts among ``shares`` in per cent."""
    known = frozenset(shares)
    return tuple(
        ConditionRow(row.join, row.fact, row.sign, as_share(row.value))
        if row.fact in known
        else row
        for row in rows
    )


def kept(text: str, before: str) -> str:
    """``text`` with what it says as ``before`` did in the words of that: 0.90 stays 0.90."""
    new, old = rows_of(text), rows_of(before)
    if new is None or old is None:
        return text
    known = {(row.fact, row.sign, _worth(row.value)): row.value for row in old}
    rows = [
        replace(row, value=known.get((row.fact, row.sign, _worth(row.value)), row.value))
        for row in new
    ]
    said = text_of(rows)
    return before if said == text_of(old) else said


def _worth(value: str) -> Decimal | str:
    return Decimal(value) if _PLAIN.fullmatch(value) else value
