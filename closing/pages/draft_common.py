"""What the pages of a draft share: loading it, its problems, and saving with two writers."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from flask import abort, flash, request
from flask_babel import gettext as _

from closing.document_edits import Path, leaves, value_at, within
from closing.drafts import Draft, base_of, read_draft, save_draft
from closing.pages.common import session
from closing.pages.draft_compare import plain
from closing.pages.draft_places import said_at
from closing.policy import Policy
from closing.versions import policy_of_closing
from core import web
from core.db import transaction
from core.errors import Conflict, NotFound

Theirs = list[tuple[str, str, str]]  # what it is called, theirs, yours


def draft_or_abort(draft_id: int) -> Draft:
    try:
        return read_draft(session(), draft_id)
    except NotFound:
        abort(404)


def problems_of(draft: Draft) -> list[tuple[str, str]]:
    """Place and text in the reader's language."""
    return [(problem.place, problem.text(_)) for problem in draft.problems]


def policy_of(draft: Draft) -> Policy:
    """The draft's policy, while it has problems that of the version it began from."""
    return draft.policy or policy_of_closing(session(), base_of(session(), draft.row).id).policy


def save(
    draft_id: int, parts: Iterable[Path], edit: Callable[[dict[str, Any]], None]
) -> Theirs | None:
    """Save what was typed; None, or where somebody else was first: place, theirs, yours."""
    parts = list(parts)
    try:
        with transaction():
            save_draft(
                session(),
                actor=web.current_actor(),
                now=web.now().moment,
                draft_id=draft_id,
                parts=parts,
                edit=edit,
                revision=revision(),
                seen=request.form.get("seen", ""),
            )
    except Conflict:
        return _against(draft_id, parts, edit)
    draft = draft_or_abort(draft_id)
    count = len(draft.problems)
    if count:
        flash(_("Saved. What is marked has to be mended before it can be published."), "error")
    else:
        flash(_("Saved."))
    return None


def revision() -> int:
    given = request.form.get("revision", "")
    return int(given) if given.isdecimal() and len(given) < 10 else 0


def _against(draft_id: int, parts: list[Path], edit: Callable[[dict[str, Any]], None]) -> Theirs:
    draft = draft_or_abort(draft_id)
    policy, theirs = policy_of(draft), draft.document
    mine = draft_or_abort(draft_id).document
    edit(mine)
    found: dict[str, tuple[str, str]] = {}  # by what the place is called
    for part in parts:
        one, other = (leaves(value_at(each, part), part) for each in (theirs, mine))
        said, by_me = (said_at(each, part, policy) for each in (theirs, mine))
        for place in [*one, *(each for each in other if each not in one)]:
            if one.get(place) != other.get(place):
                field = next((each for each in [*said, *by_me] if within(place, each)), place)
                label = (said.get(field) or by_me.get(field) or (place, ""))[0]
                pair = [
                    each[field][1] if field in each else plain(leaf.get(place))
                    for each, leaf in ((said, one), (by_me, other))
                ]
                found[label] = (pair[0] or "—", pair[1] or "—")
    return [(label, *pair) for label, pair in found.items()]
