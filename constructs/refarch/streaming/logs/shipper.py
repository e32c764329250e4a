"""Source by source, batch by batch: a position is kept when its batch has arrived, never before."""

from __future__ import annotations

import glob
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Protocol

from refarch.streaming.data_plane.supervisor import log
from refarch.streaming.logs import events, redaction
from refarch.streaming.logs.events import Event
from refarch.streaming.logs.files import LogFile
from refarch.streaming.logs.journal import Journal
from refarch.streaming.logs.sender import Sender
from refarch.streaming.logs.settings import LogSettings


class Source(Protocol):
    @property
    def name(self) -> str: ...
    def read(self, position: Any) -> Iterator[Event]: ...


class Positions:
    """Where each source goes on, on disk. A batch that arrived and was not noted is the one that may come twice."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "positions.json"
        self._known: dict[str, Any] = {}
        try:
            self._known = json.loads(self._file.read_text())
        except (OSError, ValueError):
            folder.mkdir(parents=True, exist_ok=True)

    def get(self, name: str) -> Any:
        return self._known.get(name)

    def put(self, name: str, position: Any) -> None:
        self._known[name] = position
        new = self._file.with_suffix(".new")
        new.write_text(json.dumps(self._known))
        new.replace(self._file)


class Shipper:
    """Ships for one instance until nothing new is there."""

    def __init__(self, settings: LogSettings, instance: str, sender: Sender) -> None:
        self._settings, self._sender = settings, sender
        self._streams = f"{settings.prefix}/{instance}"
        self._positions = Positions(Path(settings.state))
        self._told: set[str] = set()
        self._secrets = redaction.KnownSecrets(settings.secret_files)

    def ship(self) -> int:
        """How many events have arrived. Raises `Stopped`."""
        shipped = 0
        for source in self._sources():
            try:
                shipped += self._ship(source)
            except PermissionError as error:
                if source.name not in self._told:
                    log("unreadable", source=source.name, why=str(error))
                    self._told.add(source.name)
                continue
            if isinstance(source, LogFile):
                position = self._positions.get(source.name)
                if source.turn(position, self._settings.turn_at_bytes, self._settings.reopen):
                    log("turned", file=str(source.path))
        return shipped

    def _sources(self) -> Iterator[Source]:
        if self._settings.journal:
            yield Journal(self._settings.journal)
        for pattern in self._settings.files:
            yield from (LogFile(Path(path)) for path in sorted(glob.glob(pattern)))  # noqa: PTH207 - patterns are absolute

    def _ship(self, source: Source) -> int:
        shipped, secrets = 0, sorted(self._secrets.now(), key=len, reverse=True)
        lines = source.read(self._positions.get(source.name))
        for batch in events.batches(_ready(lines, secrets)):
            kept = [event for event in batch if event.message]
            if kept:
                self._sender.send(f"{self._streams}/{source.name}", kept)
            if (position := events.position_after(batch)) is not None:
                self._positions.put(source.name, position)
            shipped += len(kept)
        return shipped


def _ready(lines: Iterable[Event], secrets: Iterable[str]) -> Iterator[Event]:
    for line in lines:
        clean = Event(line.milliseconds, redaction.redact(line.message, secrets), line.after)
        pieces = list(events.parts(clean))
        # An empty line is not shipped, but it is read: its position counts.
        yield from pieces or [Event(line.milliseconds, "", line.after)]
