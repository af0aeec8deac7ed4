"""Serving the application on this machine: what ``make run`` ends in."""

from __future__ import annotations

import gc
import os
import socket
import sys
from typing import Any, NoReturn

import click
from flask_babel import gettext

from core.messages import N_, Refused

HOST = "127.0.0.1"
THREADS = 8


def port_of(text: str | None) -> int:
    """The port that the setting PORT names, 5000 without one; raises ``Refused``."""
    if not text:
        return 5000
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= 65535:
        raise Refused(N_('PORT must be a number from 1 to 65535: "%(text)s"'), text=text)
    return int(text)


def is_free(port: int) -> bool:
    """Whether nobody listens on the port."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def serving_command(port: int) -> list[str]:
    """One process, because limits on requests are counted in its memory; threads for the rest."""
    return [
        *(sys.executable, "-m", "gunicorn", "app:create_app()"),
        *("--bind", f"{HOST}:{port}"),
        *("--worker-class", "gthread", "--workers", "1", "--threads", str(THREADS)),
        *("--log-level", "warning", "--no-control-socket"),
        *("--config", f"python:{__name__}"),  # for what follows
    ]


def post_worker_init(_worker: Any) -> None:
    """Gunicorn calls it once a worker is ready: what the application consists of stays.

    Looking through all of it for cycles, again and again, would hold up one page in ten.
    """
    gc.collect()
    gc.freeze()


def free_port() -> int:
    """The port that the setting PORT names; refused where it is none, or taken."""
    port = port_of(os.environ.get("PORT"))
    if not is_free(port):
        raise Refused(N_("port %(port)s is taken; choose another by PORT=..."), port=str(port))
    return port


@click.command("start")
def start() -> NoReturn:
    """Serve on 127.0.0.1, port PORT (default 5000)."""
    port = free_port()
    address = f"http://{HOST}:{port}"
    click.echo(gettext("Serving on %(address)s (stop with Ctrl+C)", address=address))
    sys.stdout.flush()
    # The server takes the place of this process, so that Ctrl+C and signals reach it alone.
    os.execv(sys.executable, serving_command(port))
