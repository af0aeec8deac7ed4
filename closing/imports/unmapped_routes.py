"""Names in other systems: whose they are, and the rows that wait for somebody to say so."""

from __future__ import annotations

from typing import Any

from flask import Response, flash, redirect, render_template, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from werkzeug.wrappers import Response as Redirect

from closing.imports import queries, words
from closing.imports.blueprint import imports, refresh
from closing.imports.forms import AliasForm, DismissForm, NewAliasForm
from closing.imports.registry import columns_of
from closing.imports.unmapped import dismiss_rows, rows_like, take_mapped, unmapped_ids
from core import tables, web
from core.cli import seal
from core.db import db, transaction
from core.errors import Forbidden, NotFound, Refused
from core.forms import beside, show
from core.imports.kinds import CHANGED, LATE, NEW, REFUSED
from core.permissions import Permission
from core.seen import Meanwhile
from core.tables import Column, Filter, Listing
from staff import aliases as names
from staff.external_ids import ALWAYS

SHOWN = 10
UNMAPPED = Listing(
    columns=[
        Column("source", _l("Source")),
        Column("external_id", _l("Name there")),
        Column("kind", _l("Kind"), value=lambda row: words.kind_name(row.kind)),
        Column("rows", _l("Rows"), "short"),
        Column("bad", _l("Bad by now"), "short"),
        Column("created_at", _l("Last file"), "moment"),
    ],
    order=["source", "external_id"],
    default="rows",
    descending=True,
    search=["source", "external_id"],
)


@imports.get("/unmapped")
@web.requires(Permission.IMPORTS)
def unmapped() -> str | Response:
    """Names that nobody is mapped to, with the rows that wait for them."""
    return tables.respond(
        UNMAPPED,
        unmapped_ids(),
        "imports/unmapped.html",
        filename="unmapped",
        waiting=queries.count_unknown(db.session()),
        words=words,
    )


@imports.get("/unmapped/<int:number>")
@web.requires(Permission.IMPORTS)
def unmapped_id(number: int) -> str:
    return _id_page(number, AliasForm(), DismissForm())


def _id_page(number: int, form: AliasForm, dismiss: DismissForm) -> str:
    rows = rows_like(db.session(), number)
    columns = columns_of(db.session(), web.now().wall)[rows[0].kind]
    shown = [each for each in columns if not each.secret and each.name in rows[0].values]
    return render_template(
        "imports/unmapped_id.html",
        number=number,
        rows=rows[:SHOWN],
        count=len(rows),
        columns=[(each.name, queries.heading(each)) for each in shown],
        form=form,
        dismiss=dismiss,
        words=words,
    )


@imports.post("/unmapped/<int:number>")
@web.requires(Permission.IMPORTS)
def map_id(number: int) -> Redirect | tuple[str, int]:
    """Say who it is: from then on the rows count."""
    form, present = AliasForm(), web.now()
    if form.validate_on_submit():
        first = rows_like(db.session(), number)[0]
        try:
            with transaction():
                names.add_alias(
                    db.session(),
                    actor=web.current_actor(),
                    now=present.moment,
                    source=first.source,
                    external_id=first.external_id,
                    employee_no=(form.employee_no.data or "").strip(),
                    valid_from=form.valid_from.data,
                    valid_to=form.valid_to.data,
                )
                counts = _take()
        except (NotFound, Forbidden):
            raise
        except Refused as refused:
            show(form, refused)
        else:
            refresh()
            _tell(counts)
            return redirect(url_for("imports.unmapped"))
    return _id_page(number, form, DismissForm(formdata=None)), 400


def _take() -> dict[str, int]:
    present = web.now()
    return take_mapped(
        db.session(),
        clock=present.wall,
        seal=seal(),
        actor=web.current_actor(),
        now=present.moment,
    )


def _tell(counts: dict[str, int]) -> None:
    taken = counts[NEW] + counts[CHANGED]
    flash(ngettext("%(num)d row is taken in.", "%(num)d rows are taken in.", taken))
    if counts[LATE]:
        flash(
            ngettext(
                "%(num)d row is of a closed month and waits among the late rows.",
                "%(num)d rows are of closed months and wait among the late rows.",
                counts[LATE],
            )
        )
    if counts[REFUSED]:
        flash(
            ngettext(
                "%(num)d row is no longer good and stays here with the reason.",
                "%(num)d rows are no longer good and stay here with the reason.",
                counts[REFUSED],
            ),
            "error",
        )


