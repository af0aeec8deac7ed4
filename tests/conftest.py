"""What every test may use: databases of both kinds and a browser. Nothing of the domain."""

from __future__ import annotations

import gc

import pytest
from hypothesis import settings

# A machine that is busy makes no example wrong.
settings.register_profile("unhurried", deadline=None)
settings.load_profile("unhurried")

pytest_plugins = [
    "support.compiled",
    "support.databases",
    "support.browser",
    "support.centres",
    "support.site",
    "support.mail_server",
    "support.importing",
    "support.desk",
    "support.no_network",
]


def pytest_collection_finish(session: pytest.Session) -> None:
    """What was imported until now stays; looking for garbage among it takes time in every test."""
    gc.collect()
    gc.freeze()
