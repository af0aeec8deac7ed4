"""Labels and figures that several pages share."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from closing.pages import words as closing_words
from core.pages import filters as written
from core.values import FactSpec, Names

UNKNOWN = FactSpec("", "mean", Names("", ""))


def statuses() -> dict[str, str]:
    return closing_words.statuses() | {"ramping": _("New hire")}


def states() -> dict[str, tuple[str, str]]:
    """A rule's state in words, and the kind of its badge."""
    return {
        "counts": (_("Counts"), "plain"),
        "superseded": (_("Superseded"), "plain"),
        "proposed": (_("Proposed, not decided"), "warn"),
        "declined": (_("Declined"), "plain"),
        "voided": (_("Voided"), "plain"),
        "undecided": (_("Undecided"), "plain"),
    }


def sources() -> dict[str, str]:
    return {
        "tickets": _("from tickets"),
        "computed": _("computed from records"),
        "entered": _("entered"),
        "carried": _("carried over from an earlier month"),
    }


def figure(value: float | None, spec: FactSpec, places: int | None = None) -> str:
    """A value with its unit: ``94.0%``, ``3.20 min``; ``places`` overrides those of its kind."""
    if value is None:
        return written.DASH
    if spec.kind == "rate":
        return written.percent(value, fine(value) if places is None else places)
    text = written.fact(value, spec.kind) if places is None else written.number(value, places)
    suffix = "" if spec.unit == "%" else closing_words.unit(spec.unit)
    return f"{text} {suffix}" if suffix else text


def fine(*rates: float) -> int:
    """Decimals of a percentage: two where one of the rates is small, as those of complaints."""
    return 2 if any(0 < abs(rate) < 0.01 for rate in rates) else 1


_HOLIDAYS = {
    "元旦": _l("New Year's Day"),
    "农历除夕": _l("New Year's Eve of the lunar calendar"),
    "春节": _l("Spring Festival"),
    "清明节": _l("Tomb-Sweeping Day"),
    "劳动节": _l("Labour Day"),
    "端午节": _l("Dragon Boat Festival"),
    "中秋节": _l("Mid-Autumn Festival"),
    "国庆节": _l("National Day"),
}
_IN_LIEU = re.compile(r"(.+)（补假）")
_MOVED = re.compile(r"休息日（由 (\S+) 调休）")


def holiday(label: str) -> str:
    """The name of a public holiday, kept as the calendar has it, in the reader's language."""
    if moved := _MOVED.fullmatch(label):
        return str(_("day off for %(day)s", day=moved[1]))
    if lieu := _IN_LIEU.fullmatch(label):
        return str(_("%(holiday)s (day in lieu)", holiday=holiday(lieu[1])))
    return str(_HOLIDAYS.get(label, label))


def teams_by_leaf(paths: Iterable[str | None]) -> Mapping[str, str]:
    """A short name for every team path: its last part, the whole path where that is not unique."""
    whole = sorted({path for path in paths if path})
    leaves = [path.rpartition("/")[2] for path in whole]
    return {path: leaf if leaves.count(leaf) == 1 else path for path, leaf in zip(whole, leaves)}
