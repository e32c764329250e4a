"""The messages that DescribeServices shows."""

from __future__ import annotations

import uuid
from typing import Any

from refarch.local.compute import events

KEPT = 100


def add(service: dict[str, Any], message: str) -> None:
    """Put a message in front, unless it is there already."""
    text = f"(service {service['serviceName']}) {message}"
    known = service.setdefault("events", [])
    if not known or known[0]["message"] != text:
        known.insert(0, {"id": str(uuid.uuid4()), "createdAt": events.now(), "message": text})
        del known[KEPT:]
