"""Pages about people."""

from __future__ import annotations

from flask import Blueprint, Response, render_template, request
from flask_babel import lazy_gettext as _l

from core import tables, web
from core.db import db
from core.pages.places import place
from core.permissions import Permission
from core.tables import Column, Filter, Listing
from staff import positions
from staff.listing import inside_team, suggestions, team_paths
from staff.listing import people as people_query

staff = Blueprint("staff", __name__, url_prefix="/staff")
place("staff", _l("Staff"), "staff.people", Permission.PROFILE_READ, icon="people", order=60)
SUGGESTIONS = 8


@staff.get("/")
@web.requires(Permission.PROFILE_READ)
def people() -> str | Response:
    teams = [(path, path) for path in team_paths(db.session())]
    listing = Listing(
        columns=[
            Column("employee_no", _l("Number")),
            Column("name", _l("Name")),
            Column("position", _l("Position")),
            Column("team", _l("Team")),
            Column("supervisor", _l("Supervisor")),
            Column("hire_date", _l("Employed since"), kind="date"),
        ],
        order=["employee_no"],
        default="employee_no",
        search=["employee_no", "name"],
        filters=[Filter("team", _l("Team"), teams, where=inside_team)],
    )
    query = people_query(web.viewer(), web.today())
    return tables.respond(
        listing, query, "staff/people.html", filename="people", position=positions.name
    )


@staff.get("/suggest")
@web.requires(Permission.PROFILE_READ)
def suggest() -> str:
    """Options for the search in the top bar: people whom the viewer may see."""
    found = suggestions(
        db.session(), web.viewer(), request.args.get("q", "")[:100], web.today(), SUGGESTIONS
    )
    return render_template("staff/suggest.html", found=found)
