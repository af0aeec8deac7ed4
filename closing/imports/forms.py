"""Forms of the import pages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from flask_wtf.file import FileField, FileRequired
from wtforms import DateField, HiddenField, SelectField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]
from wtforms.validators import DataRequired, Length, Optional

from closing.imports.words import KINDS


class UploadForm(FlaskForm):  # type: ignore[misc]
    file = FileField(
        _l("File"),
        description=_l("CSV, XLSX or ODS, up to 300 MB. Nothing is stored before you confirm."),
        validators=[FileRequired(_l("Choose a file."))],
    )
    kind = SelectField(
        _l("Kind"),
        choices=[
            SelectChoice("", _l("Recognise it by its headings")),
            *(SelectChoice(key, name) for key, (name, _text) in KINDS.items()),
        ],
    )
    start = SelectField(_l("Columns"), choices=[], validate_choice=False)

    def __init__(self, maps: Sequence[tuple[str, str]] = (), **how: Any) -> None:
        super().__init__(**how)
        own = SelectChoice("", _l("Ours, else matched by hand"))
        self.start.choices = [own, *(SelectChoice(*each) for each in maps)]


class UndoForm(FlaskForm):  # type: ignore[misc]
    reason = TextAreaField(
        _l("Reason"),
        description=_l("It is kept in the audit trail for good."),
        validators=[
            DataRequired(_l("Write the reason; it stays with the decision.")),
            Length(max=1000),
        ],
        render_kw={"rows": 2},
    )


class AliasForm(FlaskForm):  # type: ignore[misc]
    """Whose a name elsewhere is, and when."""

    employee_no = StringField(
        _l("Employee number"),
        validators=[DataRequired(_l("Say who it is.")), Length(max=40)],
        render_kw={"list": "found-people", "autocomplete": "off"},
    )
    valid_from = DateField(
        _l("First day"), description=_l("Empty: ever since."), validators=[Optional()]
    )
    valid_to = DateField(
        _l("Last day"), description=_l("Empty: until further notice."), validators=[Optional()]
    )
    seen = HiddenField()


class NewAliasForm(AliasForm):
    source = StringField(
        _l("Source"),
        description=_l("As the map calls it, such as zendesk; punches for devices."),
        validators=[DataRequired(_l("Say where the name is used.")), Length(max=40)],
    )
    external_id = StringField(
        _l("Name there"),
        description=_l("As the files of the source write it."),
        validators=[DataRequired(_l("Write the name.")), Length(max=120)],
    )


class DismissForm(FlaskForm):  # type: ignore[misc]
    reason = StringField(
        _l("Reason"),
        description=_l("It is kept in the audit trail for good."),
        validators=[
            DataRequired(_l("Write the reason; it stays with the decision.")),
            Length(max=500),
        ],
    )
