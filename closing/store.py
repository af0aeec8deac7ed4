"""One closing in the database: written once, digested, read back as what it was."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from operator import attrgetter
from typing import Any

import orjson
from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from closing import sealed_pay
from closing.models import Pay
from closing.month import Card, MonthResult
from core import keyring
from core.bulk import Row, insert_rows, json_rows, plain_rows
from core.models import Closing
from core.values import Fact
from evaluations.models import ReviewGroup, ReviewParticipant, ReviewSeal
from evaluations.rounds.models import ReviewComment
from evaluations.scorecards.models import FactSheet, Scorecard, ScorecardLine
from rewards.entries import RuleEntry as Entry
from rewards.models import RuleEntry
from staff.attendance.models import PersonDay
from staff.attendance.queries import in_month

Part = tuple[type[Any], Any]  # a table and which of its rows
# Columns in the order of their tables.
PERSON = ("employee_id", "position", "team_id", "supervisor_id", "hire_date", "leave_date")
SHOWN = ("status", "ramping", "tenure_months", "coverage", "base", "team_mean")
STANDING = ("grade", "team_rank", "company_rank", "coefficient")
RULE = ("rule", "kind", "fired_by", "state", "group", "level")
EFFECTS = (*RULE, "points", "amount", "bonus_deduction", "bonus_share")
LIMITS = ("cap_grade", "case", "bars_awards")
ENTRY = (*EFFECTS, *LIMITS)  # what of an entry is stored as it stands
# Rows go in as tuples: what is stored as it stands is taken by name, all at once.
OF_PERSON, SHOWN_OF, STANDING_OF = (attrgetter(*each) for each in (PERSON, SHOWN, STANDING))
EFFECTS_OF, LIMITS_OF = attrgetter(*EFFECTS), attrgetter(*LIMITS)
OF_ROUND = (ReviewGroup, ReviewParticipant, ReviewSeal, ReviewComment)


class Seal:
    """SHA-256 over every derived row of a closing, in a fixed order.

    A row is a JSON array of the values that ``plain_rows`` gives, the same from either database;
    the rows of a table follow each other, each with a comma, after its name. What is encrypted is
    taken as it stands, so that no key is needed.
    """

    def __init__(self, closing: Closing) -> None:
        self._hash = hashlib.sha256(_head(closing))
        self.hexdigest = self._hash.hexdigest

    def begin(self, model: type[Any]) -> None:
        self._hash.update(f"\n{model.__tablename__}\n".encode())

    def rows(self, rows: Sequence[Row]) -> None:
        """``repr`` stands for what no column of these tables may hold."""
        self._hash.update(orjson.dumps(rows, default=repr)[1:-1] + b",")

    def texts(self, rows: Sequence[str]) -> None:
        self._hash.update((",".join(rows) + ",").encode())


def write_result(
    session: Session, closing: Closing, result: MonthResult, people: Iterable[Any]
) -> str:
    """Insert everything derived of a closing that is not sealed yet; its digest.

    The sums of the 360° round stand there before. What is written here is digested on its way, so
    that the database need not give it back: in the order of the keys.
    """
    first = (session.scalar(select(func.max(Scorecard.id))) or 0) + 1
    numbered = list(enumerate(result.cards, first))
    box = keyring.Box(session)
    sheets = (
        (closing.id, *OF_PERSON(row), _stored(result.sheets[row.employee_id]))
        for row in sorted(people, key=attrgetter("employee_id"))
        if row.employee_id in result.sheets
    )
    cards = (_card(n, closing, card) for n, card in numbered)
    lines = ((n, place, *line) for n, card in numbered for place, line in enumerate(card.lines))
    entries = (_entry(box, n, *each) for n, card in numbered for each in enumerate(card.rules))
    pays = (_pay(box, n, card) for n, card in numbered)
    rows = (sheets, cards, lines, entries, pays)
    seal = Seal(closing)
    for (model, _), each in zip(_written(closing), rows, strict=True):
        seal.begin(model)
        insert_rows(session, model, model.__table__.columns.keys(), each, seal.rows)
    for model, condition in _beside(session, closing):
        seal.begin(model)
        statement = _in_order(model, condition)
        if model is PersonDay:
            for texts in json_rows(session, statement, model):
                seal.texts(texts)
        else:
            for part in plain_rows(session, statement, model):
                seal.rows(part)
    return seal.hexdigest()


def digest(session: Session, closing: Closing) -> str:
    """What ``write_result`` gave, of what the database holds now; 64 hex digits."""
    seal = Seal(closing)
    for model, condition in (*_written(closing), *_beside(session, closing)):
        seal.begin(model)
        for part in plain_rows(session, _in_order(model, condition), model):
            seal.rows(part)
    return seal.hexdigest()


def digest_of_before(session: Session, closing: Closing) -> str:
    """How months closed before were digested: rows as this Python shows them."""
    seal = hashlib.sha256(_head(closing))
    for model, condition in (*_written(closing), *_beside(session, closing)):
        seal.update(f"\n{model.__tablename__}\n".encode())
        for part in plain_rows(session, _in_order(model, condition), model):
            seal.update("".join(f"{row!r}\n" for row in part).encode())
    return seal.hexdigest()


def is_sealed_as_it_was(session: Session, closing: Closing) -> bool:
    """Whether the rows of a closing still have the digest that they were sealed with."""
    return any(of(session, closing) == closing.digest for of in (digest, digest_of_before))


def _head(closing: Closing) -> bytes:
    head = [str(closing.month), closing.revision, closing.document_hash, closing.as_of]
    head += [closing.audit_number, closing.audit_head]
    return json.dumps([*head, closing.calendar], sort_keys=True).encode()


def _written(closing: Closing) -> list[Part]:
    """The tables that a close writes, and which of their rows are its own."""
    cards = select(Scorecard.id).where(Scorecard.closing_id == closing.id)
    return [
        (FactSheet, FactSheet.closing_id == closing.id),
        (Scorecard, Scorecard.closing_id == closing.id),
        (ScorecardLine, ScorecardLine.scorecard_id.in_(cards)),
        (RuleEntry, RuleEntry.scorecard_id.in_(cards)),
        (Pay, Pay.scorecard_id.in_(cards)),
    ]


def _beside(session: Session, closing: Closing) -> list[Part]:
    """The tables that are locked with the month."""
    of_round: list[Part] = [(model, model.month == closing.month) for model in OF_ROUND]
    return [(PersonDay, in_month(session, closing.month)), *of_round]


def _in_order(model: type[Any], condition: Any) -> Select[Any]:
    table = model.__table__
    return select(table).where(condition).order_by(*table.primary_key.columns)


def _stored(sheet: Mapping[str, Fact]) -> str:
    """A fact is a tuple, which JSON writes as a list."""
    return orjson.dumps(sheet, option=orjson.OPT_SORT_KEYS, default=tuple).decode()


def _card(number: int, closing: Closing, card: Card) -> Row:
    person = card.person
    return (
        number,
        closing.id,
        closing.month,
        person.employee_id,
        person.team_id,
        person.position,
        card.template.key,
        *SHOWN_OF(card),
        card.template.team_share,
        card.blended,
        card.adjustment,
        None if card.total is None else float(card.total),
        *STANDING_OF(card),
    )


def _entry(box: keyring.Box, number: int, ordinal: int, entry: Entry) -> Row:
    sealed = sealed_pay.seal_entry(box, number, ordinal, entry.wage_deduction)
    ends = (";".join(entry.actions), entry.incident)
    return (number, ordinal, *EFFECTS_OF(entry), sealed, *LIMITS_OF(entry), *ends)


def _pay(box: keyring.Box, number: int, card: Card) -> Row:
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
