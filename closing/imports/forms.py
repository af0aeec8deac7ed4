"""Forms of the import pages."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from flask_wtf.file import FileField, FileRequired
from wtforms import SelectField, TextAreaField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]
from wtforms.validators import DataRequired, Length

from closing.imports.words import KINDS


class UploadForm(FlaskForm):  # type: ignore[misc]
    file = FileField(
        _l("File"),
        description=_l("CSV or XLSX, up to 300 MB. Nothing is stored before you confirm."),
        validators=[FileRequired(_l("Choose a file."))],
    )
    kind = SelectField(
        _l("Kind"),
        choices=[
            SelectChoice("", _l("Recognise it by its headings")),
            *(SelectChoice(key, name) for key, (name, _text) in KINDS.items()),
        ],
    )


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
