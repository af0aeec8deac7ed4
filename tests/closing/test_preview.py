"""A preview is what a close would give, and reads only."""

from __future__ import annotations

import sqlite3
from datetime import date, timedelta

import pytest
from factories import offices, people
from factories.offices import OCTOBER, SEPTEMBER
from sqlalchemy import delete, insert, select
from sqlalchemy.engine import make_url
from sqlalchemy.orm import Session
from support.centres import Examples, opened
from support.databases import KINDS, Kind
from support.rows import everything
from support.site import Site
from support.statements import sent

from closing.preview import preview_month
from closing.services import compute_open_month
from core.db import db, month_seconds
from core.errors import Refused
from core.values import Month
from staff.attendance.models import AttendanceMonth, PersonDay, Punch, StaleDays
from staff.models import Employee

NOVEMBER = Month(2026, 11)


def same_as_a_close(session: Session, month: Month) -> None:
    before = everything(session)
    with sent(session) as found:
        preview = preview_month(session, month)
        said = [view.as_json() for view in preview.views()]
    assert not any(each.split()[0] in ("INSERT", "UPDATE", "DELETE") for each in found.statements)
    assert everything(session) == before
    computed = compute_open_month(session, month)
    assert said == [view.as_json() for view in computed.views()]
    assert preview.left_out == computed.left_out
    assert said
    session.rollback()


@pytest.mark.parametrize("kind", KINDS)
def test_a_preview_gives_what_a_close_would_give(examples: Examples, kind: Kind) -> None:
    """First with nothing kept, then with stale days among kept ones, then with all up to date."""
    url = examples.imported(kind, "centre-b")
    month = Month(2026, 8)
    with opened(url) as session:
        session.execute(delete(AttendanceMonth))
        session.commit()
        same_as_a_close(session, month)
        compute_open_month(session, month)
        session.commit()
        same_as_a_close(session, month)
        start, _ = month_seconds(month)
        first = select(Punch).where(Punch.at >= start).order_by(Punch.at, Punch.employee_id)
        punch = session.scalars(first.limit(1)).one()
        day = date(1970, 1, 1) + timedelta(seconds=punch.at)
        session.delete(punch)
        session.add(StaleDays(employee_id=punch.employee_id, first=day, last=day))
        session.commit()
        same_as_a_close(session, month)


def test_a_day_on_which_a_whole_team_did_not_punch_is_told(examples: Examples) -> None:
    url = examples.imported("sqlite", "centre-b")
    month = Month(2026, 8)
    with opened(url) as session:
        session.execute(delete(Punch))
        session.execute(insert(StaleDays).values(first=month.first_day, last=month.last_day))
        session.commit()
        kinds = [each.kind for each in preview_month(session, month).left_out]
        assert "silent_teams" in kinds
        same_as_a_close(session, month)


def test_a_preview_does_not_wait_for_whoever_writes(site: Site) -> None:
    with site.session() as session:
        offices.office(session)
        path = make_url(str(session.get_bind().url)).database  # type: ignore[union-attr]
    assert path is not None
    writer = sqlite3.connect(path)
    try:
        writer.execute("BEGIN IMMEDIATE")
        with site.session() as session:
            session.connection().exec_driver_sql("PRAGMA busy_timeout=0")
            assert len(preview_month(session, OCTOBER).result.cards) == 5
    finally:
        writer.rollback()
        writer.close()


def test_a_month_without_a_policy_or_without_people_has_no_preview(site: Site) -> None:
    with site.session() as session:
        people.centre(session)
        with pytest.raises(Refused):
            preview_month(session, OCTOBER)
    with site.session() as session:
        offices.publish(session)
        with pytest.raises(Refused):
            preview_month(session, Month(2024, 12))


def test_what_was_computed_for_a_page_leaves_nothing_to_commit(site: Site) -> None:
    with site.session() as session:
        offices.office(session, SEPTEMBER, OCTOBER)
    with site.session() as session:
        preview_month(session, OCTOBER)
        assert not session.new
        assert not session.dirty
        assert session.scalar(select(PersonDay.day).limit(1)) is None
        assert session.scalar(select(Employee.id).limit(1)) is not None
    with site.app.app_context():
        assert db.session.scalar(select(AttendanceMonth.month)) is None
