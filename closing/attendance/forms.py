"""Forms of requests."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import (
    DateField,
    DateTimeLocalField,
    MultipleFileField,
    RadioField,
    SelectField,
    TextAreaField,
    TimeField,
)
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]
from wtforms.validators import DataRequired, InputRequired, Length, Optional, ValidationError

from core.imports.cells import EARLIEST, LATEST
from staff.attendance.request_rows import LONGEST_REASON

DAY = _l("Choose a day.")


def _plausible(_form: Any, field: Any) -> None:
    """Beyond these years there is no calendar."""
    if field.data is not None and not EARLIEST <= field.data.year <= LATEST:
        raise ValidationError(_("the year %(year)s cannot be right", year=field.data.year))


def _reason(help_: Any) -> TextAreaField:
    return TextAreaField(
        _l("Reason"),
        description=help_,
        validators=[DataRequired(_l("Give a reason.")), Length(max=LONGEST_REASON)],
        render_kw={"rows": 3},
    )


class LeaveForm(FlaskForm):  # type: ignore[misc]
    type = SelectField(_l("Type of leave"), validators=[DataRequired(_l("Choose a type."))])
    first = DateField(_l("First day"), validators=[InputRequired(DAY), _plausible])
    last = DateField(_l("Last day"), validators=[InputRequired(DAY), _plausible])
    part = RadioField(
        _l("How much of it"),
        choices=[
            SelectChoice("whole", _l("whole shifts")),
            SelectChoice("first_half", _l("the first half of the shift")),
            SelectChoice("second_half", _l("the second half of the shift")),
            SelectChoice("times", _l("from one time to another")),
        ],
        default="whole",
    )
    begin = TimeField(
        _l("From (time of the first day)"),
        description=_l("Only for times."),
        validators=[Optional()],
    )
    end = TimeField(_l("To (time of the last day)"), validators=[Optional()])
    reason = _reason(_l("Who decides reads it. Documents go with it as files."))
    files = MultipleFileField()


class OvertimeForm(FlaskForm):  # type: ignore[misc]
    first = DateField(_l("Day"), validators=[InputRequired(DAY), _plausible])
    begin = TimeField(_l("From"), validators=[InputRequired(_l("Say from when."))])
    end = TimeField(
        _l("To"),
        description=_l("A time that is not after the beginning is one of the next day."),
        validators=[InputRequired(_l("Say until when."))],
    )
    reason = _reason(_l("What has to be done then."))
    files = MultipleFileField()


class CorrectionForm(FlaskForm):  # type: ignore[misc]
    at = DateTimeLocalField(
        _l("When you came or went"),
        format=["%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M:%S"],
        validators=[InputRequired(_l("Say when it was.")), _plausible],
    )
    reason = _reason(_l("Why there is no punch: forgotten, a failed device, an errand."))
    files = MultipleFileField()


class DecideForm(FlaskForm):  # type: ignore[misc]
    reason = TextAreaField(
        _l("Reason"),
        description=_l("The person reads it. Needed to decline."),
        validators=[Optional(), Length(max=LONGEST_REASON)],
        render_kw={"rows": 2},
    )
