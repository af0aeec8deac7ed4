"""Forms of sign-in and of one's own account."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import EmailField, HiddenField, PasswordField, SelectField, StringField
from wtforms.validators import DataRequired, EqualTo, InputRequired, Length

from core.forms import DayField
from staff.accounts.passwords import MAX_LENGTH


class SignInForm(FlaskForm):  # type: ignore[misc]
    name = StringField(
        _l("Employee number, e-mail or login"),
        validators=[
            DataRequired(_l("Type your employee number, e-mail or login.")),
            Length(max=254),
        ],
        render_kw={"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false"},
    )
    password = PasswordField(
        _l("Password"),
        validators=[DataRequired(_l("Type your password.")), Length(max=MAX_LENGTH)],
        render_kw={"autocomplete": "current-password"},
    )
    next = HiddenField()


def _new_password() -> PasswordField:
    return PasswordField(
        _l("New password"),
        description=_l("At least 10 characters; a sentence is easy to keep in mind."),
        validators=[DataRequired(_l("Type a new password."))],
        render_kw={"autocomplete": "new-password"},
    )


def _repeated() -> PasswordField:
    return PasswordField(
        _l("New password, again"),
        validators=[EqualTo("password", _l("The two do not match; type the new one again."))],
        render_kw={"autocomplete": "new-password"},
    )


class ProveForm(FlaskForm):  # type: ignore[misc]
    """The password again, before something that matters."""

    current = PasswordField(
        _l("Present password"),
        validators=[DataRequired(_l("Type the password you signed in with."))],
        render_kw={"autocomplete": "current-password"},
    )


class EmailForm(FlaskForm):  # type: ignore[misc]
    email = EmailField(
        _l("New address"),
        validators=[DataRequired(_l("Type the new address.")), Length(max=254)],
        render_kw={"autocomplete": "email", "spellcheck": "false"},
    )


class ConfirmForm(FlaskForm):  # type: ignore[misc]
    """A button."""


class PasswordForm(ProveForm):
    password = _new_password()
    repeat = _repeated()


class ChooseForm(FlaskForm):  # type: ignore[misc]
    """A first or forgotten password, by a one-time code."""

    password = _new_password()
    repeat = _repeated()


class ForgottenForm(FlaskForm):  # type: ignore[misc]
    name = StringField(
        _l("Employee number, e-mail or login"),
        validators=[
            DataRequired(_l("Type your employee number, e-mail or login.")),
            Length(max=254),
        ],
        render_kw={"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false"},
    )


class FactorForm(FlaskForm):  # type: ignore[misc]
    code = StringField(
        _l("Verification code"),
        description=_l("The six digits that the authenticator shows, or a recovery code."),
        validators=[
            DataRequired(_l("Type the code that the authenticator shows.")),
            Length(max=40),
        ],
        render_kw={"autocomplete": "one-time-code", "spellcheck": "false"},
    )


class NewAccountForm(FlaskForm):  # type: ignore[misc]
    """For an employee by number, or for one who is none by a login of their own."""

    employee_no = StringField(
        _l("Employee number"), description=_l("Empty for one who is no employee.")
    )
    login = StringField(
        _l("Login"),
        description=_l("For one who is no employee: an e-mail address, or a name."),
        validators=[Length(max=120)],
    )
    role = SelectField(_l("Role"), choices=[])


def _number(label: str) -> StringField:
    return StringField(
        label,
        description=_l("Their employee number."),
        validators=[DataRequired(_l("Type an employee number.")), Length(max=40)],
        render_kw={"autocomplete": "off", "spellcheck": "false"},
    )


class DeputyForm(FlaskForm):  # type: ignore[misc]
    deputy = _number(_l("Deputy"))
    first = DayField(_l("First day"), validators=[InputRequired(_l("Choose the first day."))])
    last = DayField(
        _l("Last day"),
        description=_l("It ends by itself after this day."),
        validators=[InputRequired(_l("Choose the last day."))],
    )


class AnyDeputyForm(DeputyForm):
    """For somebody else, who is away already."""

    absent = _number(_l("Who is away"))
