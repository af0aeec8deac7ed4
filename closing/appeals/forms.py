"""Forms of appeals and adjustments."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import (
    BooleanField,
    DecimalField,
    RadioField,
    SelectField,
    StringField,
    TextAreaField,
)
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]
from wtforms.validators import DataRequired, InputRequired, Length

AMOUNT = _l("Type an amount, with a minus where it is taken off.")


class DecisionForm(FlaskForm):  # type: ignore[misc]
    decision = RadioField(
        _l("Decision"),
        choices=[
            SelectChoice("accepted", _l("Accept")),
            SelectChoice("partly", _l("Accept in part")),
            SelectChoice("declined", _l("Decline")),
        ],
        validators=[InputRequired(_l("Choose a decision."))],
    )
    reason = TextAreaField(
        _l("Reason"),
        description=_l("The person reads it."),
        validators=[DataRequired(_l("Give a reason; the person reads it.")), Length(max=2000)],
        render_kw={"rows": 3},
    )
    value = StringField(_l("New value"), render_kw={"inputmode": "decimal"})
    sample_size = StringField(
        _l("New sample size"),
        description=_l("Nothing where there is none."),
        render_kw={"inputmode": "numeric"},
    )
    remove = BooleanField(_l("Take the check away"))
    excuse = SelectField(_l("Excused"), default="")
    punch = StringField(
        _l("Missing time"),
        description=_l("Such as 09:00: a punch that the clock missed."),
        render_kw={"inputmode": "numeric"},
    )
    by_hand = TextAreaField(
        _l("Correction by hand"),
        description=_l("Only where nothing above fits: what HR corrects by hand."),
        validators=[Length(max=1000)],
        render_kw={"rows": 2},
    )


class AmountForm(FlaskForm):  # type: ignore[misc]
    amount = DecimalField(
        _l("Amount"),
        description=AMOUNT,
        places=None,
        validators=[InputRequired(AMOUNT)],
        render_kw={"inputmode": "decimal"},
    )
    reason = TextAreaField(
        _l("Reason"),
        description=_l("It stands on the payroll."),
        validators=[DataRequired(_l("Give a reason; it stands on the payroll.")), Length(max=500)],
        render_kw={"rows": 2},
    )


class AdjustmentForm(AmountForm):
    employee = StringField(
        _l("Person"),
        description=_l("Employee number."),
        validators=[DataRequired(_l("Type an employee number.")), Length(max=40)],
    )
    month = SelectField(_l("Month corrected"), validators=[DataRequired(_l("Choose a month."))])
