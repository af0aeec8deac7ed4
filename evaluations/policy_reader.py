"""The validator of the sections in ``evaluations.policy`` (docs/scoring.md). Pure.

Every function reads one section of the document and notes what is wrong in it.
"""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterable, Mapping
from itertools import pairwise
from typing import Final, Literal, cast

from core.documents import IDENTIFIER, N_, Section
from core.values import FactSpec, Names
from evaluations.policy import (
    REVIEW_WEIGHTS,
    Better,
    Grade,
    Line,
    Metric,
    MetricKind,
    ReviewsSection,
    ScoringSection,
    ServiceClock,
    Template,
    TicketsSection,
)

_HOURS = re.compile(r"(\d{1,2}):([0-5]\d)-(\d{1,2}):([0-5]\d)")
_GRADE = re.compile(r"\S(.{0,18}\S)?")  # A+ and 优秀 are grades, too
_DAY: Final = 24 * 60
_TOP_TOTAL: Final = 120
# Names that mean something else where a condition or a ranking stands ("rank" by its team_ form).
_RESERVED = frozenset(
    {
        "total",
        "total_change",
        "coverage",
        "tenure_months",
        "team_rank",
        "company_rank",
        "rank",
        "hire_date",
        "employee_no",
        "training_effect",
    }
)
# The kinds that a metric may declare for a fact whose kind the product knows.
_KINDS: Mapping[str, tuple[str, ...]] = {
    "mean": ("mean",),
    "rate": ("rate",),
    "score": ("score",),
    "count": ("count",),
    "days": ("count", "mean"),
    "hours": ("count", "mean"),
    "minutes": ("count", "mean"),
}
# docs/scoring.md, Total, grade, rank, with the coefficients of the default policy.
DEFAULT_GRADES = (
    Grade("A", 90, Names("优秀", "Excellent"), 1.3),
    Grade("B", 80, Names("良好", "Good"), 1.1),
    Grade("C", 70, Names("合格", "Satisfactory"), 1.0),
    Grade("D", 60, Names("待改进", "Needs improvement"), 0.7),
    Grade("E", 0, Names("不合格", "Unsatisfactory"), 0),
)


def read_tickets(document: Section) -> TicketsSection:
    """Read ``tickets``; an absent section has no clock and no thresholds."""
    section = document.section("tickets", optional=True)
    result = TicketsSection(
        clock=_clock(section),
        response_minutes=section.wholes("response_minutes", low=1, high=100_000),
        resolution_hours=section.wholes("resolution_hours", low=1, high=10_000),
    )
    section.done()
    return result


def read_scoring(document: Section) -> ScoringSection:
    """Read ``scoring``, every key of which has a default."""
    section = document.section("scoring", optional=True)
    result = ScoringSection(
        min_days=section.number("min_days", low=0, high=31, default=10),
        min_coverage=section.number("min_coverage", low=0, high=1, default=0.6),
        adjust_cap=section.number("adjust_cap", low=0, default=10),
        ramp=section.numbers("ramp", above=0, high=1),
    )
    section.done()
    return result


def read_reviews(document: Section) -> ReviewsSection:
    """Read ``reviews``. Anonymity is never given away: fewer than 3 ``min_raters`` mean 3."""
    section = document.section("reviews", optional=True)
    result = ReviewsSection(
        weights=_review_weights(section),
        competencies=_competencies(section),
        min_raters=max(3, section.whole("min_raters", low=1, high=100, default=3)),
        carry_months=section.whole("carry_months", high=36, default=2),
    )
    section.done()
    return result


def read_metrics(document: Section, facts: Mapping[str, FactSpec]) -> dict[str, Metric]:
    """Read ``metrics``; ``facts`` are those of the product, whose kinds a metric cannot change."""
    metrics: dict[str, Metric] = {}
    sections: dict[str, Section] = {}
    for key, section in document.entries("metrics", pattern=IDENTIFIER, optional=True):
        sections[key] = section
        metrics[key] = Metric(
            key=key,
            names=section.names(),
            unit=_unit(section),
            better=cast(Better, section.choice("better", ("higher", "lower"))),
            kind=cast(MetricKind, section.choice("kind", ("mean", "rate", "score", "count"))),
        )
        section.done()
        _check_key(section, key)
    for key, metric in metrics.items():
        if key.startswith("team_") and key not in _RESERVED:
            _check_team_metric(sections[key], metric, facts, metrics)
        elif key in facts and key not in _RESERVED:
            _check_kind(sections[key], metric.kind, _KINDS[facts[key].kind])
    return metrics


