"""Where two results differ."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

# What the product rounds, and whatever is no float, has to be exact.
ROUNDED = {"total"}  # money is text


def differences(want: Any, got: Any, path: str = "") -> Iterator[str]:
    """Every place where ``got`` is not ``want``: floats by more than 1e-6, all else at all."""
    if isinstance(want, dict) and isinstance(got, dict):
        for key in sorted(want.keys() | got.keys()):
            place = f"{path}/{key}"
            if key not in want or key not in got:
                yield f"{place}: {want.get(key, 'absent')} != {got.get(key, 'absent')}"
            elif key in ROUNDED and want[key] != got[key]:
                yield f"{place}: {want[key]} != {got[key]}"
            else:
                yield from differences(want[key], got[key], place)
    elif isinstance(want, list) and isinstance(got, list) and len(want) == len(got):
        for index, (one, other) in enumerate(zip(want, got)):
            name = one.get("employee_no", index) if isinstance(one, dict) else index
            yield from differences(one, other, f"{path}/{name}")
    elif isinstance(want, float) and isinstance(got, int | float) and not isinstance(got, bool):
        if not abs(want - got) <= 1e-6 * max(1, abs(want) / 1e3):
            yield f"{path}: {want} != {got}"
    elif want != got or isinstance(want, bool) != isinstance(got, bool):
        yield f"{path}: {want} != {got}"


def about(value: float) -> Any:
    """``pytest.approx`` where a type checker wants a float."""
    return pytest.approx(value)
