"""Files in the browser: which kinds there are, templates, the upload, the history."""

from __future__ import annotations

import tempfile
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from flask import Response, abort, current_app, flash, redirect, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.wrappers import Response as Redirect

import closing.imports.batch_routes
import closing.imports.late_routes
import closing.imports.match_routes
import closing.imports.reading_routes
import closing.imports.unmapped_routes  # noqa: F401
from closing.imports import queries, services, words
from closing.imports.blueprint import KIND_CHOICES, home, imports, uploads
from closing.imports.forms import UploadForm
from closing.imports.mappings import read_map
from closing.imports.match_view import map_choices, map_text, question_of
from closing.imports.readings import reading_of
from closing.imports.registry import KINDS, columns_of
from closing.imports.templates import template as filled_template
from core import tables, web
from core.cli import seal
from core.db import db, transaction
from core.errors import Refused
from core.i18n import language
from core.imports.headings import UnknownHeadings
from core.imports.kinds import OUTCOMES
from core.permissions import Permission
from core.tables import Column, Filter, Listing

__all__ = ["imports"]

FORGOTTEN = timedelta(days=7)


def _local(value: datetime) -> datetime:
    """A moment on the organisation's clock, for files."""
    return value.astimezone(ZoneInfo(current_app.config["TIMEZONE"])).replace(tzinfo=None)


HISTORY = Listing(
    columns=[
        Column("id", _l("Import"), "short"),
        Column("created_at", _l("When"), value=lambda row: _local(row.created_at)),
        Column("who", _l("Who")),
        Column("filename", _l("File")),
        Column("kind", _l("Kind"), value=lambda row: words.kind_name(row.kind)),
        *(Column(name, words.OUTCOMES[name], "short") for name in OUTCOMES),
        Column("state", _l("State"), value=lambda row: str(words.STATES[row.state][0])),
    ],
    order=["id"],
    default="id",
    descending=True,
    search=["filename", "who"],
    filters=[
        Filter("kind", _l("Kind"), KIND_CHOICES),
        Filter("state", _l("State"), [(key, name) for key, (name, _b) in words.STATES.items()]),
    ],
)


@imports.route("/", methods=["GET", "POST"])
@web.requires(Permission.IMPORTS)
def overview() -> str | Response | Redirect | tuple[str, int]:
    form = UploadForm(map_choices(db.session()))
    if not form.is_submitted():
        return _overview(form)
    if form.validate():
        try:
            return redirect(_upload(form))
        except Refused as refused:
            # What is wrong with a file stands beside it.
            beside = form.kind if refused.field == "kind" else form.file
            beside.errors = [refused.message.render(_)]
    return str(_overview(form)), 400


def _overview(form: UploadForm) -> str | Response:
    files, rows = queries.count_waiting(db.session())
    columns = columns_of(db.session(), web.now().wall)
    return tables.respond(
        HISTORY,
        queries.history(),
        "imports/overview.html",
        filename="imports",
        form=form,
        waiting_files=files,
        waiting_rows=rows,
        unknown_rows=queries.count_unknown(db.session()),
        columns=columns,
        words=words,
    )


@imports.errorhandler(413)
def too_large(_error: RequestEntityTooLarge) -> tuple[str, int]:
    """The form was not read at all, so nothing of it can be kept."""
    form = UploadForm(map_choices(db.session()), formdata=None)
    limit = (current_app.config["MAX_CONTENT_LENGTH"] or 0) // 1024**2
    form.file.errors = [_("the file is larger than %(limit)s MB", limit=limit)]
    return str(_overview(form)), 413


def _upload(form: UploadForm) -> str:
    """Keep the file and judge it; the address where it goes on."""
    folder, present = uploads(), web.now()
    name = Path((form.file.data.filename or "").replace("\\", "/")).name
    name = "".join(letter for letter in name if letter.isprintable()) or "file"
    with tempfile.NamedTemporaryFile(dir=folder, prefix="upload-") as kept:
        form.file.data.save(kept)
        kept.flush()
        how: dict[str, Any] = {
            "path": Path(kept.name),
            "filename": name,
            "seal": seal(),
            "actor": web.current_actor(),
            "now": present.moment,
            "uploads": folder,
        }
        with transaction():
            services.drop_forgotten(
                db.session(),
                before=present.moment - FORGOTTEN,
                actor=web.current_actor(),
                now=present.moment,
                uploads=folder,
            )
        mapping = map_text(db.session(), form.start.data or "")
        if mapping is not None:
            return _by_map(mapping, how)
        return _in_our_columns(form.kind.data, how)


def _in_our_columns(kind: str, how: dict[str, Any]) -> str:
    """Preview the file; one in other columns waits until somebody matches them."""
    clock = web.now().wall
    try:
        with transaction():
            kind = kind or queries.guess_kind(db.session(), how["path"], clock)
            reading = reading_of(db.session(), kind, how["path"])
            report = services.preview_import(
                db.session(), kind=kind, clock=clock, reading=reading, **how
            )
    except UnknownHeadings as unknown:
        if kind:
            flash(unknown.message.render(_), "error")
        return url_for("imports.match", number=_kept(kind, None, how))
    return url_for("imports.batch", number=report.batch_id)


def _kept(kind: str, mapping: str | None, how: dict[str, Any]) -> int:
    with transaction():
        return services.keep_unmatched(db.session(), kind=kind, mapping=mapping, **how).id


def _by_map(text: str, how: dict[str, Any]) -> str:
    """Preview the file by a map; where that cannot be, the map is what matching begins with."""
    clock = web.now().wall
    mapping = read_map(db.session(), clock, text)
    number = _kept(mapping.kind, text, how)
    again = url_for("imports.match", number=number)
    if question_of(how["path"], mapping) is not None:
        return again
    try:
        with transaction():
            services.match_import(
                db.session(),
                batch_id=number,
                mapping=text,
                home=home(),
                clock=clock,
                **{key: how[key] for key in ("seal", "actor", "now", "uploads")},
            )
    except UnknownHeadings as unknown:
        flash(unknown.message.render(_), "error")
        return again
    return url_for("imports.batch", number=number)


@imports.get("/templates/<kind>.<any(csv, xlsx):form>")
@web.requires(Permission.IMPORTS)
def template(kind: str, form: str) -> Response:
    """The headings of a kind in the reader's language, and a row that shows how to fill it in."""
    if kind not in KINDS:
        abort(404)
    header, rows = filled_template(
        db.session(), kind, clock=web.now().wall, chinese=language() == "zh"
    )
    mimetype, write = tables.FORMATS[form]
    return tables.attachment(write(header, rows), f"{kind}.{form}", mimetype)
