"""One file: what it would do, confirmed or discarded; what it did, taken back."""

from __future__ import annotations

from flask import Response, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy.exc import IntegrityError
from werkzeug.wrappers import Response as Redirect

from closing.imports import queries, services, words
from closing.imports.batch_view import BatchView, batch_view, keep_refused, refused_table
from closing.imports.batches import WAITS, forget_upload
from closing.imports.blueprint import home, imports, refresh, uploads
from closing.imports.forms import UndoForm
from closing.imports.reports import ImportReport
from closing.imports.taking_back import undo_import
from core import tables, web
from core.cli import seal
from core.db import db, transaction
from core.errors import N_, Conflict, NotFound, Refused
from core.forms import show
from core.imports.kinds import CHANGED, LATE, NEW, OUTCOMES
from core.models import ImportBatch
from core.permissions import Permission


def _batch(number: int) -> ImportBatch:
    found = db.session.get(ImportBatch, number)
    if found is None:
        raise NotFound(N_("there is no such import"))
    return found


@imports.get("/<int:number>")
@web.requires(Permission.IMPORTS)
def batch(number: int) -> str | Redirect:
    if _batch(number).state == "unmatched":
        return redirect(url_for("imports.match", number=number))
    return _batch_page(_view(number), UndoForm())


def _view(number: int) -> BatchView:
    return batch_view(
        db.session(),
        _batch(number),
        clock=web.now().wall,
        seal=seal(),
        uploads=uploads(),
        page=request.args.get("page", 1, type=int),
    )


def _batch_page(view: BatchView, undo_form: UndoForm) -> str:
    return render_template("imports/batch.html", view=view, undo_form=undo_form, words=words)


@imports.get("/<int:number>/refused.<any(csv, xlsx):form>")
@web.requires(Permission.IMPORTS)
def refused(number: int, form: str) -> Response:
    """The bad rows of a file that waits, each with the reason."""
    header, rows = refused_table(
        db.session(),
        _batch(number),
        clock=web.now().wall,
        seal=seal(),
        uploads=uploads(),
        home=home(),
    )
    mimetype, write = tables.FORMATS[form]
    return tables.attachment(write(header, rows), f"import-{number}-refused.{form}", mimetype)


@imports.post("/<int:number>/confirm")
@web.requires(Permission.IMPORTS)
def confirm(number: int) -> Redirect:
    """Store what the page showed: where it would be something else by now, look again."""
    back = redirect(url_for("imports.batch", number=number))
    present = web.now()
    try:
        with transaction():
            report = services.apply_import(
                db.session(),
                batch_id=number,
                clock=present.wall,
                seal=seal(),
                actor=web.current_actor(),
                now=present.moment,
                uploads=uploads(),
                home=home(),
                partial=request.form.get("partial") == "1",
                expected=_expected(),
            )
            if report.stored and report.refused:
                # Before the commit: bad rows are never only in the past.
                keep_refused(report, uploads())
    except IntegrityError:
        flash(_("Somebody stored the same rows at the same time. Upload the file again."), "error")
        return back
    except NotFound:
        raise
    except Refused as refusal:
        flash(_already(number) or refusal.message.render(_), "error")
        return back
    if report.stored:
        forget_upload(uploads(), number)
        refresh()
    _tell(report)
    return back


def _expected() -> dict[str, int] | None:
    """The counts that the button told, by outcome."""
    found = {name: request.form.get(name, type=int) for name in OUTCOMES}
    return {name: value for name, value in found.items() if value is not None} or None


def _already(number: int) -> str:
    """What is told to the second of two who confirm, or who comes too late."""
    done = _batch(number)
    if done.state in WAITS:
        return ""
    who = queries.display_name(db.session(), done.ended_by)
    told = {
        "applied": _("This file is stored already, by %(who)s.", who=who),
        "undone": _("This file was stored and taken back by %(who)s.", who=who),
        "dropped": _("This file was discarded by %(who)s.", who=who),
    }
    return str(told[done.state])


def _tell(report: ImportReport) -> None:
    if not report.stored:
        text = _("Nothing is stored: the file was judged anew, and the numbers are others now.")
        flash(text, "error")
        return
    stored = report.counts[NEW] + report.counts[CHANGED]
    flash(ngettext("%(num)d row is stored.", "%(num)d rows are stored.", stored))
    late = report.counts[LATE]
    if late and report.traced:
        flash(ngettext("%(num)d late row waits.", "%(num)d late rows wait.", late))


@imports.post("/<int:number>/discard")
@web.requires(Permission.IMPORTS)
def discard(number: int) -> Redirect:
    try:
        with transaction():
            services.drop_import(
                db.session(), batch_id=number, actor=web.current_actor(), now=web.now().moment
            )
    except Conflict as conflict:
        flash(_already(number) or conflict.message.render(_), "error")
        return redirect(url_for("imports.batch", number=number))
    forget_upload(uploads(), number)
    flash(_("The file is discarded; nothing of it was stored."))
    return redirect(url_for("imports.overview"))


@imports.post("/<int:number>/undo")
@web.requires(Permission.IMPORTS)
def undo(number: int) -> Redirect | tuple[str, int]:
    form = UndoForm()
    if form.validate_on_submit():
        try:
            with transaction():
                undo_import(
                    db.session(),
                    batch_id=number,
                    clock=web.now().wall,
                    seal=seal(),
                    actor=web.current_actor(),
                    now=web.now().moment,
                    reason=(form.reason.data or "").strip(),
                )
            refresh()
            flash(_("The import is taken back."))
            return redirect(url_for("imports.batch", number=number))
        except NotFound:
            raise
        except Refused as refusal:
            db.session.rollback()
            show(form, refusal)
    return _batch_page(_view(number), form), 400
