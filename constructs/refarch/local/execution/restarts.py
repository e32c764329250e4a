"""How fast a service starts its tasks again. Pure but for its memory of how the last ones ended."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from refarch.local import clock

SOON = 10.0  # real seconds; a task of a service that ends earlier has failed to start up


def service_of(task: Mapping[str, Any]) -> str:
    """Cluster and name of the service that a task belongs to; empty for others."""
    group = str(task.get("group") or "")
    return f"{task['clusterArn']} {group}" if group.startswith("service:") else ""


class Restarts:
    """How long a service waits before it starts a task again whose predecessors ended soon; by service."""

    def __init__(self) -> None:
        self._soon: dict[str, int] = {}

    def ended(self, service: str, seconds: float, *, by_itself: bool) -> None:
        """A task ended after so many real seconds."""
        soon = by_itself and seconds < SOON
        self._soon[service] = self._soon.get(service, 0) + 1 if soon else 0

    def pause(self, service: str) -> float:
        """Real seconds before the next start: none after the first such end, then 5 simulated ones, doubled up to 300,
        but never less than a fifth of a real second."""
        times = self._soon.get(service, 0)
        return 0.0 if times < 2 else max(0.2, clock.scaled(min(300.0, 5.0 * 2 ** min(times - 2, 10))))
