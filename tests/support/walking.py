"""The centre of ``whole_centre`` with everybody signed in, and whom the table lets see whom.

Built once per run and kind of database, then copied. The instance, with the key and the attached
files, is one for all copies: walks read it.
"""

from __future__ import annotations

import io
import os
import re
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from factories.people import HIRED
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from support.databases import SHARED, Databases, Kind, build_schema
from support.site import TOKEN, Site, application
from support.whole_centre import NUMBERS, TEAMS, build
from werkzeug.test import TestResponse

from core.db import db
from core.permissions import ROLES, Permission, Role, Scope
from staff.accounts.identity import BEHALF
from staff.attendance.models import AttendanceRequest
from staff.models import Account, Deputy, Employee

TOKENS = re.compile(r'name="csrf_token"[^>]*>|"X-CSRFToken": "[^"]*"')
EVERYBODY = {f"E{number:04}" for number in (1, 2, 3, 4, 5, 6, 8, 9, 10)}
HELD = {
    "agent": {Role.EMPLOYEE},
    "colleague": {Role.EMPLOYEE},
    "other": {Role.EMPLOYEE},
    "supervisor": {Role.EMPLOYEE, Role.SUPERVISOR},
    "leader": {Role.EMPLOYEE, Role.SUPERVISOR},
    "manager": {Role.EMPLOYEE, Role.SUPERVISOR, Role.MANAGER},
    "hr": {Role.EMPLOYEE, Role.HR},
    "auditor": {Role.EMPLOYEE, Role.AUDITOR},
    "admin": {Role.ADMINISTRATOR},
}
VIEWERS = tuple(HELD)
# E0005 for E0002, in whose team they are: that team without themselves, and nothing of their own.
ACTING = "acting"
HELD[ACTING] = {Role.EMPLOYEE, Role.SUPERVISOR}
TEAMS[ACTING] = {"E0004"}


@dataclass(frozen=True)
class Walk:
    app: Flask
    clients: dict[str, FlaskClient]
    kind: Kind
    tokens: dict[str, str] = field(default_factory=dict)

    def rules(self, method: str) -> dict[str, Any]:
        return {
            rule.endpoint: rule
            for rule in self.app.url_map.iter_rules()
            if method in (rule.methods or ()) and rule.endpoint.rpartition(".")[2] != "static"
        }

    def url(self, endpoint: str, **values: Any) -> str:
        with self.app.test_request_context():
            return str(self.app.url_for(endpoint, **values))

    def token(self, viewer: str) -> str:
        if viewer not in self.tokens:
            page = self.clients[viewer].get("/account/password").get_data(as_text=True)
            found = TOKEN.search(page)
            assert found is not None
            self.tokens[viewer] = found[1]
        return self.tokens[viewer]

    def post(self, viewer: str, url: str, **data: Any) -> TestResponse:
        """Send a form with a token that is right."""
        return self.clients[viewer].post(url, data={"csrf_token": self.token(viewer), **data})

    def get(self, viewer: str, endpoint: str, **values: Any) -> TestResponse:
        return self.clients[viewer].get(self.url(endpoint, **values))

    def found(self, query: Any) -> list[Any]:
        """The rows of a query."""
        with self.app.app_context():
            rows = list(db.session.execute(query).all())
            db.session.remove()
        return rows

    def references(self) -> list[str]:
        """Requests by the part of their address that names them."""
        return [str(number) for (number,) in self.found(select(AttendanceRequest.id))]

    def one(self, query: Any) -> Any:
        """The single value of a query."""
        ((value,),) = self.found(query)
        return value


def instance_of(kind: Kind) -> Path:
    return Path(os.environ[SHARED]) / f"walk-{kind}-instance"


def _site(url: str, kind: Kind) -> Site:
    app = application(url, instance_of(kind), PINGYOU_LANGUAGE="en")
    app.config["PROPAGATE_EXCEPTIONS"] = False  # the page of an error is a page too
    return Site(app)


@contextmanager
def walking(databases: Databases, kind: Kind) -> Iterator[Walk]:
    def built(url: str) -> None:
        instance_of(kind).mkdir()
        build_schema(url)
        site = _site(url, kind)
        with site.session() as session:
            build(session)
        with site.app.app_context():
            db.session.remove()
            db.engine.dispose()

    url = databases.copy_of(kind, "whole-centre", built)
    site = _site(url, kind)
    with site.session() as session:
        accounts = session.scalars(select(Account)).all()
        of_people = {each.employee_id: each for each in accounts}
        rows = session.execute(select(Employee.employee_no, Employee.id))
        ids: dict[str, int] = dict(rows.all())
        named = {who: of_people[ids[number]] for who, number in NUMBERS.items()}
        named["admin"] = of_people[None]
        away = session.scalars(select(Deputy).where(Deputy.absent_id == ids["E0002"])).one()
        away.first_day = HIRED  # whatever the day is
    clients = {viewer: site.signed_in(named[viewer]) for viewer in VIEWERS}
    clients[ACTING] = site.signed_in(named["colleague"])
    with clients[ACTING].session_transaction() as cookie:
        cookie[BEHALF] = away.id
    yield Walk(site.app, clients, kind)
    with site.app.app_context():
        db.session.remove()
        db.engine.dispose()
    databases.drop(url)


def scopes(viewer: str, permission: Permission) -> set[Scope]:
    held = {ROLES[role].get(permission) for role in HELD[viewer]}
    if viewer == ACTING and permission not in (Permission.SELF, Permission.AUDIT_READ):
        held -= {Scope.OWN}
    return {scope for scope in held if scope is not None}


def reaches(viewer: str, permission: Permission, number: str, *, closed: bool) -> bool:
    """The table of docs/permissions.md, said once more."""
    held = scopes(viewer, permission)
    return number in EVERYBODY and (
        Scope.ALL in held
        or (closed and Scope.CLOSED in held)
        or (Scope.OWN in held and NUMBERS.get(viewer) == number)
        or (Scope.TEAM in held and number in TEAMS.get(viewer, ()))
    )


def said(answer: TestResponse) -> str:
    """The text of an answer, spreadsheets unpacked; without tokens, which may spell anything."""
    if answer.data.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(answer.data)) as archive:
            return " ".join(archive.read(name).decode() for name in archive.namelist())
    return TOKENS.sub("", bytes(answer.data).decode("utf-8", "replace"))
