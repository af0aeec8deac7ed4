"""Adjustments of exported months: the list, and one entered by hand."""

from __future__ import annotations

from decimal import Decimal

from flask import Response, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import select
from werkzeug.wrappers import Response as Redirect
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]

from closing.appeals import adjustments as services
from closing.appeals.blueprint import appeals
from closing.appeals.forms import AdjustmentForm
from closing.pages.common import attempt, session
from closing.pages.words import month_text
from core import tables, web
from core.db import transaction
from core.errors import N_, Refused
from core.forms import show
from core.models import MonthState
from core.permissions import Permission
from core.tables import Column, Filter, Listing
from core.values import Month
from staff.models import Employee

P = Permission


@appeals.get("/payroll/adjustments")
@web.requires(P.CLOSING_READ)
def adjustments() -> str | Response:
    listing = Listing(
        columns=[
            Column("employee_no", _l("Number")),
            Column("name", _l("Name")),
            Column("for_month", _l("Month corrected"), "month"),
            Column("pay_month", _l("Paid with"), "month"),
            Column("amount", _l("Amount"), "number"),
            Column("reason", _l("Reason"), sortable=False),
            Column("decided_by", _l("Decided by")),
        ],
        order=["id"],
        default="pay_month",
        descending=True,
        search=["employee_no", "name", "reason"],
        filters=[
            Filter(
                "appeal",
                _l("Comes from"),
                [("yes", _l("an appeal")), ("no", _l("HR by hand"))],
                where=lambda fields, key: (
                    fields.appeal_id.is_not(None) if key == "yes" else fields.appeal_id.is_(None)
                ),
            )
        ],
    )
    query = services.listed()
    if not web.viewer().reaches_all(P.CLOSING_READ):  # auditors: what a closed month pays
        query = query.where(MonthState.state == "closed")
    return tables.respond(listing, query, "appeals/adjustments.html", filename="adjustments")


@appeals.route("/payroll/adjustments/new", methods=["GET", "POST"])
@web.requires(P.CLOSING_WRITE)
def new_adjustment() -> str | Redirect:
    form = AdjustmentForm()
    exported = _exported()
    form.month.choices = [SelectChoice(str(month), month_text(month)) for month in exported]
    if form.validate_on_submit():
        try:
            with transaction():
                services.adjust(
                    session(),
                    actor=web.current_actor(),
                    now=web.now(),
                    employee_id=_person(form.employee.data or ""),
                    month=Month.parse(form.month.data),
                    amount=form.amount.data or Decimal(0),
                    reason=form.reason.data or "",
                    once=True,
                )
            flash(_("The adjustment is paid with the next open month."))
            return redirect(url_for("appeals.adjustments"))
        except Refused as refused:
            show(form, refused)
    return render_template("appeals/new_adjustment.html", form=form, exported=exported)


@appeals.post("/payroll/adjustments/<int:adjustment_id>/remove")
@web.requires(P.CLOSING_WRITE)
def remove_adjustment(adjustment_id: int) -> Redirect:
    return attempt(
        lambda: services.take_back(
            session(),
            actor=web.current_actor(),
            now=web.now(),
            adjustment_id=adjustment_id,
            reason=request.form.get("reason", "")[:500],
        ),
        _("The adjustment is taken back."),
        url_for("appeals.adjustments"),
    )


def _exported() -> list[Month]:
    """Months whose payroll was exported, the newest first."""
    rows = session().scalars(
        select(MonthState.month)
        .where(MonthState.exported_at.is_not(None))
        .order_by(MonthState.month.desc())
    )
    return list(rows)


def _person(number: str) -> int:
    found = session().scalar(select(Employee.id).where(Employee.employee_no == number.strip()))
    if found is None:
        raise Refused(N_("Nobody goes by this number."), field="employee")
    return found
