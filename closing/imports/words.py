"""Names of kinds, states and outcomes as pages show them."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from core.imports.kinds import CHANGED, LATE, NEW, REFUSED, SAME

# Kind: name, what a file of it holds.
KINDS = {
    "employees": (
        _l("Employees"),
        _l("Who works here from when to when; position, team, supervisor and wage."),
    ),
    "aliases": (
        _l("Names elsewhere"),
        _l("What people are called in other systems, from when to when."),
    ),
    "rosters": (_l("Rosters"), _l("Shifts of a person or a team from a date on.")),
    "leave": (_l("Leave"), _l("Absences with their type, and whether they are approved.")),
    "overtime": (_l("Overtime"), _l("Work outside the shift, and whether it is approved.")),
    "punches": (
        _l("Punches"),
        _l("Every punch with its time; also the attlog.dat of a device as it is."),
    ),
    "tickets": (
        _l("Tickets"),
        _l("Who handled what, when it was answered and solved, what the customer said."),
    ),
    "metrics": (_l("Metrics"), _l("Monthly values that come from elsewhere, person by person.")),
    "complaints": (
        _l("Complaints"),
        _l("Whom they are about, whether they were upheld, when what was done."),
    ),
    "spotchecks": (_l("Spot checks"), _l("Scores of quality checks.")),
    "reviews": (
        _l("360° reviews"),
        _l("One rating of one competency by one person about another."),
    ),
    "courses": (_l("Courses"), _l("Trainings that there are, and for whom they are mandatory.")),
    "training": (_l("Training records"), _l("Who attended what and passed.")),
    "incidents": (
        _l("Incidents"),
        _l("What fires a rule by itself, who recorded and who approved it."),
    ),
}
# State: name, kind of badge.
STATES = {
    "unmatched": (_l("Columns to be matched"), "warn"),
    "previewed": (_l("To be confirmed"), "warn"),
    "applied": (_l("Stored"), "good"),
    "undone": (_l("Taken back"), "plain"),
    "dropped": (_l("Discarded"), "plain"),
}


def kind_name(kind: str) -> str:
    """The name of a kind; of a file of which nobody said it yet, a dash."""
    return str(KINDS[kind][0]) if kind else "—"


OUTCOMES = {
    NEW: _l("New"),
    CHANGED: _l("Changed"),
    SAME: _l("Known already"),
    LATE: _l("Came late"),
    REFUSED: _l("Bad"),
}
LATE_STATES = {
    "waiting": (_l("Waiting"), "warn"),
    "applied": (_l("Taken in"), "good"),
    "dropped": (_l("Given up"), "plain"),
}
