"""What the terminal shows of a centre: the best of the newest closed month, and the sign-ins."""

from __future__ import annotations

from collections.abc import Sequence

from flask_babel import gettext
from rich.table import Table

from closing.cards import CardView
from closing.demo.faces import SignIn
from closing.demo.services import PASSWORD
from core.messages import N_
from core.values import Month

TOP = 10
ROLES = {
    "employee": N_("Employee"),
    "supervisor": N_("Supervisor"),
    "manager": N_("Manager"),
    "hr": N_("HR"),
    "administrator": N_("Administrator"),
    "auditor": N_("Auditor"),
}


def best(views: Sequence[CardView]) -> list[CardView]:
    """Those of the first ten ranks of the company; with ties maybe more."""
    ranked = [(view.company_rank, view) for view in views if view.company_rank is not None]
    ranked.sort(key=lambda pair: (pair[0], pair[1].employee_no))
    return [view for rank, view in ranked if rank <= TOP]


def best_table(month: Month, views: Sequence[CardView]) -> Table:
    """Rank, name, team, total and grade."""
    table = Table(title=gettext("The best of %(month)s", month=str(month)))
    table.add_column(gettext("Rank"), justify="right")
    table.add_column(gettext("Name"))
    table.add_column(gettext("Team"))
    table.add_column(gettext("Total"), justify="right")
    table.add_column(gettext("Grade"))
    for view in best(views):
        table.add_row(
            str(view.company_rank), view.name, view.team or "—", f"{view.total:.2f}", view.grade
        )
    return table


def sign_in_table(sign_ins: Sequence[SignIn]) -> Table:
    """Role, sign-in, password, name and what there is to see."""
    table = Table(title=gettext("Sign-ins of the demo"))
    table.add_column(gettext("Role"))
    table.add_column(gettext("Sign-in"))
    table.add_column(gettext("Password"))
    table.add_column(gettext("Name"))
    table.add_column(gettext("Shows"))
    for each in sign_ins:
        role, shows = gettext(ROLES[each.role]), gettext(each.shows)
        table.add_row(role, each.login, PASSWORD, each.name, shows)
    return table
