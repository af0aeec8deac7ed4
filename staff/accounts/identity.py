"""From a browser's session to the viewer, and the beginning and end of such sessions."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

from flask import Flask, current_app, g, request, session
from flask_login import UserMixin, login_user, logout_user
from sqlalchemy.exc import OperationalError

from core import web
from core.db import db
from core.i18n import LANGUAGE
from core.permissions import Role
from core.viewer import Viewer
from staff.accounts import factor, passwords, sessions
from staff.accounts.commands import account_group
from staff.accounts.provider import Provider, init_provider
from staff.models import Account
from staff.viewer import load_viewer

NEEDS_FACTOR = frozenset({Role.HR, Role.ADMINISTRATOR})
BY_PROVIDER = "by_provider"
BEHALF = "behalf"
PATIENCE = 200  # milliseconds that a page waits to note that a session was used


class SignedIn(UserMixin):  # type: ignore[misc]
    """``get_id`` is the token of the session, whose hash the database knows."""

    def __init__(self, viewer: Viewer, token: str, session_id: int) -> None:
        self.viewer = viewer
        self.token = token
        self.session_id = session_id

    def get_id(self) -> str:
        return self.token


def limits() -> sessions.Limits:
    return sessions.Limits(idle=timedelta(minutes=current_app.config["IDLE_MINUTES"]))


def factor_switched_off() -> bool:
    """Whether this installation requires no second factor, by its settings or as a demo."""
    if not current_app.config["SECOND_FACTOR"]:
        return True
    if "factor_off" not in g:
        g.factor_off = factor.is_switched_off(db.session())
    return bool(g.factor_off)


def session_id() -> int:
    """The session that this request came in."""
    found: int = g.session_id
    return found


def _from_session(token: str) -> SignedIn | None:
    now = web.now().moment
    row = sessions.find(db.session(), token, now=now, limits=limits())
    if row is None:
        return None
    viewer = load_viewer(
        db.session(),
        row.account_id,
        today=web.today(),
        positions=current_app.config["ROLE_POSITIONS"],
    )
    if viewer is None:
        return None
    provider: Provider | None = current_app.config["PROVIDER"]
    if session.get(BY_PROVIDER):  # they typed no password, so there is none to replace
        viewer = replace(viewer, must_change=False)
    else:
        provider = None
    if (
        viewer.roles & NEEDS_FACTOR
        and not viewer.has_factor
        and not (provider and provider.trust_factor)
        and not factor_switched_off()
    ):
        viewer = replace(viewer, must_enrol=True)
    g.session_id = row.id
    g.proven_at = row.proven_at
    viewer = _as_deputy(viewer)
    g.touch = sessions.needs_touch(row, now)
    return SignedIn(viewer, token, row.id)


def _as_deputy(viewer: Viewer) -> Viewer:
    """The viewer for whom they chose to act, as long as they may; else as themselves."""
    chosen = session.get(BEHALF)
    away = next((each for each in viewer.stand_ins if each.id == chosen), None)
    return viewer if away is None else viewer.acting_for(away)


def is_proven() -> bool:
    """Whether the owner showed a moment ago who they are: by signing in, or by the password."""
    return bool(web.now().moment - g.proven_at <= sessions.PROVEN)


def act_for(stand_in: int | None) -> None:
    """From the next request on the viewer acts for one away, or as themselves again."""
    session.pop(BEHALF, None)
    if stand_in is not None:
        session[BEHALF] = stand_in


def begin(account: Account, *, by_provider: bool = False) -> None:
    """Start a session: nothing of the one before stays but the language, and its token is new.

    ``by_provider`` says that a sign-on provider vouched for the person instead of a password.
    """
    language = session.get(LANGUAGE)
    session.clear()
    if language:
        session[LANGUAGE] = language
    session.permanent = True
    if by_provider:
        session[BY_PROVIDER] = True
    token = sessions.begin(
        db.session(),
        account_id=account.id,
        now=web.now(),
        address=request.remote_addr or "",
        agent=request.user_agent.string,
    )
    user = _from_session(token)
    if user is not None:
        login_user(user)


def end() -> None:
    """Forget the session in the browser; the language stays."""
    logout_user()
    language = session.get(LANGUAGE)
    session.clear()
    if language:
        session[LANGUAGE] = language


def _touch(response: Any) -> Any:
    """Note that the session was used: in a transaction of its own, once a minute at most.

    A page does not wait for that while somebody else writes: the next one notes it.
    """
    if g.pop("touch", False):
        try:
            with _impatient() as connection:
                sessions.touch(connection, g.session_id, web.now().moment)
                connection.commit()
        except OperationalError:
            current_app.logger.info("a session was used, and the database too busy to note it")
    return response


@contextmanager
def _impatient() -> Iterator[Any]:
    """A connection that hardly waits for locks."""
    with db.engine.connect() as connection:
        raw = connection.connection.driver_connection
        if not isinstance(raw, sqlite3.Connection):
            connection.exec_driver_sql(f"SET LOCAL lock_timeout = {PATIENCE}")
            yield connection
            return
        (usual,) = raw.execute("PRAGMA busy_timeout").fetchone()
        raw.execute(f"PRAGMA busy_timeout = {PATIENCE}")
        try:
            yield connection
        finally:
            connection.rollback()
            raw.execute(f"PRAGMA busy_timeout = {usual}")


def init_accounts(app: Flask) -> None:
    web.login.user_loader(_from_session)
    init_provider(app)
    app.after_request(_touch)
    app.cli.add_command(account_group)
    app.jinja_env.globals["factor_switched_off"] = factor_switched_off
    passwords.use(passwords.Hasher(app.config["PASSWORD_MEMORY"], app.config["PASSWORD_ROUNDS"]))
