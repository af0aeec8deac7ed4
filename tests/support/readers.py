"""Readers of a centre with three closed months: who asks for which page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from flask.testing import FlaskClient
from sqlalchemy import select
from support.parsed import Parsed
from support.site import Site

from core.models import MonthState
from core.values import Month
from staff.models import Account

AGENT = "E0060"
MONTH = Month(2026, 10)
NOW = datetime(2026, 11, 10, 2, tzinfo=UTC)


@dataclass
class Reports:
    """``accounts``: agent, supervisor (theirs), stranger (another team), hr, auditor, admin."""

    site: Site
    accounts: dict[str, Account]
    numbers: dict[str, str]

    def client(self, who: str, language: str = "en") -> FlaskClient:
        client = self.site.signed_in(self.accounts[who])
        with client.session_transaction() as session:
            session["language"] = language
        return client

    def html(self, who: str, url: str, language: str = "en", status: int = 200) -> str:
        answer = self.client(who, language).get(url)
        assert answer.status_code == status, url
        return answer.get_data(as_text=True)

    def page(self, who: str, url: str, language: str = "en", status: int = 200) -> Parsed:
        return Parsed(self.html(who, url, language, status))

    def publish(self, published: bool) -> None:
        with self.site.session() as session:
            for state in session.scalars(select(MonthState)):
                state.published_at = NOW if published else None
