"""One run of ffmpeg that cuts a stream into segments, and what has come out of it. Nothing is served from here."""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from refarch.streaming.data_plane import ffmpeg_commands, playlists, processors, transport_stream
from refarch.streaming.data_plane.clock import Start, number_of
from refarch.streaming.data_plane.ladder import Rendition, Source
from refarch.streaming.data_plane.settings import OriginSettings
from refarch.streaming.data_plane.supervisor import bound

HEAD_BYTES = 96_000
"""Enough of a segment to see its first picture and its codecs."""
TOLERANCE = 0.1
"""A segment this much longer or shorter than a fragment is irregular."""


@dataclass(frozen=True)
class Plan:
    """What one run makes: the stream, its renditions, where it starts."""

    application: str
    name: str
    renditions: tuple[Rendition, ...]
    source: Source
    start: Start

    def threads(self, settings: OriginSettings) -> int:
        """Of each encoder."""
        return processors.threads(settings.encoder_threads, self.source, self.renditions, settings.preset)


@dataclass(frozen=True)
class Piece:
    """A finished segment.

    `phase` is how far (ms) its first picture is off the grid of fragments. One that is not `whole` was cut short or
    spans a gap: the other origin may have it whole, under the same number.
    """

    rendition: str
    number: int
    seconds: float
    phase: int
    whole: bool
    file: Path
    codecs: tuple[str, ...]
    init: Path | None = None
    """The initialization segment that it needs, where it is fragmented MP4."""
    part: int | None = None
    """Which part of its segment it is; None: the segment."""
    independent: bool = True


@dataclass
class _Progress:
    """How far one rendition has been read."""

    read_at: int = 0
    seen: set[str] = field(default_factory=set)
    lengths: list[float] = field(default_factory=list)
    newest: int | None = None


class Packager:
    """Starts when it is made. `scan` gives each finished segment once."""

    def __init__(self, settings: OriginSettings, plan: Plan) -> None:
        self.plan = plan
        self._settings = settings
        self._fragment = settings.fragment_seconds * 1000
        self._folders = {each.name: self._folder(each) for each in plan.renditions}
        for folder in self._folders.values():
            shutil.rmtree(folder, ignore_errors=True)
            if settings.packager == "ffmpeg":
                folder.mkdir(parents=True)
        self._progress = {each.name: _Progress() for each in plan.renditions}
        self.process = self._run(self._command())
        self.started = time.monotonic()

    def _run(self, command: list[str]) -> subprocess.Popen[bytes]:
        plan = self.plan
        with Path(self._settings.log, f"packager-{plan.application}-{plan.name}.log").open("ab") as log:
            return subprocess.Popen(
                bound(command), stdin=subprocess.DEVNULL, stdout=log, stderr=log, pass_fds=self._pipes()
            )

    def _pipes(self) -> Sequence[int]:
        """What the program writes into besides files."""
        return ()

    @property
    def running(self) -> bool:
        return self.process.poll() is None

    @property
    def irregular(self) -> bool:
        """Whether the encoder's key frames do not fall on fragments: then numbers cannot follow its clock."""
        return any(self._counting(each) for each in self._progress.values())

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def scan(self) -> Iterator[Piece]:
        """The segments finished since the last scan."""
        for name, folder in self._folders.items():
            progress, index = self._progress[name], folder / "index.m3u8"
            try:
                changed = index.stat().st_mtime_ns
                if changed == progress.read_at:
                    continue
                listed = playlists.parse(index.read_text())
            except FileNotFoundError:
                continue
            progress.read_at = changed
            for each in listed:
                if each.file not in progress.seen and (piece := self._piece(name, folder, each)):
                    progress.seen.add(each.file)
                    yield piece

    def _piece(self, rendition: str, folder: Path, listed: playlists.Segment) -> Piece | None:
        file, seconds = folder / listed.file, listed.seconds
        with file.open("rb") as opened:
            head = opened.read(HEAD_BYTES)
        pts, codecs = transport_stream.describe(head)
        if pts is None:
            return None
        progress = self._progress[rendition]
        number, phase = number_of(pts, self.plan.start, self._fragment)
        progress.lengths.append(seconds)
        if progress.newest is not None and self._counting(progress):
            number = progress.newest + 1
        progress.newest = number
        whole = self._counting(progress) or self._regular(seconds)
        return Piece(rendition, number, seconds, phase, whole, file, codecs)

    def _counting(self, progress: _Progress) -> bool:
        """Irregular from the start: two segments in a row, so that one short of a gap does not count."""
        first = progress.lengths[:2]
        return len(first) == 2 and not any(self._regular(each) for each in first)

    def _regular(self, seconds: float) -> bool:
        return abs(seconds * 1000 - self._fragment) <= TOLERANCE * self._fragment

    def _folder(self, rendition: Rendition) -> Path:
        root = Path(self._settings.run, "packager")
        if self._settings.packager == "ffmpeg":
            return root / self.plan.application / self.plan.name / rendition.name
        return root / "show" / f"{self.plan.application}-{self.plan.name}_{rendition.name}"

    @property
    def _server(self) -> str:
        return f"rtmp://127.0.0.1:{self._settings.rtmp_listen.rpartition(':')[2]}"

    @property
    def _source(self) -> str:
        return f"{self._server}/{self.plan.application}/{self.plan.name}"

    def _command(self) -> list[str]:
        plan, settings, server, source = self.plan, self._settings, self._server, self._source
        if settings.packager == "ffmpeg":
            return ffmpeg_commands.packager(
                source,
                plan.renditions,
                plan.start,
                has_audio=plan.source.has_audio,
                fragment_ms=self._fragment,
                preset=settings.preset,
                threads=plan.threads(settings),
                folder=str(Path(settings.run, "packager", plan.application, plan.name)),
            )
        return ffmpeg_commands.loopback(
            source,
            plan.renditions,
            plan.start,
            has_audio=plan.source.has_audio,
            preset=settings.preset,
            threads=plan.threads(settings),
            target_url=f"{server}/show/{plan.application}-{plan.name}",
        )