@imports.post("/unmapped/<int:number>/dismiss")
@web.requires(Permission.IMPORTS)
def dismiss_id(number: int) -> Redirect | tuple[str, int]:
    form = DismissForm()
    if not form.validate_on_submit():
        return _id_page(number, AliasForm(formdata=None), form), 400
    with transaction():
        count = dismiss_rows(
            db.session(),
            actor=web.current_actor(),
            now=web.now().moment,
            number=number,
            reason=(form.reason.data or "").strip(),
        )
    flash(ngettext("%(num)d row is dismissed.", "%(num)d rows are dismissed.", count))
    return redirect(url_for("imports.unmapped"))


@imports.get("/aliases")
@web.requires(Permission.IMPORTS)
def aliases() -> str | Response:
    known = [(source, source) for source in names.sources(db.session())]
    listing = Listing(
        columns=[
            Column("source", _l("Source")),
            Column("external_id", _l("Name there")),
            Column("employee_no", _l("Number")),
            Column("name", _l("Person")),
            Column("valid_from", _l("First day"), "date", value=_first_day),
            Column("valid_to", _l("Last day"), "date"),
        ],
        order=["source", "external_id", "valid_from"],
        default="source",
        search=["external_id", "employee_no", "name"],
        filters=[Filter("source", _l("Source"), known)],
    )
    return tables.respond(
        listing, names.aliases(), "imports/aliases.html", filename="aliases", always=ALWAYS
    )


def _first_day(row: Any) -> Any:
    return None if row.valid_from == ALWAYS else row.valid_from


@imports.route("/aliases/new", methods=["GET", "POST"])
@web.requires(Permission.IMPORTS)
def new_alias() -> str | Redirect | tuple[str, int]:
    form = NewAliasForm()
    if form.validate_on_submit():
        try:
            with transaction():
                names.add_alias(
                    db.session(),
                    actor=web.current_actor(),
                    now=web.now().moment,
                    source=(form.source.data or "").strip(),
                    external_id=(form.external_id.data or "").strip(),
                    employee_no=(form.employee_no.data or "").strip(),
                    valid_from=form.valid_from.data,
                    valid_to=form.valid_to.data,
                )
                counts = _take()
        except Forbidden:
            raise
        except Refused as refused:
            show(form, refused)
        else:
            refresh()
            _tell(counts)
            return redirect(url_for("imports.aliases"))
    page = render_template("imports/alias.html", form=form, alias=None)
    return (page, 400) if form.is_submitted() else page


@imports.route("/aliases/<int:number>", methods=["GET", "POST"])
@web.requires(Permission.IMPORTS)
def alias(number: int) -> str | Redirect | tuple[str, int]:
    found = names.alias(db.session(), number)
    form, code = AliasForm(data=_as_data(found)), 400
    if form.validate_on_submit():
        try:
            with transaction():
                names.change_alias(
                    db.session(),
                    actor=web.current_actor(),
                    now=web.now().moment,
                    number=number,
                    employee_no=(form.employee_no.data or "").strip(),
                    valid_from=form.valid_from.data,
                    valid_to=form.valid_to.data,
                    seen=form.seen.data or "",
                )
                counts = _take()
        except (NotFound, Forbidden):
            raise
        except Refused as refused:
            show(form, refused)
            if isinstance(refused, Meanwhile):
                found, code = names.alias(db.session(), number), 409
                beside(form, AliasForm(formdata=None, data=_as_data(found)), theirs=web.here())
        else:
            refresh()
            flash(_("The name is changed."))
            _tell(counts)
            return redirect(url_for("imports.aliases"))
    page = render_template("imports/alias.html", form=form, alias=found)
    return (page, code) if form.is_submitted() else page


def _as_data(found: Any) -> dict[str, Any]:
    return {
        "employee_no": names.employee_no_of(db.session(), found),
        "valid_from": None if found.valid_from == ALWAYS else found.valid_from,
        "valid_to": found.valid_to,
        "seen": names.seen_of(db.session(), found),
    }


@imports.post("/aliases/<int:number>/remove")
@web.requires(Permission.IMPORTS)
def remove_alias(number: int) -> Redirect:
    with transaction():
        names.remove_alias(
            db.session(), actor=web.current_actor(), now=web.now().moment, number=number
        )
    flash(_("The name is removed. What was taken in by it stays."))
    return redirect(url_for("imports.aliases"))
