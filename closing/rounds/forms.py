"""Forms of a round: for HR, and the one that everybody answers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import HiddenField, IntegerField, RadioField, SelectField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]
from wtforms.validators import DataRequired, InputRequired, Length, NumberRange, Optional

from closing.rounds.view import relations
from core.forms import DayField
from evaluations.rounds.models import LONGEST_COMMENT
from evaluations.rounds.planning import MOST

DAY = _l("Choose a day.")


def _count(label: Any, name: str, default: int, help_: Any = "") -> IntegerField:
    least = 1 if name == "max_load" else 0
    return IntegerField(
        label,
        default=default,
        description=help_,
        validators=[
            InputRequired(_l("Type a number.")),
            NumberRange(least, MOST[name], _l("From %(min)s to %(max)s.")),
        ],
    )


class RoundForm(FlaskForm):  # type: ignore[misc]
    month = SelectField(_l("Month"), description=_l("The month whose scorecards it enters."))
    first_day = DayField(_l("First day"), validators=[InputRequired(DAY)])
    last_day = DayField(_l("Last day"), validators=[InputRequired(DAY)])
    peers = _count(_l("Reviewers of the same team"), "peers", 3)
    cross_team = _count(_l("Reviewers of other teams"), "cross_team", 3)
    max_load = _count(
        _l("Most people that somebody reviews"),
        "max_load",
        8,
        _l("Beside oneself. Who leads more people than that reviews only some of them."),
    )


class LastDayForm(FlaskForm):  # type: ignore[misc]
    last_day = DayField(_l("Last day"), validators=[InputRequired(DAY)])
    seen = HiddenField()


class ReviewerForm(FlaskForm):  # type: ignore[misc]
    ratee = StringField(
        _l("About whom"),
        description=_l("Employee number, or the whole name."),
        validators=[DataRequired(_l("Type an employee number or a name.")), Length(max=40)],
        render_kw={"autocomplete": "off"},
    )
    rater = StringField(
        _l("Who is asked"),
        description=_l("Employee number, or the whole name."),
        validators=[DataRequired(_l("Type an employee number or a name.")), Length(max=40)],
        render_kw={"autocomplete": "off"},
    )
    relation = SelectField(_l("As"))

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        self.relation.choices = [SelectChoice(*each) for each in relations().items()]


def answer_form(
    competencies: Mapping[str, str], ratings: Mapping[str, int], comment: str
) -> FlaskForm:
    """One question per competency, 1 to 5, and a comment; filled in with what was answered."""
    fields: dict[str, Any] = {}
    values: dict[str, Any] = {"comment": comment}
    for at, (key, name) in enumerate(competencies.items()):
        fields[f"rating_{at}"] = RadioField(
            name,
            choices=[SelectChoice(str(point), str(point)) for point in range(1, 6)],
            validators=[InputRequired(_l("Choose a rating from 1 to 5."))],
        )
        if key in ratings:
            values[f"rating_{at}"] = str(ratings[key])
    fields["comment"] = TextAreaField(
        _l("Comment"),
        description=_l(
            "What helps, what would help more. Write it so that nobody knows you by it."
        ),
        validators=[Optional(), Length(max=LONGEST_COMMENT)],
        render_kw={"rows": 3, "maxlength": LONGEST_COMMENT},
    )
    made: FlaskForm = type("AnswerForm", (FlaskForm,), fields)(data=values)
    return made
