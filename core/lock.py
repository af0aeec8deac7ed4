"""The lock of closed months, in the database itself: triggers that refuse raw SQL too.

What is derived (fact sheets, scorecards, lines, rule entries, pay) is refused every change once its
closing is sealed; person-days and review sums while their month is closed. The state of a closed
month changes only where a ``reopenings`` row, which names an audit entry, tells why; never after
its payroll was exported; neither do adjustments paid with it. Audit entries, reopenings and
published documents are append-only; keys are never deleted.

A row may also go without being deleted: SQLite removes what stands in the way of INSERT OR REPLACE
and UPDATE OR REPLACE, and calls no trigger for it. So there whatever would take the key of a row
that must stay is refused as well.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, inspect

MESSAGE = "locked: the month is closed"
APPEND_ONLY = "locked: append-only"
PAID = "locked: the payroll was exported"


@dataclass(frozen=True, slots=True)
class Locks:
    """Tables by what ties them to a closing."""

    by_closing: Sequence[str]
    by_scorecard: Sequence[str]
    by_month: Sequence[str]
    by_payment: Sequence[str] = ()
    append_only: Sequence[str] = ("reopenings", "document_versions")


Keys = Sequence[Sequence[str]]
"""Columns of a table that no two rows share; the first is the primary key."""


def statements(connection: Connection, locks: Locks) -> list[str]:
    """The DDL that installs the triggers on a database with these tables."""
    rules = _rules(locks)
    names = [f"lock_{rule[0]}_{rule[1].lower()}_{i}" for i, rule in enumerate(rules)]
    named = list(zip(names, rules, strict=True))
    if connection.dialect.name == "sqlite":
        keys = {table: _keys(connection, table) for table in dict.fromkeys(r[0] for r in rules)}
        return [_sqlite(name, *rule) for name, rule in named] + _replacing(rules, keys, locks)
    tables = dict.fromkeys(rule[0] for rule in rules)
    return [part for name, rule in named for part in _postgresql(name, *rule)] + [
        part for table in tables for part in _no_truncate(table)
    ]


def _rules(locks: Locks) -> list[tuple[str, str, str, str]]:
    """(table, event, condition, message)."""
    rules = []
    for table in locks.by_closing:
        for event, row in _EVENTS:
            sealed = f"(SELECT sealed FROM closings WHERE id = {row}.closing_id)"
            rules.append((table, event, sealed, MESSAGE))
    for table in locks.by_scorecard:
        for event, row in _EVENTS:
            sealed = (
                "(SELECT c.sealed FROM scorecards s JOIN closings c ON c.id = s.closing_id"
                f" WHERE s.id = {row}.scorecard_id)"
            )
            rules.append((table, event, sealed, MESSAGE))
    for table in locks.by_month:
        for event, row in _EVENTS:
            closed = f"EXISTS (SELECT 1 FROM months WHERE month = {row}.month AND state = 'closed')"
            rules.append((table, event, closed, MESSAGE))
    for table in locks.by_payment:
        for event, row in _EVENTS:
            paid = (
                f"EXISTS (SELECT 1 FROM months WHERE month = {row}.pay_month"
                " AND exported_at IS NOT NULL)"
            )
            rules.append((table, event, paid, PAID))
    for table in locks.append_only:
        rules += [(table, event, "TRUE", APPEND_ONLY) for event in ("UPDATE", "DELETE")]
    return rules + _STATE_RULES


_EVENTS = (("INSERT", "NEW"), ("UPDATE", "OLD"), ("UPDATE", "NEW"), ("DELETE", "OLD"))

_BLANKED = (
    "NOT (NEW.payload IS NULL AND NEW.id = OLD.id AND NEW.at = OLD.at AND NEW.actor = OLD.actor"
    " AND NEW.action = OLD.action AND NEW.subject = OLD.subject AND NEW.origin = OLD.origin"
    " AND NEW.payload_hash = OLD.payload_hash AND NEW.previous = OLD.previous"
    " AND NEW.mac = OLD.mac)"
)
_SEALED = (
    "(SELECT NOT sealed FROM closings WHERE id = NEW.closing_id AND month = NEW.month)"
    " IS NOT FALSE OR EXISTS (SELECT 1 FROM reopenings WHERE closing_id = NEW.closing_id)"
)
_STATE_RULES = [
    ("closings", "UPDATE", "OLD.sealed", MESSAGE),
    ("closings", "DELETE", "OLD.sealed", MESSAGE),
    (
        "closings",
        "INSERT",
        "EXISTS (SELECT 1 FROM months WHERE month = NEW.month AND state = 'closed')",
        MESSAGE,
    ),
    ("months", "DELETE", "OLD.state = 'closed'", MESSAGE),
    (
        "months",
        "UPDATE",
        "OLD.state = 'closed' AND (NEW.month <> OLD.month OR"
        " ((NEW.state <> 'closed' OR NEW.closing_id IS NULL OR NEW.closing_id <> OLD.closing_id)"
        " AND (OLD.exported_at IS NOT NULL OR NEW.state = 'closed' OR NOT EXISTS"
        " (SELECT 1 FROM reopenings WHERE closing_id = OLD.closing_id))))",
        MESSAGE,
    ),
    (
        "months",
        "UPDATE",
        "OLD.exported_at IS NOT NULL AND NEW.exported_at IS NULL",
        MESSAGE,
    ),
    ("months", "UPDATE", f"OLD.state = 'open' AND NEW.state = 'closed' AND ({_SEALED})", MESSAGE),
    ("months", "INSERT", f"NEW.state = 'closed' AND ({_SEALED})", MESSAGE),
    ("audit_entries", "UPDATE", _BLANKED, APPEND_ONLY),
    ("audit_entries", "DELETE", "TRUE", APPEND_ONLY),
    ("wrapped_keys", "DELETE", "TRUE", APPEND_ONLY),
]


def _sqlite(name: str, table: str, event: str, condition: str, message: str) -> str:
    return (
        f"CREATE TRIGGER {name} BEFORE {event} ON {table}"
        f" WHEN {condition} BEGIN SELECT RAISE(ABORT, '{message}'); END"
    )


def _postgresql(name: str, table: str, event: str, condition: str, message: str) -> list[str]:
    back = "OLD" if event == "DELETE" else "NEW"
    return [
        f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
        f" IF {condition} THEN RAISE EXCEPTION '{message}'"
        " USING ERRCODE = 'integrity_constraint_violation';"
        f" END IF; RETURN {back}; END $$",
        f"CREATE TRIGGER {name} BEFORE {event} ON {table} FOR EACH ROW EXECUTE FUNCTION {name}()",
    ]


def _keys(connection: Connection, table: str) -> Keys:
    found = inspect(connection)
    unique = [each["column_names"] for each in found.get_unique_constraints(table)]
    return [found.get_pk_constraint(table)["constrained_columns"], *unique]


def _replacing(
    rules: Sequence[tuple[str, str, str, str]], keys: Mapping[str, Keys], locks: Locks
) -> list[str]:
    """Triggers against REPLACE, for each rule that forbids to delete.

    A key that holds what ties the row to its closing is left out: with the same key the new row is
    tied to the same closing, and refused for that.
    """
    ties = dict.fromkeys(locks.by_closing, "closing_id")
    ties |= dict.fromkeys(locks.by_scorecard, "scorecard_id")
    ties |= dict.fromkeys(locks.by_month, "month")
    made = []
    for table, event, condition, message in rules:
        if event != "DELETE":
            continue
        stays = re.sub(r"\bOLD\.", "held.", condition)
        itself = " AND ".join(f"held.{name} = OLD.{name}" for name in keys[table][0])
        for place, key in enumerate(keys[table]):
            if ties.get(table) in key:
                continue
            same = " AND ".join(f"held.{name} = NEW.{name}" for name in key)
            taken = f"SELECT 1 FROM {table} AS held WHERE {same} AND ({stays})"
            name = f"lock_{table}_replace_{place}"
            insert, update = f"EXISTS ({taken})", f"EXISTS ({taken} AND NOT ({itself}))"
            of = f"UPDATE OF {', '.join(key)}"
            made.append(_sqlite(f"{name}_insert", table, "INSERT", insert, message))
            made.append(_sqlite(f"{name}_update", table, of, update, message))
    return made


def _no_truncate(table: str) -> list[str]:
    name = f"lock_{table}_truncate"
    return [
        f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
        f" RAISE EXCEPTION '{MESSAGE}' USING ERRCODE = 'integrity_constraint_violation'; END $$",
        f"CREATE TRIGGER {name} BEFORE TRUNCATE ON {table}"
        f" FOR EACH STATEMENT EXECUTE FUNCTION {name}()",
    ]
