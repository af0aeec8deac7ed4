"""A map as the fields of a form, and back: one field for each thing that it may say. Pure.

Field names are ``source``, ``timezone`` and the like, ``from.ticket_id`` and the like for a column
of ours, ``leave.0.column`` for rows that are none of ours; ``leave.0.way`` says whether the record
or the row is left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from core.documents import N_, Problem
from core.imports.mapping import WAYS

Fields = Mapping[str, str]
PLAIN = ("source", "timezone", "dates", "period", "numbers", "on_unknown", "newest_by")
MOST = 20  # conditions
WAYS_OUT = ("leave_out", "skip_rows")
JOINED = ("from", "and", "third")


def document_of(
    fields: Fields, kind: str, columns: Sequence[str]
) -> tuple[dict[str, Any], list[Problem]]:
    """The document that the form asks for, and what cannot be read of the form itself."""
    problems: list[Problem] = []
    document: dict[str, Any] = {"kind": kind}
    for key in PLAIN:
        if _given(fields, key):
            document[key] = _given(fields, key)
    if _given(fields, "head"):
        document["head"] = [each.strip() for each in _given(fields, "head").split(",")]
    ways = _ways(fields)
    if ways:
        document["agents"] = ways
    for way in WAYS_OUT:
        if out := list(_conditions(fields, way)):
            document[way] = out
    cells = {name: _cell(fields, name, problems) for name in columns}
    document["columns"] = {name: cell for name, cell in cells.items() if cell is not None}
    return document, problems


def _given(fields: Fields, key: str) -> str:
    return fields.get(key, "").strip()


def _ways(fields: Fields) -> list[str]:
    """The ways that are ticked, in the order of the map that the form began with."""
    order = [way.strip() for way in _given(fields, "agents").split(",") if way.strip()]
    ticked = [way for way in WAYS if fields.get(f"way.{way}")]
    if not ticked:
        return order
    kept = [way for way in order if way in ticked]
    return [*kept, *(way for way in ticked if way not in kept)]


def _conditions(fields: Fields, way: str) -> Iterator[dict[str, Any]]:
    for number in range(MOST):
        column = _given(fields, f"leave.{number}.column")
        if not column or (_given(fields, f"leave.{number}.way") or WAYS_OUT[0]) != way:
            continue
        found: dict[str, Any] = {"column": column}
        values = [each.strip() for each in _given(fields, f"leave.{number}.values").split(";")]
        if any(values):
            found["values"] = [each for each in values if each]
        if _given(fields, f"leave.{number}.empty"):
            found["empty"] = True
        yield found


def _cell(fields: Fields, name: str, problems: list[Problem]) -> str | dict[str, Any] | None:
    """A bare text where nothing but the column is told; None where the column is not filled."""
    constant = _given(fields, f"value.{name}")
    sources = [fields.get(f"{each}.{name}", "") for each in JOINED]
    sources = [each for each in sources if each]
    if constant and sources:
        message = N_("Choose a column or write a value that is the same in every row, not both.")
        problems.append(Problem(f"columns.{name}", message))
    if constant:
        return {"value": constant}
    if not sources:
        return None
    found: dict[str, Any] = {}
    if len(sources) > 1:
        found = {"join": sources, "with": fields.get(f"with.{name}", "")}
    else:
        found["from"] = sources[0]
    if fields.get(f"plus.{name}"):
        found["plus"] = fields[f"plus.{name}"]
        found["unit"] = _given(fields, f"unit.{name}") or "seconds"
    values = _values(fields, name, problems)
    if values:
        found["values"] = values
        if _given(fields, f"otherwise.{name}") in ("keep", "empty"):
            found["otherwise"] = _given(fields, f"otherwise.{name}")
    return str(found["from"]) if list(found) == ["from"] else found


def _values(fields: Fields, name: str, problems: list[Problem]) -> dict[str, str]:
    """Lines such as ``5 stars = good``."""
    found: dict[str, str] = {}
    for line in fields.get(f"values.{name}", "").splitlines():
        if not line.strip():
            continue
        theirs, equals, ours = line.rpartition("=")
        if not equals:
            message = N_('"%(line)s" has no "=": write theirs = ours, one a line.')
            problems.append(Problem(f"columns.{name}", message, {"line": line.strip()[:60]}))
        found[theirs.strip()] = ours.strip()
    return found


def fields_of(document: Mapping[str, Any]) -> dict[str, str]:
    """The form filled in with a document that was read once."""
    fields = {key: str(document[key]) for key in PLAIN if document.get(key)}
    if document.get("head"):
        fields["head"] = ", ".join(document["head"])
    ways = document.get("agents") or WAYS
    fields["agents"] = ", ".join(ways)
    fields.update({f"way.{way}": "1" for way in ways})
    out = [(way, each) for way in WAYS_OUT for each in document.get(way) or ()]
    for number, (way, each) in enumerate(out):
        fields[f"leave.{number}.way"] = way
        fields[f"leave.{number}.column"] = each["column"]
        fields[f"leave.{number}.values"] = "; ".join(each.get("values") or ())
        fields[f"leave.{number}.empty"] = "1" if each.get("empty") else ""
    for name, cell in (document.get("columns") or {}).items():
        if not isinstance(cell, Mapping):
            fields[f"from.{name}"] = str(cell)
            continue
        sources = cell.get("join") or ([cell["from"]] if cell.get("from") else [])
        fields.update({f"{key}.{name}": text for key, text in zip(JOINED, sources, strict=False)})
        if len(sources) > 1:
            separator = cell.get("with", "-")
            fields[f"with.{name}"] = separator or ""
        for key in ("value", "plus", "unit", "otherwise"):
            if cell.get(key):
                fields[f"{key}.{name}"] = str(cell[key])
        if cell.get("values"):
            lines = (f"{theirs} = {ours or ''}".rstrip() for theirs, ours in cell["values"].items())
            fields[f"values.{name}"] = "\n".join(lines)
    return fields


def fits(document: Mapping[str, Any]) -> bool:
    """Whether the form can say all that the document says."""
    cells = (document.get("columns") or {}).values()
    if any("," in each for each in document.get("head") or ()):
        return False
    joins = (cell.get("join") or () for cell in cells if isinstance(cell, Mapping))
    return all(len(each) <= len(JOINED) for each in joins)
