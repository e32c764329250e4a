"""Scheduled actions come at their time, on the cloud's own clock: they set the bounds of a target and move it there."""

from __future__ import annotations

import contextvars
import logging
import threading
import time
from datetime import UTC, datetime
from typing import Any

from refarch.local import clock, schedules
from refarch.local.resources.application_autoscaling import capacities, decisions, store

logger = logging.getLogger("refarch.local.scaling")
LOOK = 0.2  # real seconds
_ticker = schedules.Ticker()
_watched: set[tuple[str, str]] = set()


def watch() -> None:
    """See to the actions of this account and region while there are any."""
    account, region, _ = store.here()
    if (account, region) not in _watched:
        _watched.add((account, region))
        run = contextvars.copy_context().run
        threading.Thread(target=run, args=(_work, (account, region)), daemon=True, name="refarch-scheduled").start()


def _work(place: tuple[str, str]) -> None:
    try:
        while store.here()[2].actions:
            found = store.here()[2]
            for key, action in list(found.actions.items()):
                _look(place, found, key, action)
            time.sleep(LOOK)
    finally:
        _watched.discard(place)


def _look(place: tuple[str, str], found: store.Region, key: tuple[store.Target, str], action: dict[str, Any]) -> None:
    now, start, end = clock.now(), _moment(action.get("StartTime")), _moment(action.get("EndTime"))
    try:
        due = _ticker.due((place, key), action["Schedule"], now, action.get("Timezone") or "UTC", start)
        if due and not (end and end <= now):
            _act(found, key, action)
    except Exception as error:  # a resource that is gone, an API that refuses: said, and left alone
        logger.warning("the scheduled action %s could not act: %s", key[1], error)


def _act(found: store.Region, key: tuple[store.Target, str], action: dict[str, Any]) -> None:
    target = found.targets[key[0]]
    if target["SuspendedState"]["ScheduledScalingSuspended"]:
        return
    target |= {k: v for k, v in (action.get("ScalableTargetAction") or {}).items() if v is not None}
    capacity = capacities.of(target)
    if capacity is None:
        _note(found, target, key[1], "Unfulfilled", f"The local cloud cannot change {target['ResourceId']}")
        return
    current = capacity.read()
    wanted = decisions.bounded(current, target)
    if wanted != current:
        capacity.write(wanted)
    _note(found, target, key[1], "Successful", f"Setting desired count to {wanted}.")


def _note(found: store.Region, target: dict[str, Any], name: str, status: str, what: str) -> None:
    names = ("ServiceNamespace", "ResourceId", "ScalableDimension")
    activity = {
        "ActivityId": f"scheduled-{time.time_ns()}",
        **{one: target[one] for one in names},
        "Description": what,
        "Cause": f"scheduled action name {name} was triggered",
        "StartTime": time.time(),
        "EndTime": time.time(),
        "StatusCode": status,
    }
    found.activities = [*found.activities, activity]


def _moment(value: Any) -> datetime | None:
    """The API's seconds since 1970, or a text."""
    if value is None or value == "":
        return None
    if isinstance(value, int | float):
        return datetime.fromtimestamp(value, UTC)
    found = datetime.fromisoformat(str(value).replace("Z", "+00:00"))
    return found if found.tzinfo else found.replace(tzinfo=UTC)
