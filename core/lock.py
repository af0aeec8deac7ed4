"""The lock of closed months, in the database itself: triggers that refuse raw SQL too.

What is derived (fact sheets, scorecards, lines, rule entries, pay) is refused every change once its
closing is sealed; person-days and review sums while their month is closed. The state of a closed
month changes only where a ``reopenings`` row, which names an audit entry, tells why; never after
its payroll was exported; neither do adjustments paid with it. Audit entries, reopenings and
published documents are append-only; keys are never deleted.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

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


def statements(dialect: str, locks: Locks) -> list[str]:
    """The DDL that installs the triggers on ``sqlite`` or ``postgresql``."""
    rules = _rules(locks)
    names = [f"lock_{rule[0]}_{rule[1].lower()}_{i}" for i, rule in enumerate(rules)]
    named = list(zip(names, rules, strict=True))
    if dialect == "sqlite":
        return [_sqlite(name, *rule) for name, rule in named]
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


def _no_truncate(table: str) -> list[str]:
    name = f"lock_{table}_truncate"
    return [
        f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
        f" RAISE EXCEPTION '{MESSAGE}' USING ERRCODE = 'integrity_constraint_violation'; END $$",
        f"CREATE TRIGGER {name} BEFORE TRUNCATE ON {table}"
        f" FOR EACH STATEMENT EXECUTE FUNCTION {name}()",
    ]
