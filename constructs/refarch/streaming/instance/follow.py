"""Keeps an edge on its origins' addresses: nginx asks DNS when it starts and never again.

An origin's public DNS name leads to its private address from inside the VPC. A replaced origin has the same name and
another private address, so the names are asked again and again, and nginx reads its configuration anew on a change:
open downloads go on, and the cache stays. Standard library only.
"""

from __future__ import annotations

import os
import signal
import socket
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from refarch.streaming.data_plane.settings import EdgeSettings, load
from refarch.streaming.data_plane.supervisor import log

EVERY_SECONDS = 5.0
Answers = dict[str, tuple[str, ...]]


def main(file: Path) -> int:
    """Until SIGTERM ends it."""
    settings = load(EdgeSettings, file)
    names = sorted({each.rpartition(":")[0] for each in (settings.primary, settings.backup) if each})
    pid = Path(settings.run) / "edge.pid"
    known = resolve(names, {})
    log("following", names=names)
    while True:
        time.sleep(EVERY_SECONDS)
        known = look(names, known, lambda: reload(pid))


def look(names: Sequence[str], known: Answers, changed: Callable[[], bool]) -> Answers:
    """Ask once. Where an answer differs, `changed` is called; what it could not do is tried at the next look."""
    found = resolve(names, known)
    if found == known:
        return known
    done = changed()
    log("origins_moved", before=known, after=found, reloaded=done)
    return found if done else known


def resolve(names: Sequence[str], before: Answers) -> Answers:
    """Addresses of each name. One that cannot be resolved now keeps what it had: nginx could not resolve it either."""
    return {name: _addresses(name) or before.get(name, ()) for name in names}


def reload(pid: Path) -> bool:
    """Whether nginx has been told."""
    try:
        os.kill(int(pid.read_text()), signal.SIGHUP)
    except (OSError, ValueError):
        return False
    return True


def _addresses(name: str) -> tuple[str, ...]:
    try:
        found = socket.getaddrinfo(name, None, type=socket.SOCK_STREAM)
    except OSError:
        return ()
    return tuple(sorted({str(each[4][0]) for each in found}))
