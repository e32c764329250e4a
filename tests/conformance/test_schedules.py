"""What happens every minute. Run late in a session, the minute has passed already."""

from __future__ import annotations

from tests.conformance.declared import behaviour
from tests.conformance.observing import World, until


@behaviour("EventBridge")
def test_events_schedule(world: World) -> None:
    """A rule with `rate(1 minute)`.

    The function is invoked with the rule's constant input within the time.
    """
    until(lambda: {"from": "rule"} in world.seen("Delivery", "Scheduled"), 90)


@behaviour("EventBridge")
def test_scheduler(world: World) -> None:
    """EventBridge Scheduler with `rate(1 minute)`.

    The function is invoked with the schedule's input within the time.
    """
    until(lambda: {"from": "scheduler"} in world.seen("Delivery", "Scheduled"), 90)
