"""Files that come with forms, and files that are handed out."""

from __future__ import annotations

import io

from flask import Response, request, send_file

from core import attachments
from core.errors import N_, Refused
from core.models import Attachment


def given(field: str = "files") -> list[tuple[str, bytes]]:
    """Name and content of each file that was chosen; of one that is too large only so much that
    it shows."""
    found = []
    for each in request.files.getlist(field):
        if each.filename:
            found.append((each.filename, each.stream.read(attachments.LARGEST + 1)))
    return found


def chosen() -> list[tuple[str, bytes]]:
    """The files of a form that is sent for its files alone; ``Refused`` without any."""
    found = given()
    if not found:
        raise Refused(N_("Choose a file."), field="files")
    return found


def respond(attachment: Attachment) -> Response:
    """To be saved, never shown in the page's place, and never guessed at."""
    content = io.BytesIO(attachments.read(attachment))
    kind, name = attachment.media_type, attachment.name
    response = send_file(content, kind, as_attachment=True, download_name=name)
    response.headers["Content-Type"] = kind  # of a text without an encoding: it has whichever
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response.headers["Cache-Control"] = "no-store"
    return response
