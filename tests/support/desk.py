"""HR at the import pages, in a browser without scripts.

def test_...(desk):
    path = desk.upload("employee_no,month,metric,value", "E0004,2026-10,csat,0.9")
    desk.press(path, "Store 1 new row")
"""

from __future__ import annotations

import base64
import html
import io
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from factories import people
from sqlalchemy import text
from support.centres import SECRET
from support.databases import Databases
from support.importing import with_policy
from support.site import Site, application

from core.db import db
from core.values import Month

if TYPE_CHECKING:
    from flask.testing import FlaskClient
    from werkzeug.test import TestResponse


class Desk:
    """HR at the import pages; ``language`` is the reader's."""

    def __init__(self, site: Site) -> None:
        self.site = site
        with site.session() as session:
            self.accounts = people.centre(session)
        self.client: FlaskClient = site.signed_in(self.accounts["hr"])

    def speak(self, language: str) -> None:
        with self.site.session() as session:
            session.execute(text("UPDATE accounts SET language = :to"), {"to": language})

    def get(self, path: str) -> str:
        response = self.client.get(path)
        assert response.status_code == 200, path
        return words(response)

    def send(
        self, content: str | bytes, name: str = "file.csv", kind: str = "", start: str = ""
    ) -> TestResponse:
        data = content.encode() if isinstance(content, str) else content
        return self.site.post(
            self.client,
            "/imports/",
            {"file": (io.BytesIO(data), name), "kind": kind, "start": start},
            form="/imports/",
        )

    def upload(self, *lines: str, kind: str = "metrics") -> str:
        """The address of the preview of a file of these lines."""
        response = self.send("\n".join(lines) + "\n", f"{kind}.csv", kind)
        assert response.status_code == 302, words(response)
        return response.location

    def press(self, path: str, label: str) -> TestResponse:
        """Send the form of the page whose button says ``label``, with its hidden fields."""
        page = self.client.get(path).get_data(as_text=True)
        for form in re.findall(r"<form method=\"post\".*?</form>", page, re.S):
            if f">{label}</button>" in html.unescape(form):
                action = re.search(r'action="([^"]+)"', form)
                assert action is not None
                fields = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', form)
                return self.client.post(action[1], data=dict(fields), follow_redirects=True)
        raise AssertionError(f"no button {label!r} on {path}:\n{page}")

    def undo(self, path: str, reason: str = "the wrong file") -> TestResponse:
        return self.site.post(self.client, f"{path}/undo", {"reason": reason}, form=path)

    def one(self, query: str) -> Any:
        with self.site.session() as session:
            return session.scalar(text(query))

    def run(self, act: Callable[..., None], *months: Month) -> None:
        with self.site.app.app_context():
            act(db.session(), *months)


def words(response: TestResponse) -> str:
    """The text of a page, without tags."""
    page = re.sub(r"<(script|style).*?</\1>", " ", response.get_data(as_text=True), flags=re.S)
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", page)).split())


@pytest.fixture
def desk(databases: Databases, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    """An empty centre under the default policy on 2 November 2026, read in English."""
    monkeypatch.setattr("core.clock.now", lambda _zone: people.NOW)
    url = databases.copy_of("sqlite", "default-policy", with_policy)
    key = base64.b64encode(SECRET).decode()
    site = Site(application(url, tmp_path, PINGYOU_KEY=key))
    made = Desk(site)
    made.speak("en")
    yield made
    with site.app.app_context():
        db.session.remove()
        db.engine.dispose()
    databases.drop(url)
