"""Scheduled actions of groups: at their time, on the cloud's own clock, they set the sizes of their group."""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from refarch.local import adapter, clock, schedules
from refarch.local.compute import scope
from refarch.local.compute.scaling import groups, settings
from refarch.local.compute.scaling.keeper import wake
from refarch.local.compute.scaling.policy import suspended
from refarch.local.compute.wire import ApiError

LOOK = 0.2  # real seconds
SIZES = ("MinSize", "MaxSize", "DesiredCapacity")
_ticker = schedules.Ticker()
_watched: set[tuple[str, str]] = set()


def watch() -> None:
    """See to the actions of this account and region while it has groups."""
    place = scope.place()
    with scope.lock:
        if place in _watched:
            return
        _watched.add(place)
    scope.spawn("scheduled-actions", _work, place)


def forget() -> None:
    _ticker.forget()


def _work(place: tuple[str, str]) -> None:
    try:
        while groups.every():
            for key, action in list(adapter.read("scheduled actions of groups").items()):
                _look(place, key, action)
            time.sleep(LOOK)
    finally:
        with scope.lock:
            _watched.discard(place)


def _look(place: tuple[str, str], key: str, action: dict[str, Any]) -> None:
    now, start, end = clock.now(), moment(action.get("StartTime")), moment(action.get("EndTime"))
    recurrence = action.get("Recurrence")
    try:
        if recurrence:
            due = _ticker.due((place, key), recurrence, now, action.get("TimeZone") or "UTC", start)
        else:
            due = start is not None and start <= now
    except ValueError as error:
        scope.logger.warning("the scheduled action %s has no time: %s", key, error)
        due, end = False, now
    over = end is not None and end <= now
    if due and not over:
        _act(action)
    if over or (due and not recurrence):
        adapter.read("scheduled actions of groups").pop(key, None)


def _act(action: Mapping[str, Any]) -> None:
    name = action["AutoScalingGroupName"]
    group = groups.find(name)
    if group is None or suspended(group, "ScheduledActions"):
        return
    wanted = {size: int(action[size]) for size in SIZES if int(action.get(size, -1)) >= 0}
    try:
        settings.apply(group, wanted, whole=False)
    except ApiError as error:
        scope.logger.warning("the scheduled action %s of %s could not be done: %s", action, name, error)
        return
    scope.logger.info("the scheduled action %s of %s set %s", action["ScheduledActionName"], name, wanted)
    wake(name)


def moment(value: Any) -> datetime | None:
    """A time of the API or of a template; None without one."""
    if not value:
        return None
    found = datetime.fromisoformat(str(value).replace("Z", "+00:00"))
    return found if found.tzinfo else found.replace(tzinfo=UTC)
