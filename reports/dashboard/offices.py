"""What waits for those with an office: requests, files, publication, accounts, roles."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from flask import url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import ColumnElement, exists, func, or_, select
from sqlalchemy.orm import Session

from closing.imports.unmapped import is_waiting
from closing.kept_preview import kept_summary
from closing.versions import policy_of_closing
from core import web
from core.models import Closing, ImportBatch, MonthState, UnmappedRow
from core.pages.filters import month as month_in_words
from core.permissions import Permission, Scope
from core.values import Month
from core.viewer import Viewer
from reports.dashboard.items import Item
from rewards.models import AwardDecision, AwardObjection
from staff.attendance import request_queries
from staff.models import Account, Employee, RoleRequest

P = Permission


def asked(who: Viewer) -> dict[str, ColumnElement[Any]]:
    """Scalar subqueries by what they count, of what the viewer may settle."""
    found: dict[str, ColumnElement[Any]] = {}
    if who.may(P.REQUESTS_DECIDE):
        found["requests"] = request_queries.waiting(who, web.today())
    if who.may(P.IMPORTS):
        found["unmapped"] = _unmapped()
    if who.may(P.CLOSING_WRITE):
        found["publish"] = (
            select(MonthState.month)
            .where(
                MonthState.state == "closed",
                MonthState.published_at.is_(None),
                MonthState.publish_at.is_(None),
            )
            .order_by(MonthState.month.desc())
            .limit(1)
            .scalar_subquery()
        )
    if who.reaches_all(P.AWARDS_WRITE):
        undecided = _without_award()
        found["awards"] = select(undecided.c.month).scalar_subquery()
        found["awards_policy"] = select(undecided.c.document_version_id).scalar_subquery()
        objections = _objections(who)
        found["objections"] = select(func.count()).select_from(objections).scalar_subquery()
        found["objections_month"] = select(func.min(objections.c.month)).scalar_subquery()
    if who.may(P.ACCOUNTS_HELP):
        found["roles"] = (
            select(func.count()).where(RoleRequest.asked_by_id != who.account_id).scalar_subquery()
        )
    if who.may(P.ACCOUNTS_WRITE):
        found["passwords"] = _without_password()
    return found


def _without_award() -> Any:
    """The newest closed month, while no award of it is decided and its payroll is not out."""
    newest = (
        select(MonthState.month, MonthState.exported_at, Closing.document_version_id)
        .join(Closing, Closing.id == MonthState.closing_id)
        .where(MonthState.state == "closed")
        .order_by(MonthState.month.desc())
        .limit(1)
        .subquery()
    )
    decided = exists().where(
        AwardDecision.month == newest.c.month, AwardDecision.taken_back_at.is_(None)
    )
    return (
        select(newest.c.month, newest.c.document_version_id)
        .where(newest.c.exported_at.is_(None), ~decided)
        .subquery()
    )


def _objections(who: Viewer) -> Any:
    """Those that wait, by the month of the award; nobody decides on their own."""
    return (
        select(AwardDecision.month)
        .join(AwardObjection, AwardObjection.decision_id == AwardDecision.id)
        .where(
            AwardObjection.state == "open",
            AwardObjection.employee_id != (who.employee_id or -1),
        )
        .subquery()
    )


def _unmapped() -> Any:
    ids = (
        select(UnmappedRow.source, UnmappedRow.external_id)
        .join(ImportBatch, ImportBatch.id == UnmappedRow.batch_id)
        .where(is_waiting())
        .distinct()
        .subquery()
    )
    return select(func.count()).select_from(ids).scalar_subquery()


def _without_password() -> Any:
    """The employed whose account has no password yet, and those without an account."""
    usable = exists().where(Account.employee_id == Employee.id, Account.password_hash.is_not(None))
    closed = exists().where(Account.employee_id == Employee.id, Account.active.is_(False))
    today = web.today()
    return (
        select(func.count())
        .select_from(Employee)
        .where(
            Employee.hire_date <= today,
            or_(Employee.leave_date.is_(None), Employee.leave_date >= today),
            ~usable,
            ~closed,
        )
        .scalar_subquery()
    )


def proposals(session: Session, who: Viewer, month: Month) -> Iterator[Item]:
    """Of an open month's preview, where it is kept: to compute one takes too long here."""
    if not who.may(P.CLOSING_WRITE) or Scope.TEAM in who.scopes(P.EVALUATIONS_WRITE):
        return
    summary = kept_summary(session, month, web.now().moment)
    count = sum(
        each["count"] for each in (summary.left_out if summary else ())
        if each["kind"] == "proposals"
    )  # fmt: skip
    if count:
        text = ngettext(
            "%(num)d proposal of %(month)s waits for a decision",
            "%(num)d proposals of %(month)s wait for a decision",
            count,
            month=month_in_words(month),
        )
        yield Item(text, url_for("rewards.month_proposals", month=month))


def awards(session: Session, found: dict[str, Any]) -> Iterator[Item]:
    """A policy without awards leaves none to decide; the session holds that of the newest month."""
    month = found.get("awards")
    if month and policy_of_closing(session, found["awards_policy"]).policy.awards:
        yield Item(
            _("The awards of %(month)s are not decided", month=month_in_words(month)),
            url_for("rewards.awards", month=month),
        )
    if count := found.get("objections"):
        text = ngettext(
            "%(num)d objection to an award waits for a decision",
            "%(num)d objections to awards wait for a decision",
            count,
        )
        yield Item(text, url_for("rewards.awards", month=found["objections_month"]))


def told(found: dict[str, Any]) -> Iterator[Item]:
    if count := found.get("requests"):
        text = ngettext(
            "%(num)d request for leave, overtime or a punch waits for a decision",
            "%(num)d requests for leave, overtime or punches wait for a decision",
            count,
        )
        yield Item(text, url_for("attendance.requests", state="requested"))
    if found.get("publish"):
        yield Item(
            _("%(month)s is closed and not published", month=month_in_words(found["publish"])),
            url_for("closing.month", month=found["publish"]),
        )
    if count := found.get("unmapped"):
        text = ngettext(
            "%(num)d id of a file belongs to nobody yet",
            "%(num)d ids of files belong to nobody yet",
            count,
        )
        yield Item(text, url_for("imports.unmapped"))
    if count := found.get("roles"):
        text = ngettext(
            "%(num)d role waits to be confirmed by a second person",
            "%(num)d roles wait to be confirmed by a second person",
            count,
        )
        yield Item(text, url_for("administration.people"))
    if count := found.get("passwords"):
        text = ngettext(
            "%(num)d person has no password yet", "%(num)d people have no password yet", count
        )
        yield Item(text, url_for("administration.first"))
