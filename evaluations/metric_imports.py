"""Files of metrics: values of facts that are entered. The policy says which are known, and how."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from operator import itemgetter
from typing import ClassVar

from sqlalchemy import Table, select

from core.db import one_at_a_time
from core.errors import Conflict
from core.imports.cells import Bad, decimal, month, rate, remembered, score, text, until, whole
from core.imports.kinds import CHANGED, NEW, Column, Identity, Kind, Known, Line, Setting
from core.imports.rows import Record
from core.messages import N_
from core.values import FactSpec, Month
from evaluations.models import MetricValue
from evaluations.monthly.models import EvaluationState
from staff.directory import People

Catalogue = Callable[[Month], dict[str, FactSpec]]


class Metrics(Kind):
    """Values of facts that are entered; which are known, and their range, the policy says."""

    name = "metrics"
    table: ClassVar[Table] = MetricValue.__table__  # type: ignore[assignment]
    identity = ("employee_id", "month", "metric")
    fetch_by = "employee_id"
    fetch_span = "month"
    derived: ClassVar[Record] = {"reason": None, "entered_by": None}
    _submitted: frozenset[tuple[int, Month]] = frozenset()
    headings: ClassVar[dict[str, str]] = {
        "employee_no": "工号 员工编号",
        "month": "月份",
        "metric": "指标",
        "value": "数值 值",
        "sample_size": "样本量 样本数",
    }
    example: ClassVar[str] = "E0007,2026-10,callback_rate,93%,40"

    def __init__(
        self,
        setting: Setting,
        people: People,
        catalogue: Catalogue,
        declared: Callable[[Month], Collection[str]],
    ) -> None:
        self._catalogue = catalogue
        self._declared = declared
        super().__init__(
            setting,
            (
                Column("employee_no", remembered(people.number), "employee_id", True),
                Column("month", remembered(until(Month.of(setting.clock), month)), "month", True),
                Column("metric", text(80), "metric", True),
                Column("value", text(60), "value", True),
                Column("sample_size", whole(0), "sample_size"),
            ),
        )

    def derive(self, record: Record, line: Line) -> None:
        key, on = record["metric"], record["month"]
        spec = self._catalogue(on).get(key)
        if spec is None:
            raise Bad(N_('the policy knows no metric "%(key)s"'), "metric", key=key)
        try:
            record["value"] = metric_value(spec, record["value"], key in self._declared(on))
        except Bad as bad:
            bad.column = "value"
            raise
        if "sample_size" in record:
            record["sample_size"] = record["sample_size"] or None

    def known(self, lines: Sequence[Line]) -> Iterator[tuple[Identity, Known]]:
        self._submitted = self._now_submitted(lines)
        yield from super().known(lines)

    def _now_submitted(self, lines: Iterable[Line]) -> frozenset[tuple[int, Month]]:
        """By person and month what its supervisor handed in; what is closed is late anyway."""
        months = sorted({line.record["month"] for line in lines} - self.setting.closed)
        state = EvaluationState
        query = select(state.employee_id, state.month).where(
            state.state == "submitted", state.month.in_(months)
        )
        return frozenset((who, on) for who, on in self.setting.session.execute(query))

    def store(self, lines: Sequence[Line], batch: int) -> None:
        """Whoever submits meanwhile waits; who did since these rows were judged wins."""
        one_at_a_time(self.setting.session, "months")
        changed = [line for line in lines if line.outcome in (NEW, CHANGED)]
        submitted = self._now_submitted(changed)
        pairs = (itemgetter("employee_id", "month")(line.record) for line in changed)
        if submitted and any(pair in submitted for pair in pairs):
            raise Conflict(
                N_("An evaluation in the file was submitted meanwhile: upload it again.")
            )
        super().store(lines, batch)

    def check(self, record: Record, before: Record | None, line: Line) -> None:
        if (record["employee_id"], record["month"]) in self._submitted:
            raise Bad(N_("belongs to a submitted evaluation: return it first"), "value")
        if before is not None:  # what was said of the value of before is not said of this one
            record["reason"] = record["entered_by"] = None

    def months(self, record: Record) -> Iterable[Month]:
        return (record["month"],)


def metric_value(spec: FactSpec, cell: str, declared: bool) -> float:
    """The value of a fact as its kind allows it; raises ``Bad``.

    A mean that only the policy knows may be any number; times and other means of the product are
    not negative.
    """
    if spec.kind == "rate":
        return rate(cell)
    if spec.kind == "score":
        return float(score(cell))
    if spec.kind == "count":
        return float(whole(0)(cell))
    value = decimal(cell)
    if spec.kind == "verdict":
        if value not in (-1, 0, 1):
            raise Bad(N_("%(value)s is none of -1, 0, 1"), value=value)
    elif value < 0 and not (spec.kind == "mean" and declared and not spec.sampled):
        raise Bad(N_("%(value)s is less than %(least)s"), value=value, least=0)
    return float(value)
