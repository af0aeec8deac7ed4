"""Many rows that are much alike, as few bytes until they are needed."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from typing import Any

import msgpack


def press(rows: Sequence[Sequence[Any]]) -> bytes:
    """As small as may be made quickly. Values are texts, numbers, truth values and None."""
    return zlib.compress(msgpack.packb(rows), 1)


def release(pressed: bytes) -> list[list[Any]]:
    """What was pressed."""
    rows: list[list[Any]] = msgpack.unpackb(zlib.decompress(pressed))
    return rows
