"""The records behind the figures of a scorecard. Whom the permission does not reach is a 404."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import Response, abort, render_template
from flask_babel import lazy_gettext as _l
from sqlalchemy import Select

from closing.catalogue import fact_catalogue
from closing.policy import Policy
from closing.rounds.view import review_view
from core import tables, web
from core.db import db
from core.permissions import Permission
from core.tables import Listing
from core.values import Month
from evaluations.review_queries import closed_groups
from reports.blueprints import scorecards
from reports.reach import ClosedMonth, Subject, look, sees_unpublished
from reports.records import listings, queries
from reports.records.attendance import calendar_page
from staff.attendance.queries import month_view

P = Permission
FAMILIES = (
    ("tickets", _l("Tickets"), P.RECORDS_READ),
    ("complaints", _l("Complaints"), P.RECORDS_READ),
    ("spot_checks", _l("Spot checks"), P.RECORDS_READ),
    ("attendance", _l("Attendance"), P.ATTENDANCE_READ),
    ("training", _l("Training"), P.TRAINING_READ),
    ("metrics", _l("Entered values"), P.EVALUATIONS_READ),
    ("incidents", _l("Incidents"), P.INCIDENTS_READ),
    ("reviews", _l("360° groups"), P.REVIEWS_READ),
)


@dataclass(frozen=True, slots=True)
class Behind:
    """Whose records of which month; ``closed`` is None while the month is open."""

    person: Subject
    month: Month
    closed: ClosedMonth | None
    policy: Policy


@scorecards.get("/records/<month:month>/<employee_no>/tickets")
@web.requires(P.RECORDS_READ)
def tickets(month: Month, employee_no: str) -> str | Response:
    behind = _behind(month, employee_no, P.RECORDS_READ)
    query = queries.tickets(behind.person.id, month, behind.policy.tickets.clock)
    return _listed(behind, "tickets", listings.TICKETS, query)


@scorecards.get("/records/<month:month>/<employee_no>/complaints")
@web.requires(P.RECORDS_READ)
def complaints(month: Month, employee_no: str) -> str | Response:
    behind = _behind(month, employee_no, P.RECORDS_READ)
    query = queries.complaints(behind.person.id, month)
    return _listed(behind, "complaints", listings.COMPLAINTS, query)


@scorecards.get("/records/<month:month>/<employee_no>/spotchecks")
@web.requires(P.RECORDS_READ)
def spot_checks(month: Month, employee_no: str) -> str | Response:
    behind = _behind(month, employee_no, P.RECORDS_READ)
    query = queries.spot_checks(behind.person.id, month)
    return _listed(behind, "spot_checks", listings.SPOT_CHECKS, query)


@scorecards.get("/records/<month:month>/<employee_no>/training")
@web.requires(P.TRAINING_READ)
def training(month: Month, employee_no: str) -> str | Response:
    behind = _behind(month, employee_no, P.TRAINING_READ)
    query = queries.training(behind.person.id, month)
    return _listed(behind, "training", listings.TRAINING, query)


@scorecards.get("/records/<month:month>/<employee_no>/metrics")
@web.requires(P.EVALUATIONS_READ)
def metrics(month: Month, employee_no: str) -> str | Response:
    behind = _behind(month, employee_no, P.EVALUATIONS_READ)
    if not _is_out(behind):
        abort(404)
    catalogue = fact_catalogue(behind.policy)
    query = queries.metrics(behind.person.id, month)
    listing = listings.metrics(behind.policy, catalogue)
    return _listed(behind, "metrics", listing, query, catalogue=catalogue)


@scorecards.get("/records/<month:month>/<employee_no>/incidents")
@web.requires(P.INCIDENTS_READ)
def incidents(month: Month, employee_no: str) -> str | Response:
    behind = _behind(month, employee_no, P.INCIDENTS_READ)
    query = queries.incidents(behind.person.id, month)
    return _listed(behind, "incidents", listings.incidents(behind.policy), query)


@scorecards.get("/records/<month:month>/<employee_no>/attendance")
@web.requires(P.ATTENDANCE_READ)
def attendance(month: Month, employee_no: str) -> str:
    behind = _behind(month, employee_no, P.ATTENDANCE_READ)
    sections = (behind.policy.attendance, behind.policy.leave)
    kept = behind.closed.closing.calendar if behind.closed else None
    days = month_view(db.session(), behind.person.id, month, sections, kept)
    page = calendar_page(days)
    return render_template(
        "reports/records/attendance.html",
        page=page,
        lacks=any(line.notes for line in page.lines),
        asks=behind.person.is_me and behind.closed is None and web.viewer().may(P.REQUESTS_ASK),
        **_context(behind, "attendance"),
    )


@scorecards.get("/records/<month:month>/<employee_no>/reviews")
@web.requires(P.REVIEWS_READ)
def reviews(month: Month, employee_no: str) -> str:
    """Groups only, and only of a closed month whose results the viewer may see."""
    behind = _behind(month, employee_no, P.REVIEWS_READ)
    if behind.closed is None or not behind.person.may_see_results(behind.closed):
        abort(404)
    section = behind.policy.reviews
    first = month.plus(-section.carry_months)
    rounds, in_browser = closed_groups(
        db.session(), behind.person.id, first, month, section.min_raters
    )
    return render_template(
        "reports/records/reviews.html",
        found=review_view(rounds, behind.policy, month, in_browser),
        **_context(behind, "reviews"),
    )


def _behind(month: Month, employee_no: str, permission: Permission) -> Behind:
    session = db.session()
    found = look(session, web.viewer(), employee_no, month, web.today())
    if found is None or not found.person.may(permission, closed=found.closed is not None):
        abort(404)
    if found.policy is None:
        abort(404)
    return Behind(found.person, month, found.closed, found.policy)


def _is_out(behind: Behind) -> bool:
    """Whether the month's evaluation may be seen: one's own only with the results."""
    person = behind.person
    if not person.is_me or sees_unpublished(person.viewer):
        return True
    return behind.closed is not None and person.may_see_results(behind.closed)


def _context(behind: Behind, family: str) -> dict[str, Any]:
    """What every page of records shows: whose, which month, the other families."""
    closed = behind.closed is not None
    results = behind.closed is not None and behind.person.may_see_results(behind.closed)
    families = [
        (key, label)
        for key, label, permission in FAMILIES
        if behind.person.may(permission, closed=closed)
        and (results or key != "reviews")
        and (key != "metrics" or _is_out(behind))
    ]
    return {
        "person": behind.person,
        "month": behind.month,
        "family": family,
        "families": families,
        "label": next(label for key, label, _ in FAMILIES if key == family),
        "results": results,
        "policy": behind.policy,
    }


def _listed(
    behind: Behind, family: str, listing: Listing, query: Select[Any], **more: Any
) -> str | Response:
    return tables.respond(
        listing,
        query,
        "reports/records/list.html",
        filename=f"{family}-{behind.month}",
        metric_text=listings.metric_text,
        **{"catalogue": {}, **more},
        **_context(behind, family),
    )
