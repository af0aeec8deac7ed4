"""Two who publish at once: one wins, the others are told, and no number is given twice."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from factories import offices, people
from sqlalchemy.orm import Session
from support.site import Site

from closing.consultations import Consultation
from closing.drafts import create_draft, publish_draft, save_draft
from closing.versions import publish_policy, versions
from core.actor import Actor
from core.errors import Conflict
from core.values import Month

NOW = datetime(2026, 11, 2, 1, tzinfo=UTC)
AT_ONCE = 5


def everybody(site: Site, act: Callable[[Session, int], Any]) -> list[str]:
    """What each was told, nothing for who won."""
    told: list[str] = []
    start = threading.Barrier(AT_ONCE)

    def one(number: int) -> None:
        start.wait()
        try:
            with site.session() as session:
                act(session, number)
            told.append("")
        except Conflict:
            told.append("Conflict")
        except Exception as error:
            told.append(repr(error)[:300])

    threads = [threading.Thread(target=one, args=(number,)) for number in range(AT_ONCE)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(told)


@pytest.fixture
def site(any_site: Site) -> Site:
    with any_site.session() as session:
        people.centre(session)
        offices.publish(session)
    return any_site


def numbers(site: Site) -> list[int]:
    with site.session() as session:
        return [each.number for each in versions(session)]


def test_of_versions_published_at_once_one_is_stored(site: Site) -> None:
    def publish(session: Session, number: int) -> Any:
        policy = offices.policy(effective_from="2026-11", scoring={"adjust_cap": number + 1})
        return publish_policy(session, actor=Actor("hr"), now=NOW, policy=policy, newest=1)

    assert everybody(site, publish) == ["", *["Conflict"] * (AT_ONCE - 1)]
    assert numbers(site) == [2, 1]


def test_one_draft_becomes_one_version(site: Site) -> None:
    with site.session() as session:
        made = create_draft(session, actor=Actor("hr"), now=NOW, name="Stricter").id
        save_draft(
            session,
            actor=Actor("hr"),
            now=NOW,
            draft_id=made,
            parts=[("scoring",)],
            edit=lambda document: document["scoring"].update(adjust_cap=5),
        )

    def publish(session: Session, number: int) -> Any:
        return publish_draft(
            session,
            actor=Actor(f"hr-{number}"),
            now=NOW,
            draft_id=made,
            revision=2,
            newest=1,
            effective_from=Month(2026, 12),
            consultation=Consultation(),
        )

    assert everybody(site, publish) == ["", *["Conflict"] * (AT_ONCE - 1)]
    assert numbers(site) == [2, 1]
