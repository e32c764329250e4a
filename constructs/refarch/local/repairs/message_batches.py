"""Event source mappings of SQS gather messages: batches of more than ten, and for as long as the batching window.

ministack takes at most ten messages and ignores the window, so a function would see many more and
smaller batches than on AWS.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

from refarch.local import adapter

MESSAGES_A_RECEIVE = 10


def install() -> None:
    receive, mappings = adapter.read("messages for a mapping"), adapter.read("event source mappings")
    window = Window(adapter.read("wake mappings").set)

    def receive_more(queue_url: str, wanted: int) -> list[dict[str, Any]]:
        messages: list[dict[str, Any]] = []
        while len(messages) < wanted:
            found = receive(queue_url, min(MESSAGES_A_RECEIVE, wanted - len(messages)))
            if not found:
                break
            messages += found
        window.received()
        return messages

    def due_mappings() -> Iterator[tuple[str, str, dict[str, Any]]]:
        for account, region, mapping in mappings():
            if window.is_due(mapping, waiting_messages(mapping), time.monotonic()):
                window.current = mapping["UUID"]
                yield account, region, mapping

    adapter.replace("messages for a mapping", receive_more)
    adapter.replace("event source mappings", due_mappings)


def waiting_messages(mapping: dict[str, Any]) -> int | None:
    """How many messages could be received now; None when the mapping has no window or is not one of SQS."""
    source = mapping.get("EventSourceArn", "")
    if ":sqs:" not in source or not mapping.get("MaximumBatchingWindowInSeconds"):
        return None
    queue = adapter.read("queue by name of resource")(source)
    now = time.time()
    return sum(message.get("visible_at", 0) <= now for message in list(queue["messages"])) if queue else None


class Window:
    """Holds a mapping back from its first waiting message until the batch is full or the window is over."""

    def __init__(self, wake: Callable[[], None]) -> None:
        self._wake = wake
        self._opened: dict[str, float] = {}
        self.current = ""  # the mapping that the emulator looks at; it does so in one thread, one after the other

    def received(self) -> None:
        """The current mapping took a batch: what is left starts a new window."""
        self._opened.pop(self.current, None)

    def is_due(self, mapping: dict[str, Any], waiting: int | None, now: float) -> bool:
        """Whether the mapping may receive now."""
        name = mapping["UUID"]
        if not waiting:
            self._opened.pop(name, None)
            return True
        length = float(mapping["MaximumBatchingWindowInSeconds"])
        if name not in self._opened:
            self._opened[name] = now
            self._wake_in(length)
        return waiting >= mapping.get("BatchSize", 10) or now - self._opened[name] >= length

    def _wake_in(self, seconds: float) -> None:
        timer = threading.Timer(seconds, self._wake)
        timer.daemon = True
        timer.start()
