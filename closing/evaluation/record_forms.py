"""Forms of spot checks, checklists and complaints."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import (
    BooleanField,
    DateTimeLocalField,
    HiddenField,
    MultipleFileField,
    RadioField,
    SelectField,
    StringField,
    TextAreaField,
)
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]
from wtforms.validators import DataRequired, InputRequired, Length, Optional

from core.errors import N_, Refused
from core.forms import DayField
from evaluations.checks.scoring import Item
from evaluations.checks.services import (
    LONGEST_COMMENT,
    LONGEST_REFERENCE,
    LONGEST_REMARK,
    Answers,
)
from evaluations.complaints.services import LONGEST

PEOPLE = {"list": "people-in-reach", "autocomplete": "off"}


class CheckForm(FlaskForm):  # type: ignore[misc]
    """What stands around the answers, which are read by ``answers_from``."""

    reference = StringField(
        _l("What was checked"),
        description=_l("Number of the call, chat or ticket."),
        validators=[Optional(), Length(max=LONGEST_REFERENCE)],
    )
    comment = TextAreaField(
        _l("Comment"),
        description=_l("The person reads it."),
        validators=[Optional(), Length(max=LONGEST_COMMENT)],
        render_kw={"rows": 2},
    )
    evidence = TextAreaField(
        _l("Evidence"),
        description=_l("Recording with minute and second, screenshot, witness."),
        validators=[Optional(), Length(max=LONGEST_COMMENT)],
        render_kw={"rows": 2},
    )
    files = MultipleFileField()
    version_id = HiddenField()
    seen = HiddenField()


class NewCheckForm(CheckForm):
    employee = StringField(
        _l("Person"),
        description=_l("Employee number, or the whole name."),
        validators=[DataRequired(_l("Type an employee number.")), Length(max=120)],
        render_kw=PEOPLE,
    )
    day = DayField(_l("Day"), validators=[InputRequired(_l("Say on which day."))])


class ComplaintForm(FlaskForm):  # type: ignore[misc]
    """What a complaint is about."""

    category = SelectField(_l("Class"), validators=[DataRequired(_l("Choose a class."))])
    severity = RadioField(
        _l("How grave it is"),
        choices=[
            SelectChoice("ordinary", _l("ordinary: contact within 2 hours, plan within 24")),
            SelectChoice(
                "major",
                _l("major (safety, large sums, groups): reported up within 1 hour, started in 4"),
            ),
        ],
        default="ordinary",
        validators=[InputRequired(_l("Choose how grave it is."))],
    )
    description = TextAreaField(
        _l("What the customer complains about"),
        validators=[
            DataRequired(_l("Say what the customer complains about.")),
            Length(max=LONGEST),
        ],
        render_kw={"rows": 4},
    )
    reason = StringField(
        _l("Why it is graver, or less grave"),
        description=_l("Where you change how grave it is: it stands in the audit trail."),
        validators=[Optional(), Length(max=LONGEST)],
    )
    details_missing = BooleanField(
        _l("Details are missing: they have to be asked for within 1 hour")
    )
    reference = StringField(
        _l("Order or ticket"), validators=[Optional(), Length(max=LONGEST_REFERENCE)]
    )
    handler = StringField(
        _l("Handled by"),
        description=_l("Employee number; empty while nobody handles it."),
        validators=[Optional(), Length(max=120)],
        render_kw=PEOPLE,
    )
    seen = HiddenField()


class NewComplaintForm(ComplaintForm):
    received = DateTimeLocalField(
        _l("Received"),
        format=["%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M:%S"],
        validators=[InputRequired(_l("Say when it came in."))],
    )
    channel = SelectField(
        _l("Channel"),
        description=_l("Its code becomes part of the number."),
        validators=[DataRequired(_l("Choose a channel."))],
    )
    employee = StringField(
        _l("Whom it names"),
        description=_l("Employee number, if the customer names somebody. Nobody is blamed by it."),
        validators=[Optional(), Length(max=120)],
        render_kw=PEOPLE,
    )
    files = MultipleFileField()


class CauseForm(FlaskForm):  # type: ignore[misc]
    cause = TextAreaField(
        _l("Cause"),
        description=_l("What went wrong and why, without saying whose fault it is."),
        validators=[DataRequired(_l("Say what caused it.")), Length(max=LONGEST)],
        render_kw={"rows": 3},
    )
    evidence = TextAreaField(
        _l("Evidence"),
        description=_l("Recording, screen, statement: what shows it, and where it lies."),
        validators=[
            DataRequired(_l("Say what shows it: recording, screen, statement.")),
            Length(max=LONGEST),
        ],
        render_kw={"rows": 3},
    )
    seen = HiddenField()


class DecisionForm(FlaskForm):  # type: ignore[misc]
    attributable = RadioField(
        _l("Whose it is"),
        choices=[
            SelectChoice("yes", _l("It is counted as somebody's")),
            SelectChoice("no", _l("It is counted as nobody's")),
        ],
        validators=[InputRequired(_l("Choose one of the two."))],
    )
    employee = StringField(
        _l("Who is responsible"),
        description=_l("Employee number; left aside where it is nobody's."),
        validators=[Optional(), Length(max=120)],
        render_kw=PEOPLE,
    )
    reason = TextAreaField(
        _l("Reason"),
        description=_l("The person reads it."),
        validators=[DataRequired(_l("Say why.")), Length(max=LONGEST)],
        render_kw={"rows": 3},
    )
    seen = HiddenField()


def cause_form(case: Any) -> CauseForm:
    form = CauseForm(formdata=None)
    if case is not None:
        form.cause.data, form.evidence.data = case.cause, case.evidence
    form.seen.data = str(case.version if case else 0)
    return form


def decision_form(row: Any) -> DecisionForm:
    form, case = DecisionForm(formdata=None), row.ComplaintCase
    form.employee.data = row.employee_no
    form.seen.data = str(case.version if case else 0)
    return form


def decided_form(row: Any) -> DecisionForm:
    """As somebody else decided it."""
    form, case = decision_form(row), row.ComplaintCase
    if row.Complaint.attributable is not None:
        form.attributable.data = "yes" if row.Complaint.attributable else "no"
    form.reason.data = case.reason if case is not None else None
    return form


def fill_complaint(form: ComplaintForm, row: Any) -> None:
    found, case = row.Complaint, row.ComplaintCase
    form.category.data = f"{found.category or ''}:{(case.subclass if case else None) or ''}"
    form.severity.data = found.severity
    form.handler.data = row.handler_no
    form.seen.data = str(case.version if case else 0)
    if case is not None:
        form.description.data, form.reference.data = case.description, case.reference
        form.details_missing.data = case.details_missing


def answers_from(data: Mapping[str, str], items: Sequence[Item], form: CheckForm) -> Answers:
    """What was sent for the items of a checklist, whether it is complete or not."""
    places = range(len(items))
    return Answers(
        {at: data[f"answer-{at}"] for at in places if data.get(f"answer-{at}")},
        {
            at: data[f"remark-{at}"][: LONGEST_REMARK + 1]
            for at in places
            if data.get(f"remark-{at}", "").strip()
        },
        form.comment.data or "",
        form.evidence.data or "",
        form.reference.data or "",
    )


def number_in(text: str | None) -> int:
    """A number that a hidden field holds; 0 for anything else."""
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 10 else 0


def chosen_person(typed: str | None, people: Sequence[Any], field: str) -> int | None:
    """The id of whom was typed, by number or name; None where nothing was typed.

    Raises ``Refused`` at the field where nobody, or more than one, goes by it.
    """
    text = (typed or "").strip()
    if not text:
        return None
    number = text.split()[0].lower()
    found = [each.id for each in people if each.employee_no.lower() == number]
    found = found or [each.id for each in people if each.name == text]
    if len(found) > 1:
        raise Refused(N_("Several people have this name: type the number."), field=field)
    if not found:
        raise Refused(N_("Nobody among your people goes by this."), field=field)
    who: int = found[0]
    return who
