"""Records as bytes: what goes in comes out, of the same type, or is refused."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from core.imports.packing import pack, pack_values, unpack, unpack_values
from core.values import Month

VALUES: tuple[Any, ...] = (
    *(None, True, False, 0, -1, 2**40, 0.1 + 0.2, 5.0, "", "名,\n\x00", ["a", 1]),
    *(Decimal("1.50"), Decimal("-0.00"), date(1900, 1, 1), date(2200, 12, 31)),
    *(Month(1900, 1), Month(2200, 12)),
)


def test_a_record_comes_back_with_the_order_and_types_that_it_had() -> None:
    record = {f"field {place}": value for place, value in enumerate(VALUES)}
    found = unpack(pack(record))
    assert list(found) == list(record)
    assert [repr(each) for each in found.values()] == [repr(each) for each in VALUES]
    assert repr(unpack_values(pack_values(VALUES))) == repr(list(VALUES))
    backwards = dict(reversed(record.items()))
    assert list(unpack(pack(backwards))) == list(backwards)


@pytest.mark.parametrize(
    "value", [datetime(2026, 10, 1, 8, 30), datetime(2026, 10, 1, tzinfo=UTC), ("a",), {1}, 2**70]
)
def test_what_would_come_back_as_something_else_is_refused(value: Any) -> None:
    with pytest.raises(TypeError, match="cannot be packed"):
        pack({"field": value})
