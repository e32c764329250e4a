"""What the events say, in this project's words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

NOTICE = "notice"
"""EC2 takes the Spot Instance back in two minutes: to terminate, stop or hibernate it."""
REBALANCE = "rebalance"
"""The Spot Instance is at an elevated risk; a notice may follow, or none."""
LIFECYCLE = "lifecycle"
"""The Auto Scaling group terminates the instance and waits at its lifecycle hook."""
SCHEDULED = "scheduled"
"""AWS Health announces maintenance or retirement, usually days ahead."""
SIGNALS = (NOTICE, REBALANCE, LIFECYCLE, SCHEDULED)


@dataclass(frozen=True, kw_only=True)
class Interruption:
    """One instance that will go. `time`: epoch seconds of the event. `effect`: terminate, stop, hibernate, or what the
    signal says instead. `auto_scaling_group`, `lifecycle_hook`, `lifecycle_token`: where the event itself names one."""

    instance_id: str
    signal: str
    time: float
    region: str
    event_id: str
    effect: str = ""
    auto_scaling_group: str | None = None
    lifecycle_hook: str = ""
    lifecycle_token: str = ""


@dataclass(frozen=True, kw_only=True)
class Instance:
    """What EC2 knows of an instance. `addresses`: every private address, IPv4 and IPv6, of all its interfaces."""

    instance_id: str
    tags: Mapping[str, str] = field(default_factory=dict)
    addresses: frozenset[str] = frozenset()
    auto_scaling_group: str | None = None
    instance_type: str = ""
    zone: str = ""
    lifecycle: str = "on-demand"
    state: str = "running"


@dataclass(frozen=True, kw_only=True)
class ContainerInstance:
    """The instance as an ECS cluster knows it. `cluster` and `arn` are ARNs."""

    cluster: str
    arn: str
    status: str


@dataclass(frozen=True, kw_only=True)
class Problem:
    """Something that failed. `again`: whether trying again soon may help."""

    action: str
    what: str
    again: bool = True


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What an action did (`done`, one line each; empty where nothing was to do) and what it could not do."""

    done: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Case:
    """An interruption with all that is known of its instance: what an action gets. `outcomes`: of earlier actions."""

    interruption: Interruption
    instance: Instance
    container: ContainerInstance | None = None
    outcomes: Mapping[str, Outcome] = field(default_factory=dict)
