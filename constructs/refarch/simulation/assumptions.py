"""What the simulation takes for granted: every figure that is not its result. Seconds unless said otherwise."""

from __future__ import annotations

from dataclasses import dataclass, fields


@dataclass(frozen=True, kw_only=True)
class Assumptions:
    """A service of `instances` x `tasks_an_instance` tasks behind a load balancer that goes round them in turn.

    A task answers `slots` requests at once, keeps up to `queue` more waiting, and refuses the rest. The traffic needs
    60 percent of what the tasks can do. Nobody asks again for a request that failed.
    """

    instances: int = 24
    tasks_an_instance: int = 2
    room_an_instance: int = 3
    """Tasks that fit on an instance: what is free takes in the tasks of drained instances."""

    slots: int = 2
    queue: int = 20
    short_request: float = 0.75
    """Mean of an exponential distribution: how long a slot works for a request."""
    long_requests: float = 0.01
    """Share of requests that then stay open, as downloads do: they hold a connection, but no slot."""
    long_from: float = 10.0
    long_to: float = 40.0
    requests_a_second: float = 76.8

    notice: float = 120.0
    """From EC2's notice to the end of the instance."""
    event_latency: float = 5.0
    """From the notice to what the responder does. Its alarm allows 20."""
    deregistration_delay: float = 60.0
    """How long a target that was taken out may finish its open requests."""
    task_start: float = 30.0
    """From the decision to start a task to its first request: image, start, two health checks."""
    health_check: float = 10.0
    """Without the responder: how long requests still go to an instance that is gone (two checks, 5 s apart)."""
    loss_seen: float = 60.0
    """Without the responder: how long ECS takes to see that tasks are gone with their instance."""
    replacement: float = 150.0
    """From the end of an instance to the next one that can take tasks: the group sees it, launches, boots, joins."""

    reclaimed_an_hour: float = 0.05
    """Share of the fleet: the posts' "less than 5 percent", taken in full every hour."""
    steady_hours: float = 40.0
    """Long enough for the same number of instances to be reclaimed from 2 pools as from 12."""
    storm_share: float = 0.30
    storm_seconds: float = 300.0

    @property
    def tasks(self) -> int:
        return self.instances * self.tasks_an_instance

    @property
    def load(self) -> float:
        """Share of the tasks' capacity that the traffic needs."""
        return self.requests_a_second * self.short_request / (self.tasks * self.slots)

    def problems(self) -> list[str]:
        """What cannot be simulated; nothing where all is well."""
        whole = ("instances", "tasks_an_instance", "room_an_instance", "slots")
        shares = ("long_requests", "reclaimed_an_hour", "storm_share")
        found = [f"{name} is {getattr(self, name)}, allowed: 1 or more" for name in whole if getattr(self, name) < 1]
        found += [
            f"{name} is {getattr(self, name)}, allowed: 0 to 1" for name in shares if not 0 <= getattr(self, name) <= 1
        ]
        others = {each.name for each in fields(self)} - {*whole, *shares}
        found += [
            f"{name} is {getattr(self, name)}, allowed: 0 or more" for name in sorted(others) if getattr(self, name) < 0
        ]
        if self.room_an_instance < self.tasks_an_instance:
            found.append(f"room_an_instance is {self.room_an_instance}, allowed: {self.tasks_an_instance} or more")
        if self.instances % 12:
            found.append(f"instances is {self.instances}, allowed: a multiple of 12, so that pools are of one size")
        if self.requests_a_second <= 0 or self.short_request <= 0 or self.steady_hours <= 0:
            found.append("requests_a_second, short_request and steady_hours must be over 0")
        return found
