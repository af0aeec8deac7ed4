"""Forms of sign-in and of one's own account."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import HiddenField, PasswordField, StringField
from wtforms.validators import DataRequired, EqualTo, Length

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


class PasswordForm(FlaskForm):  # type: ignore[misc]
    current = PasswordField(
        _l("Present password"),
        validators=[DataRequired(_l("Type the password you signed in with."))],
        render_kw={"autocomplete": "current-password"},
    )
    password = PasswordField(
        _l("New password"),
        description=_l("At least 10 characters; a sentence is easy to keep in mind."),
        validators=[DataRequired(_l("Type a new password."))],
        render_kw={"autocomplete": "new-password"},
    )
    repeat = PasswordField(
        _l("New password, again"),
        validators=[EqualTo("password", _l("The two do not match; type the new one again."))],
        render_kw={"autocomplete": "new-password"},
    )
