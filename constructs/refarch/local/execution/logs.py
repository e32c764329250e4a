"""What containers say goes to CloudWatch Logs, in order, through one thread."""

from __future__ import annotations

import contextlib
import logging
import queue
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from refarch.local.execution.clients import client

logger = logging.getLogger("refarch.local")
AT_ONCE = 500  # lines in one request; AWS takes 10,000 and one megabyte
LONGEST = 250_000  # characters of one event; AWS takes 262,144 bytes
_lines: queue.SimpleQueue[tuple[Stream, int, str] | threading.Event] = queue.SimpleQueue()
_writer: threading.Thread | None = None
_starting = threading.Lock()


@dataclass(frozen=True)
class Stream:
    """A log stream. Group and stream are made with the first line; `create_group` false: the group must be there."""

    group: str
    name: str
    region: str
    create_group: bool = True

    def __call__(self, line: str) -> None:
        """Write a line (soon)."""
        _start()
        _lines.put((self, int(time.time() * 1000), line or " "))  # an event may not be empty


def flush(seconds: float = 5.0) -> None:
    """Wait until all that was written so far is in CloudWatch Logs."""
    if _writer is not None:
        done = threading.Event()
        _lines.put(done)
        if not done.wait(seconds):
            logger.warning("CloudWatch Logs did not take all lines within %g s; they follow", seconds)


def _start() -> None:
    global _writer
    with _starting:
        if _writer is None:
            _writer = threading.Thread(target=_write_all, name="refarch-logs", daemon=True)
            _writer.start()


def _write_all() -> None:
    known: set[Stream] = set()
    while True:
        taken = [_lines.get()]
        while len(taken) < AT_ONCE and not _lines.empty():
            taken.append(_lines.get())
        events: dict[Stream, list[Mapping[str, Any]]] = {}
        for entry in taken:
            if not isinstance(entry, threading.Event):
                stream, moment, line = entry
                events.setdefault(stream, []).append({"timestamp": moment, "message": line[:LONGEST]})
        for stream, batch in events.items():
            _put(stream, batch, known)
        for entry in taken:
            if isinstance(entry, threading.Event):
                entry.set()


def _put(stream: Stream, events: list[Mapping[str, Any]], known: set[Stream]) -> None:
    logs = client("logs", stream.region)
    try:
        if stream not in known:
            _make(logs, stream)
            known.add(stream)
        logs.put_log_events(logGroupName=stream.group, logStreamName=stream.name, logEvents=events)
    except Exception as error:
        known.discard(stream)
        logger.warning("%d lines for the log %s %s are lost: %s", len(events), stream.group, stream.name, error)


def _make(logs: Any, stream: Stream) -> None:
    exists = logs.exceptions.ResourceAlreadyExistsException
    if stream.create_group:
        with contextlib.suppress(exists):
            logs.create_log_group(logGroupName=stream.group)
    with contextlib.suppress(exists):
        logs.create_log_stream(logGroupName=stream.group, logStreamName=stream.name)
