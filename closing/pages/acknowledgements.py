"""Who has read a version of the policy, and saying so."""

from __future__ import annotations

from typing import Any

from flask import Response, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import func, select
from werkzeug.wrappers import Response as Redirect

from closing import acknowledging
from closing.pages.blueprints import policy
from closing.pages.common import attempt, session
from closing.versions import policy_version
from core import tables, web
from core.permissions import Permission
from core.tables import Column, Filter, Listing
from staff import positions
from staff.listing import inside_team, team_paths


def _in_state(fields: Any, state: str) -> Any:
    return fields.at.is_not(None) if state == "yes" else fields.at.is_(None)


@policy.get("/<int:number>/acknowledgements")
@web.requires(Permission.CLOSING_READ)
def acknowledgements(number: int) -> str | Response:
    version = policy_version(session(), number)
    query = acknowledging.everybody(version.id, web.today())
    listed = query.subquery()
    count = session().execute(select(func.count(), func.count(listed.c.at))).one()
    teams = [(path, path) for path in team_paths(session())]
    listing = Listing(
        columns=[
            Column("employee_no", _l("Number")),
            Column("name", _l("Name")),
            Column("position", _l("Position")),
            Column("team", _l("Team")),
            Column("at", _l("Acknowledged at")),
        ],
        order=["employee_no"],
        default="employee_no",
        search=["employee_no", "name"],
        filters=[
            Filter("state", _l("State"), [("yes", _l("Acknowledged")), ("no", _l("Not yet"))],
                   where=_in_state),
            Filter("team", _l("Team"), teams, where=inside_team),
        ],
    )  # fmt: skip
    return tables.respond(
        listing,
        query,
        "policy/acknowledgements.html",
        filename=f"policy-{number}-acknowledgements",
        version=version,
        position=positions.name,
        everybody=count[0],
        done=count[1],
    )


@policy.post("/<int:number>/acknowledgements")
@web.requires(Permission.SELF)
def acknowledge(number: int) -> Redirect:
    back = web.safe_next(request.form.get("next")) or url_for("rewards.matrix", version=number)
    return attempt(
        lambda: acknowledging.acknowledge(
            session(), actor=web.current_actor(), now=web.now().moment, number=number
        ),
        _("You have acknowledged version %(number)d of the policy.", number=number),
        back,
    )
