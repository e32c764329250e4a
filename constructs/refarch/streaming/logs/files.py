"""A log file as a source: followed by its inode, so that one that was put aside is read to its end first."""

from __future__ import annotations

import glob
import os
import re
import signal
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from refarch.streaming.logs.events import BATCH_BYTES, EVENT_BYTES, Event

QUIET_SECONDS = 2.0
_TIME = re.compile(rb'"time":"?([0-9]{10}(?:\.[0-9]+)?)')


class LogFile:
    """One file. A position is its inode and the offset behind the last line that has arrived."""

    def __init__(self, path: Path) -> None:
        self.path, self.name = path, path.name

    def read(self, position: Any) -> Iterator[Event]:
        """Whole lines behind `position`, as many as fill a batch. Nothing while there is no file."""
        for file, offset in self._to_read(position):
            yield from _lines(file, offset)

    def _to_read(self, position: Any) -> list[tuple[Path, int]]:
        now = _inode(self.path)
        if not position:
            return [(self.path, 0)] if now else []
        inode, offset = position
        if now == inode:
            shorter = self.path.stat().st_size < offset
            return [(self.path, 0 if shorter else offset)]
        aside = [each for each in sorted(self.path.parent.glob(f"{self.path.name}.*")) if _inode(each) == inode]
        found = [(each, offset) for each in aside]
        # Its server may still be writing to it; the new one is read when nothing comes any more.
        quiet = all(time.time() - max(each.stat().st_mtime, each.stat().st_ctime) > QUIET_SECONDS for each in aside)
        return [*found, (self.path, 0)] if now and quiet else found

    def turn(self, position: Any, at_bytes: int, reopen: Sequence[str]) -> bool:
        """Put the file aside when it is large and all of it has arrived; or far too large, whatever has arrived."""
        try:
            found = self.path.stat()
        except FileNotFoundError:
            return False
        arrived = bool(position) and tuple(position) == (found.st_ino, found.st_size)
        if found.st_size < at_bytes or not (arrived or found.st_size >= 8 * at_bytes):
            return False
        self.path.replace(self.path.with_name(f"{self.path.name}.1"))
        for pid_file in (file for pattern in reopen for file in glob.glob(pattern)):  # noqa: PTH207 - absolute
            try:
                os.kill(int(Path(pid_file).read_text()), signal.SIGUSR1)
            except (OSError, ValueError):
                continue  # that server does not run
        return True


def _lines(file: Path, offset: int) -> Iterator[Event]:
    size = 0
    with file.open("rb") as stream:
        inode = os.fstat(stream.fileno()).st_ino
        stream.seek(offset)
        while size < BATCH_BYTES:
            line = stream.readline(EVENT_BYTES)
            # A line that is still being written is read when it has ended; one without an end, in pieces.
            if not line.endswith(b"\n") and len(line) < EVENT_BYTES:
                return
            offset, size = offset + len(line), size + len(line)
            yield Event(_moment(line), line.decode(errors="replace").rstrip("\n"), [inode, offset])


def _moment(line: bytes) -> int:
    """The time that the line has in it, as this project's own have; otherwise now."""
    match = _TIME.search(line)
    return int(float(match[1]) * 1000) if match else int(time.time() * 1000)


def _inode(path: Path) -> int:
    try:
        return path.stat().st_ino
    except FileNotFoundError:
        return 0
