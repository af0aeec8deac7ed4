"""The worker's memory after a thousand pages; then twenty users of it for a minute."""

from __future__ import annotations

import os
import random
import socket
import subprocess
import threading
import time
import urllib.error
import urllib.request
from collections import Counter
from pathlib import Path

from benchmarks.centre import number
from benchmarks.filling import MONTH
from benchmarks.pages import CHART, PAGES
from benchmarks.running import memory, settings_of
from core.serving import serving_command

USERS = 20


def under_load(
    database: Path, cookie: str, staff: int, *, seconds: int, pages: int
) -> tuple[int, int, float, float]:
    """Answers and errors of twenty users at once, and MB of the worker.

    After ``pages`` that were asked for one by one, and after the twenty users.
    """
    port = free_port()
    server = serve(database, port)
    try:
        wait(port)
        counts: Counter[str] = Counter()
        chance = random.Random(0)
        for _ in range(pages):
            ask(port, cookie, _address(chance, staff), counts)
        one_by_one, before = _largest(server.pid), counts["good"]
        until = time.monotonic() + seconds
        threads = [
            threading.Thread(target=_user, args=(port, cookie, staff, seed, until, counts))
            for seed in range(USERS)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return counts["good"] - before, counts["bad"], one_by_one, _largest(server.pid)
    finally:
        server.terminate()
        server.wait(20)


def serve(database: Path, port: int) -> subprocess.Popen[bytes]:
    root, env = Path(__file__).parents[1], {**os.environ, **settings_of(database)}
    return subprocess.Popen(serving_command(port), cwd=root, env=env)


def _address(chance: random.Random, staff: int) -> str:
    who = chance.randint(2, staff)
    if chance.random() < 0.3:
        return CHART.format(month=MONTH, who=number(who))
    return chance.choice(list(PAGES.values()))(who)


def _user(
    port: int, cookie: str, staff: int, seed: int, until: float, counts: Counter[str]
) -> None:
    chance = random.Random(seed)
    while time.monotonic() < until:
        ask(port, cookie, _address(chance, staff), counts)


def ask(port: int, cookie: str, address: str, counts: Counter[str]) -> None:
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}{address}", headers={"Cookie": f"session={cookie}"}
    )
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            answer.read()
            # Who is not signed in is led elsewhere.
            counts["good" if answer.url.endswith(address) else "bad"] += 1
    except (urllib.error.URLError, OSError):
        counts["bad"] += 1


def _family(process: int) -> list[int]:
    """The server's process and those that it started."""
    children = Path(f"/proc/{process}/task/{process}/children")
    found = children.read_text(encoding="ascii").split() if children.exists() else []
    return [process, *map(int, found)]


def _largest(process: int) -> float:
    """MB of the largest process of a server, which is the worker."""
    return max(memory("VmRSS", each) for each in _family(process))


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def wait(port: int) -> None:
    for _ in range(300):
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            time.sleep(0.2)
    raise RuntimeError("the server did not start")
