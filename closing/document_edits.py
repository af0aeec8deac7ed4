"""Values of a policy document as a form shows them, and what was typed as values. Pure.

What does not fit is kept as it was typed; the validator says what is wrong with it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Literal

Kind = Literal[
    "text", "long", "number", "share", "flag", "yesno", "choice", "many", "weekdays", "list"
]
Path = tuple[str | int, ...]
Problems = Sequence[tuple[str, str]]  # place, text

WEEKDAYS = frozenset("1234567")
_WHOLE = re.compile(r"[+-]?\d{1,15}", re.ASCII)
_DECIMAL = re.compile(r"[+-]?(?:\d{1,15}\.?\d*|\.\d+)(?:[eE][+-]?\d{1,3})?", re.ASCII)
_GROUPED = re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?", re.ASCII)
_YES_NO = {True: "yes", False: "no"}
_BETWEEN = re.compile(r"\s*[,，、;；\n]\s*")


def place_of(path: Path) -> str:
    """As the validator names it: ``templates.agent.lines[2].target``."""
    said = ""
    for part in path:
        said += f"[{part}]" if isinstance(part, int) else f".{part}" if said else part
    return said


def within(place: str, outer: str) -> bool:
    return place == outer or place.startswith((f"{outer}.", f"{outer}["))


def value_at(document: Any, path: Path) -> Any:
    """What stands there, None where nothing does."""
    found = document
    for part in path:
        if isinstance(found, dict):
            found = found.get(part)
        elif isinstance(found, list) and isinstance(part, int) and part < len(found):
            found = found[part]
        else:
            return None
    return found


def put(document: Any, path: Path, value: Any) -> None:
    """Set what stands there, None to remove it; mappings on the way are made where missing."""
    parent = value_at(document, path[:-1])
    if not isinstance(parent, dict | list):
        if parent is not None or value is None:
            return  # something else stands there, which only the text shows
        parent = {}
        put(document, path[:-1], parent)
    last = path[-1]
    if isinstance(parent, list):
        if isinstance(last, int):
            parent[last] = value
    elif value is None:
        parent.pop(last, None)
    else:
        parent[last] = value


def copied(value: Any) -> Any:
    """A copy in which nothing is shared, so that a change in one place is none in another."""
    if isinstance(value, dict):
        return {key: copied(each) for key, each in value.items()}
    return [copied(each) for each in value] if isinstance(value, list) else value


def shown(kind: Kind, value: Any, *, absent: bool = False) -> str:
    """A value as its field has it."""
    if kind == "flag":
        return "yes" if (absent if value is None else value is True) else ""
    if kind == "yesno" and value is not None:
        return _YES_NO[value] if isinstance(value, bool) else f'"{value}"'
    if isinstance(value, list):
        return ", ".join(str(each) for each in value)
    if value is None or isinstance(value, dict):
        return ""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return str(value)
    if kind == "share":
        return f"{_plain(Decimal(repr(value)) * 100)}%"
    return _plain(Decimal(repr(value)))


def _plain(number: Decimal) -> str:
    text = format(number, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def typed_value(kind: Kind, text: str) -> Any:
    """What the text of a field means, None where it is blank; what does not fit stays text."""
    text = text.replace("\r\n", "\n").strip()
    if not text:
        return None
    if kind in ("number", "share"):
        return _number(text)
    if kind == "yesno":
        return {"yes": True, "no": False}.get(text, text)
    return [each for each in _BETWEEN.split(text) if each] if kind == "list" else text


def _number(text: str) -> Any:
    if text[-1] in "%％":
        share = _number(text[:-1].rstrip() or "?")
        return text if isinstance(share, str) else _least(Decimal(repr(share)) / 100)
    if _GROUPED.fullmatch(text):
        text = text.replace(",", "")
    if _WHOLE.fullmatch(text):
        return int(text)
    return float(text) if _DECIMAL.fullmatch(text) else text


def _least(number: Decimal) -> int | float:
    return int(number) if number == int(number) else float(number)


def differing(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    """Keys whose values differ, in the order of the second, then those that went."""
    keys = [*after, *(key for key in before if key not in after)]
    return [key for key in keys if before.get(key) != after.get(key)]


def leaves(value: Any, path: Path = ()) -> dict[str, Any]:
    """Every scalar, list of scalars and empty mapping of a document by its place."""
    if isinstance(value, dict) and value:
        found: dict[str, Any] = {}
        for key, each in value.items():
            found |= leaves(each, (*path, str(key)))
        return found
    if isinstance(value, list) and any(isinstance(each, dict | list) for each in value):
        found = {}
        for index, each in enumerate(value):
            found |= leaves(each, (*path, index))
        return found
    return {place_of(path): value}


def is_weekdays(value: Any) -> bool:
    """Whether a value is none, or each weekday at most once, from 1 (Monday) to 7 (Sunday)."""
    if value is None or (isinstance(value, int) and not isinstance(value, bool)):
        value = "" if value is None else str(value)
    return isinstance(value, str) and len(set(value)) == len(value) and set(value) <= WEEKDAYS


def lend(document: dict[str, Any], usual: Mapping[Path, Any]) -> list[Path]:
    """Put what holds where a section is absent into the document; gives where it was lent."""
    lent = [path for path in usual if value_at(document, path) is None]
    for path in lent:
        put(document, path, copied(usual[path]))
    return lent


def take_back(
    document: dict[str, Any], before: Mapping[str, Any], usual: Mapping[Path, Any], lent: list[Path]
) -> None:
    """What was lent and not changed goes again, so that the document is as ``before`` there."""
    for path in lent:
        if value_at(document, path) == usual[path]:
            _as_before(document, before, path)


def _as_before(document: dict[str, Any], before: Mapping[str, Any], path: Path) -> None:
    parent, last = value_at(document, path[:-1]), path[-1]
    old = value_at(before, path[:-1])
    if isinstance(parent, dict):
        if isinstance(old, dict) and last in old:
            parent[last] = old[last]
        else:
            parent.pop(last, None)
        if not parent and old is None and len(path) > 1:
            _as_before(document, before, path[:-1])
