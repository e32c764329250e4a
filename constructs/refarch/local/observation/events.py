"""Sees every event on its way, with the rules that matched: through a bus, from a bucket, from a topic."""

from __future__ import annotations

import contextvars
import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from refarch.local import adapter
from refarch.local.observation.ring import Ring, shortened

SIZE = 2_000
events = Ring(SIZE)


@dataclass
class Passing:
    """An event while it is dispatched; events that a rule sends on to another bus pass inside of it."""

    record: dict[str, Any]
    inner: list[Passing] = field(default_factory=list)

    def matched(self, rule: str, target: str) -> None:
        self.record["rules"].setdefault(rule, []).append(target)

    def keep(self) -> None:
        events.append(self.record)
        for passing in self.inner:
            passing.keep()


_passing: contextvars.ContextVar[Passing | None] = contextvars.ContextVar("refarch_passing", default=None)


def install() -> None:
    """Look at what passes. Nothing is changed, and a failure to look is no failure of the event."""
    dispatch, invoke = adapter.read("dispatch event"), adapter.read("invoke target")

    def seen(event: dict[str, Any], view: Any = None) -> None:
        outer, passing = _passing.get(), Passing(bus_record(event))
        token = _passing.set(passing)
        try:
            dispatch(event, view)
        finally:
            _passing.reset(token)
            outer.inner.append(passing) if outer else passing.keep()

    def targeted(target: dict[str, Any], event: dict[str, Any], rule: dict[str, Any], view: Any = None) -> None:
        passing = _passing.get()
        if passing is None:  # a schedule: no dispatch, one call a target
            passing = Passing(bus_record(event))
            passing.keep()
        passing.matched(str(rule.get("Name", "")), str(target.get("Arn", "")))
        invoke(target, event, rule, view)

    adapter.replace("log of every event", list)  # the emulator keeps every event for ever and never looks at them
    adapter.replace("dispatch event", seen)
    adapter.replace("invoke target", targeted)
    for name in ("object event to queue", "object event to topic", "object event to function"):
        adapter.replace(name, _delivery(adapter.read(name), object_record))
    for name in ("notification to queue", "notification to function"):
        adapter.replace(name, _delivery(adapter.read(name), notification_record))


def _delivery(deliver: Callable[..., Any], describe: Callable[..., dict[str, Any]]) -> Callable[..., Any]:
    def delivered(*given: Any, **named: Any) -> Any:
        events.append(describe(*given, **named))
        return deliver(*given, **named)

    return delivered


def bus_record(event: dict[str, Any]) -> dict[str, Any]:
    """An event as EventBridge holds it, in the words of the event itself."""
    detail = event.get("Detail", "{}")
    return {
        "time": time.time(),
        "via": "EventBridge" if event.get("EventBusName") else "Scheduler",
        "id": event.get("EventId", ""),
        "source": str(event.get("Source", "")),
        "detail-type": str(event.get("DetailType", "")),
        "bus": event.get("EventBusName", ""),
        "resources": event.get("Resources", []),
        "detail": shortened(detail if isinstance(detail, str) else json.dumps(detail, default=str)),
        "rules": {},
    }


def object_record(arn: str, event_payload: dict[str, Any], *_: Any, **__: Any) -> dict[str, Any]:
    """A notification of a bucket to one queue, topic or function."""
    record = (event_payload.get("Records") or [event_payload])[0]
    about = record.get("s3", {})
    bucket, item = about.get("bucket", {}).get("name", ""), about.get("object", {})
    return {
        "time": time.time(),
        "via": "S3",
        "id": record.get("responseElements", {}).get("x-amz-request-id", ""),
        "source": bucket,
        "detail-type": record.get("eventName", ""),
        "bus": "",
        "resources": [f"arn:aws:s3:::{bucket}/{item.get('key', '')}"],
        "detail": shortened(json.dumps(item, default=str)),
        "rules": {about.get("configurationId", ""): [arn]},
    }


def notification_record(endpoint: str, envelope: str, *given: Any, **named: Any) -> dict[str, Any]:
    """A message of a topic to one subscription."""
    try:
        message = json.loads(envelope)
    except ValueError:
        message = {}
    message = message if isinstance(message, dict) else {}
    topic = message.get("TopicArn") or named.get("topic_arn", "")
    return {
        "time": time.time(),
        "via": "SNS",
        "id": message.get("MessageId", ""),
        "source": str(topic).rpartition(":")[2],
        "detail-type": message.get("Subject") or "Notification",
        "bus": "",
        "resources": [topic] if topic else [],
        "detail": shortened(str(message.get("Message", envelope))),
        "rules": {"subscription": [endpoint]},
    }
