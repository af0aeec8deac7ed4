"""A person's totals over twelve months, over the middle half of their team."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from babel.dates import format_date
from flask_babel import get_locale
from flask_babel import gettext as _

from core.charts import Trend
from core.i18n import language
from core.pages.filters import month as month_name
from core.pages.filters import number
from core.values import Month, half_up
from reports.scorecards.past import MONTHS, Past

LEAST = 4  # of a smaller team the middle half would tell what single members got
SHORTEST = 3


@dataclass(frozen=True, slots=True)
class Point:
    """``band`` is the middle half of the team's totals, None for a team too small to tell."""

    month: Month
    total: float | None
    grade: str | None
    band: tuple[float, float] | None


def points(own: Sequence[Past], teams: Mapping[Month, list[float]], last: Month) -> list[Point]:
    """From the first known month, though at least three, to ``last``; gaps have no total."""
    current = {past.month: past for past in own if past.current}
    first = max(
        last.plus(1 - MONTHS), min([*current, last.plus(1 - SHORTEST)], key=lambda each: each.index)
    )
    months = [first.plus(offset) for offset in range(last.index - first.index + 1)]
    return [_point(month, current.get(month), teams.get(month, [])) for month in months]


def _point(month: Month, past: Past | None, team: Sequence[float]) -> Point:
    band = (quantile(team, 0.25), quantile(team, 0.75)) if len(team) >= LEAST else None
    if past is None:
        return Point(month, None, None, None)
    return Point(month, past.total, past.grade, band)


def quantile(ordered: Sequence[float], share: float) -> float:
    """Linear between the neighbours, of values in order."""
    place = (len(ordered) - 1) * share
    low = int(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)


def title(name: str, found: Sequence[Point]) -> str:
    """A sentence: what the last two known totals say."""
    known = [point for point in found if point.total is not None]
    if not known:
        return str(_("No total yet."))
    now = known[-1]
    values = {"name": name, "total": number(now.total), "month": month_name(now.month)}
    if len(known) == 1:
        return str(_("%(name)s reached %(total)s in %(month)s", **values))
    change = half_up((now.total or 0) - (known[-2].total or 0), 2)
    if change > 0:
        return str(_("%(name)s rose to %(total)s in %(month)s", **values))
    if change < 0:
        return str(_("%(name)s fell to %(total)s in %(month)s", **values))
    return str(_("%(name)s stayed at %(total)s in %(month)s", **values))


def chart(name: str, found: Sequence[Point]) -> Trend:
    return Trend(
        title=title(name, found),
        labels=tuple(_label(point.month, at == 0) for at, point in enumerate(found)),
        values=tuple(point.total for point in found),
        band=tuple(point.band for point in found),
        own="",
        others=_("middle half of the team"),
    )


def table(found: Sequence[Point]) -> list[tuple[str, ...]]:
    """Month, total, grade and band of the known months, for the table below the chart."""
    return [
        (
            month_name(point.month),
            number(point.total),
            point.grade or "—",
            f"{number(point.band[0])} – {number(point.band[1])}" if point.band else "—",
        )
        for point in found
        if point.total is not None
    ]


def _label(month: Month, first: bool) -> str:
    """The month, with its year where a year begins."""
    with_year = first or month.number == 1
    if language() == "en":
        form = "LLL y" if with_year else "LLL"
    else:
        form = "y年M月" if with_year else "M月"
    return str(format_date(month.first_day, form, locale=get_locale()))
