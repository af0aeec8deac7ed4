"""The form of a course, and the bar that chooses a session."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import (
    FloatField,
    HiddenField,
    IntegerField,
    SelectField,
    SelectMultipleField,
    StringField,
)
from wtforms.validators import DataRequired, Length, NumberRange, Optional
from wtforms.widgets import CheckboxInput, ListWidget


def _whole(label: Any, least: int, most: int, help_: Any) -> IntegerField:
    return IntegerField(
        label,
        description=help_,
        validators=[Optional(), NumberRange(least, most, _l("From %(min)s to %(max)s."))],
    )


class CourseForm(FlaskForm):  # type: ignore[misc]
    """Of a known course the code stays."""

    name = StringField(
        _l("Name of the course"), validators=[DataRequired(_l("Give it a name.")), Length(max=200)]
    )
    category = SelectField(_l("Category"), validators=[Optional()])
    positions = SelectMultipleField(
        _l("Mandatory for"),
        widget=ListWidget(),
        option_widget=CheckboxInput(),
        description=_l("Positions. None: nobody has to."),
    )
    due_days = _whole(
        _l("Due so many days after the hire date"), 0, 36500, _l("Empty: on the first day.")
    )
    valid_months = _whole(
        _l("Valid for so many months"),
        1,
        1200,
        _l("Then it has to be passed again. Empty: always."),
    )
    hours = FloatField(
        _l("Hours"),
        validators=[Optional(), NumberRange(0, 10_000, _l("From %(min)s to %(max)s."))],
    )
    pass_mark = FloatField(
        _l("Pass mark"),
        description=_l("From 0 to 100. Empty: whoever attends passes."),
        validators=[Optional(), NumberRange(0, 100, _l("From %(min)s to %(max)s."))],
    )
    metrics = SelectMultipleField(
        _l("Meant to raise"),
        widget=ListWidget(),
        option_widget=CheckboxInput(),
        description=_l("Two months after somebody passed it is told whether these rose."),
    )
    seen = HiddenField()


class NewCourseForm(CourseForm):
    course_code = StringField(
        _l("Code"),
        description=_l("Short, and in files too. It is not changed later."),
        validators=[DataRequired(_l("Give it a code.")), Length(max=60)],
    )
