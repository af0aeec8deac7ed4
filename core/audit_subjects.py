"""Which entries of the audit trail are about somebody."""

from __future__ import annotations

import json
import re
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.models import AuditEntry

PERSON = "employee:"
# Fields of contents that name a person by number.
_NUMBERS = re.compile(r"(^|_)(employee|ratee|rater|supervisor|handler|by|no|number|login)(_|$)")


def entries_about(session: Session, subject: str) -> list[int]:
    """Numbers of the entries with this subject; with ``employee:E0007`` all about that person.

    Those are the entries whose subject has the number as one of its parts (parts are separated by
    ``:``, ``|`` and blanks), and those whose content names it.
    """
    number = subject.removeprefix(PERSON)
    rows = session.execute(
        select(AuditEntry.id, AuditEntry.subject, AuditEntry.payload)
        .where(AuditEntry.payload.is_not(None))
        .order_by(AuditEntry.id)
    ).yield_per(2000)
    if number == subject:
        return [row.id for row in rows if row.subject == subject]
    return [
        row.id
        for row in rows
        if number in re.split(r"[:|\s]", row.subject)
        or (number in row.payload and _names(json.loads(row.payload), number))
    ]


def _names(value: Any, number: str) -> bool:
    if isinstance(value, dict):
        return any(
            (item == number and _NUMBERS.search(key)) or _names(item, number)
            for key, item in value.items()
        )
    if isinstance(value, list):
        return any(item == number or _names(item, number) for item in value)
    return False
