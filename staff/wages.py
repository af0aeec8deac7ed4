"""Base wages, encrypted and bound to the assignment that they belong to.

In clear they stand in files that come in and go out, and in memory while something is computed
from them; nowhere in the database.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

from core.keyring import Box

Sealing = Callable[[int, date, Decimal | None], str | None]
Opening = Callable[[int, date, str | None], Decimal | None]


def sealing(session: Any) -> Sealing:
    """What turns (employee id, effective from, wage) into the column."""
    boxes: list[Box] = []

    def seal(employee_id: int, start: date, wage: Decimal | None) -> str | None:
        if wage is None:
            return None
        if not boxes:
            boxes.append(Box(session))
        return boxes[0].seal_money(_place(employee_id, start), wage)

    return seal


def opening(session: Any) -> Opening:
    """What turns (employee id, effective from, column) into the wage.

    Keys are opened with the first wage: who has none needs no key. Raises ``WrongKey``.
    """
    boxes: list[Box] = []

    def open_(employee_id: int, start: date, sealed: str | None) -> Decimal | None:
        if sealed is None:
            return None
        if not boxes:
            boxes.append(Box(session))
        return boxes[0].open_money(_place(employee_id, start), sealed)

    return open_


def _place(employee_id: int, start: date) -> str:
    return f"assignments:{employee_id}:{start.isoformat()}:base_wage"
