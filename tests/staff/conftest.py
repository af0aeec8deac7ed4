"""A session on a database of each kind for the tests of staff; nothing is ever committed."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import create_engine
from sqlalchemy.orm import Session
from support.centres import KEY
from support.databases import Databases, Kind
from support.staffing import Staffing

from core import keyring


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def shared_session(request: pytest.FixtureRequest, databases: Databases) -> Iterator[Session]:
    """One session per module and kind; whoever uses it rolls back."""
    kind: Kind = request.param
    url = databases.fresh(kind)
    engine = create_engine(url)
    keyring.install(lambda: KEY)
    with Session(engine) as session:
        yield session
    engine.dispose()
    databases.drop(url)


@pytest.fixture
def session(shared_session: Session) -> Iterator[Session]:
    """An empty database, empty again after the test."""
    yield shared_session
    shared_session.rollback()
    shared_session.info.clear()


@pytest.fixture
def staffing(session: Session) -> Staffing:
    return Staffing(session)
