"""Ports for servers that start later."""

from __future__ import annotations

import socket

import pytest

from rehearsals import ports


def test_a_port_is_below_those_of_the_kernel_and_nobody_has_it(monkeypatch: pytest.MonkeyPatch) -> None:
    assert all(ports.PORTS[0] <= ports.free_port() < ports.PORTS[1] <= 32_768 for _ in range(20))
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        first = taken.getsockname()[1]
        answers = iter([first, 0])
        monkeypatch.setattr(ports.random.SystemRandom, "randrange", lambda *_: next(answers))
        assert ports.free_port() == 0, "the one that is taken is passed over"
