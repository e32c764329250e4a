"""Events that AWS services send on EventBridge's default bus, delivered in order by one thread."""

from __future__ import annotations

import contextvars
import json
import logging
import queue
import threading
from collections.abc import Mapping, Sequence
from typing import Any

from refarch.local import adapter

logger = logging.getLogger("refarch.local")
_waiting: queue.SimpleQueue[tuple[contextvars.Context, dict[str, Any]]] = queue.SimpleQueue()
_sender: threading.Thread | None = None
_starting = threading.Lock()


def emit(
    source: str, kind: str, detail: Mapping[str, Any], resources: Sequence[str], scope: contextvars.Context
) -> None:
    """Send an event of an AWS service (soon), in the account and region of `scope`. `detail` is taken as it is now."""
    global _sender
    entry = {"Source": source, "DetailType": kind, "Detail": json.dumps(detail, default=str), "Resources": [*resources]}
    with _starting:
        if _sender is None:
            _sender = threading.Thread(target=_send_all, name="refarch-events", daemon=True)
            _sender.start()
    _waiting.put((scope.copy(), entry))


def _send_all() -> None:
    put = adapter.read("put events")
    while True:
        scope, entry = _waiting.get()
        try:
            scope.run(put, {"Entries": [entry]}, allow_aws_source=True)
        except Exception:
            logger.exception("an event of %s could not be delivered", entry["Source"])
