"""Installations as users have them: a second factor is required, or letters go out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from support.databases import Kind
from support.site import Site, application

from core.db import db


@pytest.fixture
def strict(database_url: str, tmp_path: Path) -> Iterator[Site]:
    """Requires a second factor of HR and administrators, as is the default."""
    yield from _site(database_url, tmp_path, PINGYOU_SECOND_FACTOR="on")


@pytest.fixture
def writing(fresh_database_url: Callable[[Kind], str], tmp_path: Path) -> Iterator[Site]:
    """Writes letters; nothing listens at its server."""
    settings = {"SMTP_URL": "smtp://127.0.0.1:9", "PINGYOU_URL": "https://pingyou.example.org/"}
    yield from _site(fresh_database_url("sqlite"), tmp_path, **settings)


def _site(url: str, instance: Path, **settings: str) -> Iterator[Site]:
    site = Site(application(url, instance, PINGYOU_LANGUAGE="en", **settings))
    yield site
    with site.app.app_context():
        db.session.remove()
        db.engine.dispose()
