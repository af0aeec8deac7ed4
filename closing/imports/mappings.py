"""Maps of other programs' files: those that come with us, and those that people made here."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from closing.imports.registry import columns_of
from core.actor import Actor
from core.audit import record
from core.db import one_at_a_time
from core.documents import DocumentError
from core.documents.yaml_text import dump_yaml, in_file, load_yaml
from core.errors import N_, NotFound, Refused
from core.imports.headings import plain
from core.imports.mapping import SET_ASIDE, FileMapping, read_mapping
from core.models import ImportMap
from staff.attendance.punch_files import SOURCE

MAPS = Path(__file__).parent / "maps"


def shipped_maps() -> list[str]:
    """The names of the maps that come with the program."""
    return sorted(path.stem for path in MAPS.glob("*.yaml"))


def shipped_text(name: str) -> str:
    """The YAML of one of them. Raises ``NotFound``."""
    if name not in shipped_maps():
        raise NotFound(N_("there is no such map"))
    return (MAPS / f"{name}.yaml").read_text(encoding="utf-8")


def stored_maps(session: Session) -> Sequence[ImportMap]:
    return session.scalars(select(ImportMap).order_by(ImportMap.source, ImportMap.kind)).all()


def stored_map(session: Session, number: int) -> ImportMap:
    found = session.get(ImportMap, number)
    if found is None:
        raise NotFound(N_("there is no such map"))
    return found


def load_mapping(name: str, session: Session, clock: datetime, kind: str = "") -> FileMapping:
    """A shipped map by name, one made here by its source, or a file.

    Raises ``Refused``, or ``DocumentError`` whose problems name the map and the line in it.
    """
    text = _text_of(name, session, kind)
    try:
        return read_map(session, clock, text)
    except DocumentError as error:
        raise DocumentError(in_file(name, text, error.problems)) from None


def _text_of(name: str, session: Session, kind: str) -> str | bytes:
    if name in shipped_maps():
        return shipped_text(name)
    made = [each for each in stored_maps(session) if each.source == name]
    of_kind = [each for each in made if each.kind == kind] or made
    if of_kind:
        return of_kind[0].document
    path = Path(name)
    if not path.is_file():
        known = [*shipped_maps(), *sorted({each.source for each in stored_maps(session)})]
        raise Refused(
            N_('"%(name)s" is no file and no map of ours (%(known)s)'),
            name=name,
            known=", ".join(known),
        )
    return path.read_bytes()


def read_map(session: Session, clock: datetime, text: str | bytes) -> FileMapping:
    """Raises ``DocumentError``."""
    columns = {
        kind: [column.name for column in each] for kind, each in columns_of(session, clock).items()
    }
    return read_mapping(load_yaml(text), columns)


def reading_text(session: Session, kind: str, layout: Sequence[str], **told: str) -> str:
    """The map of a file that is recognised by its content.

    What is not ``told`` is as it was told of the last file with such a head; rows of people who are
    not known are set aside.
    """
    before = map_for(session, layout, recognised=True) if layout else None
    known = document_in(before.document) if before is not None else {}
    document = {
        "kind": kind,
        "source": SOURCE,
        "recognised": True,
        "dates": known.get("dates", ""),
        "on_unknown": known.get("on_unknown", SET_ASIDE),
        "outside": known.get("outside", ""),
        **told,
    }
    return dump_yaml({key: value for key, value in document.items() if value != ""})


def document_in(text: str) -> dict[str, Any]:
    """The document of a map that was read once."""
    found = load_yaml(text) if text else None
    return found if isinstance(found, dict) else {}


def headings_digest(header: Sequence[str]) -> str:
    """What files with the same headings, in any order, have in common."""
    text = "\n".join(sorted(filter(None, map(plain, header))))
    return hashlib.sha256(text.encode()).hexdigest()


def map_for(
    session: Session, header: Sequence[str], *, recognised: bool = False
) -> ImportMap | None:
    """The map that was made last for a file with these headings.

    Of files ``recognised`` by their content the maps are of their own.
    """
    found = session.scalars(
        select(ImportMap)
        .where(ImportMap.headings == headings_digest(header))
        .order_by(ImportMap.changed_at.desc(), ImportMap.id.desc())
    )
    return next((each for each in found if is_reading(each.document) is recognised), None)


def is_reading(text: str) -> bool:
    """Whether a map is for files that are recognised by their content."""
    return bool(document_in(text).get("recognised"))


def remember_map(
    session: Session,
    *,
    actor: Actor,
    now: datetime,
    mapping: FileMapping,
    document: str,
    header: Sequence[str],
) -> None:
    """Keep how files of a source are read; one map for each source and kind.

    The month of this file is not that of the next.
    """
    if mapping.period:
        lasting = {key: each for key, each in document_in(document).items() if key != "period"}
        document = dump_yaml(lasting)
    one_at_a_time(session, "import maps")
    known = session.scalar(
        select(ImportMap).where(ImportMap.source == mapping.source, ImportMap.kind == mapping.kind)
    )
    before = known.document if known is not None else None
    found = known or ImportMap(source=mapping.source, kind=mapping.kind)
    found.headings = headings_digest(header)
    if before == document:
        return
    found.document, found.changed_at, found.changed_by = document, now, actor.label
    session.add(found)
    _note(session, found, "import.map", before, document, actor, now)


def forget_map(session: Session, *, actor: Actor, now: datetime, number: int) -> None:
    """Files of the source are matched by hand again. Raises ``NotFound``."""
    found = stored_map(session, number)
    _note(session, found, "import.map", found.document, None, actor, now)
    session.delete(found)


def _note(
    session: Session,
    found: ImportMap,
    action: str,
    before: str | None,
    after: str | None,
    actor: Actor,
    now: datetime,
) -> None:
    record(
        session,
        actor=actor,
        at=now,
        action=action,
        subject=f"map:{found.source}:{found.kind}",
        before={"map": before} if before else None,
        after={"map": after} if after else None,
    )
