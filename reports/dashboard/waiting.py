"""What waits for whoever looks, each with the page where it is done."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from flask import url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import ColumnElement, case, exists, func, literal, not_, or_, select
from sqlalchemy.orm import Session

from closing.appeals.models import Receipt
from closing.appeals.queries import appeals
from closing.evaluation.listing import evaluation_month, people
from closing.models import PolicyAcknowledgement
from closing.versions import in_force_id
from core import web
from core.models import LateRow, MonthState
from core.pages.filters import month as month_in_words
from core.permissions import Permission, Scope
from core.values import Month
from core.viewer import Viewer
from evaluations.models import Review
from evaluations.rounds.models import ReviewAssignment, ReviewRound
from evaluations.scorecards.models import Scorecard
from reports.dashboard import offices
from reports.dashboard.items import Item
from rewards.models import Incident, Task
from rewards.queries import incidents
from rewards.task_queries import tasks
from staff.queries import direct_reports

P = Permission


def waiting(session: Session, who: Viewer, worked_on: Month) -> list[Item]:
    """What is one's own first. ``worked_on`` is the month that is evaluated and closed next."""
    asked = {**_own(who), **_of_others(session, who, worked_on), **offices.asked(who)}
    found: dict[str, Any] = {}
    if asked:
        row = session.execute(select(*(part.label(key) for key, part in asked.items()))).one()
        found = row._asdict()
    proposed = offices.proposals(session, who, worked_on)
    office = [*proposed, *offices.told(found), *offices.awards(session, found)]
    return [*_told(found, who, worked_on), *office, *_unread(who)]


def _unread(who: Viewer) -> Iterator[Item]:
    if who.unread:
        text = ngettext("%(num)d notice is unread", "%(num)d notices are unread", who.unread)
        yield Item(text, url_for("inbox.notices_list"))


def _count(query: Any) -> Any:
    return select(func.count()).select_from(query.subquery()).scalar_subquery()


def _own(who: Viewer) -> dict[str, ColumnElement[Any]]:
    if who.employee_id is None or who.behalf is not None:  # a deputy has nothing of their own
        return {}
    me, today = who.employee_id, web.today()
    asked = (
        select(Incident.id, Incident.statement_due)
        .where(
            Incident.employee_id == me,
            Incident.status == "recorded",
            Incident.statement_at.is_(None),
            Incident.statement_due >= today,
        )
        .order_by(Incident.statement_due, Incident.id)
        .limit(1)
        .subquery()
    )
    version = in_force_id(Month.of(today))
    read = exists().where(
        PolicyAcknowledgement.version_id == version, PolicyAcknowledgement.employee_id == me
    )
    tasks = select(Task.id, Task.due).where(Task.owner_id == me, Task.state == "open")
    return {
        "statement": select(asked.c.id).scalar_subquery(),
        "statement_due": select(asked.c.statement_due).scalar_subquery(),
        "receipt": _unread_card(me),
        "policy": select(not_(read)).where(version.is_not(None)).scalar_subquery(),
        "forms": _count(_forms(me)),
        "forms_due": select(func.min(_forms(me).subquery().c.last_day)).scalar_subquery(),
        "tasks": _count(tasks),
        "tasks_due": select(func.min(tasks.subquery().c.due)).scalar_subquery(),
    }


def _unread_card(me: int) -> Any:
    """The newest month whose scorecard one may see, unless one confirmed to have read it."""
    read = exists().where(Receipt.scorecard_id == Scorecard.id)
    return (
        select(case((not_(read), MonthState.month)))
        .join(Scorecard, Scorecard.closing_id == MonthState.closing_id)
        .where(Scorecard.employee_id == me, MonthState.published_at.is_not(None))
        .order_by(MonthState.month.desc())
        .limit(1)
        .scalar_subquery()
    )


def _forms(me: int) -> Any:
    asked, now = ReviewAssignment, web.now().moment
    given = exists().where(
        Review.month == asked.month,
        Review.ratee_id == asked.ratee_id,
        Review.rater_id == asked.rater_id,
    )
    return (
        select(asked.ratee_id, ReviewRound.last_day)
        .join(ReviewRound, ReviewRound.month == asked.month)
        .where(
            asked.rater_id == me,
            ReviewRound.state == "open",
            ReviewRound.starts_at <= now,
            ReviewRound.ends_at > now,
            not_(given),
        )
    )