def read_templates(document: Section, metrics: Mapping[str, Metric]) -> dict[str, Template]:
    """Read ``templates``; a position stands in one of them only."""
    templates: dict[str, Template] = {}
    places: dict[str, str] = {}
    for key, section in document.entries("templates"):
        templates[key] = Template(
            key=key,
            names=section.names(),
            positions=section.texts("positions"),
            team_share=section.number("team_share", low=0, high=1, default=0),
            lines=_lines(section, metrics),
        )
        section.done()
        for index, position in enumerate(templates[key].positions):
            other = places.setdefault(position, key)
            if position and other != key:
                message = N_('the position "%(position)s" already has the template %(other)s')
                section.problem(f"positions[{index}]", message, position=position, other=other)
    return templates


def read_grades(document: Section) -> tuple[Grade, ...]:
    """Read ``grades``, highest first; the usual five where the section is absent."""
    if not document.has("grades"):
        document.raw("grades", None)
        return DEFAULT_GRADES
    grades: list[Grade] = []
    sections: list[Section] = []
    for _, section in document.sections("grades"):
        grade = Grade(
            key=section.matching("key", _GRADE, N_("must be up to 20 characters")),
            min=section.number("min", low=0, high=_TOP_TOTAL),
            names=section.names(),
            coefficient=section.number("coefficient", low=0),
        )
        section.done()
        if grade.key and grade.key in (each.key for each in grades):
            section.problem("key", N_('two grades have the key "%(grade)s"'), grade=grade.key)
        grades.append(grade)
        sections.append(section)
    _check_bands(grades, sections)
    return tuple(grades)


def _check_bands(grades: list[Grade], sections: list[Section]) -> None:
    """The bands fall strictly, and the last begins at 0."""
    if not all(section.fine("min") for section in sections):
        return
    for (above, grade), section in zip(pairwise(grades), sections[1:], strict=True):
        if grade.min >= above.min:
            message = N_("must be less than the %(above)s of the grade above")
            section.problem("min", message, above=above.min)
    if grades and grades[-1].min != 0:
        sections[-1].problem("min", N_("must be 0, so that every total has a grade"))


def _clock(tickets: Section) -> ServiceClock | None:
    section = tickets.section("clock", optional=True)
    if not tickets.has("clock"):
        return None
    number = section.raw("days")  # without quotes, 12345 is a number, and means the same
    days = str(number) if type(number) is int else section.text("days", default="")
    if days and (set(days) - set("1234567") or len(set(days)) != len(days)):
        message = N_("must name each weekday once, from 1 (Monday) to 7 (Sunday)")
        section.problem("days", message)
    hours = section.text("hours")
    start = end = 0
    match = _HOURS.fullmatch(hours.strip())
    if match:
        first, minutes, second, more = (int(part) for part in match.groups())
        start, end = first * 60 + minutes, second * 60 + more
        if not start < end <= _DAY:
            message = N_("must end after they begin, and at 24:00 at the latest")
            section.problem("hours", message)
    elif hours:
        section.problem("hours", N_("must be hours such as 09:00-21:00"))
    section.done()
    return ServiceClock(frozenset(int(day) for day in days if day.isdigit()), start, end)


def _review_weights(reviews: Section) -> dict[str, float]:
    if not reviews.has("weights"):
        reviews.raw("weights", None)
        return dict(REVIEW_WEIGHTS)
    section = reviews.section("weights")
    weights = {group: section.number(group, low=0) for group in REVIEW_WEIGHTS}
    if section.has("self"):
        section.raw("self")
        section.problem("self", N_("has no weight: a self review never enters the score"))
    section.done()
    return weights


def _competencies(reviews: Section) -> dict[str, Names]:
    competencies = {}
    for key, section in reviews.entries("competencies", optional=True):
        competencies[key] = section.names()
        section.done()
    if len(competencies) > 20:
        reviews.problem("competencies", N_("must be at most %(count)s"), count=20)
    return competencies


