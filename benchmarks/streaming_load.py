"""What answering viewers costs: wrk asks as fast as it can, and the server's CPU seconds are counted.

CPU seconds for a number of requests are steadier than requests per second, which depend on what else runs.
"""

from __future__ import annotations

import re
import subprocess
from dataclasses import dataclass
from typing import Final
from urllib.parse import urljoin

from benchmarks.streaming_cpu import spent
from benchmarks.streaming_systems import System
from refarch.streaming.data_plane import playlists
from rehearsals.streaming_processes import get

CONNECTIONS: Final = 50
_DONE = re.compile(r"(\d+) requests in ([0-9.]+)(us|ms|s|m)\b")
_REFUSED = re.compile(r"Non-2xx or 3xx responses: (\d+)")
_BROKEN = re.compile(r"Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)")
_UNITS: Final = {"us": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0}


@dataclass(frozen=True)
class Answered:
    """What wrk saw."""

    requests: int
    seconds: float
    errors: int


@dataclass(frozen=True)
class Served:
    """Of one address: requests per second, and the server's CPU seconds for a thousand of them.

    `media_seconds`: how much video one answer holds; 0 for a playlist.
    """

    per_second: float
    cpu_per_thousand: float
    media_seconds: float = 0.0

    @property
    def cpu_per_thousand_minutes(self) -> float:
        """CPU seconds for a thousand minutes of video: segments of different lengths compare by it alone."""
        return self.cpu_per_thousand * 60 / self.media_seconds


def parsed(output: str) -> Answered:
    """wrk's own report. Raises `ValueError` for another text."""
    done = _DONE.search(output)
    if done is None:
        raise ValueError(f"not a report of wrk: {output[-300:]!r}")
    broken = _BROKEN.search(output)
    errors = sum(map(int, broken.groups())) if broken else 0
    refused = _REFUSED.search(output)
    return Answered(int(done[1]), float(done[2]) * _UNITS[done[3]], errors + (int(refused[1]) if refused else 0))


def playlist(system: System, seconds: int) -> Served:
    """The passed-through rendition's playlist."""
    return _asked(system, system.playlists[0], seconds)


def segment(system: System, seconds: int) -> Served:
    """The newest segment of the lowest rendition."""
    url = system.playlists[-1]
    newest = playlists.parse(get(url)[1].decode())[-1]
    return _asked(system, urljoin(url, newest.file), seconds, newest.seconds)


def _asked(system: System, url: str, seconds: int, media_seconds: float = 0.0) -> Served:
    get(url)
    words = ["/usr/bin/wrk", "-t", "1", "-c", str(CONNECTIONS), "-d", f"{seconds}s", url]
    before = spent(system.edge)
    made = subprocess.run(words, capture_output=True, text=True, check=True)
    used = spent(system.edge) - before
    found = parsed(made.stdout)
    if found.errors or not found.requests:
        raise RuntimeError(f"{system.name}: {found.errors} of {found.requests} requests for {url} failed")
    return Served(found.requests / found.seconds, used / found.requests * 1000, media_seconds)
