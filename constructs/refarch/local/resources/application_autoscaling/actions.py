"""Scheduled actions: kept and described; `scheduled` sees to their time."""

from __future__ import annotations

import re
import time
import uuid
from typing import Any

from refarch.local import clock, schedules
from refarch.local.resources.application_autoscaling import paging, scheduled, store
from refarch.local.resources.application_autoscaling.errors import invalid, not_found
from refarch.local.resources.application_autoscaling.targets import key_of, known

SCHEDULE = re.compile(r"(at|rate|cron)\(.+\)")


def put(request: dict[str, Any]) -> dict[str, Any]:
    key, name = known(request), request["ScheduledActionName"]
    account, region, found = store.here()
    before = found.actions.get((key, name))
    schedule = request.get("Schedule") or (before or {}).get("Schedule")
    if not schedule or not SCHEDULE.fullmatch(schedule):
        raise invalid("A schedule must be at(yyyy-mm-ddThh:mm:ss), rate(value unit) or cron(fields)")
    try:
        schedules.next_time(schedule, clock.now(), request.get("Timezone") or "UTC")
    except ValueError as error:
        raise invalid(f"The schedule {schedule} is not valid: {error}") from error
    drawn = f"{uuid.uuid4()}:resource/{key[0]}/{key[1]}:scheduledActionName/{name}"
    created = {
        "ScheduledActionARN": f"arn:aws:autoscaling:{region}:{account}:scheduledAction:{drawn}",
        "CreationTime": time.time(),
    }
    found.actions[key, name] = {**created, **(before or {}), **{k: v for k, v in request.items() if v is not None}}
    scheduled.watch()
    return {}


def delete(request: dict[str, Any]) -> dict[str, Any]:
    key, name = key_of(request), request["ScheduledActionName"]
    if store.here()[2].actions.pop((key, name), None) is None:
        raise not_found(f"scheduled action named {name} found", key)
    return {}


def describe(request: dict[str, Any]) -> dict[str, Any]:
    wanted = set(request.get("ScheduledActionNames") or [])
    listed = [
        entry
        for ((namespace, resource, dimension), name), entry in store.here()[2].actions.items()
        if namespace == request["ServiceNamespace"]
        and request.get("ResourceId", resource) == resource
        and request.get("ScalableDimension", dimension) == dimension
        and (not wanted or name in wanted)
    ]
    return paging.page("ScheduledActions", listed, request)
