"""Drafts of the policy: begun from a version, saved part by part, discarded or published.

What is stored is YAML, and may have problems until it is published. Two people may write at once:
a save is refused only where the very part that it changes is no longer what its writer saw.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from closing.consultations import Consultation, keep_consultation
from closing.document_edits import Path, copied, leaves, place_of, value_at
from closing.models import PolicyDraft
from closing.policy import Policy, parse_policy
from closing.policy_text import dump
from closing.versions import PolicyVersion, policy_version, publish_policy
from core import audit
from core.actor import Actor
from core.db import one_at_a_time
from core.documents import DocumentError, Problem
from core.documents.yaml_text import LARGEST_TEXT, dump_yaml, load_yaml
from core.errors import N_, Conflict, NotFound, Refused
from core.models import DocumentVersion
from core.values import Month

LONGEST_NAME = 120
_LOCK = "policy drafts"


@dataclass(frozen=True, slots=True)
class Draft:
    """A draft as it stands; ``policy`` is None while there are problems."""

    row: PolicyDraft
    document: dict[str, Any]
    problems: tuple[Problem, ...]
    policy: Policy | None

    def seen(self, parts: Iterable[Path]) -> str:
        """What tells whether these parts are still as they were read."""
        return digest(self.document, parts)


def open_drafts(session: Session) -> list[tuple[PolicyDraft, int]]:
    """Drafts that are being written with the version each began from, last touched first."""
    rows = session.execute(
        select(PolicyDraft, DocumentVersion.number)
        .join(DocumentVersion, DocumentVersion.id == PolicyDraft.base_id)
        .where(PolicyDraft.state == "open")
        .order_by(PolicyDraft.updated_at.desc(), PolicyDraft.id.desc())
    )
    return [(draft, number) for draft, number in rows]


def read_draft(session: Session, draft_id: int) -> Draft:
    """An open draft; raises ``NotFound``."""
    row = session.get(PolicyDraft, draft_id)
    if row is None or row.state != "open":
        raise NotFound(N_("There is no such draft; it may have been published or discarded."))
    document, problems, policy = _checked(row.body)
    return Draft(row, copied(document), problems, policy)


def base_of(session: Session, row: PolicyDraft) -> DocumentVersion:
    return session.get_one(DocumentVersion, row.base_id)


def digest(document: Any, parts: Iterable[Path]) -> str:
    said = [value_at(document, part) for part in parts]
    text = json.dumps(said, ensure_ascii=False, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


@lru_cache(maxsize=16)
def _checked(body: str) -> tuple[dict[str, Any], tuple[Problem, ...], Policy | None]:
    document = load_yaml(body)
    try:
        policy = parse_policy(document)
    except DocumentError as error:
        return document, tuple(error.problems), None
    return document, (), policy


def create_draft(
    session: Session, *, actor: Actor, now: datetime, name: str, base: int | None = None
) -> PolicyDraft:
    """A copy of a version (the newest, where none is named). Raises ``NotFound`` or ``Refused``,
    ``Conflict`` where the actor has begun the same and not changed it: a form that was sent twice.
    """
    one_at_a_time(session, _LOCK)
    version = policy_version(session, base)
    said = {
        "name": _named(name),
        "base_id": version.id,
        "revision": 1,
        "state": "open",
        "created_by": actor.label,
    }
    if session.scalar(select(PolicyDraft.id).filter_by(**said).limit(1)) is not None:
        raise Conflict(N_("You began this draft already."))
    row = PolicyDraft(
        **said,
        body=dump(version.policy),
        created_at=now,
        updated_at=now,
        updated_by=actor.label,
    )
    session.add(row)
    session.flush()
    after = {"name": row.name, "from": version.number}
    _record(session, actor, now, "policy.draft_begun", row, after=after)
    return row


def _named(name: str) -> str:
    name = " ".join(name.split())
    if not name:
        raise Refused(N_("Give the draft a name."), field="name")
    if len(name) > LONGEST_NAME:
        raise Refused(N_("At most %(count)d characters."), field="name", count=LONGEST_NAME)
    return name


def save_draft(
    session: Session,
    *,
    actor: Actor,
    now: datetime,
    draft_id: int,
    parts: Iterable[Path],
    edit: Callable[[dict[str, Any]], None],
    revision: int | None = None,
    seen: str = "",
) -> PolicyDraft:
    """Change parts of a draft by ``edit``, which is given the document as it stands now.

    ``revision`` and ``seen`` are what the writer read. Raises ``Conflict`` where somebody else
    changed these parts since, ``NotFound``, or what ``edit`` raises.
    """
    one_at_a_time(session, _LOCK)
    parts = list(parts)
    draft = read_draft(session, draft_id)
    row, document = draft.row, draft.document
    if revision is not None and revision != row.revision and seen != digest(document, parts):
        raise Conflict(N_("%(who)s saved this meanwhile."), who=row.updated_by)
    before = {place_of(part): copied(value_at(document, part)) for part in parts}
    edit(document)
    after = {place_of(part): value_at(document, part) for part in parts}
    if json.dumps(before, default=str) != json.dumps(after, default=str):
        _store(session, row, dump_yaml(document), actor, now)
        said = [_differing(each, other) for each, other in ((before, after), (after, before))]
        _record(session, actor, now, "policy.draft_saved", row, before=said[0], after=said[1])
    return row


def _differing(one: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    """What differs by place; where only the order does, the keys in it."""
    here, there = (
        {
            place: each
            for part, value in said.items()
            for place, each in leaves(value, (part,)).items()
        }
        for said in (one, other)
    )
    found = {place: each for place, each in here.items() if there.get(place) != each}
    if found or here != there:
        return found
    return {part: list(value) for part, value in one.items() if isinstance(value, dict)}


def save_text(
    session: Session, *, actor: Actor, now: datetime, draft_id: int, text: str, revision: int
) -> PolicyDraft:
    """The whole draft as YAML. Raises ``DocumentError`` for what is no YAML, and ``Conflict``."""
    document = load_yaml(text)
    if not isinstance(document, dict):
        raise DocumentError([Problem("", N_("must be a mapping of keys to values"))])
    one_at_a_time(session, _LOCK)
    row = read_draft(session, draft_id).row
    if row.revision != revision:
        raise Conflict(N_("%(who)s saved this meanwhile."), who=row.updated_by)
    if text != row.body:
        hashes = [hashlib.sha256(each.encode()).hexdigest() for each in (row.body, text)]
        _store(session, row, text, actor, now)
        _record(
            session, actor, now, "policy.draft_saved", row,
            before={"text": hashes[0]}, after={"text": hashes[1]},
        )  # fmt: skip
    return row


def _store(session: Session, row: PolicyDraft, body: str, actor: Actor, now: datetime) -> None:
    if len(body) > LARGEST_TEXT:
        raise Refused(N_("is larger than %(count)s characters"), count=LARGEST_TEXT)
    row.body = body
    row.revision += 1
    row.updated_at, row.updated_by = now, actor.label
    session.flush()


def discard_draft(session: Session, *, actor: Actor, now: datetime, draft_id: int) -> None:
    """Raises ``NotFound`` where it is discarded or published already."""
    one_at_a_time(session, _LOCK)
    row = read_draft(session, draft_id).row
    row.state = "discarded"
    session.flush()
    _record(session, actor, now, "policy.draft_discarded", row)


def publish_draft(
    session: Session,
    *,
    actor: Actor,
    now: datetime,
    draft_id: int,
    revision: int,
    newest: int,
    effective_from: Month,
    consultation: Consultation,
) -> PolicyVersion:
    """Make a version of a draft, in force from a month on, with how it came about.

    ``revision`` and ``newest`` are what the actor saw of the draft and of the versions. Raises
    ``Conflict`` where either moved on, ``Refused`` where it has problems or changes nothing.
    """
    one_at_a_time(session, _LOCK)
    row = session.get(PolicyDraft, draft_id)
    if row is not None and row.state == "published":
        raise Conflict(N_("This draft was published meanwhile."))
    draft = read_draft(session, draft_id)
    if draft.row.revision != revision:
        raise Conflict(N_("%(who)s saved this meanwhile."), who=draft.row.updated_by)
    if draft.policy is None:
        raise Refused(N_("The draft has problems that must be mended first."))
    policy = parse_policy({**draft.document, "effective_from": str(effective_from)})
    if policy.hash == policy_version(session).policy.hash:
        raise Refused(N_("The draft is the same as the newest version."))
    made = publish_policy(session, actor=actor, now=now, policy=policy, newest=newest)
    draft.row.state, draft.row.version_id = "published", made.id
    session.flush()
    _record(
        session, actor, now, "policy.draft_published", draft.row, after={"version": made.number}
    )
    if consultation != Consultation():
        keep_consultation(
            session, actor=actor, now=now, number=made.number, consultation=consultation
        )
    return made


def _record(
    session: Session,
    actor: Actor,
    now: datetime,
    action: str,
    row: PolicyDraft,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
) -> None:
    audit.record(
        session,
        actor=actor,
        at=now,
        action=action,
        subject=f"policy-draft:{row.id}",
        before=_plain(before),
        after=_plain(after),
    )


def _plain(said: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """As JSON has it: a draft may hold a date, or a number that is none."""
    if said is None:
        return None
    plain: dict[str, Any] = json.loads(json.dumps(said, default=str), parse_constant=str)
    return plain
