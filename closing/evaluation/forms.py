"""Forms of the monthly evaluation."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import BooleanField, HiddenField, RadioField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]
from wtforms.validators import InputRequired, Length

from core.forms import DayField
from evaluations.monthly.writing import LONGEST, LONGEST_NOTE


class FeedbackForm(FlaskForm):  # type: ignore[misc]
    """Each part with the version that it was typed over."""

    strengths = TextAreaField(_l("Strengths"), validators=[Length(max=LONGEST)])
    improve = TextAreaField(_l("To improve"), validators=[Length(max=LONGEST)])
    next_step = TextAreaField(_l("Agreed next step"), validators=[Length(max=LONGEST)])
    strengths_version = HiddenField()
    improve_version = HiddenField()
    next_step_version = HiddenField()


class NoteForm(FlaskForm):  # type: ignore[misc]
    employee_no = StringField(
        _l("About whom"),
        validators=[InputRequired(_l("Choose somebody of your people."))],
        description=_l("The employee number."),
    )
    day = DayField(_l("Day"), validators=[InputRequired(_l("Say on which day."))])
    kind = RadioField(
        _l("What it is"),
        choices=[
            SelectChoice("good", _l("Done well")),
            SelectChoice("bad", _l("To do better")),
        ],
        default="good",
        validators=[InputRequired(_l("Say which of the two it is."))],
    )
    text = TextAreaField(
        _l("What happened"),
        validators=[InputRequired(_l("Say what happened.")), Length(max=LONGEST_NOTE)],
    )
    shared = BooleanField(_l("Share it with them at once"))
