"""Lines as events, and events as batches that PutLogEvents takes. Decisions: nothing is read or sent in here.

Limits of the API: 1 MiB and 10,000 events a batch, with 26 bytes for each event; 24 hours from the first to the last;
in the order of their times. An event may have 1 MiB, in some regions still 256 KiB: the smaller holds everywhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

BATCH_BYTES = 1_048_576
BATCH_EVENTS = 10_000
EVENT_OVERHEAD = 26
EVENT_BYTES = 256 * 1024 - EVENT_OVERHEAD
SPAN_MS = 24 * 3600 * 1000 - 1


MANY_EVENTS = 2_000


def pause_after(shipped: int, every_seconds: float) -> float:
    """Seconds to the next look. Lines that come all the time are collected: each call costs, whatever it carries."""
    return 0.0 if shipped >= MANY_EVENTS else every_seconds


@dataclass(frozen=True)
class Event:
    """A line. `after` is where its source goes on when this one has arrived."""

    milliseconds: int
    message: str
    after: Any = None

    @property
    def size(self) -> int:
        return len(self.message.encode()) + EVENT_OVERHEAD


def parts(event: Event) -> Iterator[Event]:
    """The event in pieces that are allowed; an empty line is none."""
    data = event.message.encode()
    while len(data) > EVENT_BYTES:
        piece = data[:EVENT_BYTES].decode(errors="ignore")  # not in the middle of a character
        yield Event(event.milliseconds, piece, None)
        data = data[len(piece.encode()) :]
    if data.strip():
        yield Event(event.milliseconds, data.decode(), event.after)


def batches(events: Iterable[Event]) -> Iterator[list[Event]]:
    """In the order of reading, as full as the limits allow."""
    batch: list[Event] = []
    size, first, last = 0, 0, 0
    for event in events:
        low, high = min(first, event.milliseconds), max(last, event.milliseconds)
        full = len(batch) == BATCH_EVENTS or size + event.size > BATCH_BYTES or high - low > SPAN_MS
        if batch and full:
            yield batch
            batch, size = [], 0
        if not batch:
            low = high = event.milliseconds
        batch.append(event)
        size, first, last = size + event.size, low, high
    if batch:
        yield batch


def request(batch: Iterable[Event]) -> list[dict[str, Any]]:
    """As the API wants them: by time; events of the same moment stay in their order."""
    ordered = sorted(batch, key=lambda event: event.milliseconds)
    return [{"timestamp": event.milliseconds, "message": event.message} for event in ordered]


def position_after(batch: Iterable[Event]) -> Any:
    """Where to go on when the batch has arrived. None: in the middle of a line, which then is read again."""
    found = None
    for event in batch:
        found = event.after if event.after is not None else found
    return found
