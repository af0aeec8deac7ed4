"""What becomes of a record where an appeal is accepted: read from a form, checked. Pure.

A change is a document of plain values: ``{"value", "sample_size"}`` of a metric, ``{"score"}`` of a
check (None takes it away), ``{"excuse"}`` or ``{"punch"}`` of a day, ``{"void": True}`` of an
incident or a rule, ``{"by_hand"}`` in words where none of these fits.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from core.messages import N_, Refused

MOST = {"rate": 1.0, "score": 100.0}
WHOLE = ("count",)
EXCUSES = ("late", "early", "missing")


def of_metric(text: str, sample: str, kind: str) -> dict[str, Any]:
    """``kind`` is that of the metric; a rate is written ``0.93`` or ``93%``."""
    value = _number(text, "value", percent=kind == "rate")
    if kind != "mean" and (value < 0 or value > MOST.get(kind, value)):
        most = MOST.get(kind)
        if most is None:
            raise Refused(N_("Type a number that is not negative."), field="value")
        raise Refused(N_("Type a number from 0 to %(most)s."), field="value", most=f"{most:g}")
    if kind in WHOLE and value != int(value):
        raise Refused(N_("Type a whole number."), field="value")
    size = _number(sample, "sample_size") if sample.strip() else None
    if size is not None and (size < 1 or size != int(size) or size > 10**9):
        raise Refused(N_("Type a whole number from 1 on, or nothing."), field="sample_size")
    return {"value": value, "sample_size": None if size is None else int(size)}


def of_check(text: str, remove: bool) -> dict[str, Any]:
    if remove:
        return {"score": None}
    score = _number(text, "value")
    if not 0 <= score <= MOST["score"]:
        raise Refused(N_("Type a number from 0 to %(most)s."), field="value", most="100")
    return {"score": score}


def of_day(day: date, excuse: str, punch: str, was: Mapping[str, Any]) -> dict[str, Any]:
    """An excuse of what the day shows, or a punch that the clock missed, as ``09:00``.

    The punch belongs to the shift of the day, which may begin or end on a neighbouring date.
    """
    if punch.strip():
        try:
            clock = datetime.strptime(punch.strip(), "%H:%M").time()
        except ValueError:
            raise Refused(N_("Type a time such as 09:00."), field="punch") from None
        at = _nearest(datetime.combine(day, clock), was.get("shift"))
        return {"punch": at.isoformat(sep=" ", timespec="minutes")}
    if excuse not in EXCUSES or not was.get(excuse):
        raise Refused(N_("Say what is excused, or type the missing time."), field="excuse")
    return {"excuse": excuse}


def _nearest(at: datetime, shift: Sequence[str] | None) -> datetime:
    """The time on that day, or on the one after or before it, that is nearest to the shift."""
    if shift is None:
        return at
    begin, end = (datetime.fromisoformat(each) for each in shift)
    around = [at + timedelta(days=days) for days in (0, 1, -1)]
    return min(around, key=lambda each: max(begin - each, each - end, timedelta(0)))


def by_hand(text: str) -> dict[str, Any]:
    text = " ".join(text.split())
    if not text:
        raise Refused(N_("Say what has to be corrected by hand."), field="by_hand")
    return {"by_hand": text[:1000]}


def _number(text: str, field: str, percent: bool = False) -> float:
    text = text.strip().replace("％", "%")
    try:
        if percent and text.endswith("%"):
            value = float(text[:-1]) / 100
        else:
            value = float(text)
    except ValueError:
        value = float("nan")
    if value != value or abs(value) > 10**12:
        raise Refused(N_("Type a number."), field=field)
    return value


def void(decision: str) -> dict[str, Any]:
    """An incident or a rule counts or does not: to accept it in part takes words."""
    if decision == "partly":
        raise Refused(N_("Say what has to be corrected by hand."), field="by_hand")
    return {"void": True}
