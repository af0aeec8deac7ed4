"""What a batch keeps of a file for its page: changed and late rows in words, and what is wrong.

Values are JSON scalars; people stand there by number, wall-clock seconds as time. What is secret in
the database, wages and 360° reviews, is not told.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import BigInteger, Table, select

from core.db import wall_time
from core.imports.kinds import CHANGED, LATE, Kind, Line, Problem
from core.imports.staging import Staged
from core.imports.storing import HIDDEN, key_text

Labels = dict[tuple[str, int], str]
SHOWN = 200
# What stands for a row of another table.
_LABELS = {"employees": "employee_no", "teams": "path", "courses": "course_code"}
# Parameters of messages that repeat nothing of a file.
_HARMLESS = frozenset(
    ("rows", "least", "most", "limit", "found", "width", "month", "known", "year")
)


def problem_json(problem: Problem, *, traced: bool = True) -> dict[str, Any]:
    """A bad row with its message to be translated; ``traced`` is False where cells are secret."""
    params = problem.message.params
    return {
        "row": problem.row,
        "column": problem.column,
        "msgid": problem.message.msgid,
        "params": {
            key: str(value) if traced or key in _HARMLESS else HIDDEN
            for key, value in params.items()
        },
    }


def rows_json(staged: Staged) -> dict[str, Any]:
    """The first changed and late rows; none of a kind that leaves no trace."""
    if not staged.kind.traced:
        return {"changed": [], "late": []}
    changed, late = _first(staged.lines, CHANGED), _first(staged.lines, LATE)
    labels = _labels(staged.kind, [*changed, *late])
    return {
        "changed": [
            {
                **_line_json(staged.kind, line, labels),
                "values": _differences(staged.kind, line, labels),
            }
            for line in changed
        ],
        "late": [_line_json(staged.kind, line, labels) for line in late],
    }


def changed_fields(line: Line) -> list[str]:
    """Names of the fields in which a changed row differs from what is known."""
    if line.before is None:
        return []
    return [name for name in line.record if line.record[name] != line.before.get(name)]


def _first(lines: Iterable[Line], outcome: str) -> list[Line]:
    found = []
    for line in lines:
        if line.outcome == outcome:
            found.append(line)
            if len(found) == SHOWN:
                break
    return found


def _line_json(kind: Kind, line: Line, labels: Labels) -> dict[str, Any]:
    who = (
        _value(kind, name, value, labels)
        for name, value in zip(kind.identity, line.identity, strict=True)
    )
    return {
        "row": line.number,
        "key": key_text(line),
        "who": [value for value in who if value not in (None, "")],
        "month": str(line.month) if line.month else None,
        "columns": changed_fields(line),
    }


def _target(kind: Kind, name: str) -> Table | None:
    """The table that a field refers to, where its rows have a label."""
    column = kind.table.c.get(name)
    if column is None:
        return None
    tables = (key.column.table for key in column.foreign_keys)
    return next((table for table in tables if table.name in _LABELS), None)


def _labels(kind: Kind, lines: Sequence[Line]) -> Labels:
    """What stands for the ids in these lines: numbers, paths, codes."""
    wanted: dict[str, tuple[Table, set[int]]] = {}
    for name in {*kind.fields, *kind.identity}:
        table = _target(kind, name)
        if table is not None:
            ids = wanted.setdefault(table.name, (table, set()))[1]
            for line in lines:
                identity = dict(zip(kind.identity, line.identity, strict=True))
                records = (line.before or {}, line.record, identity)
                ids.update(each[name] for each in records if each.get(name) is not None)
    found: Labels = {}
    for key, (table, ids) in wanted.items():
        if ids:
            label = table.c[_LABELS[key]]
            query = select(table.c.id, label).where(table.c.id.in_(sorted(ids)))
            for row_id, text in kind.setting.session.execute(query):
                found[key, row_id] = text
    return found


def _differences(kind: Kind, line: Line, labels: Labels) -> list[list[Any]]:
    """``[column, before, after]`` of everything that differs and is not computed from it."""
    columns = {column.field: column.name for column in kind.columns}
    before = line.before or {}
    found = []
    for name in changed_fields(line):
        # Of what is derived, only a shift stands nowhere else.
        if name not in kind.derived or name.startswith("shift_"):
            values = (_value(kind, name, each.get(name), labels) for each in (before, line.record))
            found.append([columns.get(name, name), *values])
    return found


def _value(kind: Kind, name: str, value: Any, labels: Labels) -> Any:
    if name in kind.secret:
        return HIDDEN
    if value is None or isinstance(value, bool):
        return value
    column = kind.table.c.get(name)
    target = _target(kind, name)
    if target is not None:
        return labels.get((target.name, value), str(value))
    if name.startswith("shift_"):
        return f"{value // 60:02d}:{value % 60:02d}"
    if column is not None and isinstance(column.type, BigInteger) and isinstance(value, int):
        return str(wall_time(value))
    return value if isinstance(value, int | float) else str(value)
