"""The records behind a scorecard that cost its owner something, as they stand in the store.

Each has a name (``metric:csat``, ``check:12``, ``day:2026-10-03``, ``incident:5``,
``rule:ATT-P2``), what it was, and the labels of those who made or approved it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import String, cast, literal, null, or_, select
from sqlalchemy.orm import Session, aliased

from closing.cards import CardView
from core.db import wall_time
from core.models import ImportBatch
from evaluations.checks.models import CheckSheet
from evaluations.models import MetricValue, SpotCheck
from evaluations.monthly.models import EvaluationState
from rewards.models import Incident, RuleApproval
from staff.attendance.models import Excuse, PersonDay
from staff.models import Employee

FULL = 100  # a line or a check that reaches it costs nothing
COSTLY = ("counts", "superseded")  # states of rules that fired


@dataclass(frozen=True, slots=True)
class Record:
    """``was`` is what is kept of it with the appeal."""

    record: str
    key: str
    was: dict[str, Any]
    makers: tuple[str, ...]

    @property
    def name(self) -> str:
        return f"{self.record}:{self.key}"


def costly_records(session: Session, card: CardView) -> list[Record]:
    """Evaluation lines, spot checks, days, incidents and rules, in this order."""
    makers = _makers(session, card)
    found = _lines(card, makers) + _checks(session, card)
    return found + _days(session, card) + _incidents(session, card) + _rules(card, makers)


Makers = Mapping[tuple[str, str], Collection[str | None]]


def _makers(session: Session, card: CardView) -> Makers:
    """Of values and of rules that were approved, by name of record.

    Who imported, typed or submitted a value has made it; who imported records has not.
    """
    none = cast(null(), String)
    values = (
        select(
            literal("metric"),
            MetricValue.metric,
            ImportBatch.created_by,
            MetricValue.entered_by,
            EvaluationState.submitted_by,
        )
        .outerjoin(ImportBatch, ImportBatch.id == MetricValue.batch_id)
        .outerjoin(
            EvaluationState,
            (EvaluationState.employee_id == MetricValue.employee_id)
            & (EvaluationState.month == MetricValue.month),
        )
        .where(MetricValue.employee_id == card.employee_id, MetricValue.month == card.month)
    )
    rules = select(literal("rule"), RuleApproval.rule, RuleApproval.decided_by, none, none).where(
        RuleApproval.employee_id == card.employee_id, RuleApproval.month == card.month
    )
    found: dict[tuple[str, str], set[str | None]] = defaultdict(set)
    for record, key, *labels in session.execute(values.union_all(rules)):
        found[record, key].update(labels)
    return found


def _lines(card: CardView, makers: Makers) -> list[Record]:
    return [
        Record(
            "metric",
            line.metric,
            {
                "value": line.raw,
                "sample_size": line.sample_size,
                "source": line.source,
                "score": line.score,
            },
            _people(makers.get(("metric", line.metric), ()) if line.source == "entered" else ()),
        )
        for line in card.lines
        if line.score is not None and line.score < FULL
    ]


def _checks(session: Session, card: CardView) -> list[Record]:
    rows = session.execute(
        select(SpotCheck, Employee.employee_no, CheckSheet.written_by, CheckSheet.changed_by)
        .outerjoin(Employee, Employee.id == SpotCheck.checked_by_id)
        .outerjoin(CheckSheet, CheckSheet.spot_check_id == SpotCheck.id)
        .where(
            SpotCheck.employee_id == card.employee_id,
            SpotCheck.day.between(card.month.first_day, card.month.last_day),
            SpotCheck.score < FULL,
        )
        .order_by(SpotCheck.day, SpotCheck.id)
    )
    return [
        Record(
            "check",
            str(check.id),
            {"day": check.day.isoformat(), "score": check.score, "comment": check.comment},
            _people(labels),
        )
        for check, *labels in rows
    ]


def _days(session: Session, card: CardView) -> list[Record]:
    """Late, cut short, without a punch or absent; what is excused costs nothing."""
    rows = session.execute(
        select(PersonDay, Excuse.decided_by)
        .outerjoin(
            Excuse,
            (Excuse.employee_id == PersonDay.employee_id) & (Excuse.day == PersonDay.day),
        )
        .where(
            PersonDay.employee_id == card.employee_id,
            PersonDay.month == card.month,
            or_(
                PersonDay.late_minutes > 0,
                PersonDay.early_minutes > 0,
                PersonDay.missing,
                PersonDay.absent,
            ),
        )
        .order_by(PersonDay.day)
    )
    days: dict[PersonDay, list[str | None]] = defaultdict(list)
    for day, excused_by in rows:
        days[day].append(excused_by)
    found = []
    for day, makers in days.items():
        was: dict[str, Any] = {
            "late": 0 if "l" in day.excused else day.late_minutes,
            "early": 0 if "e" in day.excused else day.early_minutes,
            "missing": day.missing and "m" not in day.excused,
            "absent": day.absent,
        }
        if any(was.values()):
            was |= {"shift": _shift(day)}
            found.append(Record("day", day.day.isoformat(), was, _people(makers)))
    return found


def _shift(day: PersonDay) -> list[str] | None:
    """Begin and end of what was to be worked, which may lie on the next day."""
    if day.shift_start is None or day.shift_end is None:
        return None
    ends = wall_time(day.shift_start), wall_time(day.shift_end)
    return [each.isoformat(sep=" ", timespec="minutes") for each in ends]


def _incidents(session: Session, card: CardView) -> list[Record]:
    entries = {
        entry.incident: entry
        for entry in card.rules
        if entry.incident is not None and entry.kind == "penalty" and entry.state in COSTLY
    }
    recorder, approver = aliased(Employee), aliased(Employee)
    rows = session.execute(
        select(Incident, recorder.employee_no, approver.employee_no)
        .outerjoin(recorder, recorder.id == Incident.recorded_by_id)
        .outerjoin(approver, approver.id == Incident.approved_by_id)
        .where(Incident.id.in_(sorted(entries)))
        .order_by(Incident.day, Incident.id)
    )
    return [
        Record(
            "incident",
            str(row.id),
            {
                "rule": row.rule,
                "day": row.day.isoformat(),
                "description": row.description,
                **_effect(entries[row.id]),
            },
            _people([*numbers, row.recorded_by, row.decided_by]),
        )
        for row, *numbers in rows
    ]


def _rules(card: CardView, makers: Makers) -> list[Record]:
    return [
        Record(
            "rule",
            entry.rule,
            {"rule": entry.rule, **_effect(entry)},
            _people(makers.get(("rule", entry.rule), ())),
        )
        for entry in card.rules
        if entry.fired_by != "incident" and entry.kind == "penalty" and entry.state in COSTLY
    ]


def _effect(entry: Any) -> dict[str, Any]:
    """No wages: what is taken off them stands encrypted with the rule entry alone."""
    names = ("points", "bonus_deduction", "bonus_share", "cap_grade")
    return {name: getattr(entry, name) for name in names if getattr(entry, name)}


def _people(labels: Iterable[str | None]) -> tuple[str, ...]:
    return tuple(sorted({label for label in labels if label and label != "system"}))
