"""Checklists as HR writes them: every change is a new version, what was used stays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core import audit
from core.actor import Actor
from core.clock import Now
from core.db import one_at_a_time
from core.errors import N_, Conflict, NotFound, Refused
from evaluations.checks.models import Checklist, ChecklistVersion
from evaluations.checks.scoring import KINDS, Item
from evaluations.holding import short_enough

LONGEST_NAME = 80
LONGEST_TEXT = 200
HEAVIEST = 100
MOST = 60
WHAT = "checklists"


def items_of(version: ChecklistVersion) -> tuple[Item, ...]:
    return tuple(Item(**each) for each in version.items)


def write_checklist(
    session: Session,
    *,
    actor: Actor,
    now: Now,
    name: str,
    items: Sequence[Item],
    checklist_id: int | None = None,
    seen: int = 0,
) -> ChecklistVersion:
    """A new checklist, or the next version of one whose newest was ``seen``.

    Written as it stands, it makes no version. Raises ``Refused`` for what cannot be checked by,
    ``Conflict`` where somebody else made a version meanwhile, and for a new one that is there word
    for word: a form that was sent twice.
    """
    name = short_enough(name, "name", LONGEST_NAME)
    if not name:
        raise Refused(N_("Give it a name."), field="name")
    _check_items(items)
    one_at_a_time(session, WHAT)
    before = None if checklist_id is None else newest(session, checklist_id)
    if before is not None and before.number != seen:
        raise Conflict(N_("Somebody else changed this checklist meanwhile."))
    content: list[dict[str, Any]] = [asdict(each) for each in items]
    if before is not None and (before.name, before.items) == (name, content):
        return before
    if checklist_id is None:
        checklist_id = _begun(session, name, content)
    version = ChecklistVersion(
        checklist_id=checklist_id,
        number=1 if before is None else before.number + 1,
        name=name,
        items=content,
        written_by=actor.label,
        written_at=now.moment,
    )
    session.add(version)
    session.flush()
    audit.record(
        session,
        actor=actor,
        at=now.moment,
        action="checklist.written",
        subject=f"checklist:{checklist_id}:{version.number}",
        before=None if before is None else {"name": before.name, "items": before.items},
        after={"name": name, "items": content},
    )
    return version


def _begun(session: Session, name: str, content: list[dict[str, Any]]) -> int:
    same = select(ChecklistVersion.items).where(ChecklistVersion.name == name)
    if content in session.scalars(same).all():
        raise Conflict(N_("There is this checklist already, in the same words."))
    made = Checklist(state="active")
    session.add(made)
    session.flush()
    return made.id


def set_state(
    session: Session, *, actor: Actor, now: Now, checklist_id: int, active: bool
) -> Checklist:
    """Retire a checklist, or take it up again. Raises ``Conflict`` where it is so already."""
    one_at_a_time(session, WHAT)
    row = session.get(Checklist, checklist_id)
    if row is None:
        raise NotFound(N_("There is no such checklist."))
    state = "active" if active else "retired"
    if row.state == state:
        raise Conflict(N_("Somebody else changed this checklist meanwhile."))
    row.state = state
    session.flush()
    audit.record(
        session,
        actor=actor,
        at=now.moment,
        action="checklist.state",
        subject=f"checklist:{checklist_id}",
        after={"state": state},
    )
    return row


def newest(session: Session, checklist_id: int) -> ChecklistVersion:
    """The version in use. Raises ``NotFound``."""
    found = session.scalars(
        select(ChecklistVersion)
        .where(ChecklistVersion.checklist_id == checklist_id)
        .order_by(ChecklistVersion.number.desc())
        .limit(1)
    ).first()
    if found is None:
        raise NotFound(N_("There is no such checklist."))
    return found


def newest_numbers() -> Any:
    """Subquery: checklist_id, number of its newest version."""
    return (
        select(ChecklistVersion.checklist_id, func.max(ChecklistVersion.number).label("number"))
        .group_by(ChecklistVersion.checklist_id)
        .subquery("newest")
    )


def _check_items(items: Sequence[Item]) -> None:
    if not any(each.kind == "scored" for each in items):
        raise Refused(N_("At least one item has to be scored."), field="items")
    if len(items) > MOST:
        raise Refused(N_("No more than %(most)s items."), field="items", most=MOST)
    texts = [each.text for each in items]
    for item in items:
        _check_item(item)
        if texts.count(item.text) > 1:
            raise Refused(N_("“%(text)s” stands there twice."), field="items", text=item.text)


def _check_item(item: Item) -> None:
    if item.kind not in KINDS or not item.text or not item.section:
        raise Refused(N_("Every item needs a section, a text and a kind."), field="items")
    if len(item.text) > LONGEST_TEXT or len(item.section) > LONGEST_NAME:
        raise Refused(N_("“%(text)s” is too long."), field="items", text=item.text[:40])
    if item.kind != "fatal" and not 1 <= item.weight <= HEAVIEST:
        raise Refused(
            N_("“%(text)s”: points are whole numbers from 1 to %(most)s."),
            field="items",
            text=item.text,
            most=HEAVIEST,
        )
