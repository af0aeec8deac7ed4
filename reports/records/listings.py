"""How the records of each family are listed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from closing.policy import Policy
from core.i18n import language
from core.tables import Column, Filter, Listing
from core.values import FactSpec
from reports import words


def yes_no(value: bool | None) -> str | None:
    return None if value is None else _("yes") if value else _("no")


def _flag(key: str, label: Any) -> Column:
    return Column(key, label, value=lambda row: yes_no(getattr(row, key)))


def _words(key: str, label: Any, texts: Mapping[str, Any]) -> Column:
    return Column(key, label, value=lambda row: str(texts.get(getattr(row, key), "")))


def _rating(value: str | None) -> str | None:
    """Good and bad in words; stars are as they came."""
    return (
        str({"good": _l("positive"), "bad": _l("negative")}.get(value or "", value or "")) or None
    )


TICKETS = Listing(
    columns=[
        Column("ticket_id", _l("Ticket")),
        Column("created_at", _l("Created"), "walltime"),
        Column("first_response_at", _l("First response"), "walltime"),
        Column("wait", _l("Waited (min)"), "number"),
        Column("resolved_at", _l("Resolved"), "walltime"),
        Column("took", _l("Took (h)"), "number"),
        _flag("reopened", _l("Reopened")),
        Column("satisfaction", _l("Rating"), value=lambda row: _rating(row.satisfaction)),
        Column("channel", _l("Channel")),
        Column("category", _l("Category")),
    ],
    order=["created_at", "ticket_id"],
    default="created_at",
    search=["ticket_id"],
    filters=[
        Filter(
            "rating",
            _l("Rating"),
            [("good", _l("positive")), ("bad", _l("negative")), ("none", _l("not rated"))],
        ),
        Filter(
            "resolved",
            _l("Resolved"),
            [("yes", _l("yes")), ("no", _l("no"))],
            where=lambda fields, value: fields.resolved_at.is_not(None) == (value == "yes"),
        ),
        Filter(
            "reopened",
            _l("Reopened"),
            [("yes", _l("yes")), ("no", _l("no"))],
            where=lambda fields, value: fields.reopened.is_(value == "yes"),
        ),
    ],
)

_PARTS = {"named": _l("concerned"), "handled": _l("handled"), "both": _l("concerned and handled")}
_SEVERITIES = {"ordinary": _l("ordinary"), "major": _l("major")}

COMPLAINTS = Listing(
    columns=[
        Column("complaint_no", _l("Complaint")),
        Column("received_at", _l("Received"), "walltime"),
        _words("part", _l("Role"), _PARTS),
        _words("severity", _l("Severity"), _SEVERITIES),
        _flag("attributable", _l("Upheld")),
        Column("channel", _l("Channel")),
        Column("category", _l("Category")),
        Column("contacted_at", _l("Contacted"), "walltime"),
        Column("plan_at", _l("Plan"), "walltime"),
        Column("escalated_at", _l("Escalated"), "walltime"),
        Column("started_at", _l("Started"), "walltime"),
        Column("progress_at", _l("Progress"), "walltime"),
        Column("closed_at", _l("Settled"), "walltime"),
    ],
    order=["received_at", "complaint_no"],
    default="received_at",
    search=["complaint_no"],
    filters=[Filter("severity", _l("Severity"), list(_SEVERITIES.items()))],
)

SPOT_CHECKS = Listing(
    columns=[
        Column("day", _l("Date"), "date"),
        Column("score", _l("Score"), "number"),
        Column("checked_by", _l("Checked by")),
        Column("comment", _l("Comment")),
    ],
    order=["day", "id"],
    default="day",
)

_STATUSES = {"attended": _l("attended"), "missed": _l("missed"), "excused": _l("excused")}

TRAINING = Listing(
    columns=[
        Column("day", _l("Date"), "date"),
        Column("course_code", _l("Code")),
        Column("course", _l("Course")),
        _flag("mandatory", _l("Mandatory")),
        _words("status", _l("Status"), _STATUSES),
        Column("hours", _l("Hours"), "short"),
        Column("score", _l("Score"), "number"),
        _flag("passed", _l("Passed")),
    ],
    order=["day", "id"],
    default="day",
    filters=[Filter("status", _l("Status"), list(_STATUSES.items()))],
)


def metrics(policy: Policy, catalogue: Mapping[str, FactSpec]) -> Listing:
    """Values in files are plain numbers; the page writes them with their units."""

    def name(row: Any) -> str:
        metric = policy.metrics.get(row.metric)
        spec = catalogue.get(row.metric)
        names = metric.names if metric else spec.names if spec else None
        return names.get(language()) if names else str(row.metric)

    return Listing(
        columns=[
            Column("metric", _l("Metric"), value=name),
            Column("value", _l("Value"), "number"),
            Column("sample_size", _l("Sample"), "short"),
        ],
        order=["metric"],
        default="metric",
    )


def metric_text(row: Any, catalogue: Mapping[str, FactSpec]) -> str:
    return words.figure(row.value, catalogue.get(row.metric, words.UNKNOWN))


_DECISIONS = {
    "recorded": _l("recorded, not decided"),
    "approved": _l("approved"),
    "declined": _l("declined"),
    "voided": _l("voided"),
}


def incidents(policy: Policy) -> Listing:
    def rule(row: Any) -> str:
        known = policy.rules.get(row.rule)
        return f"{row.rule} {known.names.get(language())}" if known else str(row.rule)

    return Listing(
        columns=[
            Column("day", _l("Date"), "date"),
            Column("rule", _l("Rule"), value=rule),
            Column("description", _l("What happened")),
            Column("case", _l("Case")),
            _words("status", _l("Status"), _DECISIONS),
            Column("counts_in", _l("Counts in"), "month"),
            Column("recorded_by", _l("Recorded by")),
            Column("approved_by", _l("Decided by")),
        ],
        order=["day", "id"],
        default="day",
    )
