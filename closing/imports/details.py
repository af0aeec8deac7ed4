"""What a batch keeps of a file for its page: changed and late rows in words, and what is wrong.

Values are JSON scalars; people stand there by number, wall-clock seconds as time. What is secret in
the database, wages and 360° reviews, is not told.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import BigInteger, select

from core.db import wall_time
from core.imports.kinds import CHANGED, LATE, Kind, Line, Problem
from core.imports.staging import Staged
from core.imports.storing import HIDDEN, key_text
from staff.models import Employee

SHOWN = 200
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
    changed = _first(staged.lines, CHANGED)
    names = _numbers(staged.kind, changed)
    return {
        "changed": [
            {**_line_json(staged.kind, line), "values": _differences(staged.kind, line, names)}
            for line in changed
        ],
        "late": [_line_json(staged.kind, line) for line in _first(staged.lines, LATE)],
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


def _line_json(kind: Kind, line: Line) -> dict[str, Any]:
    identity = [column.name for column in kind.columns if column.field in kind.identity]
    return {
        "row": line.number,
        "key": key_text(line),
        "who": [line.cells[name] for name in identity if line.cells.get(name)],
        "month": str(line.month) if line.month else None,
        "columns": changed_fields(line),
    }


def _numbers(kind: Kind, lines: Sequence[Line]) -> dict[int, str]:
    """Employee numbers by the ids that stand in changed fields."""
    fields = [name for name in kind.fields if _is_person(kind, name)]
    ids = {
        record[name]
        for line in lines
        for record in (line.before or {}, line.record)
        for name in fields
        if record.get(name) is not None
    }
    if not ids:
        return {}
    query = select(Employee.id, Employee.employee_no).where(Employee.id.in_(ids))
    return dict(kind.setting.session.execute(query).all())


def _is_person(kind: Kind, name: str) -> bool:
    column = kind.table.c.get(name)
    return column is not None and any(
        key.column.table.name == Employee.__tablename__ for key in column.foreign_keys
    )


def _differences(kind: Kind, line: Line, numbers: dict[int, str]) -> list[list[Any]]:
    """``[column, before, after]`` of everything that differs and is not computed from it."""
    columns = {column.field: column.name for column in kind.columns}
    before = line.before or {}
    found = []
    for name in changed_fields(line):
        # Of what is derived, only a shift stands nowhere else.
        if name not in kind.derived or name.startswith("shift_"):
            values = (_value(kind, name, each.get(name), numbers) for each in (before, line.record))
            found.append([columns.get(name, name), *values])
    return found


def _value(kind: Kind, name: str, value: Any, numbers: dict[int, str]) -> Any:
    if name in kind.secret:
        return HIDDEN
    if value is None or isinstance(value, bool):
        return value
    column = kind.table.c.get(name)
    if _is_person(kind, name):
        return numbers.get(value, str(value))
    if name.startswith("shift_"):
        return f"{value // 60:02d}:{value % 60:02d}"
    if column is not None and isinstance(column.type, BigInteger) and isinstance(value, int):
        return str(wall_time(value))
    return value if isinstance(value, int | float) else str(value)