def _of_others(session: Session, who: Viewer, month: Month) -> dict[str, ColumnElement[Any]]:
    today, asked = web.today(), {}
    mine = who.employee_id or -1
    if Scope.TEAM in who.scopes(P.EVALUATIONS_WRITE) and month.first_day <= today:
        evaluated = evaluation_month(session, month)
        if evaluated is not None and not evaluated.closed:
            listed = people(who, today, evaluated).subquery()
            drafts = or_(listed.c.state.is_(None), listed.c.state != "submitted")
            own = listed.c.id.in_(direct_reports(who.people, today))
            asked["evaluations"] = _count(select(listed.c.id).where(drafts, own))
            asked["below"] = _count(select(listed.c.id).where(drafts, ~own))
    if who.may(P.INCIDENTS_RECORD):
        others = incidents(who, today).where(Incident.employee_id != mine)
        recorded = others.where(Incident.status == "recorded")
        if who.may(P.INCIDENTS_APPROVE):
            asked["incidents"] = _count(recorded)
        else:
            asked["untold"] = _count(recorded.where(Incident.notified_at.is_(None)))
    if who.may(P.APPEALS_COMMENT) or who.may(P.APPEALS_DECIDE):
        listed = appeals(who, today).subquery()
        open_ = listed.c.state == "lodged", listed.c.employee_id != mine
        asked["appeals"] = _count(select(listed.c.id).where(*open_))
        asked["appeals_due"] = select(func.min(listed.c.due_on)).where(*open_).scalar_subquery()
    if who.may(P.CLOSING_WRITE):
        left = tasks(who, today).where(Task.state == "open").subquery()
        asked["ownerless"] = _count(select(left.c.id).where(left.c.owner_left < today))
        asked["late"] = _count(select(LateRow.id).where(LateRow.state == "waiting"))
        asked["close"] = literal(int(month < Month.of(today)))
    return asked


def _told(found: dict[str, Any], who: Viewer, month: Month) -> Iterator[Item]:
    if found.get("statement"):
        yield Item(
            _("Give your statement on an incident"),
            url_for("rewards.incident", incident_id=found["statement"]),
            found["statement_due"],
        )
    if found.get("receipt"):
        read = month_in_words(found["receipt"])
        yield Item(
            _("Confirm that you have read your scorecard of %(month)s", month=read),
            url_for("scorecards.card", month=found["receipt"], employee_no=who.own_label),
        )
    if found.get("policy"):
        address = url_for(
            "scorecards.rules", month=Month.of(web.today()), employee_no=who.own_label
        )
        yield Item(_("Read the rules in force and confirm it"), address)
    if count := found.get("forms"):
        text = ngettext("Fill in %(num)d 360° form", "Fill in %(num)d 360° forms", count)
        yield Item(text, url_for("reviews.mine"), found["forms_due"])
    if count := found.get("tasks"):
        text = ngettext("%(num)d task is yours to do", "%(num)d tasks are yours to do", count)
        yield Item(text, url_for("rewards.tasks", state="open", mine=1), found["tasks_due"])
    yield from _told_of_others(found, month)


def _told_of_evaluations(found: dict[str, Any], month: Month) -> Iterator[Item]:
    """Those to submit oneself; of those that supervisors below do, only how many are open."""
    shown = month_in_words(month)
    if count := found.get("evaluations"):
        text = ngettext(
            "Submit %(num)d evaluation of %(month)s",
            "Submit %(num)d evaluations of %(month)s",
            count,
            month=shown,
        )
        yield Item(text, url_for("evaluations.month", month=month))
    if count := found.get("below"):
        text = ngettext(
            "%(num)d evaluation of %(month)s is not submitted yet by its supervisor",
            "%(num)d evaluations of %(month)s are not submitted yet by their supervisors",
            count,
            month=shown,
        )
        yield Item(text, url_for("evaluations.month", month=month))


def _told_of_others(found: dict[str, Any], month: Month) -> Iterator[Item]:
    shown = month_in_words(month)
    yield from _told_of_evaluations(found, month)
    if count := found.get("incidents"):
        text = ngettext(
            "%(num)d incident waits for a decision",
            "%(num)d incidents wait for a decision",
            count,
        )
        yield Item(text, url_for("rewards.incidents", status="recorded"))
    if count := found.get("ownerless"):
        text = ngettext(
            "%(num)d follow-up task needs an owner",
            "%(num)d follow-up tasks need an owner",
            count,
        )
        yield Item(text, url_for("rewards.tasks", mine=0))
    if count := found.get("untold"):
        text = ngettext(
            "%(num)d person is to be told of an incident",
            "%(num)d people are to be told of incidents",
            count,
        )
        yield Item(text, url_for("rewards.incidents", status="recorded"))
    if count := found.get("appeals"):
        text = ngettext(
            "%(num)d appeal waits for a decision", "%(num)d appeals wait for a decision", count
        )
        yield Item(text, url_for("appeals.listing", state="lodged"), found["appeals_due"])
    if count := found.get("late"):
        text = ngettext(
            "%(num)d late row for a closed month waits",
            "%(num)d late rows for closed months wait",
            count,
        )
        yield Item(text, url_for("imports.late"))
    if found.get("close"):
        yield Item(
            _("%(month)s is not closed yet: see what is missing", month=shown),
            url_for("closing.month", month=month),
        )
