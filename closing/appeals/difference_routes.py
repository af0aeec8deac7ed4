"""What a month whose payroll was exported would pay by now, to be added as adjustments."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation

from flask import abort, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import select
from werkzeug.wrappers import Response as Redirect

from closing.appeals import differences as services
from closing.appeals.blueprint import appeals
from closing.months import closed_month
from closing.pages.common import attempt, session
from closing.pages.words import month_text
from closing.versions import policy_of_closing
from core import web
from core.errors import N_, Conflict
from core.permissions import Permission
from core.values import Month
from staff.models import Employee

P = Permission


@appeals.get("/payroll/<month:month>/differences")
@web.requires(P.CLOSING_WRITE)
def differences(month: Month) -> str:
    """Computed when it is asked for: a large centre takes seconds."""
    closed = closed_month(session(), month)
    if closed is None:
        abort(404)
    if closed.state.exported_at is None:
        raise Conflict(N_("The payroll of %(month)s is not exported yet."), month=str(month))
    found = services.differences(session(), month) if request.args.get("figures") else None
    return render_template(
        "appeals/differences.html",
        month=month,
        found=found,
        currency=policy_of_closing(session(), closed.document.id).policy.currency,
    )


@appeals.post("/payroll/<month:month>/differences")
@web.requires(P.CLOSING_WRITE)
def add_difference(month: Month) -> Redirect:
    number = request.form.get("employee_no", "")
    who = session().scalar(select(Employee.id).where(Employee.employee_no == number))
    try:
        seen = Decimal(request.form.get("amount", ""))
    except InvalidOperation:
        abort(400)
    if not seen.is_finite():
        abort(400)
    if who is None:
        abort(404)
    return attempt(
        lambda: services.adjust_difference(
            session(),
            actor=web.current_actor(),
            now=web.now(),
            month=month,
            employee_id=who,
            seen=seen,
            reason=_("Difference of %(month)s, computed anew", month=month_text(month)),
        ),
        _("The adjustment is paid with the next open month."),
        url_for("appeals.differences", month=month, figures=1),
    )
