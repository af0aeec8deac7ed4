"""Awards in words: how many win, what a list is ranked by, why somebody is not eligible."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from flask_babel import gettext as _
from flask_babel import ngettext

from closing.award_reasons import AwardList, Line
from closing.pages import words
from core.pages import filters as written
from core.values import FactSpec
from rewards.announcements import State
from rewards.policy import Award


def states() -> dict[State, tuple[str, str]]:
    """States of an announcement in words, and the kinds of their badges."""
    return {
        "planned": (_("Not announced yet"), "plain"),
        "announced": (_("Announced"), "warn"),
        "held": (_("Objections wait"), "bad"),
        "final": (_("Final"), "good"),
    }


def objection_states() -> dict[str, tuple[str, str]]:
    return {
        "open": (_("Waiting for a decision"), "warn"),
        "upheld": (_("Upheld"), "bad"),
        "declined": (_("Declined"), "plain"),
        "lapsed": (_("Lapsed: the decision was taken back"), "plain"),
    }


def quota_text(award: Award) -> str:
    if award.quota < 1:
        return str(_("%(share)s of those eligible", share=written.percent(award.quota, 0)))
    return str(ngettext("%(num)d winner", "%(num)d winners", int(award.quota)))


@dataclass(frozen=True, slots=True)
class Shown:
    """One line of the list in words."""

    line: Line
    values: list[str]
    reasons: list[str]


def key_text(facts: Mapping[str, FactSpec], key: str) -> str:
    return _("Employed since") if key == "hire_date" else words.label(facts.get(key), key)


def shown_line(found: AwardList, line: Line) -> Shown:
    values = [
        _value(found.facts.get(key), value)
        for (key, _direction), value in zip(found.award.rank_by, line.values)
    ]
    return Shown(line, values, reasons_text(line))


def _value(spec: FactSpec | None, value: float | date | None) -> str:
    """A value in a column of its kind: scores and shares always with two decimals."""
    if value is None:
        return written.DASH
    if isinstance(value, date):
        return written.day(value)
    if spec is not None and spec.kind in ("mean", "score"):
        return written.number(value)
    if spec is not None and spec.kind == "rate":
        return written.percent(value, 2)
    return words.figure(value, spec)


def reasons_text(line: Line) -> list[str]:
    """Why somebody is not eligible, in the order of the reasons."""
    found = []
    for reason in line.proposal.reasons:
        if reason == "barred":
            found += [
                _("barred until %(month)s by %(rule)s", month=words.month_text(bar.until),
                  rule=bar.rule)
                for bar in line.bars
            ]  # fmt: skip
        elif reason == "condition":
            found += [
                _("not met: %(condition)s", condition=words.say_finding(each))
                for each in line.failing
                if each.held is False
            ]
        elif reason == "cooldown" and line.won and line.again:
            found.append(
                _("won in %(month)s, eligible again from %(again)s",
                  month=words.month_text(line.won), again=words.month_text(line.again))
            )  # fmt: skip
        elif reason == "status":
            text = words.statuses()[line.status]
            found.append(_("new hire") if line.status == "complete" else text)
        elif reason == "undecided":
            found += [
                _("cannot be decided: %(condition)s", condition=words.say_finding(each))
                for each in line.failing
                if each.held is None
            ]
    return found
