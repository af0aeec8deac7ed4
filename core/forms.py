"""Forms: where a refusal is shown, what stands there beside what was typed, days that may be meant.

Nothing that was typed is lost where somebody else was first: a form that can be sent again keeps
it (``beside``), and above a page that has no such form any more it stands to be copied
(``keep_typed``).
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from typing import Any

from flask import g, request
from flask_babel import gettext
from wtforms import (
    BooleanField,
    DateField,
    FileField,
    FloatField,
    Form,
    HiddenField,
    SelectFieldBase,
)
from wtforms.validators import StopValidation

from core.errors import Refused
from core.imports.cells import EARLIEST, LATEST

WORDS = (
    "statement",
    "outcome",
    "text",
    "reason",
    "note",
    "cause",
    "evidence",
    "by_hand",
    "at",
    "publish_at",
)


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


def beside(form: Any, now: Form, *, theirs: str, leave: Collection[str] = ()) -> None:
    """Show what stands there ``now`` (the same form, filled from it) beside what was typed.

    Sent again, the form puts what was typed in its place; fields in which nothing was typed take
    what stands there. ``theirs`` is the address at which one takes all of that instead; fields in
    ``leave`` are of no record.
    """
    shown = _read(request.form.get("was", ""))
    form.theirs, form.was = theirs, _written(now)
    field: Any
    for name, field in form._fields.items():
        there = now._fields[name]
        if isinstance(field, HiddenField):
            field.data = there.data if name == "seen" else field.data
        elif name in leave or isinstance(field, FileField):
            continue
        elif shown.get(name) == _digest(field.data):
            field.data, field.raw_data = there.data, None
        elif _digest(field.data) != _digest(there.data):
            field.theirs = _shown(there)


def form_was(form: Any) -> str:
    """What a form held when it was shown first, field by field, for a hidden field ``was``."""
    if "was" in vars(form):
        return str(form.was)
    sent = any(field.raw_data for field in form)
    return request.form.get("was", "") if sent else _written(form)


def _written(form: Any) -> str:
    return " ".join(
        f"{name}={_digest(field.data)}"
        for name, field in form._fields.items()
        if not isinstance(field, HiddenField | FileField)
    )


def _read(text: str) -> dict[str, str]:
    parts = (part.partition("=") for part in text[:4000].split())
    return {name: digest for name, _equals, digest in parts}


def _digest(value: Any) -> str:
    return hashlib.sha256(repr(_plain(value)).encode()).hexdigest()[:8]


def _plain(value: Any) -> Any:
    """Empty is empty, however a form or a record says so."""
    if isinstance(value, str):
        return value.replace("\r\n", "\n").strip() or None
    if isinstance(value, list | tuple):
        return sorted(value) or None
    return value


def _shown(field: Any) -> str:
    """What a field holds, in words."""
    if isinstance(field, SelectFieldBase):
        chosen = [str(choice[1]) for choice in field.iter_choices() if choice[2]]
        return str(gettext(", ")).join(chosen) if field.data else ""
    if isinstance(field, BooleanField):
        return str(gettext("yes") if field.data else gettext("no"))
    return str(field._value()).removesuffix(".0" if isinstance(field, FloatField) else "")


def keep_typed() -> None:
    """Show the words that were sent, and not kept, above the page that answers."""
    sent = [text.strip() for name in WORDS for text in request.form.getlist(name)]
    g.typed = [text for text in sent if text]
