"""The curriculum: courses, one of them with what came of it, and writing them."""

from __future__ import annotations

from typing import Any

from flask import Response, flash, redirect, render_template, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response as Redirect

from closing.training import effects, words
from closing.training.blueprint import training
from closing.training.common import (
    course_of,
    listed,
    metric_names,
    metrics_text,
    positions_text,
    reads_others,
    session,
)
from closing.training.forms import CourseForm, NewCourseForm
from core import tables, web
from core.db import transaction
from core.errors import Refused
from core.forms import beside, show
from core.permissions import Permission
from core.seen import Meanwhile
from core.tables import Column, Filter, Listing
from staff import positions
from training import courses as services
from training import lists
from training.courses import Written
from training.models import Course

P = Permission


@training.get("/courses")
@web.requires(P.TRAINING_READ)
def courses() -> str | Response:
    names = metric_names()
    columns = [
        Column("course_code", _l("Code")),
        Column("name", _l("Course")),
        Column("category", _l("Category"), value=lambda row: words.category(row.category)),
        Column("positions", _l("Mandatory for"), value=positions_text),
        Column("due_days", _l("Due (days after hire)"), "short"),
        Column("valid_months", _l("Valid (months)"), "short"),
        Column("hours", _l("Hours"), "short"),
        Column("pass_mark", _l("Pass mark"), "short"),
        Column("metrics", _l("Meant to raise"), value=lambda row: metrics_text(row, names)),
    ]
    if reads_others():
        columns.append(Column("attended", _l("Attended"), "short"))
    listing = Listing(
        columns=columns,
        order=["course_code"],
        default="course_code",
        search=["course_code", "name"],
        filters=[Filter("category", _l("Category"), list(words.categories().items()))],
    )
    return tables.respond(
        listing,
        lists.courses(web.viewer(), web.today()),
        "training/courses.html",
        filename="courses",
        writes=web.viewer().may(P.RULES_WRITE),
    )


@training.get("/courses/<int:course_id>")
@web.requires(P.TRAINING_READ)
def course(course_id: int) -> str | Response:
    found = course_of(course_id)
    viewer, day = web.viewer(), web.today()
    listing = Listing(
        columns=session_columns(),
        order=["day"],
        default="day",
        descending=True,
    )
    held = lists.sessions(viewer, day).where(Course.id == course_id)
    return tables.respond(
        listing,
        held,
        "training/course.html",
        filename=f"course-{course_id}",
        course=found,
        words=words,
        metrics=metrics_text(found, metric_names()),
        positions=positions_text(found),
        results=effects.results_of(session(), viewer, day, course_id),
        learning=effects.learning_of(session(), viewer, day, course_id),
        writes=viewer.may(P.RULES_WRITE),
        enters=viewer.may(P.TRAINING_WRITE),
        others=reads_others(),
    )


def session_columns() -> list[Column]:
    return [
        Column("day", _l("Date"), "date"),
        Column("course_code", _l("Code")),
        Column("course", _l("Course")),
        Column("attended", _l("Attended"), "short"),
        Column("missed", _l("Missed"), "short"),
        Column("excused", _l("Excused from it"), "short"),
        Column("passed", _l("Passed"), "short"),
        Column("score", _l("Mean score"), "number"),
    ]


@training.route("/courses/new", methods=["GET", "POST"])
@web.requires(P.RULES_WRITE)
def new_course() -> str | Redirect | tuple[str, int]:
    form = NewCourseForm()
    known = _choices(form)
    if form.validate_on_submit():
        try:
            with transaction():
                made = services.add_course(
                    session(),
                    actor=web.current_actor(),
                    now=web.now(),
                    code=form.course_code.data or "",
                    written=_written(form),
                    known=known,
                ).id
            flash(_("The course is in the curriculum."))
            return redirect(url_for("training.course", course_id=made))
        except Refused as refused:
            show(form, refused)
    page = render_template("training/write_course.html", form=form, course=None)
    return (page, 400) if form.is_submitted() else page


@training.route("/courses/<int:course_id>/change", methods=["GET", "POST"])
@web.requires(P.RULES_WRITE)
def change_course(course_id: int) -> str | Redirect | tuple[str, int]:
    """Of one that somebody changed meanwhile what was typed is kept, to be sent again."""
    found, form, code = course_of(course_id), CourseForm(), 400
    known = _choices(form, found)
    if form.validate_on_submit():
        try:
            with transaction():
                services.change_course(
                    session(),
                    actor=web.current_actor(),
                    now=web.now(),
                    course_id=course_id,
                    written=_written(form),
                    seen=form.seen.data or "",
                    known=known,
                )
            flash(_("The course is changed. Closed months stay as they are."))
            return redirect(url_for("training.course", course_id=course_id))
        except Refused as refused:
            show(form, refused)
            if isinstance(refused, Meanwhile):
                code, found = 409, course_of(course_id)
                now = CourseForm(formdata=None)
                _choices(now, found)
                _fill(now, found)
                beside(form, now, theirs=web.here())
    elif not form.is_submitted():
        _fill(form, found)
    page = render_template("training/write_course.html", form=form, course=found)
    return (page, code) if form.is_submitted() else page


def _choices(form: Any, course: Any = None) -> set[str]:
    """Fill in what can be chosen; the keys of metrics."""
    names = metric_names()
    named = words.categories()
    own = course.category if course is not None else None
    if own and own not in named:
        named[own] = own
    form.category.choices = [("", "—"), *named.items()]
    form.positions.choices = [(each, positions.name(each)) for each in lists.positions(session())]
    keys = {
        **names,
        **{key: names.get(key, key) for key in listed(course.metrics if course else "")},
    }
    plain = {key: name for key, name in keys.items() if not key.startswith("team_")}
    form.metrics.choices = sorted(plain.items(), key=lambda each: each[1])
    return set(keys)


def _written(form: CourseForm) -> Written:
    return Written(
        name=form.name.data or "",
        category=form.category.data or None,
        positions=tuple(form.positions.data or ()),
        due_days=form.due_days.data,
        valid_months=form.valid_months.data,
        hours=form.hours.data,
        pass_mark=form.pass_mark.data,
        metrics=tuple(form.metrics.data or ()),
    )


def _fill(form: CourseForm, course: Any) -> None:
    form.name.data, form.category.data = course.name, course.category or ""
    form.positions.data = listed(course.positions)
    form.metrics.data = listed(course.metrics)
    for name in ("due_days", "valid_months", "hours", "pass_mark"):
        getattr(form, name).data = getattr(course, name)
    form.seen.data = services.state_of(course)
