"""One closing in the database: written once, digested, read back as what it was."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from closing import sealed_pay
from closing.models import Pay
from closing.month import Card, MonthResult
from core import keyring
from core.models import Closing
from core.values import Fact
from evaluations.scorecards.models import FactSheet, Scorecard, ScorecardLine
from rewards.models import RuleEntry
from staff.attendance.models import PersonDay


def write_result(
    session: Session, closing: Closing, result: MonthResult, people: Iterable[Any]
) -> None:
    """Insert everything derived of a closing that is not sealed yet."""
    sheets = [
        {
            "closing_id": closing.id,
            "employee_id": row.employee_id,
            "position": row.position,
            "team_id": row.team_id,
            "supervisor_id": row.supervisor_id,
            "hire_date": row.hire_date,
            "leave_date": row.leave_date,
            "facts": _stored(result.sheets[row.employee_id]),
        }
        for row in people
        if row.employee_id in result.sheets
    ]
    first = (session.scalar(select(func.max(Scorecard.id))) or 0) + 1
    numbered = list(enumerate(result.cards, first))
    box = keyring.Box(session)
    batches: list[tuple[type[Any], list[dict[str, Any]]]] = [
        (FactSheet, sheets),
        (Scorecard, [_card(number, closing, card) for number, card in numbered]),
        (ScorecardLine, [row for number, card in numbered for row in _lines(number, card)]),
        (RuleEntry, [row for number, card in numbered for row in _entries(box, number, card)]),
        (Pay, [_pay(box, number, card) for number, card in numbered]),
    ]
    for model, rows in batches:
        if rows:
            session.execute(insert(model.__table__), rows)


def digest(session: Session, closing: Closing) -> str:
    """SHA-256 over every derived row of a closing, in a fixed order; 64 hex digits.

    What is encrypted is taken as it stands, so that no key is needed.
    """
    cards = select(Scorecard.id).where(Scorecard.closing_id == closing.id)
    parts: list[tuple[Any, Any]] = [
        (FactSheet, FactSheet.closing_id == closing.id),
        (Scorecard, Scorecard.closing_id == closing.id),
        (ScorecardLine, ScorecardLine.scorecard_id.in_(cards)),
        (RuleEntry, RuleEntry.scorecard_id.in_(cards)),
        (Pay, Pay.scorecard_id.in_(cards)),
        (PersonDay, PersonDay.month == closing.month),
    ]
    seal = hashlib.sha256()
    head = [str(closing.month), closing.revision, closing.document_hash, closing.as_of]
    head += [closing.audit_number, closing.audit_head]
    seal.update(json.dumps([*head, closing.calendar], sort_keys=True).encode())
    for model, condition in parts:
        table = model.__table__
        rows = session.execute(select(table).where(condition).order_by(*table.primary_key.columns))
        for row in rows.yield_per(2000):
            seal.update(repr([_plain(value) for value in row]).encode())
    return seal.hexdigest()


def _plain(value: object) -> object:
    return json.dumps(value, sort_keys=True) if isinstance(value, dict) else str(value)


def _stored(sheet: Mapping[str, Fact]) -> dict[str, list[Any]]:
    return {key: list(fact) for key, fact in sorted(sheet.items())}


def _card(number: int, closing: Closing, card: Card) -> dict[str, Any]:
    return {
        "id": number,
        "closing_id": closing.id,
        "month": closing.month,
        "employee_id": card.person.employee_id,
        "team_id": card.person.team_id,
        "position": card.person.position,
        "template": card.template.key,
        "status": card.status,
        "ramping": card.ramping,
        "tenure_months": card.tenure_months,
        "coverage": card.coverage,
        "base": card.base,
        "team_mean": card.team_mean,
        "team_share": card.template.team_share,
        "blended": card.blended,
        "adjustment": card.adjustment,
        "total": None if card.total is None else float(card.total),
        "grade": card.grade,
        "team_rank": card.team_rank,
        "company_rank": card.company_rank,
        "coefficient": card.coefficient,
    }


def _lines(number: int, card: Card) -> Iterable[dict[str, Any]]:
    for ordinal, line in enumerate(card.lines):
        yield {
            "scorecard_id": number,
            "ordinal": ordinal,
            "metric": line.metric,
            "raw": line.raw,
            "value": line.value,
            "sample_size": line.sample_size,
            "source": line.source,
            "weight": line.weight,
            "score": line.score,
            "floor": line.floor,
            "target": line.target,
            "stretch": line.stretch,
            "prior": line.prior,
            "prior_mean": line.prior_mean,
        }


def _entries(box: keyring.Box, number: int, card: Card) -> Iterable[dict[str, Any]]:
    for ordinal, entry in enumerate(card.rules):
        yield {
            "scorecard_id": number,
            "ordinal": ordinal,
            "rule": entry.rule,
            "kind": entry.kind,
            "fired_by": entry.fired_by,
            "state": entry.state,
            "group": entry.group,
            "level": entry.level,
            "points": entry.points,
            "amount": entry.amount,
            "bonus_deduction": entry.bonus_deduction,
            "bonus_share": entry.bonus_share,
            "wage_deduction": sealed_pay.seal_entry(box, number, ordinal, entry.wage_deduction),
            "cap_grade": entry.cap_grade,
            "case": entry.case,
            "bars_awards": entry.bars_awards,
            "actions": ";".join(entry.actions),
            "incident_id": entry.incident,
        }


def _pay(box: keyring.Box, number: int, card: Card) -> dict[str, Any]:
    pay = card.pay
    if pay is None:
        raise ValueError("a scorecard without pay")
    return {
        "scorecard_id": number,
        "bonus_base": pay.bonus_base,
        "ratio": pay.ratio,
        "amount": float(pay.amount),
        "bonus": pay.bonus,
        "deducted": pay.deducted,
        "payout": pay.payout,
        **sealed_pay.seal_sums(box, number, pay.wage_deduction, pay.wage_deduction_asked),
    }
