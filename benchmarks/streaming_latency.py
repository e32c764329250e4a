"""How old pictures are when a viewer at the edge can have them, read from the clock that is burnt into them."""

from __future__ import annotations

import statistics
import threading
import time
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urljoin

from benchmarks.streaming_clock import age, drawn
from benchmarks.streaming_systems import System
from refarch.streaming.data_plane import playlists
from refarch.streaming.load.client import Client
from refarch.streaming.load.viewer import START_BEHIND

EVERY: Final = 0.2  # seconds between two looks
DECODED: Final = 6
"""Segments of a system that are looked into, the newest."""


@dataclass(frozen=True)
class Seen:
    """A segment, when it was first listed at the edge (seconds since the epoch), and all of it."""

    number: int
    at: float
    body: bytes


@dataclass(frozen=True)
class Latency:
    """Medians over segments, in seconds.

    `newest`: age of a segment's last picture when the segment is there. `start`: age of the picture that a player
    begins with, three segments from the end (RFC 8216, 6.3.3). None where fewer have been seen: the edge's cache makes
    some ages longer than others.
    """

    newest: float | None
    start: float | None


@dataclass
class Lookout:
    """Follows the passed-through rendition of one system while the block runs. Begins before the encoder does."""

    system: System
    seen: list[Seen] = field(default_factory=list)

    def __enter__(self) -> Lookout:
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join(15)

    def _watch(self) -> None:
        client, url = Client(), self.system.playlists[0]
        while not self._stop.wait(EVERY):
            answer = client.get(url)
            listed = playlists.parse(answer.body.decode()) if answer.ok else []
            if listed and (not self.seen or listed[-1].number > self.seen[-1].number):
                at = time.time()
                self.seen.append(Seen(listed[-1].number, at, client.get(urljoin(url, listed[-1].file)).body))
        client.close()


def latency(seen: list[Seen]) -> Latency:
    """Of what a lookout saw. Raises `RuntimeError` where it saw no picture."""
    chosen = seen[-DECODED:]
    return summed(chosen, [drawn(each.body) for each in chosen])


def summed(seen: list[Seen], pictures: list[list[int]]) -> Latency:
    """From what was seen and the clocks in its pictures."""
    rows = [(each, clocks) for each, clocks in zip(seen, pictures, strict=True) if clocks]
    if not rows:
        raise RuntimeError("no picture with a clock was seen")
    ages = [age(each.at, clocks[-1]) for each, clocks in rows]
    behind = START_BEHIND - 1
    starts = [age(each.at, clocks[0]) for (each, _), (_, clocks) in zip(rows[behind:], rows, strict=False)]
    return Latency(statistics.median(ages), statistics.median(starts)) if starts else Latency(None, None)
