"""Closing and opening months: what is possible, in which order, and what it leaves behind."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session
from support.centres import NOW, close, import_one, opened, publish, reopen, seal
from support.made_up import COLUMNS, write_rows
from support.rows import everything, latest_closings

from closing import services
from closing.cards import stored_views
from closing.policy_text import default_policy
from core.actor import SYSTEM
from core.db import transaction
from core.errors import Conflict, Refused
from core.models import AuditEntry, MonthState, Reopening
from core.values import Month

FEBRUARY, MARCH, APRIL, MAY = (Month(2026, number) for number in (2, 3, 4, 5))


@pytest.fixture
def session(database_url: str, tmp_path: Path) -> Iterator[Session]:
    """Two people of the default policy, hired in March, without a record."""
    rows = [
        {"employee_no": no, "name": "某", "position": "agent", "hire_date": "2026-03-10"}
        for no in ("E1", "E2")
    ]
    with opened(database_url) as made:
        publish(made, default_policy())
        write_rows(tmp_path / "employees.csv", COLUMNS["employees"].split(), rows)
        import_one(made, "employees", tmp_path / "employees.csv")
        yield made


def refused(session: Session, month: Month) -> str:
    before = everything(session)
    with pytest.raises(Refused) as caught, transaction():
        services.close_month(session, actor=SYSTEM, now=NOW, month=month, seal=seal)
    assert everything(session) == before
    return str(caught.value)


def test_a_month_in_which_nobody_was_employed_is_not_closed(session: Session) -> None:
    assert "employed" in refused(session, FEBRUARY)


def test_a_month_before_every_policy_is_not_closed(session: Session) -> None:
    assert "policy" in refused(session, Month(2025, 12))


def test_a_month_is_closed_once(session: Session) -> None:
    close(session, MARCH)
    assert "closed already" in refused(session, MARCH)


def test_no_month_is_closed_before_a_later_closed_one(session: Session) -> None:
    close(session, APRIL)
    assert "later month" in refused(session, MARCH)
    close(session, MAY)


def test_only_the_newest_closed_month_opens_alone(session: Session) -> None:
    close(session, MARCH, APRIL, MAY)
    with pytest.raises(Conflict, match="2026-04, 2026-05"):
        reopen(session, MARCH)
    reopen(session, MAY)
    reopen(session, APRIL)
    with pytest.raises(Conflict, match="not closed"):
        reopen(session, MAY)


def test_an_older_month_opens_with_all_later_ones(session: Session) -> None:
    close(session, MARCH, APRIL, MAY)
    with transaction():
        found = services.reopen_month(
            session, actor=SYSTEM, now=NOW, month=APRIL, reason=" x ", cascade=True
        )
    assert found == [MAY, APRIL]
    states = {state.month: state.state for state in session.scalars(select(MonthState))}
    assert states == {MARCH: "closed", APRIL: "open", MAY: "open"}
    assert {trace.reason for trace in session.scalars(select(Reopening))} == {"x"}
    close(session, APRIL, MAY)
    revisions = {month: each.revision for month, each in latest_closings(session).items()}
    assert revisions == {MARCH: 1, APRIL: 2, MAY: 2}


def test_a_cascade_that_meets_an_exported_month_opens_none(session: Session) -> None:
    close(session, MARCH, APRIL)
    with transaction():
        session.get_one(MonthState, MARCH).exported_at = NOW
    before = everything(session)
    with pytest.raises(Conflict, match="exported"):
        reopen(session, MARCH, cascade=True)
    assert everything(session) == before
    reopen(session, APRIL)


@pytest.mark.parametrize("reason", ["", "  \n"])
def test_nothing_opens_without_a_reason(session: Session, reason: str) -> None:
    close(session, MARCH)
    with pytest.raises(Refused), transaction():
        services.reopen_month(
            session, actor=SYSTEM, now=NOW, month=MARCH, reason=reason, cascade=False
        )


def test_every_revision_is_kept_and_the_newest_is_shown(session: Session, tmp_path: Path) -> None:
    close(session, MARCH)
    first = services.views_of(session, MARCH)
    reopen(session, MARCH)
    with pytest.raises(Conflict, match="not closed"):
        services.views_of(session, MARCH)
    rows = [{"employee_no": "E1", "month": "2026-03", "metric": "csat", "value": "0.9"}]
    write_rows(tmp_path / "metrics.csv", COLUMNS["metrics"].split(), rows)
    import_one(session, "metrics", tmp_path / "metrics.csv")
    close(session, MARCH)
    second = services.views_of(session, MARCH)
    assert [view.revision for view in second] == [2, 2]
    assert "csat" not in first[0].facts
    assert second[0].facts["csat"].source == "entered"
    newest, oldest = services.revisions(session, MARCH)
    assert (newest.revision, oldest.revision) == (2, 1)
    assert stored_views(session, oldest) == first


def test_the_trail_tells_of_closing_and_opening(session: Session) -> None:
    close(session, MARCH)
    reopen(session, MARCH)
    close(session, MARCH)
    actions = [
        (entry.action, entry.actor)
        for entry in session.scalars(select(AuditEntry).order_by(AuditEntry.id))
        if entry.subject == "month:2026-03"
    ]
    assert actions == [
        ("month.closed", "system"),
        ("month.reopened", "system"),
        ("month.closed", "system"),
    ]


def test_a_close_that_fails_leaves_nothing(session: Session) -> None:
    def close_and_fail() -> None:
        with transaction():
            services.close_month(session, actor=SYSTEM, now=NOW, month=MARCH, seal=seal)
            raise RuntimeError("after the close, before the commit")

    before = everything(session)
    with pytest.raises(RuntimeError):
        close_and_fail()
    assert everything(session) == before


def test_a_preview_stores_no_scorecard(session: Session) -> None:
    before = everything(session)
    views = services.views_of(session, MARCH, preview=True)
    session.rollback()
    assert [view.revision for view in views] == [0, 0]
    assert everything(session) == before
