"""Flask-Login's user: a viewer, bound to the epoch of the account."""

from __future__ import annotations

from flask import Flask, current_app
from flask_login import UserMixin

from core import web
from core.db import db
from core.viewer import Viewer
from staff.accounts import passwords
from staff.viewer import load_viewer


class SignedIn(UserMixin):  # type: ignore[misc]
    """``get_id`` holds the epoch: raising it ends every session of the account."""

    def __init__(self, viewer: Viewer, epoch: int) -> None:
        self.viewer = viewer
        self.epoch = epoch

    def get_id(self) -> str:
        return f"{self.viewer.account_id}:{self.epoch}"


def load(account_id: int) -> SignedIn | None:
    viewer = load_viewer(
        db.session(), account_id, today=web.today(), positions=current_app.config["ROLE_POSITIONS"]
    )
    return None if viewer is None else SignedIn(viewer, viewer.epoch)


def _from_session(stored: str) -> SignedIn | None:
    account_id, _, epoch = stored.partition(":")
    if not account_id.isdigit() or not epoch.isdigit():
        return None
    user = load(int(account_id))
    return user if user is not None and user.epoch == int(epoch) else None


def init_accounts(app: Flask) -> None:
    web.login.user_loader(_from_session)
    passwords.use(passwords.Hasher(app.config["PASSWORD_MEMORY"], app.config["PASSWORD_ROUNDS"]))
