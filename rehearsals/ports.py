"""Ports of loopback for servers that start a little later."""

from __future__ import annotations

import contextlib
import random
import socket
from typing import Final

PORTS: Final = (10_000, 32_000)
"""Below those that the kernel gives to whoever asks for any (32768 and up, on Linux).

One of those is soon somebody else's, as the near end of a connection, before the server that is to have it runs.
"""


def free_port() -> int:
    """A port that nobody has now."""
    dice = random.SystemRandom()  # processes that were forked with one state must not find the same
    while True:
        port = dice.randrange(*PORTS)
        with socket.socket() as found, contextlib.suppress(OSError):
            found.bind(("127.0.0.1", port))
            return port
