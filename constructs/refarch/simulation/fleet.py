"""Tasks and the instances they run on."""

from __future__ import annotations

import heapq
from dataclasses import dataclass, field


@dataclass(eq=False)
class Instance:
    """`room`: how many tasks fit. `noticed`: EC2 takes it soon. `draining`: ECS knows, and gives it no more tasks."""

    pool: int
    room: int
    alive: bool = True
    noticed: bool = False
    draining: bool = False
    tasks: list[Task] = field(default_factory=list)

    @property
    def free(self) -> int:
        return self.room - len(self.tasks) if self.alive and not self.draining else 0


@dataclass(eq=False)
class Task:
    """Answers `slots` requests at once, first come first served. When a request begins and ends is settled when it
    arrives, so nothing needs to happen in between."""

    instance: Instance
    slots: int
    queue: int
    busy: list[float] = field(default_factory=list)
    """A heap of when a slot is done with each request, waiting ones too."""
    open: list[float] = field(default_factory=list)
    """When each long request that left its slot ends."""
    slot_free: list[float] = field(default_factory=list)
    """A heap of when each slot is free."""
    dead: bool = False

    def __post_init__(self) -> None:
        self.slot_free = [0.0] * self.slots

    def offer(self, now: float, work: float, stay: float = 0.0) -> bool:
        """Takes a request that a slot works on for `work` seconds and that stays open for `stay` more, unless the
        queue is full."""
        busy = self.busy
        while busy and busy[0] <= now:
            heapq.heappop(busy)
        if len(busy) >= self.slots + self.queue:
            return False
        end = max(now, self.slot_free[0]) + work
        heapq.heapreplace(self.slot_free, end)
        heapq.heappush(busy, end)
        if stay:
            self.open = [each for each in self.open if each > now]
            self.open.append(end + stay)
        return True

    def cut(self, now: float) -> int:
        """Ends every open request. How many there were."""
        open_ones = sum(1 for end in (*self.busy, *self.open) if end > now)
        self.busy.clear()
        self.open.clear()
        return open_ones
