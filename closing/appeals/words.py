"""Records, what becomes of them, and states, in the reader's words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from flask_babel import gettext as _
from flask_babel import ngettext

from closing.catalogue import fact_catalogue
from closing.pages.words import figure, label
from closing.policy import Policy
from core.i18n import language
from core.pages import filters as written
from core.values import FactSpec


@dataclass(frozen=True, slots=True)
class Words:
    """The policy of a closing, to name what its records name."""

    policy: Policy
    facts: Mapping[str, FactSpec]

    def kind_of(self, metric: str) -> str:
        spec = self.facts.get(metric)
        return spec.kind if spec else "mean"

    def title(self, record: str, key: str, was: Mapping[str, Any]) -> str:
        if record == "metric":
            metric = self.policy.metrics.get(key)
            return metric.names.get(language()) if metric else label(self.facts.get(key), key)
        if record == "check":
            return str(_("Spot check of %(day)s", day=written.day(_day(was["day"]))))
        if record == "day":
            return str(_("Attendance on %(day)s", day=written.day(_day(key))))
        rule = self.policy.rules.get(was["rule"])
        return f"{was['rule']} {rule.names.get(language())}" if rule else str(was["rule"])

    def before(self, record: str, key: str, was: Mapping[str, Any]) -> str:
        """The record as it stood."""
        if record == "metric":
            return self._value(key, was)
        if record == "check":
            return _with(_("%(score)s of 100", score=written.short(was["score"])), was["comment"])
        if record == "day":
            return _day_text(was)
        happened = was.get("description")
        day = _("%(day)s:", day=written.day(_day(was["day"]))) if "day" in was else ""
        parts = [f"{day} {happened}" if happened else "", *self._effects(was)]
        return " · ".join(part for part in parts if part) or str(_("counts"))

    def after(self, record: str, key: str, change: Mapping[str, Any] | None) -> str:
        """What becomes of it."""
        if not change:
            return str(_("stays as it is"))
        if "by_hand" in change:
            return str(change["by_hand"])
        if change.get("void"):
            return str(_("does not count"))
        if record == "metric":
            return self._value(key, change)
        if record == "check":
            score = change["score"]
            if score is None:
                return str(_("is taken away"))
            return str(_("%(score)s of 100", score=written.short(score)))
        if "punch" in change:
            return str(_("punch at %(time)s added", time=_punch_time(key, change["punch"])))
        return str(excuses()[change["excuse"]])

    def _value(self, key: str, values: Mapping[str, Any]) -> str:
        text = figure(values["value"], self.facts.get(key))
        size = values["sample_size"]
        return text if size is None else str(_("%(value)s, sample %(n)d", value=text, n=size))

    def _effects(self, was: Mapping[str, Any]) -> list[str]:
        found = []
        if was.get("points"):
            points = written.short(was["points"])
            found.append(str(_("−%(points)s points", points=points)))
        if was.get("bonus_deduction"):
            money = written.money(was["bonus_deduction"], self.policy.currency)
            found.append(str(_("−%(money)s of the bonus", money=money)))
        if was.get("bonus_share"):
            share = written.percent(was["bonus_share"], 0)
            found.append(str(_("−%(share)s of the bonus", share=share)))
        if was.get("cap_grade"):
            found.append(str(_("grade %(grade)s at most", grade=was["cap_grade"])))
        return found


def words_of(policy: Policy) -> Words:
    return Words(policy, fact_catalogue(policy))


def _day(text: str) -> date:
    return date.fromisoformat(text)


def _punch_time(day: str, punch: str) -> str:
    """With its date where that is another one, as at the end of a night shift."""
    at = datetime.fromisoformat(punch)
    clock = at.strftime("%H:%M")
    return clock if at.date() == _day(day) else f"{written.day(at.date())} {clock}"


def _with(text: str, more: str | None) -> str:
    return f"{text} · {more}" if more else text


def _day_text(was: Mapping[str, Any]) -> str:
    parts = []
    if was["late"]:
        parts.append(ngettext("%(num)d minute late", "%(num)d minutes late", was["late"]))
    if was["early"]:
        text = ngettext("left %(num)d minute early", "left %(num)d minutes early", was["early"])
        parts.append(text)
    if was["missing"]:
        parts.append(_("a punch is missing"))
    if was["absent"]:
        parts.append(_("absent"))
    return str(_(", ").join(parts))


def excuses() -> dict[str, str]:
    return {
        "late": _("the late arrival is excused"),
        "early": _("the early departure is excused"),
        "missing": _("the missing punch is excused"),
    }


def records() -> dict[str, str]:
    return {
        "metric": _("Lines"),
        "check": _("Spot checks"),
        "day": _("Attendance"),
        "incident": _("Incidents"),
        "rule": _("Rules"),
    }


def states() -> dict[str, tuple[str, str]]:
    """A state in words, and the kind of its badge."""
    return {
        "lodged": (_("Lodged"), "warn"),
        "decided": (_("Decided"), "plain"),
        "applied": (_("Took effect"), "good"),
        "withdrawn": (_("Withdrawn"), "plain"),
    }


def decisions() -> dict[str, tuple[str, str]]:
    return {
        "accepted": (_("Accepted"), "good"),
        "partly": (_("Accepted in part"), "good"),
        "declined": (_("Declined"), "plain"),
    }
