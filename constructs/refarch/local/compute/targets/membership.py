"""Who is registered with which target group, and who still drains."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from refarch.local import adapter, clock
from refarch.local.compute import instances, scope
from refarch.local.compute.targets.states import Facts

DEFAULT_DELAY = 300  # seconds
LOOK = 0.2  # real seconds between two looks while something drains
Target = dict[str, Any]


@dataclass(frozen=True)
class Draining:
    target: Target
    until: float  # time.monotonic()


_draining: dict[str, list[Draining]] = {}


def forget() -> None:
    """Nothing drains any more: the cloud is emptied."""
    _draining.clear()


def identity(group: Mapping[str, Any], target: Mapping[str, Any]) -> tuple[str, int]:
    return str(target["Id"]), int(target.get("Port") or group.get("Port") or 80)


def register(group_arn: str, targets: Sequence[Mapping[str, Any]]) -> None:
    """Register targets; one that drains is taken back. Unknown groups are ignored: they may be deleted first."""
    group = adapter.read("target groups").get(group_arn)
    if group is None:
        return
    with scope.lock:
        store = adapter.read("targets")
        known = list(store.get(group_arn) or [])
        present = {identity(group, target) for target in known}
        for target in targets:
            key = identity(group, target)
            if key not in present:
                present.add(key)
                known.append({**target, "Id": key[0], "Port": key[1], "_since": time.time()})
        store[group_arn] = known
        left = [entry for entry in _draining.get(group_arn, []) if identity(group, entry.target) not in present]
        _draining[group_arn] = left


def deregister(group_arn: str, targets: Sequence[Mapping[str, Any]]) -> None:
    """Take targets out. New requests stay away at once; the targets drain for the group's delay."""
    group = adapter.read("target groups").get(group_arn)
    if group is None:
        return
    delay = clock.scaled(delay_of(group_arn)) if in_use(group_arn) else 0.0
    # Without a port every port of the target is meant.
    whole = {str(target["Id"]) for target in targets if not target.get("Port")}
    exact = {identity(group, target) for target in targets if target.get("Port")}
    with scope.lock:
        store = adapter.read("targets")
        known = list(store.get(group_arn) or [])
        leaving = [t for t in known if t["Id"] in whole or identity(group, t) in exact]
        store[group_arn] = [target for target in known if target not in leaving]
        if delay:
            ends = [Draining(target, time.monotonic() + delay) for target in leaving]
            _draining.setdefault(group_arn, []).extend(ends)


def draining(group_arn: str) -> list[Target]:
    """The targets that still drain."""
    with scope.lock:
        left = [entry for entry in _draining.get(group_arn, []) if entry.until > time.monotonic()]
        _draining[group_arn] = left
        return [entry.target for entry in left]


def delay_of(group_arn: str) -> float:
    """The deregistration delay of a group, in simulated seconds."""
    for entry in adapter.read("target group attributes").get(group_arn) or []:
        if entry["Key"] == "deregistration_delay.timeout_seconds":
            return float(entry["Value"])
    return DEFAULT_DELAY


def in_use(group_arn: str) -> bool:
    """Whether a listener or a rule forwards to this group."""
    records = [*adapter.read("load balancer listeners").values(), *adapter.read("load balancer rules").values()]
    return any(group_arn in json.dumps(record, default=str) for record in records)


def facts_of(group_arn: str, target: Mapping[str, Any]) -> Facts:
    """What decides the health of a target, registered or not."""
    group = adapter.read("target groups")[group_arn]
    key = identity(group, target)
    registered = [t for t in adapter.read("targets").get(group_arn) or [] if identity(group, t) == key]
    since = registered[0].get("_since", float("-inf")) if registered else None
    return Facts(
        registered_for=None if since is None else clock.elapsed(time.time() - since),
        draining=any(identity(group, entry) == key for entry in draining(group_arn)),
        in_use=in_use(group_arn),
        instance_state=(instances.state(key[0]) or "terminated") if key[0].startswith("i-") else None,
        interval=int(group.get("HealthCheckIntervalSeconds") or 30),
    )


def join(groups: Sequence[str], target_id: str) -> None:
    """Register one target, at the groups' own ports."""
    for group_arn in groups:
        register(group_arn, [{"Id": target_id}])


def leave_and_drain(groups: Sequence[str], target_id: str, still_wanted: Callable[[], bool]) -> None:
    """Deregister one target and wait until it has drained, its instance is gone, or the wait is not wanted any more."""
    for group_arn in groups:
        deregister(group_arn, [{"Id": target_id}])
    wait_until_drained(groups, target_id, still_wanted)


def wait_until_drained(groups: Sequence[str], target_id: str, still_wanted: Callable[[], bool]) -> None:
    while still_wanted() and any(target_id == t["Id"] for group_arn in groups for t in draining(group_arn)):
        if target_id.startswith("i-") and instances.state(target_id) != "running":
            return
        time.sleep(LOOK if clock.scaled(1) > LOOK else clock.scaled(1))
