"""The page of one person's file, with its export."""

from __future__ import annotations

from flask import Response, url_for
from flask_babel import lazy_gettext as _l

from closing import person_file
from closing.pages import incident_words, words
from closing.pages.blueprints import rewards
from closing.pages.common import policy_or_none, session
from closing.person_file import Item
from closing.policy import Policy
from core import tables, web
from core.i18n import language
from core.permissions import Permission
from core.tables import Column, Filter, Listing
from core.values import Month
from staff.guard import person_or_abort


@rewards.get("/people/<employee_no>")
@web.requires(Permission.INCIDENTS_READ)
def person(employee_no: str) -> str | Response:
    who = person_or_abort(employee_no, Permission.INCIDENTS_READ, closed=True)
    policy = policy_or_none(session(), Month.of(web.today()))
    found = person_file.items(session(), web.viewer(), web.today(), who.id)
    kinds = incident_words.file_kinds()
    listing = Listing(
        columns=[
            Column("day", _l("Day"), "date"),
            Column("kind", _l("Kind"), value=lambda item: kinds[item.kind]),
            Column("what", _l("What"), value=lambda item: _what(item, policy)),
            Column("text", _l("What happened, or what came of it"), sortable=False),
            Column("state", _l("State"), value=_state),
            Column("month", _l("Counts in"), "month"),
            Column("points", _l("Points of the total"), "short"),
            Column("money", _l("Money"), "money"),
        ],
        order=["kind", "id", "what"],
        default="day",
        descending=True,
        search=["what", "text"],
        filters=[Filter("kind", _l("Kind"), list(kinds.items()))],
    )
    return tables.respond(
        listing,
        found,
        "rewards/person.html",
        filename=f"file-{who.employee_no}",
        person=who,
        kinds=kinds,
        counts={key: sum(1 for item in found if item.kind == key) for key in kinds},
        what=lambda item: _what(item, policy),
        state=_state,
        address=_address,
    )


def _what(item: Item, policy: Policy | None) -> str:
    if item.kind == "task":
        return words.actions().get(item.what, item.what)
    if item.kind == "award":
        award = policy.awards.get(item.what) if policy else None
        return award.names.get(language()) if award else item.what
    return incident_words.rule_text(item.what, policy)


def _state(item: Item) -> str:
    if item.kind == "incident":
        return words.incident_states()[item.state][0]
    if item.kind == "task":
        return incident_words.task_states()[item.state][0]
    return words.kinds().get(item.state, "")


def _address(item: Item) -> str | None:
    if item.kind == "incident":
        return url_for("rewards.incident", incident_id=item.id)
    if item.kind == "task":
        return url_for("rewards.task", task_id=item.id)
    if item.kind == "award" and item.month is not None:
        return url_for("rewards.award", month=item.month, award=item.what)
    return None
