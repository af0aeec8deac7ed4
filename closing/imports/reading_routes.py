"""What a recognised file leaves open is told: the order of its dates, people who are not known."""

from __future__ import annotations

from flask import flash, redirect, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as Redirect

from closing.imports.batches import upload_path
from closing.imports.blueprint import imports, uploads
from closing.imports.readings import read_so, reading_in
from core import web
from core.cli import seal
from core.db import db, transaction
from core.documents import DocumentError
from core.errors import N_, NotFound, Refused
from core.models import ImportBatch
from core.permissions import Permission


@imports.post("/<int:number>/reading")
@web.requires(Permission.IMPORTS)
def reading(number: int) -> Redirect:
    """Read the file as it is told; nothing is stored before it is confirmed."""
    batch = db.session.get(ImportBatch, number)
    if batch is None or reading_in(batch) is None:
        raise NotFound(N_("there is no such import"))
    path = upload_path(uploads(), batch)
    back = redirect(url_for("imports.batch", number=number))
    if not path.exists():
        return back
    present = web.now()
    try:
        with transaction():
            read_so(
                db.session(),
                batch_id=number,
                path=path,
                dates=request.form.get("dates", ""),
                period=request.form.get("period", ""),
                on_unknown=request.form.get("on_unknown", ""),
                outside=request.form.get("outside", ""),
                clock=present.wall,
                seal=seal(),
                actor=web.current_actor(),
                now=present.moment,
                uploads=uploads(),
            )
    except DocumentError as error:
        flash(error.problems[0].text(_), "error")
    except Refused as refused:
        flash(refused.message.render(_), "error")
    return back
