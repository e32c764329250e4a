"""What one origin has published of one event: its renditions, the numbers listed, the playlists that say so."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

from refarch.streaming.data_plane import ladder
from refarch.streaming.data_plane.origin.packager import Piece
from refarch.streaming.data_plane.origin.shelf import Shelf, part_file
from refarch.streaming.data_plane.parts import part_target
from refarch.streaming.data_plane.playlists import Part, Variant
from refarch.streaming.data_plane.settings import OriginSettings

AUDIO_KILOBITS = 200
"""Allowed for in BANDWIDTH: the audio is passed through, whatever the encoder makes of it."""


class Publication:
    """Takes finished pieces, lists what every rendition has, and says how long ago the newest was listed."""

    def __init__(self, settings: OriginSettings, point: str, name: str) -> None:
        self.shelf = Shelf(Path(settings.run), point, name)
        self.renditions: tuple[ladder.Rendition, ...] = ()
        self.numbers: list[int] = []
        self.parts = 0
        """Of the segment after the newest, in every rendition."""
        self.bandwidth = 0
        """Of the pass-through, in bit/s; 0 until it is known."""
        self.ended = False
        self._settings = settings
        self._codecs: dict[str, tuple[str, ...]] = {}
        self._per_segment = settings.fragment_seconds * 1000 // (settings.part_ms or settings.fragment_seconds * 1000)
        self._listed_at = time.monotonic()

    @property
    def last(self) -> int | None:
        return self.numbers[-1] if self.numbers else None

    @property
    def position(self) -> int | None:
        """How far this origin is: `last`, counted in parts where there are parts."""
        return None if self.last is None else self.last * self._per_segment + self.parts

    def has(self, number: int, part: int | None) -> bool:
        """Whether the segment, or that part of it, is listed. A part behind the last is the next segment's first."""
        position = self.position
        if position is None:
            return False
        return position >= (number * self._per_segment if part is None else (number - 1) * self._per_segment + part + 1)

    @property
    def silent(self) -> float:
        """Seconds since the newest segment was listed."""
        return time.monotonic() - self._listed_at

    def begin(self, renditions: tuple[ladder.Rendition, ...], bandwidth: int) -> bool:
        """A packager starts. A new event, or another picture: nothing of the old one stays up, and this says so."""
        new = self.ended or renditions != self.renditions
        if new:
            self.shelf.clear()
            self.numbers, self.parts, self._codecs, self.ended, self.bandwidth = [], 0, {}, False, 0
        self.renditions = renditions
        self.bandwidth = self.bandwidth or bandwidth
        return new

    def add(self, pieces: Sequence[Piece]) -> None:
        for piece in pieces:
            self._take(piece)
        numbers = self._common()
        parts = self.shelf.parts_of([each.name for each in self.renditions], numbers[-1] + 1) if numbers else 0
        if numbers and (numbers, parts) != (self.numbers, self.parts):
            self._listed_at = time.monotonic()
            self._write(numbers, parts)

    def close(self, pieces: Sequence[Piece]) -> None:
        """The last, short segment, and the mark that nothing follows."""
        for piece in pieces:
            self._take(piece)
        self.ended = True
        self._write(self._common(), 0)

    def _take(self, piece: Piece) -> None:
        if piece.part is None:
            self._take_segment(piece)
        else:
            part = Part(piece.seconds, part_file(piece.number, piece.part), piece.independent)
            self.shelf.add_part(piece.rendition, piece.number, piece.part, part, piece.file)
        # The shelf has a link of its own: a file stays in memory as long as it is served.
        piece.file.unlink(missing_ok=True)

    def _take_segment(self, piece: Piece) -> None:
        self.shelf.add(piece.rendition, piece.number, piece.seconds, piece.file, piece.init)
        self._codecs.setdefault(piece.rendition, piece.codecs)
        size = piece.file.stat().st_size
        if piece.rendition == ladder.SOURCE_NAME and size * 8 / piece.seconds > self.bandwidth:
            self.bandwidth = ladder.measured_bandwidth(size, piece.seconds)

    def _common(self) -> list[int]:
        return self.shelf.common([each.name for each in self.renditions], self._settings.playlist_segments)

    def _write(self, numbers: list[int], parts: int) -> None:
        names = [each.name for each in self.renditions]
        target = part_target(self._settings.part_ms, self.renditions[0].fps) if self._settings.part_ms else 0.0
        fragment = self._settings.fragment_seconds * 1000
        self.shelf.list(names, numbers, fragment, ended=self.ended, part_target=target)
        if numbers != self.numbers:
            self.shelf.master([self._variant(each) for each in self.renditions])
        self.numbers, self.parts = numbers, parts

    def _variant(self, each: ladder.Rendition) -> Variant:
        rate = ladder.bandwidth(each, AUDIO_KILOBITS, self._settings.fragment_seconds)
        rate = self.bandwidth if each.passed_through else rate
        return Variant(
            self.shelf.uri(each.name), rate, each.width, each.height, each.fps, self._codecs.get(each.name, ())
        )
