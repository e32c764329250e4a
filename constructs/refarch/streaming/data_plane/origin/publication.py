"""What one origin has published of one event: its renditions, the numbers listed, the playlists that say so."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

from refarch.streaming.data_plane import ladder
from refarch.streaming.data_plane.origin.packager import Piece
from refarch.streaming.data_plane.origin.shelf import Shelf
from refarch.streaming.data_plane.playlists import Variant
from refarch.streaming.data_plane.settings import OriginSettings

AUDIO_KILOBITS = 200
"""Allowed for in BANDWIDTH: the audio is passed through, whatever the encoder makes of it."""


class Publication:
    """Takes finished pieces, lists what every rendition has, and says how long ago the newest was listed."""

    def __init__(self, settings: OriginSettings, point: str, name: str) -> None:
        self.shelf = Shelf(Path(settings.run), point, name)
        self.renditions: tuple[ladder.Rendition, ...] = ()
        self.numbers: list[int] = []
        self.bandwidth = 0
        """Of the pass-through, in bit/s; 0 until it is known."""
        self.ended = False
        self._settings = settings
        self._codecs: dict[str, tuple[str, ...]] = {}
        self._listed_at = time.monotonic()

    @property
    def last(self) -> int | None:
        return self.numbers[-1] if self.numbers else None

    @property
    def silent(self) -> float:
        """Seconds since the newest segment was listed."""
        return time.monotonic() - self._listed_at

    def begin(self, renditions: tuple[ladder.Rendition, ...], bandwidth: int) -> bool:
        """A packager starts. A new event, or another picture: nothing of the old one stays up, and this says so."""
        new = self.ended or renditions != self.renditions
        if new:
            self.shelf.clear()
            self.numbers, self._codecs, self.ended, self.bandwidth = [], {}, False, 0
        self.renditions = renditions
        self.bandwidth = self.bandwidth or bandwidth
        return new

    def add(self, pieces: Sequence[Piece]) -> None:
        for piece in pieces:
            self._take(piece)
        numbers = self._common()
        if numbers and numbers != self.numbers:
            self._listed_at = time.monotonic()
            self._write(numbers)

    def close(self, pieces: Sequence[Piece]) -> None:
        """The last, short segment, and the mark that nothing follows."""
        for piece in pieces:
            self._take(piece)
        self.ended = True
        self._write(self._common())

    def _take(self, piece: Piece) -> None:
        self.shelf.add(piece.rendition, piece.number, piece.seconds, piece.file, piece.init)
        self._codecs.setdefault(piece.rendition, piece.codecs)
        size = piece.file.stat().st_size
        if piece.rendition == ladder.SOURCE_NAME and size * 8 / piece.seconds > self.bandwidth:
            self.bandwidth = ladder.measured_bandwidth(size, piece.seconds)

    def _common(self) -> list[int]:
        return self.shelf.common([each.name for each in self.renditions], self._settings.playlist_segments)

    def _write(self, numbers: list[int]) -> None:
        names = [each.name for each in self.renditions]
        self.shelf.list(names, numbers, self._settings.fragment_seconds * 1000, ended=self.ended)
        self.shelf.master([self._variant(each) for each in self.renditions])
        self.numbers = numbers

    def _variant(self, each: ladder.Rendition) -> Variant:
        rate = ladder.bandwidth(each, AUDIO_KILOBITS, self._settings.fragment_seconds)
        rate = self.bandwidth if each.passed_through else rate
        return Variant(
            self.shelf.uri(each.name), rate, each.width, each.height, each.fps, self._codecs.get(each.name, ())
        )
