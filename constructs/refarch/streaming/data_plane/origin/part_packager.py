"""One run of ffmpeg whose frames are cut here, as they come, into fragmented MP4: segments, and parts of them.

ffmpeg's own HLS muxer knows no parts, and what it writes depends on when it began.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import queue
import threading
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from refarch.streaming.data_plane import ffmpeg_commands, flv, fragmented_mp4
from refarch.streaming.data_plane.ladder import Rendition
from refarch.streaming.data_plane.origin.packager import Packager, Piece, Plan
from refarch.streaming.data_plane.parts import Cutter, Part
from refarch.streaming.data_plane.settings import OriginSettings
from refarch.streaming.data_plane.supervisor import log

READ_BYTES = 1 << 16
PIPE_BYTES = 1 << 20
"""ffmpeg must not wait for us: a key frame of 4K fits."""


class PartPackager(Packager):
    """Like `Packager`; with `part_ms`, `scan` gives each part as well, and a segment together with its last part."""

    def __init__(self, settings: OriginSettings, plan: Plan) -> None:
        self._found: queue.SimpleQueue[Piece] = queue.SimpleQueue()
        self._ends = [os.pipe() for _ in plan.renditions]
        super().__init__(settings, plan)
        for (read, write), each in zip(self._ends, plan.renditions, strict=True):
            os.close(write)
            with contextlib.suppress(OSError):  # a host may allow less
                fcntl.fcntl(read, fcntl.F_SETPIPE_SZ, PIPE_BYTES)
            threading.Thread(target=self._read, args=(read, each), daemon=True, name=f"parts {each.name}").start()

    def scan(self) -> Iterator[Piece]:
        while not self._found.empty():
            yield self._found.get()

    def _command(self) -> list[str]:
        settings, plan = self._settings, self.plan
        return ffmpeg_commands.frames(
            self._source,
            plan.renditions,
            plan.start,
            has_audio=plan.source.has_audio,
            preset=settings.preset,
            threads=plan.threads(settings),
            targets=[f"pipe:{write}" for _, write in self._ends],
        )

    def _pipes(self) -> Sequence[int]:
        return [write for _, write in self._ends]

    def _read(self, pipe: int, rendition: Rendition) -> None:
        """Until ffmpeg ends: then the pipe does, too."""
        reader, writer = flv.Reader(), _Writer(self, rendition)
        try:
            with open(pipe, "rb", buffering=0) as source:
                while data := source.read(READ_BYTES):
                    for item in reader.feed(data):
                        self._note(writer, writer.cutter.take(item))
                self._note(writer, writer.cutter.finish())
        except (OSError, ValueError, IndexError) as error:
            log("parts stopped", stream=self.plan.name, rendition=rendition.name, why=repr(error))
            self.process.kill()

    def _note(self, writer: _Writer, parts: Iterable[Part]) -> None:
        for part in parts:
            for piece in writer.write(part):
                self._found.put(piece)


class _Writer:
    """Writes the parts of one rendition, and the segments that they make up."""

    def __init__(self, packager: PartPackager, rendition: Rendition) -> None:
        plan, settings = packager.plan, packager._settings
        self._packager, self._name = packager, rendition.name
        self._folder = packager._folders[rendition.name]
        self._written: list[Part] = []
        self._codecs: tuple[str, ...] = ()
        self._init = self._folder / "init.mp4"
        self.cutter = Cutter(
            plan.start,
            fragment=settings.fragment_seconds * 1000,
            part=settings.part_ms or settings.fragment_seconds * 1000,
            width=rendition.width,
            height=rendition.height,
            has_audio=plan.source.has_audio,
        )

    def write(self, part: Part) -> Iterator[Piece]:
        if not self._codecs and self.cutter.init is not None:
            self._init.write_bytes(self.cutter.init)
            _, self._codecs = fragmented_mp4.describe(self.cutter.init, part.data)
        self._written.append(part)
        if self._packager._settings.part_ms:
            file = self._folder / f"{part.number}p{part.index}.m4s"
            file.write_bytes(part.data)
            yield self._piece(part, part.seconds, True, file, part.index)
        if part.last:
            yield self._segment(part)

    def _segment(self, last: Part) -> Piece:
        parts, self._written = self._written, []
        seconds = sum(each.seconds for each in parts)
        file = self._folder / f"{last.number}.m4s"
        file.write_bytes(b"".join(each.data for each in parts))
        self._packager._progress[self._name].lengths.append(seconds)
        return self._piece(last, seconds, self._packager._regular(seconds), file, None)

    def _piece(self, part: Part, seconds: float, whole: bool, file: Path, index: int | None) -> Piece:
        return Piece(
            rendition=self._name,
            number=part.number,
            seconds=seconds,
            phase=part.phase,
            whole=whole,
            file=file,
            codecs=self._codecs,
            init=self._init,
            part=index,
            independent=part.independent,
        )
