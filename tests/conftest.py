"""What every test may use: databases of both kinds and a browser. Nothing of the domain."""

from __future__ import annotations

import gc

import pytest
from hypothesis import HealthCheck, settings

# A machine that is busy makes no example wrong. Every run tries the same ones, so that it finds
# what the one before found; others are looked for by `pytest --hypothesis-profile searching`.
settings.register_profile(
    "searching", deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=False
)
settings.register_profile("repeatable", settings.get_profile("searching"), derandomize=True)
settings.load_profile("repeatable")

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
