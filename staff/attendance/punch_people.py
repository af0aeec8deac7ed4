"""Whose the punches of a device are: by alias, number, number without zeros before it, or name."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from sqlalchemy.orm import Session

from core.files.reading import Row, Table
from core.imports.cells import Bad, Parser
from core.imports.kinds import REFUSED, Problem
from core.imports.mapping import CREATE, DEVICE_WAYS, SET_ASIDE
from core.imports.outcome import Aside
from core.imports.packing import pack
from core.imports.staging import Staged, check_aside
from staff.attendance.punch_files import PunchFile
from staff.external_ids import Agents


def with_people(session: Session, table: PunchFile, moment: Parser) -> Table:
    """The same with employee numbers; rows of people who are not known become what is asked for.

    ``moment`` reads a time: a row that is set aside is good but for its person.
    """
    agents = Agents(session, table.source, DEVICE_WAYS)
    known: dict[tuple[str, str], str | Bad | None] = {}

    def rows() -> Iterator[Row]:
        for number, (who, stamp) in table.rows:
            if not (who and stamp):
                yield number, [who, stamp]
                continue
            key = (who, stamp[:10])
            if key not in known:
                known[key] = _number(agents, who, stamp)
            found = known[key]
            if isinstance(found, str):
                yield number, [found, stamp]
            elif isinstance(found, Bad):
                table.problems.setdefault(number, Problem(number, "employee_no", found.message))
                yield number, [who, ""]
            elif not (_is_good(stamp, moment) and _kept(table, number, who, stamp)):
                yield number, [who, stamp]

    return Table(table.header, rows())


def _number(agents: Agents, who: str, stamp: str) -> str | Bad | None:
    """None where nobody is meant, ``Bad`` where several may be."""
    try:
        on = date.fromisoformat(stamp[:10])
    except ValueError:
        on = None
    try:
        return agents.find(who, on)
    except Bad as bad:
        return bad


def _is_good(stamp: str, moment: Parser) -> bool:
    try:
        moment(stamp)
    except Bad:
        return False
    return True


def _kept(table: PunchFile, number: int, who: str, stamp: str) -> bool:
    """Whether a row of somebody unknown was set aside; else it is noted that nobody is meant."""
    found = table.found
    if table.on_unknown == SET_ASIDE:
        check_aside(len(found.aside))
        cells = {"employee_no": who, "timestamp": stamp}
        found.aside.append(Aside(number, who, "employee_no", pack(cells)))
        return True
    if table.on_unknown == CREATE:
        day = date.fromisoformat(stamp[:10])
        found.unknown[who] = min(found.unknown.get(who) or day, day)
    else:
        found.nobody[who] = None
    return False


def tell_why(staged: Staged, table: PunchFile) -> None:
    """Bad records get the reason that their file gives; what it leaves open is warned of."""
    for line in staged.lines:
        if line.outcome == REFUSED or line.problems:
            problem = table.problems.get(line.number)
            if problem is not None and not line.cells.get("timestamp"):
                line.problems = [problem]
    staged.kind.warnings += table.notes
