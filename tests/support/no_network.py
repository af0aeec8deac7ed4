"""Tests speak to nobody but this machine: a connection to anywhere else fails, and says where."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Iterator
from typing import Any

import pytest


class Elsewhere(Exception):
    """A test, or what it tests, wanted to reach another machine."""


def is_here(host: object) -> bool:
    if host in (None, "", "localhost", b"localhost"):
        return True
    try:
        return ipaddress.ip_address(str(host)).is_loopback
    except ValueError:
        return False


@pytest.fixture(scope="session", autouse=True)
def _no_network() -> Iterator[None]:
    """For everything in this process; sockets of files (PostgreSQL) stay."""
    connect, resolve = socket.socket.connect, socket.getaddrinfo

    def guarded(self: socket.socket, address: Any) -> None:
        if self.family in (socket.AF_INET, socket.AF_INET6) and not is_here(address[0]):
            raise Elsewhere(f"a connection to {address[0]}")
        connect(self, address)

    def asked(host: Any, *args: Any, **kwargs: Any) -> Any:
        if not is_here(host):
            raise Elsewhere(f"the address of {host}")
        return resolve(host, *args, **kwargs)

    socket.socket.connect = guarded  # type: ignore[method-assign, assignment]
    socket.getaddrinfo = asked
    yield
    socket.socket.connect = connect  # type: ignore[method-assign]
    socket.getaddrinfo = resolve
