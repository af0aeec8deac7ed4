"""Columns of a file matched by hand, and the maps that were made so."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from flask import Response, abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as Redirect

from closing.imports import mappings, queries, services, words
from closing.imports.batches import WAITS, upload_path
from closing.imports.blueprint import home, imports, uploads
from closing.imports.match_view import (
    Fields,
    MatchView,
    Theirs,
    by_headings,
    first_fields,
    head_of,
    kind_of,
    likely_kind,
    look,
    match_view,
    problems_beside,
    question_of,
)
from closing.imports.matching import document_of
from closing.imports.registry import columns_of
from core import tables, web
from core.cli import seal
from core.db import db, transaction
from core.documents import DocumentError, Problem
from core.documents.yaml_text import dump_yaml
from core.errors import N_, NotFound, Refused
from core.imports.kinds import Column
from core.imports.mapping import FileMapping
from core.models import ImportBatch
from core.permissions import Permission

YAML = "application/yaml; charset=utf-8"


def _waiting(number: int) -> tuple[ImportBatch, Path]:
    batch = db.session.get(ImportBatch, number)
    if batch is None or batch.state not in WAITS or mappings.is_reading(batch.mapping or ""):
        raise NotFound(N_("there is no such import"))
    path = upload_path(uploads(), batch)
    if not path.exists():
        raise NotFound(N_("the uploaded file is gone; upload it again"))
    return batch, path


@imports.get("/<int:number>/match")
@web.requires(Permission.IMPORTS)
def match(number: int) -> str:
    """Which of their columns is which of ours; begun with a map where one is asked for."""
    batch, path = _waiting(number)
    start = request.args.get("start", "")
    theirs = look(path, head_of(db.session(), batch, start))
    known = columns_of(db.session(), web.now().wall)
    asked = request.args.get("kind", "")
    if asked and asked not in known:
        abort(404)
    kind = kind_of(db.session(), batch, theirs, start, asked) or likely_kind(known, theirs.header)
    fields, offered = first_fields(db.session(), batch, theirs, known[kind], start)
    if asked and not start and asked != kind_of(db.session(), batch, theirs, start, ""):
        fields, offered = by_headings(theirs, known[kind]), ""
    question = None
    if batch.mapping and not start and kind == batch.kind:
        how = mappings.read_map(db.session(), web.now().wall, batch.mapping)
        question = question_of(path, how)
    return _page(
        match_view(
            db.session(),
            batch,
            theirs,
            known[kind],
            kind,
            fields,
            offered=offered,
            question=question,
        )
    )


def _page(view: MatchView) -> str:
    return render_template("imports/match.html", view=view, words=words, home=str(home()))


@imports.post("/<int:number>/match")
@web.requires(Permission.IMPORTS)
def matched(number: int) -> str | Redirect | tuple[str, int]:
    batch, path = _waiting(number)
    fields = {key: value for key, value in request.form.items() if key != "csrf_token"}
    columns = columns_of(db.session(), web.now().wall).get(fields.get("kind", ""))
    if columns is None:
        abort(404)
    document, problems = document_of(fields, fields["kind"], [each.name for each in columns])
    theirs = look(path, document.get("head", ()))
    if "look" in fields:
        return _page(match_view(db.session(), batch, theirs, columns, fields["kind"], fields))
    text = dump_yaml(document)
    try:
        mapping = mappings.read_map(db.session(), web.now().wall, text)
    except DocumentError as error:
        problems += [each for each in error.problems if each.place != "columns"]
        problems += _missing(columns, document.get("columns", {}))
        return _again(batch, theirs, columns, fields, problems)
    problems += _missing(columns, mapping.columns)
    if problems:
        return _again(batch, theirs, columns, fields, problems)
    question = question_of(path, mapping)
    if question is not None:
        view = match_view(
            db.session(), batch, theirs, columns, fields["kind"], fields, question=question
        )
        return _page(view), 400
    try:
        _judge(number, mapping, text, theirs)
    except Refused as refused:
        return _again(batch, theirs, columns, fields, [_problem(refused)])
    return redirect(url_for("imports.batch", number=number))


def _judge(number: int, mapping: FileMapping, text: str, theirs: Theirs) -> None:
    present = web.now()
    with transaction():
        # Judging takes longest and only reads; what is written comes after it.
        services.match_import(
            db.session(),
            batch_id=number,
            mapping=text,
            home=home(),
            clock=present.wall,
            seal=seal(),
            actor=web.current_actor(),
            now=present.moment,
            uploads=uploads(),
        )
        mappings.remember_map(
            db.session(),
            actor=web.current_actor(),
            now=present.moment,
            mapping=mapping,
            document=text,
            header=theirs.header,
        )


def _missing(columns: tuple[Column, ...], filled: Collection[str]) -> list[Problem]:
    """A needed column that nothing fills."""
    return [
        Problem(f"columns.{each.name}", N_("Choose a column of the file, or write a value."))
        for each in columns
        if each.required and each.name not in filled
    ]


def _problem(refused: Refused) -> Problem:
    return Problem("", refused.message.msgid, refused.message.params)


def _again(
    batch: ImportBatch,
    theirs: Theirs,
    columns: tuple[Column, ...],
    fields: Fields,
    problems: list[Problem],
) -> tuple[str, int]:
    beside, above = problems_beside((each.place, each.text(_)) for each in problems)
    view = match_view(
        db.session(), batch, theirs, columns, fields["kind"], fields, errors=above, beside=beside
    )
    return _page(view), 400


@imports.get("/maps")
@web.requires(Permission.IMPORTS)
def maps() -> str:
    """Maps that were made here, and those that come with the program."""
    return render_template(
        "imports/maps.html",
        made=mappings.stored_maps(db.session()),
        shipped=[(name, mappings.shipped_text(name)) for name in mappings.shipped_maps()],
        words=words,
        name_of=lambda label: queries.display_name(db.session(), label),
    )


@imports.get("/maps/<int:number>.yaml")
@web.requires(Permission.IMPORTS)
def made_map(number: int) -> Response:
    found = mappings.stored_map(db.session(), number)
    return tables.attachment(found.document.encode(), f"map-{number}.yaml", YAML)


@imports.get("/maps/<name>.yaml")
@web.requires(Permission.IMPORTS)
def shipped_map(name: str) -> Response:
    return tables.attachment(mappings.shipped_text(name).encode(), f"{name}.yaml", YAML)


@imports.post("/maps/<int:number>/forget")
@web.requires(Permission.IMPORTS)
def forget_map(number: int) -> Redirect:
    with transaction():
        mappings.forget_map(
            db.session(), actor=web.current_actor(), now=web.now().moment, number=number
        )
    flash(_("The map is forgotten; files of this source are matched by hand again."))
    return redirect(url_for("imports.maps"))
