"""Forms: where a refusal of a service is shown."""

from __future__ import annotations

from flask_babel import gettext
from wtforms import Form

from core.errors import Refused


def show(form: Form, refused: Refused) -> None:
    """Put the message beside the field it belongs to, or above the form where it names none."""
    text = refused.message.render(gettext)
    if refused.field in form._fields:
        field = form._fields[refused.field]
        field.errors = [*field.errors, text]
    else:
        form.form_errors.append(text)
