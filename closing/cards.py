"""Scorecards as people and scripts see them: from a preview's results, or read back from the store.

``CardView`` has the names that results do not hold; ``as_json`` is the shape that
docs/file-formats.md promises.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from closing import sealed_pay
from closing.history import facts_from_json
from closing.models import Pay
from closing.month import Card, MonthResult
from closing.store import ENTRY
from core.db import wall_time
from core.keyring import Box
from core.models import Closing, DocumentVersion
from core.values import Fact, Month, flat
from evaluations.scorecards.models import FactSheet, Scorecard, ScorecardLine
from evaluations.scorecards.scoring import LineResult
from rewards.entries import RuleEntry
from rewards.models import Incident
from rewards.models import RuleEntry as StoredEntry
from staff.models import Employee, Team
from staff.people import PersonRow


@dataclass(frozen=True, slots=True)
class PayView:
    bonus_base: float
    ratio: float
    amount: float
    bonus: Decimal
    deducted: Decimal
    payout: Decimal
    wage_deduction: Decimal
    wage_deduction_asked: Decimal


@dataclass(frozen=True, slots=True)
class CardView:
    """One scorecard, whole. ``scorecard_id`` is None in previews; ``revision`` is then 0."""

    scorecard_id: int | None
    employee_id: int
    employee_no: str
    name: str
    team_id: int | None
    team: str | None
    position: str
    month: Month
    revision: int
    policy_version: int
    as_of: int | None
    template: str
    status: str
    ramping: bool
    tenure_months: int
    coverage: float
    base: float | None
    team_mean: float | None
    team_share: float
    blended: float | None
    adjustment: float
    total: float | None
    grade: str | None
    team_rank: int | None
    company_rank: int | None
    coefficient: float
    lines: tuple[LineResult, ...]
    rules: tuple[RuleEntry, ...]
    facts: Mapping[str, Fact]
    pay: PayView

    def as_json(self) -> dict[str, Any]:
        """The promised shape; absent is null, an absent fact has no key."""
        return {
            **{name: getattr(self, name) for name in ("employee_no", "name", "team", "position")},
            "month": str(self.month),
            "revision": self.revision,
            "policy_version": self.policy_version,
            "as_of": None if self.as_of is None else wall_time(self.as_of).isoformat(" "),
            **{name: getattr(self, name) for name in PLAIN},
            "lines": [{name: getattr(line, name) for name in _LINE} for line in self.lines],
            "rules": [entry.as_json() for entry in self.rules],
            "facts": flat(dict(self.facts)),
            "pay": {name: str(getattr(self.pay, name)) for name in _PAY},
        }


PLAIN = (
    "template",
    "status",
    "ramping",
    "tenure_months",
    "coverage",
    "base",
    "blended",
    "adjustment",
    "total",
    "grade",
    "team_rank",
    "company_rank",
    "coefficient",
)
_LINE = ("metric", "raw", "value", "sample_size", "source", "weight", "score")
_PAY = ("bonus", "deducted", "payout", "wage_deduction", "wage_deduction_asked")


def preview_views(
    result: MonthResult,
    people: Iterable[PersonRow],
    *,
    month: Month,
    policy_version: int,
    as_of: int | None,
) -> list[CardView]:
    """The result of a computation that is not stored, in the order of employee numbers."""
    rows = {row.employee_id: row for row in people}
    return [
        _from_card(card, rows[card.person.employee_id], result, month, policy_version, as_of)
        for card in result.cards
    ]


def _from_card(
    card: Card,
    row: PersonRow,
    result: MonthResult,
    month: Month,
    policy_version: int,
    as_of: int | None,
) -> CardView:
    pay = card.pay
    if pay is None:
        raise ValueError("a scorecard without pay")
    return CardView(
        scorecard_id=None,
        employee_id=row.employee_id,
        employee_no=row.employee_no,
        name=row.name,
        team_id=card.person.team_id,
        team=row.team_path,
        position=card.person.position or "",
        month=month,
        revision=0,
        policy_version=policy_version,
        as_of=as_of,
        template=card.template.key,
        status=card.status,
        ramping=card.ramping,
        tenure_months=card.tenure_months,
        coverage=card.coverage,
        base=card.base,
        team_mean=card.team_mean,
        team_share=card.template.team_share,
        blended=card.blended,
        adjustment=card.adjustment,
        total=None if card.total is None else float(card.total),
        grade=card.grade,
        team_rank=card.team_rank,
        company_rank=card.company_rank,
        coefficient=card.coefficient,
        lines=card.lines,
        rules=card.rules,
        facts=result.sheets[row.employee_id],
        pay=PayView(
            **{name: getattr(pay, name) for name in (*_PAY, "bonus_base", "ratio")},
            amount=float(pay.amount),
        ),
    )


class StoredRow(NamedTuple):
    """A scorecard with what stands beside it; ``facts`` are as stored, ``team`` is a path."""

    card: Scorecard
    employee_no: str
    name: str
    team: str | None
    facts: Mapping[str, Any]
    pay: Pay


def stored_views(
    session: Session, closing: Closing, employee_ids: Any | None = None
) -> list[CardView]:
    """The scorecards of a closing in the order of employee numbers.

    ``employee_ids`` limits them: a select or a collection of ids. Six statements in all.
    """
    condition = Scorecard.closing_id == closing.id
    if employee_ids is not None:
        condition = condition & Scorecard.employee_id.in_(employee_ids)
    rows = session.execute(
        select(Scorecard, Employee.employee_no, Employee.name, Team.path, FactSheet.facts, Pay)
        .join(Employee, Employee.id == Scorecard.employee_id)
        .outerjoin(Team, Team.id == Scorecard.team_id)
        .join(
            FactSheet,
            (FactSheet.closing_id == Scorecard.closing_id)
            & (FactSheet.employee_id == Scorecard.employee_id),
        )
        .join(Pay, Pay.scorecard_id == Scorecard.id)
        .where(condition)
    ).all()
    chosen = select(Scorecard.id).where(condition)
    lines = stored_lines(session, chosen)
    views = views_of(session, closing, [StoredRow(*row) for row in rows], lines, chosen)
    return sorted(views, key=lambda view: view.employee_no)


def views_of(
    session: Session,
    closing: Closing,
    rows: Iterable[StoredRow],
    lines: Mapping[int, Sequence[LineResult]],
    chosen: Any,
) -> list[CardView]:
    """Scorecards from rows that were read, in their order; ``chosen`` are their ids."""
    box = Box(session)
    entries = _entries(session, box, chosen)
    version = session.get_one(DocumentVersion, closing.document_version_id)
    return [
        CardView(
            scorecard_id=row.card.id,
            employee_id=row.card.employee_id,
            employee_no=row.employee_no,
            name=row.name,
            team_id=row.card.team_id,
            team=row.team,
            month=closing.month,
            revision=closing.revision,
            policy_version=version.number,
            as_of=closing.as_of,
            **{
                each: getattr(row.card, each)
                for each in ("position", "team_mean", "team_share", *PLAIN)
            },
            lines=tuple(lines[row.card.id]),
            rules=tuple(entries[row.card.id]),
            facts=facts_from_json(row.facts),
            pay=_stored_pay(box, row.pay),
        )
        for row in rows
    ]


def _stored_pay(box: Box, pay: Pay) -> PayView:
    return PayView(
        pay.bonus_base,
        pay.ratio,
        pay.amount,
        pay.bonus,
        pay.deducted,
        pay.payout,
        **sealed_pay.open_sums(box, pay),
    )


def stored_lines(session: Session, chosen: Any) -> dict[int, list[LineResult]]:
    """The lines of scorecards (a select or a collection of ids), by scorecard."""
    table = ScorecardLine.__table__
    rows = session.execute(
        select(table)
        .where(table.c.scorecard_id.in_(chosen))
        .order_by(table.c.scorecard_id, table.c.ordinal)
    )
    found: dict[int, list[LineResult]] = defaultdict(list)
    for row in rows:
        values = row._mapping
        found[values["scorecard_id"]].append(
            LineResult(**{name: values[name] for name in LineResult._fields})
        )
    return found


def _entries(session: Session, box: Box, chosen: Any) -> dict[int, list[RuleEntry]]:
    rows = session.execute(
        select(StoredEntry, Incident.day)
        .outerjoin(Incident, Incident.id == StoredEntry.incident_id)
        .where(StoredEntry.scorecard_id.in_(chosen))
        .order_by(StoredEntry.scorecard_id, StoredEntry.ordinal)
    )
    found: dict[int, list[RuleEntry]] = defaultdict(list)
    for row, day in rows:
        found[row.scorecard_id].append(
            RuleEntry(
                **{name: getattr(row, name) for name in ENTRY},
                wage_deduction=sealed_pay.open_entry(box, row),
                actions=tuple(row.actions.split(";")) if row.actions else (),
                incident=row.incident_id,
                day=day,
            )
        )
    return found
