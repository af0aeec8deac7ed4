"""One closing in the database: written once, digested, read back as what it was."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from operator import attrgetter
from typing import Any

import msgpack
import orjson
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from closing import sealed_pay
from closing.models import Pay
from closing.month import Card, MonthResult
from core import keyring
from core.bulk import Row, insert_rows, plain_rows
from core.models import Closing
from core.values import Fact
from evaluations.models import ReviewGroup, ReviewParticipant, ReviewSeal
from evaluations.rounds.models import ReviewComment
from evaluations.scorecards.models import FactSheet, Scorecard, ScorecardLine
from evaluations.scorecards.scoring import LineResult
from rewards.entries import RuleEntry as Entry
from rewards.models import RuleEntry
from staff.attendance.models import PersonDay

PERSON = ("employee_id", "position", "team_id", "supervisor_id", "hire_date", "leave_date")
LINE = LineResult._fields
OWN = (
    "status",
    "ramping",
    "tenure_months",
    "coverage",
    "base",
    "team_mean",
    "blended",
    "adjustment",
    "grade",
    "team_rank",
    "company_rank",
    "coefficient",
)
GIVEN = ("id", "closing_id", "month", "employee_id", "team_id", "position", "template")
CARD = (*GIVEN, "team_share", "total", *OWN)
ENTRY = (
    "rule",
    "kind",
    "fired_by",
    "state",
    "group",
    "level",
    "points",
    "amount",
    "bonus_deduction",
    "bonus_share",
    "cap_grade",
    "case",
    "bars_awards",
)
ENTRY_ENDS = ("incident_id", "actions", "wage_deduction")
SUMS = ("bonus_base", "ratio", "amount", "bonus", "deducted", "payout")
PAY = ("scorecard_id", *SUMS, *sealed_pay.SUMS)
# Rows go in as tuples: what is stored as it stands is taken by name, all at once.
OF_PERSON = attrgetter(*PERSON)
OF_ROUND = (ReviewGroup, ReviewParticipant, ReviewSeal, ReviewComment)
OF_CARD, OF_ENTRY = attrgetter(*OWN), attrgetter(*ENTRY)
Packing = Callable[[Iterable[Row]], bytes]


def write_result(
    session: Session, closing: Closing, result: MonthResult, people: Iterable[Any]
) -> None:
    """Insert everything derived of a closing that is not sealed yet."""
    first = (session.scalar(select(func.max(Scorecard.id))) or 0) + 1
    numbered = list(enumerate(result.cards, first))
    box = keyring.Box(session)
    sheets = (
        (closing.id, *OF_PERSON(row), _stored(result.sheets[row.employee_id]))
        for row in people
        if row.employee_id in result.sheets
    )
    lines = ((n, place, *line) for n, card in numbered for place, line in _lines(card))
    insert_rows(session, FactSheet, ("closing_id", *PERSON, "facts"), sheets)
    insert_rows(session, Scorecard, CARD, (_card(n, closing, card) for n, card in numbered))
    insert_rows(session, ScorecardLine, ("scorecard_id", "ordinal", *LINE), lines)
    entries = (_entry(box, n, *each) for n, card in numbered for each in enumerate(card.rules))
    insert_rows(session, RuleEntry, ("scorecard_id", "ordinal", *ENTRY, *ENTRY_ENDS), entries)
    insert_rows(session, Pay, PAY, (_pay(box, n, card) for n, card in numbered))


def packed(rows: Iterable[Row]) -> bytes:
    """Rows one after the other as MessagePack, which has one form for each value."""
    return b"".join(map(msgpack.Packer().pack, rows))


def packed_before(rows: Iterable[Row]) -> bytes:
    """How rows of months closed before were written: as this Python shows them."""
    return "".join(f"{row!r}\n" for row in rows).encode()


def digest(session: Session, closing: Closing, pack: Packing = packed) -> str:
    """SHA-256 over every derived row of a closing, in a fixed order; 64 hex digits.

    Rows are taken as ``plain_rows`` gives them, the same from either database. What is encrypted
    is taken as it stands, so that no key is needed.
    """
    cards = select(Scorecard.id).where(Scorecard.closing_id == closing.id)
    parts: list[tuple[Any, Any]] = [
        (FactSheet, FactSheet.closing_id == closing.id),
        (Scorecard, Scorecard.closing_id == closing.id),
        (ScorecardLine, ScorecardLine.scorecard_id.in_(cards)),
        (RuleEntry, RuleEntry.scorecard_id.in_(cards)),
        (Pay, Pay.scorecard_id.in_(cards)),
        (PersonDay, PersonDay.month == closing.month),
        *((model, model.month == closing.month) for model in OF_ROUND),
    ]
    session.flush()
    seal = hashlib.sha256()
    head = [str(closing.month), closing.revision, closing.document_hash, closing.as_of]
    head += [closing.audit_number, closing.audit_head]
    seal.update(json.dumps([*head, closing.calendar], sort_keys=True).encode())
    for model, condition in parts:
        table = model.__table__
        seal.update(f"\n{table.name}\n".encode())
        rows = select(table).where(condition).order_by(*table.primary_key.columns)
        for part in plain_rows(session, rows, model):
            seal.update(pack(part))
    return seal.hexdigest()


def is_sealed_as_it_was(session: Session, closing: Closing) -> bool:
    """Whether the rows of a closing still have the digest that they were sealed with."""
    return any(digest(session, closing, pack) == closing.digest for pack in (packed, packed_before))


def _stored(sheet: Mapping[str, Fact]) -> str:
    """A fact is a tuple, which JSON writes as a list."""
    return orjson.dumps(sheet, option=orjson.OPT_SORT_KEYS, default=tuple).decode()


def _lines(card: Card) -> Iterable[tuple[int, LineResult]]:
    return enumerate(card.lines)


def _card(number: int, closing: Closing, card: Card) -> tuple[Any, ...]:
    person = card.person
    return (
        number,
        closing.id,
        closing.month,
        person.employee_id,
        person.team_id,
        person.position,
        card.template.key,
        card.template.team_share,
        None if card.total is None else float(card.total),
        *OF_CARD(card),
    )


def _entry(box: keyring.Box, number: int, ordinal: int, entry: Entry) -> tuple[Any, ...]:
    sealed = sealed_pay.seal_entry(box, number, ordinal, entry.wage_deduction)
    return (number, ordinal, *OF_ENTRY(entry), entry.incident, ";".join(entry.actions), sealed)


def _pay(box: keyring.Box, number: int, card: Card) -> tuple[Any, ...]:
    pay = card.pay
    if pay is None:
        raise ValueError("a scorecard without pay")
    sealed = sealed_pay.seal_sums(box, number, pay.wage_deduction, pay.wage_deduction_asked)
    return (
        number,
        pay.bonus_base,
        pay.ratio,
        float(pay.amount),
        pay.bonus,
        pay.deducted,
        pay.payout,
        *(sealed[name] for name in sealed_pay.SUMS),
    )
