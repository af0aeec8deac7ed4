"""What every test may use: databases of both kinds and a browser. Nothing of the domain."""

from __future__ import annotations

from hypothesis import settings

# A machine that is busy makes no example wrong.
settings.register_profile("unhurried", deadline=None)
settings.load_profile("unhurried")

pytest_plugins = [
    "support.databases",
    "support.browser",
    "support.centres",
    "support.site",
    "support.mail_server",
    "support.importing",
    "support.desk",
    "support.no_network",
]