def _unit(section: Section) -> str:
    """A unit may be empty, so an empty text is not blank here."""
    unit = section.raw("unit", None)
    if unit is None or unit == "":
        return ""
    return section.text("unit")


def _check_key(section: Section, key: str) -> None:
    if key in _RESERVED:
        section.problem("", N_("is a name of the product and cannot be a metric"))
    elif keyword.iskeyword(key):
        section.problem("", N_("is a word of conditions and cannot be a metric"))
    elif key.endswith("_n"):
        section.problem("", N_("ends in _n, which is kept for sample sizes"))


def _check_team_metric(
    section: Section,
    metric: Metric,
    facts: Mapping[str, FactSpec],
    metrics: Mapping[str, Metric],
) -> None:
    """``team_x`` is the mean of x over the team, so x must be a fact of one person."""
    base = metric.key.removeprefix("team_")
    if base == "training_effect" or base.startswith("team_"):
        section.problem("", N_("is a team's mean of something that has none"))
    elif base in facts:
        kind = facts[base].kind
        allowed = _KINDS[kind] if kind in ("rate", "score", "mean") else ("mean", "count")
        _check_kind(section, metric.kind, allowed)
    elif base in metrics:
        kind = metrics[base].kind
        _check_kind(section, metric.kind, ("mean", "count") if kind == "count" else (kind,))
    else:
        message = N_("starts with team_, but there is neither a fact nor a metric %(base)s")
        section.problem("", message, base=base)


def _check_kind(section: Section, kind: str, allowed: Iterable[str]) -> None:
    allowed = tuple(allowed)
    if section.fine("kind") and kind not in allowed:
        section.problem("kind", N_("must be %(kind)s for this fact"), kind="/".join(allowed))


def _lines(template: Section, metrics: Mapping[str, Metric]) -> tuple[Line, ...]:
    lines: list[Line] = []
    for _, section in template.sections("lines"):
        line = Line(
            metric=section.text("metric"),
            weight=section.number("weight", above=0),
            floor=section.number("floor"),
            target=section.number("target"),
            stretch=section.number("stretch") if section.has("stretch") else None,
            prior=section.number("prior", low=0, default=0),
            ramp=section.flag("ramp", default=False),
        )
        section.raw("stretch", None)
        section.done()
        if section.fine("metric"):
            _check_line(section, line, metrics)
            if line.metric in (other.metric for other in lines):
                message = N_('"%(metric)s" already has a line in this template')
                section.problem("metric", message, metric=line.metric)
        lines.append(line)
    return tuple(lines)


def _check_line(section: Section, line: Line, metrics: Mapping[str, Metric]) -> None:
    if line.metric == "training_effect":
        section.problem("metric", N_("training_effect may stand in conditions, not in templates"))
        return
    metric = metrics.get(line.metric)
    if metric is None:
        message = N_('"%(value)s" is not declared under metrics')
        section.one_of("metric", line.metric, metrics, message)
        return
    anchors = {"floor": line.floor, "target": line.target}
    if line.stretch is not None:
        anchors["stretch"] = line.stretch
    if not section.fine(*anchors):
        return
    top = {"rate": 1, "score": 100}.get(metric.kind)
    for name, value in anchors.items():
        if top is not None and not 0 <= value <= top:
            message = N_("must lie between 0 and %(top)s, as %(metric)s does")
            section.problem(name, message, top=top, metric=metric.key)
    if section.fine(*anchors):
        _check_direction(section, anchors, metric.better)


def _check_direction(
    section: Section,
    anchors: Mapping[str, float],
    better: Literal["higher", "lower"],
) -> None:
    """The anchors must be strictly monotonic in the direction of the metric."""
    if len(anchors) == 3:
        floor, target, stretch = anchors.values()
        ends = (floor, stretch) if better == "higher" else (stretch, floor)
        if ends[0] < ends[1] and not ends[0] < target < ends[1]:
            section.problem("target", N_("must lie between floor and stretch"))
            return
    for (before, low), (name, value) in pairwise(anchors.items()):
        if better == "higher" and not value > low:
            message = N_("must be more than %(before)s: higher is better")
            section.problem(name, message, before=before)
        elif better == "lower" and not value < low:
            message = N_("must be less than %(before)s: lower is better")
            section.problem(name, message, before=before)
