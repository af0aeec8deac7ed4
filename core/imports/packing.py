"""Records and rows of cells as a few bytes each: a file may have very many of them.

A record of twelve fields takes up a kilobyte as a dictionary with its values, and a tenth of that
packed. Nothing packed leaves the process.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from functools import lru_cache, partial
from typing import Any

import msgpack

from core.values import Month

_MONTH, _DAY, _MONEY = 1, 2, 3

Names = tuple[str, ...]
PackedRow = tuple[int, bytes]
_SHAPES: list[Names] = []
_NUMBERS: dict[Names, int] = {}
_ADDING = threading.Lock()


def _extended(value: object) -> msgpack.ExtType:
    if isinstance(value, Month):
        return _month(value)
    if type(value) is date:  # a moment is one too, and would lose its time
        return _day(value)
    if isinstance(value, Decimal):
        return msgpack.ExtType(_MONEY, str(value).encode())
    raise TypeError(f"cannot be packed: {type(value).__name__}")


@lru_cache(maxsize=1200)
def _month(value: Month) -> msgpack.ExtType:
    return msgpack.ExtType(_MONTH, value.index.to_bytes(2, "big"))


@lru_cache(maxsize=4000)
def _day(value: date) -> msgpack.ExtType:
    return msgpack.ExtType(_DAY, value.toordinal().to_bytes(3, "big"))


@lru_cache(maxsize=6000)
def _restored(code: int, data: bytes) -> object:
    if code == _MONTH:
        return Month(0, 1).plus(int.from_bytes(data, "big"))
    if code == _DAY:
        return date.fromordinal(int.from_bytes(data, "big"))
    return Decimal(data.decode())


class _Own(threading.local):
    """A packer for each thread: it can do one thing at a time."""

    def __init__(self) -> None:
        self.pack = msgpack.Packer(default=_extended, strict_types=True).pack


_own = _Own()
_unpack = partial(msgpack.unpackb, ext_hook=_restored)


def pack_values(values: Sequence[Any]) -> bytes:
    """A row of values; the same for equal values of the same types."""
    packed: bytes = _own.pack(list(values))
    return packed


def unpack_values(packed: bytes) -> list[Any]:
    values: list[Any] = _unpack(packed)
    return values


def pack(record: Mapping[str, Any]) -> bytes:
    """The record with the order of its fields; their names are kept apart, once."""
    names = tuple(record)
    number = _NUMBERS.get(names)
    if number is None:
        number = _number(names)
    packed: bytes = _own.pack([number, *record.values()])
    return packed


def unpack(packed: bytes) -> dict[str, Any]:
    """A copy of what was packed."""
    values = _unpack(packed)
    return dict(zip(_SHAPES[values[0]], values[1:], strict=True))


def drained(rows: list[PackedRow]) -> Iterator[tuple[int, list[str]]]:
    """Numbered rows of cells in their order; each is let go once it was given."""
    rows.reverse()
    while rows:
        number, packed = rows.pop()
        yield number, unpack_values(packed)


def _number(names: Names) -> int:
    with _ADDING:
        if names not in _NUMBERS:
            _SHAPES.append(names)
            _NUMBERS[names] = len(_SHAPES) - 1
        return _NUMBERS[names]
