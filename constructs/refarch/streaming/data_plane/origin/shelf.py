"""What is served of one stream: its segments, its playlists, its lease. Every file appears whole or not at all."""

from __future__ import annotations

import hashlib
import os
import shutil
import time
from collections.abc import Sequence
from pathlib import Path

from refarch.streaming.data_plane import playlists
from refarch.streaming.data_plane.playlists import LowLatency, Part, Segment, Variant

TRANSPORT_STREAM, FMP4 = ".ts", ".m4s"
LEASE_SECONDS = 4
WAITED_SECONDS = 2
"""Leases that are over stay this long: a request that has waited is asked for that of the second in which it came."""
PARTS_KEPT = 4
"""Segments whose parts stay: two are listed by parts."""
SPARE_SEGMENTS = 10
"""Kept after they left the list: a viewer may be that far behind."""


def part_file(number: int, index: int) -> str:
    return f"{number}p{index}.m4s"


class Shelf:
    """The folder that nginx serves of one stream (`point` is hls or testhls)."""

    def __init__(self, run: Path, point: str, name: str) -> None:
        self._folder = run / "www" / point
        self._lease_folder = run / "lease"
        self._lease_stem = f"{point}-{name}"
        self._name = name
        self._segments: dict[str, dict[int, Segment]] = {}
        self._parts: dict[str, dict[int, list[Part]]] = {}
        self._leased: set[int] = set()

    def clear(self) -> None:
        """Take everything down: of an earlier life, of an event that is over."""
        self.end_lease()
        self._segments, self._parts = {}, {}
        for path in [self._folder / f"{self._name}.m3u8", *self._folder.glob(f"{self._name}_*")]:
            shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)

    def add(self, rendition: str, number: int, seconds: float, file: Path, init: Path | None = None) -> None:
        """Take a whole segment over from the packager, with the initialization segment that it needs."""
        folder = self._folder / f"{self._name}_{rendition}"
        folder.mkdir(parents=True, exist_ok=True)
        target = folder / f"{number}{FMP4 if init else TRANSPORT_STREAM}"
        if not target.exists():
            os.link(file, target)
        named = self._initialization(folder, init) if init else ""
        self._segments.setdefault(rendition, {})[number] = Segment(number, seconds, target.name, named)

    def _initialization(self, folder: Path, init: Path) -> str:
        """Named by its content: caches keep it, so a name never stands for anything else, here or at the peer."""
        content = init.read_bytes()
        target = folder / f"init{hashlib.sha256(content).hexdigest()[:16]}.mp4"
        if not target.exists():
            self._write(target, content)
        return target.name

    def add_part(self, rendition: str, number: int, index: int, part: Part, file: Path) -> None:
        """Take a part over, in its order."""
        folder = self._folder / f"{self._name}_{rendition}"
        folder.mkdir(parents=True, exist_ok=True)
        parts = self._parts.setdefault(rendition, {}).setdefault(number, [])
        if index == len(parts):
            if not (folder / part.file).exists():
                os.link(file, folder / part.file)
            parts.append(part)

    def parts_of(self, renditions: Sequence[str], number: int) -> int:
        """How many parts of a segment every rendition has."""
        return min((len(self._parts.get(each, {}).get(number, ())) for each in renditions), default=0)

    def common(self, renditions: Sequence[str], length: int) -> list[int]:
        """The newest consecutive numbers that every rendition has, at most `length`."""
        shelves = [self._segments.get(each, {}) for each in renditions]
        numbers = set(shelves[0]).intersection(*shelves[1:]) if shelves else set()
        return [each.number for each in playlists.newest_run([shelves[0][number] for number in numbers], length)]

    def list(
        self,
        renditions: Sequence[str],
        numbers: Sequence[int],
        fragment_ms: int,
        *,
        ended: bool = False,
        part_target: float = 0.0,
    ) -> None:
        """Write the media playlists; what fell off the list long ago goes. `part_target`: of low-latency HLS, or 0."""
        for each in renditions:
            found = self._segments[each]
            target = max(fragment_ms // 1000, *(round(found[number].seconds) for number in numbers))
            text = playlists.media(
                [found[number] for number in numbers],
                target_seconds=target,
                fragment_ms=fragment_ms,
                ended=ended,
                low_latency=self._low_latency(each, renditions, numbers[-1], part_target) if part_target else None,
            )
            self._write(self._folder / f"{self._name}_{each}" / "index.m3u8", text)
            for number in [number for number in found if number < numbers[0] - SPARE_SEGMENTS]:
                (self._folder / f"{self._name}_{each}" / found.pop(number).file).unlink(missing_ok=True)
            self._forget_parts(each, numbers[-1] - PARTS_KEPT)

    def _low_latency(self, rendition: str, renditions: Sequence[str], last: int, part_target: float) -> LowLatency:
        parts, ready = self._parts.get(rendition, {}), self.parts_of(renditions, last + 1)
        listed = {number: parts.get(number, []) for number in (last - 1, last)}
        reports = [f"../{self.uri(each)}" for each in renditions if each != rendition]
        listed[last + 1] = parts.get(last + 1, [])[:ready]
        return LowLatency(part_target, listed, part_file(last + 1, ready), reports)

    def _forget_parts(self, rendition: str, before: int) -> None:
        parts = self._parts.get(rendition, {})
        for number in [number for number in parts if number < before]:
            for part in parts.pop(number):
                (self._folder / f"{self._name}_{rendition}" / part.file).unlink(missing_ok=True)

    def master(self, variants: Sequence[Variant]) -> None:
        self._write(self._folder / f"{self._name}.m3u8", playlists.master(variants))

    def uri(self, rendition: str) -> str:
        return f"{self._name}_{rendition}/index.m3u8"

    def renew_lease(self) -> None:
        """Let nginx serve the playlists for the next few seconds: one file a second, so that time alone ends it."""
        now = int(time.time())
        wanted = set(range(now - WAITED_SECONDS, now + LEASE_SECONDS))
        for second in wanted - self._leased:
            (self._lease_folder / f"{self._lease_stem}.{second}").touch()
        for second in self._leased - wanted:
            (self._lease_folder / f"{self._lease_stem}.{second}").unlink(missing_ok=True)
        self._leased = wanted

    def end_lease(self) -> None:
        for path in self._lease_folder.glob(f"{self._lease_stem}.*"):
            path.unlink(missing_ok=True)
        self._leased = set()

    def _write(self, path: Path, content: str | bytes) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_suffix(".part")
        part.write_bytes(content.encode() if isinstance(content, str) else content)
        part.replace(path)
