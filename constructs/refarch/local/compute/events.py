"""Events as AWS itself sends them: to the default bus of EventBridge, from sources that are AWS's own."""

from __future__ import annotations

import contextvars
import json
import queue
import threading
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from refarch.local import adapter
from refarch.local.compute import scope

REQUIRED = {"source": str, "detail-type": str, "detail": dict}
OPTIONAL = {"resources": list, "version": str, "id": str, "account": str, "region": str, "time": str}


def emit(source: str, kind: str, detail: Mapping[str, Any], resources: Sequence[str] = (), bus: str = "default") -> str:
    """Send one event now; its id."""
    entry = {
        "Source": source,
        "DetailType": kind,
        "Detail": json.dumps(detail, default=str),
        "Resources": list(resources),
        "EventBusName": bus,
    }
    _, _, body = adapter.read("put events")({"Entries": [entry]}, allow_aws_source=True)
    answer: dict[str, Any] = json.loads(body)["Entries"][0]
    if "EventId" not in answer:
        raise ValueError(f"{answer.get('ErrorCode')}: {answer.get('ErrorMessage')}")
    return str(answer["EventId"])


def now() -> str:
    """The time as events carry it."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")


def problems(event: Any) -> list[str]:
    """All that keeps a document from being an event, one line each."""
    if not isinstance(event, Mapping):
        return [f"an event is a JSON object, this is {type(event).__name__}"]
    lines = [f"`{name}` is missing" for name in REQUIRED if name not in event]
    for name, kind in (REQUIRED | OPTIONAL).items():
        if name in event and not isinstance(event[name], kind):
            lines.append(f"`{name}` is {event[name]!r}, it must be a {_WORDS[kind]}")
        elif name in REQUIRED and event.get(name) == "":
            lines.append(f"`{name}` is empty")
    if isinstance(event.get("resources"), list) and not all(isinstance(arn, str) for arn in event["resources"]):
        lines.append("`resources` must hold text only")
    unknown = sorted(set(event) - set(REQUIRED) - set(OPTIONAL))
    return lines + [f"`{name}` is no field of an event" for name in unknown]


_WORDS: dict[type, str] = {str: "text", dict: "JSON object", list: "list"}


def relay(event: Any, bus: str = "default") -> dict[str, Any]:
    """Send a whole event, also one of an `aws.*` source. Id, time, account and region become those of this cloud.

    Raises `ValueError` with every problem of the document.
    """
    found = problems(event)
    if found:
        raise ValueError("; ".join(found))
    event_id = emit(event["source"], event["detail-type"], event["detail"], event.get("resources", []), bus)
    return {"id": event_id, "account": scope.account(), "region": scope.region(), "bus": bus}


_outbox: queue.SimpleQueue[tuple[contextvars.Context, tuple[Any, ...]]] = queue.SimpleQueue()
_sender: list[threading.Thread] = []


def later(source: str, kind: str, detail: Mapping[str, Any], resources: Sequence[str]) -> None:
    """Send an event in the background, in the order of the calls: for callers that hold the lock of this room."""
    _outbox.put((contextvars.copy_context(), (source, kind, json.loads(json.dumps(detail, default=str)), resources)))
    with scope.lock:
        if not _sender:
            _sender.append(threading.Thread(target=_send_all, name="refarch-compute-events", daemon=True))
            _sender[0].start()


def _send_all() -> None:
    while True:
        context, arguments = _outbox.get()
        try:
            context.run(emit, *arguments)
        except Exception:
            scope.logger.exception("an event was not sent")
