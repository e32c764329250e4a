"""Whether an instance can be emptied in the two minutes between its notice and its end.

    notice ──event latency──▶ deregistration ──delay──▶ stop signal ──stop timeout──▶ killed
    0 s                                                                        at most 120 s

The delay and the timeout follow each other: while targets leave, requests are still being answered, and only then are
the containers told to stop. The original waited 120 seconds for the first step alone. No AWS in here.
"""

from __future__ import annotations

from dataclasses import dataclass

NOTICE_SECONDS = 120.0
"""What EC2 gives: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/spot-instance-termination-notices.html"""


class DrainBudgetError(ValueError):
    """The parts do not fit into the notice. The message shows the sum."""


@dataclass(frozen=True, kw_only=True)
class DrainBudget:
    """The parts of a drain, in seconds."""

    deregistration_delay: float = 60.0
    """How long a target group lets open requests end: `deregistration_delay` of the slowest group."""

    stop_timeout: float = 30.0
    """From the stop signal to the kill: the longest `stopTimeout` of the containers (the agent's default is 30)."""

    event_latency: float = 20.0
    """From the notice to the deregistration: EventBridge, a cold start, the calls. An alarm watches that it holds."""

    @property
    def seconds(self) -> float:
        return self.deregistration_delay + self.stop_timeout + self.event_latency

    def problems(self) -> list[str]:
        """What is wrong with the budget; nothing where it holds."""
        parts = {
            "deregistration delay": self.deregistration_delay,
            "stop timeout": self.stop_timeout,
            "event latency": self.event_latency,
        }
        found = [f"{name} is {value:g} s, allowed: 0 s or more" for name, value in parts.items() if not value >= 0]
        if not self.seconds <= NOTICE_SECONDS and not found:
            total = " + ".join(f"{name} {value:g} s" for name, value in parts.items())
            over = self.seconds - NOTICE_SECONDS
            found.append(f"{total} = {self.seconds:g} s, allowed: {NOTICE_SECONDS:g} s ({over:g} s too long)")
        return found

    def check(self) -> None:
        """Raises `DrainBudgetError` with every problem, where there is one."""
        if found := self.problems():
            raise DrainBudgetError("drain budget: " + "; ".join(found))
