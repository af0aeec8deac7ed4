"""What a close leaves out, in the reader's words."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from flask_babel import gettext, ngettext

from core.pages import filters as written


def _(text: str, **values: Any) -> str:
    return str(gettext(text, **values))


def omission(kind: str, count: int) -> str:
    """One kind of thing that a close leaves out, as a sentence."""
    sentences: dict[str, Callable[[], str]] = {
        "proposals": lambda: ngettext(
            "%(num)d proposal is not decided and does not count",
            "%(num)d proposals are not decided and do not count",
            count,
        ),
        "no_template": lambda: ngettext(
            "%(num)d person has no scorecard: no template for the position",
            "%(num)d people have no scorecard: no template for their position",
            count,
        ),
        "no_data": lambda: ngettext(
            "%(num)d scorecard has no data at all",
            "%(num)d scorecards have no data at all",
            count,
        ),
        "incomplete": lambda: ngettext(
            "%(num)d scorecard has too little data for a grade",
            "%(num)d scorecards have too little data for a grade",
            count,
        ),
        "incidents": lambda: ngettext(
            "%(num)d incident is on no scorecard: the person has none, or the rule does not apply",
            "%(num)d incidents are on no scorecard: their people have none, or the rules do not"
            " apply",
            count,
        ),
        "silent_teams": lambda: ngettext(
            "On %(num)d day a whole team did not punch: look at the device",
            "On %(num)d days a whole team did not punch: look at the device",
            count,
        ),
        "late_rows": lambda: ngettext(
            "%(num)d late row waits and changes nothing",
            "%(num)d late rows wait and change nothing",
            count,
        ),
    } | _requested(count)
    said = sentences.get(kind)
    return str(said()) if said else f"{kind}: {count}"


def _requested(count: int) -> dict[str, Callable[[], str]]:
    """What was asked for and not decided."""
    return {
        "requested_leave": lambda: ngettext(
            "%(num)d request for leave is not decided and does not count",
            "%(num)d requests for leave are not decided and do not count",
            count,
        ),
        "requested_overtime": lambda: ngettext(
            "%(num)d request for overtime is not decided and does not count",
            "%(num)d requests for overtime are not decided and do not count",
            count,
        ),
        "requested_corrections": lambda: ngettext(
            "%(num)d punch correction asked for is not decided and does not count",
            "%(num)d punch corrections asked for are not decided and do not count",
            count,
        ),
    }


def numbers(left_out: Iterable[Mapping[str, Any]]) -> set[str]:
    """The employee numbers that are named in it."""
    return {
        str(item["employee_no"])
        for each in left_out
        for item in each["items"]
        if "employee_no" in item
    }


def omission_item(kind: str, item: Mapping[str, Any], names: Mapping[str, str]) -> str:
    """Who or what one of the things left out concerns."""
    number = item.get("employee_no")
    who = f"{number} {names.get(str(number), '')}".strip()
    if kind == "proposals":
        return f"{who}: {item['rule']}"
    if kind == "incidents":
        return f"{who}: {item['rule']}, {item['day']}"
    if kind == "no_template":
        return _("%(who)s: position %(position)s", who=who, position=item["position"] or "—")
    if kind == "incomplete":
        return _("%(who)s: %(share)s of the weight has data", who=who,
                 share=written.percent(item["coverage"], 0))  # fmt: skip
    if kind == "silent_teams":
        return _("%(day)s, %(team)s: %(people)d people", day=item["day"], team=item["team"],
                 people=item["people"])  # fmt: skip
    return who
