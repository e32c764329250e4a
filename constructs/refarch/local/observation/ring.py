"""What was seen last, in memory and bounded: however long the cloud runs, it holds no more than this."""

from __future__ import annotations

import threading
from collections import deque
from typing import Any

TEXT_LIMIT = 8_000  # characters of an event's content or of a log that are kept


class Ring:
    """The last `size` records, numbered without end. Numbers go on after `clear`, so that a follower sees the gap."""

    def __init__(self, size: int) -> None:
        self._records: deque[dict[str, Any]] = deque(maxlen=size)
        self._lock = threading.Lock()
        self._last = 0

    @property
    def last(self) -> int:
        """The number of the latest record; 0 before the first."""
        return self._last

    def append(self, record: dict[str, Any]) -> None:
        with self._lock:
            self._last += 1
            self._records.append({"number": self._last, **record})

    def since(self, number: int, limit: int) -> list[dict[str, Any]]:
        """The records after `number`, the oldest first; of more than `limit` the latest."""
        with self._lock:
            found = [record for record in self._records if record["number"] > number]
        return found[-limit:] if limit > 0 else []

    def clear(self) -> None:
        with self._lock:
            self._records.clear()


def shortened(text: str, limit: int = TEXT_LIMIT, *, keep_end: bool = False) -> str:
    """`text`, or as much of it as is kept, with a mark that something is missing."""
    if len(text) <= limit:
        return text
    mark = f"[{len(text) - limit} more characters]"
    return f"{mark} …{text[-limit:]}" if keep_end else f"{text[:limit]}… {mark}"
