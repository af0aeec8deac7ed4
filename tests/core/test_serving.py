"""Ports and the command line of the server."""

from __future__ import annotations

import socket

import pytest

from core.messages import Refused
from core.serving import HOST, free_port, is_free, port_of, serving_command


@pytest.mark.parametrize(("text", "port"), [(None, 5000), ("", 5000), ("8080", 8080), ("1", 1)])
def test_the_port_is_5000_unless_told(text: str | None, port: int) -> None:
    assert port_of(text) == port


@pytest.mark.parametrize("text", ["0", "65536", "-1", "http", "5000 ", "５０００"])
def test_what_is_no_port_is_refused(text: str) -> None:
    with pytest.raises(Refused, match="PORT must be a number"):
        port_of(text)


def test_a_taken_port_is_said_before_the_server_tries_it(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as listener:
        listener.bind((HOST, 0))
        listener.listen()
        port = listener.getsockname()[1]
        assert not is_free(port)
        monkeypatch.setenv("PORT", str(port))
        with pytest.raises(Refused, match=f"port {port} is taken"):
            free_port()
    assert is_free(port)


def test_only_this_machine_can_reach_the_server() -> None:
    command = serving_command(5001)
    assert command[command.index("--bind") + 1] == "127.0.0.1:5001"
