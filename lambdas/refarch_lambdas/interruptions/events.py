"""EventBridge documents to interruptions.

Formats: Amazon EC2 User Guide (Spot Instance interruption notices, rebalance recommendations), Amazon EC2 Auto Scaling
User Guide (EventBridge event reference), AWS Health User Guide (event schema).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from refarch_lambdas.interruptions.interruption import LIFECYCLE, NOTICE, REBALANCE, SCHEDULED, Interruption

_INSTANCE = re.compile(r"i-[0-9a-f]{8,17}")


class UnknownEventError(ValueError):
    """The document is none that this responder knows. The message says what was found and what is allowed."""


def parse_event(event: Mapping[str, Any]) -> list[Interruption]:
    """The interruptions that an event announces: one, or for AWS Health one for each affected instance.

    Raises `UnknownEventError` for anything else than the four kinds of events.
    """
    kind = event.get("detail-type")
    reader = _READERS.get(str(kind))
    if reader is None:
        raise UnknownEventError(f"detail-type is {kind!r}, allowed: {', '.join(map(repr, _READERS))}")
    try:
        return reader(event, event["detail"])
    except (KeyError, TypeError, AttributeError) as error:
        raise UnknownEventError(f"{kind!r} without {error}: no such event of AWS") from error


def _notice(event: Mapping[str, Any], detail: Mapping[str, Any]) -> list[Interruption]:
    return [_interruption(event, detail["instance-id"], NOTICE, str(detail.get("instance-action", "terminate")))]


def _rebalance(event: Mapping[str, Any], detail: Mapping[str, Any]) -> list[Interruption]:
    return [_interruption(event, detail["instance-id"], REBALANCE, "elevated risk")]


def _lifecycle(event: Mapping[str, Any], detail: Mapping[str, Any]) -> list[Interruption]:
    group = str(detail["AutoScalingGroupName"])
    found = _interruption(event, detail["EC2InstanceId"], LIFECYCLE, "terminate", group)
    hook, token = str(detail.get("LifecycleHookName", "")), str(detail.get("LifecycleActionToken", ""))
    return [replace(found, lifecycle_hook=hook, lifecycle_token=token)]


def _health(event: Mapping[str, Any], detail: Mapping[str, Any]) -> list[Interruption]:
    """Entities that are no instances (a volume, say) are left out; so is an event that is closed."""
    if detail.get("statusCode") == "closed":
        return []
    entities = dict.fromkeys(each["entityValue"] for each in detail.get("affectedEntities", ()))
    effect = str(detail["eventTypeCode"])
    return [_interruption(event, each, SCHEDULED, effect) for each in entities if _INSTANCE.fullmatch(str(each))]


_READERS: Mapping[str, Callable[[Mapping[str, Any], Mapping[str, Any]], list[Interruption]]] = {
    "EC2 Spot Instance Interruption Warning": _notice,
    "EC2 Instance Rebalance Recommendation": _rebalance,
    "EC2 Instance-terminate Lifecycle Action": _lifecycle,
    "AWS Health Event": _health,
}


def _interruption(
    event: Mapping[str, Any], instance: object, signal: str, effect: str, group: str | None = None
) -> Interruption:
    if not _INSTANCE.fullmatch(str(instance)):
        raise UnknownEventError(f"instance id is {instance!r}, allowed: i- and 8 to 17 hexadecimal digits")
    return Interruption(
        instance_id=str(instance),
        signal=signal,
        effect=effect,
        time=_epoch(event["time"]),
        region=str(event["region"]),
        event_id=str(event.get("id", "")),
        auto_scaling_group=group,
    )


def _epoch(time: object) -> float:
    try:
        return datetime.fromisoformat(str(time)).timestamp()
    except ValueError as error:
        raise UnknownEventError(f"time is {time!r}, allowed: ISO 8601 with a time zone") from error
