"""In which state a target is, without AWS. The words are those of DescribeTargetHealth."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

DESCRIPTIONS = {
    "Elb.InitialHealthChecking": "Initial health checks in progress",
    "Target.DeregistrationInProgress": "Target deregistration is in progress",
    "Target.NotRegistered": "Target is not registered to the target group",
    "Target.NotInUse": "Target group is not configured to receive traffic from the load balancer",
    "Target.InvalidState": "Target is in the {} state",
}


@dataclass(frozen=True)
class Facts:
    """What is known of a target: simulated seconds since it was registered (None: it is not), whether it drains,
    whether a listener forwards to its group, the state of its instance (None: it is none), the interval of checks."""

    registered_for: float | None = None
    draining: bool = False
    in_use: bool = True
    instance_state: str | None = None
    interval: int = 30


def health(facts: Facts) -> Mapping[str, str]:
    """`TargetHealth`. A new target is healthy after its first check, one interval after it was registered."""
    if facts.registered_for is None:
        return (
            _because("draining", "Target.DeregistrationInProgress")
            if facts.draining
            else _because("unused", "Target.NotRegistered")
        )
    if not facts.in_use:
        return _because("unused", "Target.NotInUse")
    if facts.instance_state not in (None, "running", "pending"):
        return _because("unused", "Target.InvalidState", facts.instance_state or "")
    if facts.registered_for < facts.interval:
        return _because("initial", "Elb.InitialHealthChecking")
    return {"State": "healthy"}


def _because(state: str, reason: str, *words: str) -> Mapping[str, str]:
    return {"State": state, "Reason": reason, "Description": DESCRIPTIONS[reason].format(*words)}
