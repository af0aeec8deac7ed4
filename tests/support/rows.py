"""Everything that a database holds, to compare two of them or one with what it was."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import Table, select
from sqlalchemy.orm import Session

from closing.models import Pay
from closing.sealed_pay import open_entry, open_sums
from core.db import Base
from core.keyring import Box
from core.models import Closing
from core.values import Month
from evaluations.scorecards.models import Scorecard
from rewards.models import RuleEntry

# What a close derives, by how its rows hang on the closing.
BY_CLOSING = ("fact_sheets", "scorecards")
BY_SCORECARD = ("scorecard_lines", "rule_entries", "pays")
BY_MONTH = ("person_days", "review_groups", "review_participants", "review_seals")


def table(name: str) -> Table:
    return Base.metadata.tables[name]


def everything(session: Session, without: Collection[str] = ()) -> dict[str, list[Any]]:
    """The rows of every table, each table in an order of its own making."""
    found = {}
    for one in Base.metadata.sorted_tables:
        if one.name not in without:
            found[one.name] = sorted(map(repr, session.execute(select(one))))
    return found


def derived(session: Session, closing: Closing) -> dict[str, Counter[str]]:
    """Everything that the closing holds, as sets: persons by id, without its own ids."""
    owners = dict(
        session.execute(
            select(Scorecard.id, Scorecard.employee_id).where(Scorecard.closing_id == closing.id)
        ).all()
    )
    found = {
        "closing": Counter(
            [repr((closing.document_hash, closing.as_of, closing.calendar, closing.left_out))]
        )
    }
    for name in BY_CLOSING:
        rows = _rows(session, name, table(name).c.closing_id == closing.id)
        found[name] = Counter(_without(row, ("id", "closing_id")) for row in rows)
    box = Box(session)
    for name in BY_SCORECARD:
        stored = _rows(session, name, table(name).c.scorecard_id.in_(owners))
        found[name] = Counter(
            f"{owners[row['scorecard_id']]} {_without(row, ('scorecard_id',))}"
            for row in (opened(box, name, each) for each in stored)
        )
    for name in BY_MONTH:
        rows = _rows(session, name, table(name).c.month == closing.month)
        found[name] = Counter(_without(row, ("id",)) for row in rows)
    return found


def opened(box: Box, name: str, row: Mapping[str, Any]) -> Mapping[str, Any]:
    """The row with what is encrypted in it as it was."""
    if name == "pays":
        return {**row, **open_sums(box, Pay(**row))}
    if name == "rule_entries":
        return {**row, "wage_deduction": open_entry(box, RuleEntry(**row))}
    return row


def latest_closings(session: Session) -> dict[Month, Closing]:
    """The newest revision of every month that was ever closed."""
    rows = session.scalars(select(Closing).order_by(Closing.month, Closing.revision))
    return {row.month: row for row in rows}


def _rows(session: Session, name: str, condition: Any) -> list[Mapping[str, Any]]:
    return [dict(row._mapping) for row in session.execute(select(table(name)).where(condition))]


def _without(row: Mapping[str, Any], names: Collection[str]) -> str:
    return repr([(key, value) for key, value in row.items() if key not in names])
