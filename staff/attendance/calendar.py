"""The calendar of public holidays and make-up days, from the ``holidays`` library.

Not pure: what it makes is data, kept with the closed month and handed to the pure modules.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from staff.attendance.rosters import DayKind

_SATURDAY = 6


@dataclass(frozen=True, slots=True)
class OfficialCalendar:
    """The dates of some years that differ from their weekday.

    ``days`` is what rosters read; ``labels`` names the days, where something names them;
    ``provisional`` are the years whose make-up days the library does not know yet (the notice
    for a year comes out in the autumn before), so that their days off are a guess.
    """

    days: dict[date, DayKind]
    labels: dict[date, str] = field(default_factory=dict)
    provisional: frozenset[int] = frozenset()

    def to_json(self) -> dict[str, Any]:
        """A document of texts and lists, in date order; ``from_json`` reads it back."""
        return {
            "days": {day.isoformat(): self.days[day] for day in sorted(self.days)},
            "labels": {day.isoformat(): self.labels[day] for day in sorted(self.labels)},
            "provisional": sorted(self.provisional),
        }

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> OfficialCalendar:
        """Raises ``ValueError`` for a kind of day or a date that there is not."""
        days: dict[date, DayKind] = {}
        for text, kind in document["days"].items():
            if kind not in ("holiday", "makeup"):
                raise ValueError(f"not a kind of day: {kind!r}")
            days[date.fromisoformat(text)] = kind
        labels = {date.fromisoformat(text): name for text, name in document["labels"].items()}
        return cls(days, labels, frozenset(document["provisional"]))


def official_calendar(
    years: Iterable[int], overrides: Mapping[date, tuple[bool, str]] | None = None
) -> OfficialCalendar:
    """China's calendar of whole ``years``, with the organisation's own days laid over it.

    ``overrides`` says of a date whether it is a working day, and what it is called. A weekend
    day made a working day is a make-up day; a weekday made one is an ordinary day again; a day
    off is a holiday. Overrides of other years are ignored.
    """
    import holidays  # 0.1 s that commands without a calendar need not wait for

    wanted = sorted(set(years))
    days: dict[date, DayKind] = {}
    labels: dict[date, str] = {}
    provisional: set[int] = set()
    for year in wanted:
        # Year by year: asked for several, the library adds years of its own to the answer.
        official = holidays.country_holidays("CN", years=year, language="zh_CN")
        made_up = {day for day in official.weekend_workdays if day.year == year}
        if not made_up:
            provisional.add(year)
        for day in _days_of(year):
            if day.isoweekday() >= _SATURDAY and official.is_working_day(day):
                days[day] = "makeup"
            elif day in official and not official.is_working_day(day):
                days[day] = "holiday"
                labels[day] = str(official[day])
    for day, (working, label) in (overrides or {}).items():
        if day.year in wanted:
            _override(days, day, working)
            labels.pop(day, None)
            if label:
                labels[day] = label
    return OfficialCalendar(days, labels, frozenset(provisional))


def _override(days: dict[date, DayKind], day: date, working: bool) -> None:
    if not working:
        days[day] = "holiday"
    elif day.isoweekday() >= _SATURDAY:
        days[day] = "makeup"
    else:
        days.pop(day, None)


def _days_of(year: int) -> list[date]:
    first = date(year, 1, 1)
    length = (date(year + 1, 1, 1) - first).days
    return [first + timedelta(days=offset) for offset in range(length)]
