"""Forms: where a refusal of a service is shown, and days of years that somebody may mean."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext
from wtforms import DateField, Form
from wtforms.validators import StopValidation

from core.errors import Refused
from core.imports.cells import EARLIEST, LATEST


class DayField(DateField):
    """A day of the years that files may name: beyond them there is no calendar to count in."""

    def pre_validate(self, form: Any) -> None:
        if self.data is not None and not EARLIEST <= self.data.year <= LATEST:
            raise StopValidation(gettext("the year %(year)s cannot be right", year=self.data.year))


def show(form: Form, refused: Refused) -> None:
    """Put the message beside the field it belongs to, or above the form where it names none."""
    text = refused.message.render(gettext)
    if refused.field in form._fields:
        field = form._fields[refused.field]
        field.errors = [*field.errors, text]
    else:
        form.form_errors.append(text)
