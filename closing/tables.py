"""Results as tables: scorecards for CSV and XLSX, and a simulation for the terminal."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from closing.cards import PLAIN, CardView
from closing.simulation import Difference

SCORECARD_COLUMNS = (
    "employee_no",
    "name",
    "team",
    "position",
    "month",
    "revision",
    "policy_version",
    *PLAIN,
    "bonus",
    "deducted",
    "payout",
    "wage_deduction",
    "rules",
)


def scorecard_rows(views: Iterable[CardView]) -> list[list[Any]]:
    """One row a scorecard, in the order of ``SCORECARD_COLUMNS``."""
    rows = []
    for view in views:
        values: dict[str, Any] = {
            **view.as_json(),
            **{name: getattr(view.pay, name) for name in SCORECARD_COLUMNS[20:24]},
            "rules": ";".join(entry.rule for entry in view.rules if entry.state == "counts"),
        }
        rows.append([values[name] for name in SCORECARD_COLUMNS])
    return rows


def difference_table(found: Iterable[Difference]) -> str:
    """Who would differ, one line each, and what it would cost."""
    found = list(found)
    changed = [each for each in found if each.differs]
    lines = [
        f"{each.employee_no}  {_brief(each.before)} -> {_brief(each.after)}  {each.money:+}"
        for each in changed
    ]
    money = sum(each.money for each in found)
    lines.append(f"{len(changed)} of {len(found)} scorecards differ, payout {money:+}")
    return "\n".join(lines) + "\n"


def _brief(view: CardView | None) -> str:
    if view is None:
        return "—"
    total = "—" if view.total is None else f"{view.total:.2f}"
    return f"{total} {view.grade or view.status} {view.company_rank or '—'} {view.pay.payout}"
