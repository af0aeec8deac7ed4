"""What every test may use: databases of both kinds and a browser. Nothing of the domain."""

from __future__ import annotations

pytest_plugins = [
    "support.databases",
    "support.browser",
    "support.centres",
    "support.site",
    "support.importing",
]
