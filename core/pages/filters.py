"""How values are written, in the reader's language. An absent value is a dash.

Numbers are rounded half up the way scores are (docs/scoring.md, Numbers), then written by Babel.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date, format_datetime
from babel.numbers import format_currency, format_decimal
from flask import Flask, current_app
from flask_babel import get_locale, gettext

from core.clock import now
from core.db import wall_time
from core.i18n import language
from core.values import Month, Names, half_up

DASH = "—"
Numeric = int | float | Decimal


def number(value: Numeric | None, places: int = 2, sign: bool = False) -> str:
    """``1,234.50``; with ``sign`` a plus before what is above zero."""
    if value is None:
        return DASH
    rounded = half_up(value, places)
    text = _decimal(abs(rounded), places, get_locale())
    if rounded < 0:
        return f"−{text}"
    return f"+{text}" if sign and rounded > 0 else text


@lru_cache(maxsize=2048)  # a list of fifty people has hundreds of numbers, and few differ
def _decimal(value: Decimal, places: int, locale: Locale | None) -> str:
    pattern = "#,##0" + ("." + "0" * places if places else "")
    return str(format_decimal(value, format=pattern, locale=locale))


def short(value: Numeric | None) -> str:
    """As few decimals as the value has, at most two: points, weights, days."""
    if value is None:
        return DASH
    text = number(value, 2)
    return text.rstrip("0").rstrip(".") if text[-3:-2] == "." else text


def percent(value: Numeric | None, places: int = 1) -> str:
    """A rate of 0..1 as ``94.0%``."""
    if value is None:
        return DASH
    exact = Decimal(repr(value)) if isinstance(value, float) else value
    return f"{number(exact * 100, places)}%"


def money(value: Numeric | None, currency: str = "CNY") -> str:
    if value is None:
        return DASH
    return str(format_currency(half_up(value, 2), currency, locale=get_locale()))


def minutes(value: Numeric | None) -> str:
    """Whole minutes as ``45 min`` or ``1 h 05 min``."""
    if value is None:
        return DASH
    hours, rest = divmod(int(half_up(value, 0)), 60)
    if hours == 0:
        return str(gettext("%(minutes)d min", minutes=rest))
    return str(gettext("%(hours)d h %(minutes)02d min", hours=hours, minutes=rest))


def day(value: date | None) -> str:
    return DASH if value is None else str(format_date(value, "medium", locale=get_locale()))


def month(value: Month | None) -> str:
    """``2026年10月`` or ``October 2026``."""
    if value is None:
        return DASH
    skeleton = "LLLL y" if language() == "en" else "y年M月"
    return str(format_date(value.first_day, skeleton, locale=get_locale()))


def walltime(value: int | None, form: str = "yyyy-MM-dd HH:mm") -> str:
    """Wall-clock seconds (``core.db.wall_seconds``) as date and time."""
    if value is None:
        return DASH
    return str(format_datetime(wall_time(value), form, locale=get_locale()))


def clocktime(value: int | None) -> str:
    """Minutes since midnight as ``09:05``; the next day's go on as ``25:30``."""
    return DASH if value is None else f"{value // 60:02d}:{value % 60:02d}"


def moment(value: datetime | None) -> str:
    """A moment of the system (UTC) on the organisation's clock; the time alone if it is today."""
    if value is None:
        return DASH
    zone = ZoneInfo(current_app.config["TIMEZONE"])
    local = value.astimezone(zone)
    is_today = local.date() == now(current_app.config["TIMEZONE"]).wall.date()
    form = "HH:mm" if is_today else "yyyy-MM-dd HH:mm"
    return str(format_datetime(local.replace(tzinfo=None), form, locale=get_locale()))


def local_input(value: datetime | None) -> str:
    """A moment as ``<input type="datetime-local">`` holds it, on the organisation's clock."""
    if value is None:
        return ""
    local = value.astimezone(ZoneInfo(current_app.config["TIMEZONE"]))
    return local.replace(tzinfo=None).isoformat(timespec="minutes")


def names(value: Names | None) -> str:
    """A label of the policy in the reader's language."""
    return DASH if value is None else value.get(language())


_KINDS: dict[str, Callable[[Numeric | None], str]] = {
    "rate": percent,
    "score": number,
    "mean": number,
    "count": short,
    "days": short,
    "hours": short,
    "minutes": lambda value: number(value, 1),
    "verdict": lambda value: number(value, 0, sign=True),
}


def fact(value: Numeric | None, kind: str) -> str:
    """A fact by its kind (``core.values.FactSpec``); units stand in the head of the column."""
    return _KINDS[kind](value)


def or_dash(value: Any) -> Any:
    return DASH if value is None or value == "" else value


def init_filters(app: Flask) -> None:
    app.jinja_env.filters.update(
        number=number,
        short=short,
        percent=percent,
        money=money,
        minutes=minutes,
        date=day,
        month=month,
        walltime=walltime,
        clocktime=clocktime,
        moment=moment,
        local_input=local_input,
        names=names,
        fact=fact,
        dash=or_dash,
    )
