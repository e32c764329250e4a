"""A viewer: reads the master playlist, follows one rendition (or all), fetches each segment once, notes everything."""

from __future__ import annotations

import hashlib
import threading
import urllib.parse
from collections.abc import Callable
from dataclasses import dataclass, field

from refarch.streaming.data_plane import playlists
from refarch.streaming.hls_rules import master_uris
from refarch.streaming.load.client import Answer, Client

START_BEHIND = 3
"""Segments from the live end where a player starts (RFC 8216, 6.3.3)."""


@dataclass
class Track:
    """What one viewer saw of one rendition."""

    numbers: list[int] = field(default_factory=list)
    """Of the segments fetched, in order."""
    sequence: int = -1
    regressions: int = 0
    """How often the playlist's first number went back: a player would stop there."""
    digests: dict[int, str] = field(default_factory=dict)
    seconds: float = 0.0
    """Of media fetched."""
    inits: set[str] = field(default_factory=set)
    """Initialization segments fetched, of fragmented MP4."""
    ended: bool = False

    @property
    def gaps(self) -> int:
        """Segments that were skipped."""
        return sum(b - a - 1 for a, b in zip(self.numbers, self.numbers[1:], strict=False) if b > a + 1)


class Viewer:
    """Fetches until told to stop or until the event has ended. `note` is called with every answer.

    `rendition`: which line of the master playlist to follow, counted round; None: all of them. `every`: seconds between
    two looks at a playlist.
    """

    def __init__(
        self,
        url: str,
        note: Callable[[str, Answer], None],
        *,
        rendition: int | None = 0,
        every: float = 1.0,
        timeout: float = 5.0,
    ) -> None:
        self.tracks: dict[str, Track] = {}
        self._url, self._note, self._rendition, self._every = url, note, rendition, every
        self._client = Client(timeout)

    def watch(self, stop: threading.Event) -> None:
        try:
            while not stop.is_set() and not self.tracks:
                self._choose()
                stop.wait(self._every)
            while not stop.is_set() and not all(track.ended for track in self.tracks.values()):
                for url, track in self.tracks.items():
                    self._look(url, track)
                stop.wait(self._every)
        finally:
            self._client.close()

    def _choose(self) -> None:
        answer = self._get("master", self._url)
        if not answer.ok:
            return
        found = [urllib.parse.urljoin(self._url, uri) for uri in master_uris(answer.body.decode())]
        chosen = found if self._rendition is None else found[self._rendition % len(found) :][:1] if found else []
        self.tracks = {url: Track() for url in chosen}

    def _look(self, url: str, track: Track) -> None:
        answer = self._get("playlist", url)
        if not answer.ok or track.ended:
            return
        text = answer.body.decode()
        listed = playlists.parse(text)
        if listed:
            track.regressions += listed[0].number < track.sequence
            track.sequence = max(track.sequence, listed[0].number)
        for each in listed if track.numbers else listed[-START_BEHIND:]:
            if not track.numbers or each.number > track.numbers[-1]:
                self._fetch(url, each, track)
        track.ended = playlists.ended(text)

    def _fetch(self, playlist: str, segment: playlists.Segment, track: Track) -> None:
        if segment.init and segment.init not in track.inits:
            if not self._get("init", urllib.parse.urljoin(playlist, segment.init)).ok:
                return
            track.inits.add(segment.init)
        answer = self._get("segment", urllib.parse.urljoin(playlist, segment.file))
        if answer.ok:
            track.numbers.append(segment.number)
            track.digests[segment.number] = hashlib.sha256(answer.body).hexdigest()
            track.seconds += segment.seconds

    def _get(self, kind: str, url: str) -> Answer:
        answer = self._client.get(url)
        self._note(kind, answer)
        return answer
