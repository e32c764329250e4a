"""Answers that several open pages share: each is computed once in a while, however many ask."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any


class Shared:
    """The last answer of `compute`, at most `seconds` old. Who asks while it is computed waits for it."""

    def __init__(self, compute: Callable[[], Any], seconds: float) -> None:
        self._compute, self._seconds = compute, seconds
        self._lock = threading.Lock()
        self._until = 0.0
        self._answer: Any = None

    def __call__(self) -> Any:
        with self._lock:
            if time.monotonic() >= self._until:
                self._answer = self._compute()
                self._until = time.monotonic() + self._seconds
            return self._answer
