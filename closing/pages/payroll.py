"""Pay lines of a closed month, and their export, after which the month stays closed."""

from __future__ import annotations

from decimal import Decimal

from flask import Response, abort, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response as Redirect

from closing import payroll
from closing.appeals.queries import undecided
from closing.months import closed_month
from closing.pages.blueprints import closing
from closing.pages.common import attempt, session
from closing.pages.words import month_text
from closing.payroll import PayLine
from closing.policy import Policy
from closing.versions import policy_of_closing
from core import tables, web
from core.access import note
from core.errors import N_, Conflict
from core.i18n import language
from core.permissions import Permission
from core.tables import Column, Filter, Listing
from core.values import Month

KINDS = {"bonus": _l("Bonus"), "prize": _l("Prize"), "adjustment": _l("Pay adjustment")}


def _listing(lines: list[PayLine], policy: Policy) -> Listing:
    """Columns of wage deductions and of reasons only where there are any."""
    wages = [
        Column("wage_deduction", _l("Off wages"), "number"),
        Column("wage_deduction_asked", _l("Off wages, asked"), "number"),
    ]

    notes = [Column("note", _l("Reason"), value=_reason, sortable=False)]

    def line_text(line: PayLine) -> str:
        award = policy.awards.get(line.note) if line.line == "prize" else None
        return award.names.get(language()) if award else str(KINDS[line.line])

    return Listing(
        columns=[
            Column("employee_no", _l("Number")),
            Column("name", _l("Name")),
            Column("team", _l("Team"), value=lambda line: (line.team or "").rpartition("/")[2]),
            Column("line", _l("Line"), value=line_text),
            Column("for_month", _l("For"), "month"),
            Column("grade", _l("Grade")),
            Column("coefficient", _l("Coefficient"), "short"),
            Column("ratio", _l("Presence"), "percent"),
            Column("bonus", _l("Bonus"), "number"),
            Column("deducted", _l("Deducted"), "number"),
            Column("rewards", _l("Rewards"), "number"),
            Column("payout", _l("Payout"), "number"),
            *(notes if any(line.line == "adjustment" for line in lines) else ()),
            *(wages if any(line.wage_deduction_asked for line in lines) else ()),
        ],
        order=["employee_no", "line", "for_month", "note"],
        default="employee_no",
        search=["employee_no", "name"],
        filters=[Filter("line", _l("Line"), list(KINDS.items()))],
    )


def _reason(line: PayLine) -> str | None:
    return line.note if line.line == "adjustment" else None


@closing.get("/payroll/<month:month>")
@web.requires(Permission.CLOSING_READ)
def payroll_lines(month: Month) -> str | Response:
    closed = closed_month(session(), month)
    if closed is None:
        if not web.viewer().reaches_all(Permission.CLOSING_READ):
            abort(404)
        return render_template("closing/no_payroll.html", month=month)
    exported = closed.state.exported_at
    lines = payroll.lines_of(session(), closed.closing)
    if request.args.get("format") in tables.FORMATS:
        if exported is None:
            raise Conflict(N_("Release the payroll of %(month)s first."), month=str(month))
        return _file(month, lines, request.args["format"])
    policy = policy_of_closing(session(), closed.document.id).policy
    return tables.respond(
        _listing(lines, policy),
        lines,
        "closing/payroll.html",
        filename=f"payroll-{month}",
        month=month,
        exported=exported,
        appealed=0 if exported else undecided(session(), month),
        sums=_sums(lines),
        currency=policy.currency,
    )


@closing.post("/payroll/<month:month>/export")
@web.requires(Permission.CLOSING_WRITE)
def export_payroll(month: Month) -> Redirect:
    return attempt(
        lambda: payroll.mark_exported(
            session(), actor=web.current_actor(), now=web.now().moment, month=month
        ),
        _(
            "The payroll of %(month)s is released. Download it below; the month stays closed.",
            month=month_text(month),
        ),
        url_for("closing.payroll_lines", month=month),
    )


def _file(month: Month, lines: list[PayLine], form: str) -> Response:
    """The same file as the command writes."""
    name = f"payroll-{month}.{form}"
    note(web.current_actor(), web.now().moment, "export", name, after=len(lines))
    mimetype, write = tables.FORMATS[form]
    body = write(payroll.COLUMNS, [line.as_row() for line in lines])
    return tables.attachment(body, name, mimetype)


def _sums(lines: list[PayLine]) -> dict[str, Decimal]:
    zero = payroll.NOTHING
    bonuses = [line for line in lines if line.line == "bonus"]
    return {
        "bonus": sum((line.bonus or zero for line in bonuses), zero),
        "deducted": sum((line.deducted or zero for line in bonuses), zero),
        "prizes": sum((line.payout for line in lines if line.line == "prize"), zero),
        "adjustments": sum((line.payout for line in lines if line.line == "adjustment"), zero),
        "payout": sum((line.payout for line in lines), zero),
        "wages": sum((line.wage_deduction for line in lines), zero),
    }
