"""The application for tests of pages: an empty database, quick passwords, signed-in clients.

def test_...(site):
    with site.session() as session:
        accounts = people.centre(session)
    client = site.signed_in(accounts["hr"])
    site.post(client, "/account/password", {...}, form="/account/password")
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from support.compiled import TEMPLATES
from support.databases import Kind

if TYPE_CHECKING:
    from flask import Flask
    from flask.testing import FlaskClient
    from sqlalchemy.orm import Session
    from werkzeug.test import TestResponse

    from staff.models import Account


TOKEN = re.compile(r'name="csrf_token"[^>]* value="([^"]+)"')


def application(url: str, instance: Path, **settings: Any) -> Flask:
    """The application on a database that exists; errors become pages, as for users."""
    from app import create_app

    made = create_app(
        {
            "DATABASE_URL": url,
            "INSTANCE": instance,
            "TESTING": True,
            "PASSWORD_MEMORY": 8,
            "PASSWORD_ROUNDS": 1,
            "PINGYOU_SECOND_FACTOR": "off",  # for tests that are not about it
            **settings,
        }
    )
    made.jinja_env.bytecode_cache = TEMPLATES
    return made


class Site:
    def __init__(self, app: Flask) -> None:
        self.app = app

    @contextmanager
    def session(self) -> Iterator[Session]:
        """A session that commits at the end, as a route or a command does."""
        from core.db import db, transaction

        with self.app.app_context():
            db.session().expire_on_commit = False
            with transaction():
                yield db.session()

    def client(self) -> FlaskClient:
        return self.app.test_client()

    def signed_in(self, account: Account) -> FlaskClient:
        """A client in a session of that account, without typing its password."""
        from flask import has_app_context

        from core.db import db

        if has_app_context():  # inside ``site.session()``, which commits
            token = self._begin(db.session(), account)
        else:
            with self.session() as own:
                token = self._begin(own, account)
        client = self.client()
        with client.session_transaction() as session:
            session["_user_id"] = token
            session["_fresh"] = True
        return client

    def _begin(self, session: Session, account: Account) -> str:
        from core import clock
        from staff.accounts import sessions

        now = clock.now(self.app.config["TIMEZONE"])
        return sessions.begin(
            session, account_id=account.id, now=now, address="127.0.0.1", agent="tests"
        )

    def token(self, client: FlaskClient, form: str) -> str:
        """The CSRF token of the page at ``form``."""
        found = TOKEN.search(client.get(form).get_data(as_text=True))
        assert found is not None, f"no form at {form}"
        return found[1]

    def post(
        self, client: FlaskClient, url: str, data: dict[str, Any] | None = None, *, form: str
    ) -> TestResponse:
        """Send a form with the token that the page at ``form`` holds."""
        return client.post(url, data={"csrf_token": self.token(client, form), **(data or {})})


@pytest.fixture
def site(fresh_database_url: Callable[[Kind], str], tmp_path: Path) -> Iterator[Site]:
    """The application on an empty SQLite database."""
    yield from _site(fresh_database_url("sqlite"), tmp_path)


@pytest.fixture
def any_site(database_url: str, tmp_path: Path) -> Iterator[Site]:
    """The same once per kind of database."""
    yield from _site(database_url, tmp_path)


def _site(url: str, instance: Path) -> Iterator[Site]:
    from core.db import db

    app = application(url, instance)
    yield Site(app)
    with app.app_context():
        db.session.remove()
        db.engine.dispose()
