"""Forms of these pages."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from flask_wtf.file import FileField
from wtforms import (
    BooleanField,
    HiddenField,
    MultipleFileField,
    RadioField,
    SelectField,
    StringField,
    TextAreaField,
)
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]
from wtforms.validators import DataRequired, InputRequired, Length, Optional

from core.forms import DayField

REASON = _l("Write the reason; it stays with the decision.")


class ReopenForm(FlaskForm):  # type: ignore[misc]
    reason = TextAreaField(
        _l("Reason"),
        description=_l("It is kept in the audit trail for good."),
        validators=[DataRequired(REASON), Length(max=1000)],
        render_kw={"rows": 3},
    )
    cascade = BooleanField(_l("Reopen the later months too"))


class IncidentForm(FlaskForm):  # type: ignore[misc]
    employee = StringField(
        _l("Person"),
        description=_l("Employee number, or the whole name."),
        validators=[DataRequired(_l("Type an employee number.")), Length(max=120)],
        render_kw={"list": "people-in-reach", "autocomplete": "off"},
    )
    rule = SelectField(
        _l("Rule"),
        description=_l("Rules that fire when something happens, under the policy in force."),
        validators=[DataRequired(_l("Choose a rule."))],
    )
    day = DayField(
        _l("Day"),
        validators=[InputRequired(_l("Type the day on which it happened."))],
    )
    description = TextAreaField(
        _l("What happened"),
        description=_l("What was seen or heard, not what is thought of it."),
        validators=[DataRequired(_l("Say what happened.")), Length(max=2000)],
        render_kw={"rows": 4},
    )
    evidence = TextAreaField(
        _l("Evidence"),
        description=_l("Ticket, recording, witness: where it can be looked up."),
        validators=[Optional(), Length(max=2000)],
        render_kw={"rows": 2},
    )
    case = StringField(
        _l("Case"),
        description=_l("The same case for several rules about one event: only the gravest counts."),
        validators=[Optional(), Length(max=80)],
    )
    tell = BooleanField(
        _l("Ask the person for a statement now"),
        description=_l("For penalties: within three working days; it is decided afterwards."),
    )
    files = MultipleFileField(_l("Files"))


class ServedForm(FlaskForm):  # type: ignore[misc]
    day = DayField(_l("Day"), validators=[InputRequired(_l("Type the day."))])
    how = RadioField(
        _l("The person"),
        choices=[
            SelectChoice("received", _l("received it")),
            SelectChoice("refused", _l("refused to take it")),
        ],
        default="received",
    )
    by = StringField(
        _l("Handed over by"),
        validators=[DataRequired(_l("Say who handed it over.")), Length(max=120)],
    )
    note = TextAreaField(
        _l("Note"),
        description=_l("Where it was refused: who was there."),
        validators=[Optional(), Length(max=1000)],
        render_kw={"rows": 2},
    )


class TaskForm(FlaskForm):  # type: ignore[misc]
    owner = SelectField(_l("Owner"), coerce=int)
    due = DayField(_l("Due"), validators=[InputRequired(_l("Type the day."))])
    seen = HiddenField()


class PolicyForm(FlaskForm):  # type: ignore[misc]
    file = FileField(_l("YAML file"), description=_l("It replaces the text below."))
    text = TextAreaField(
        _l("Policy"), render_kw={"rows": 24, "spellcheck": "false", "class": "yaml"}
    )
    month = SelectField(_l("Try it on"), validators=[Optional()])


class NominationForm(FlaskForm):  # type: ignore[misc]
    employee = SelectField(_l("Person"), validators=[DataRequired(_l("Choose somebody."))])
    award = SelectField(_l("Award"), validators=[DataRequired(_l("Choose an award."))])
    reason = TextAreaField(
        _l("Reason"),
        description=_l("What they did, with an example; those who decide read it."),
        validators=[DataRequired(_l("Say why.")), Length(max=1000)],
        render_kw={"rows": 3},
    )


class ObjectionForm(FlaskForm):  # type: ignore[misc]
    text = TextAreaField(
        _l("What you object to"),
        description=_l("Facts that can be looked into. Only those who decide see your name."),
        validators=[DataRequired(_l("Say what you object to.")), Length(max=2000)],
        render_kw={"rows": 4},
    )
