"""Sees every run of a Lambda function: when, how long, what came of it, and the end of its log."""

from __future__ import annotations

import contextvars
import itertools
import threading
import time
from typing import Any

from refarch.local import adapter
from refarch.local.observation.ring import Ring, shortened

SIZE = 1_000
invocations = Ring(SIZE)
_running: dict[int, dict[str, Any]] = {}
_lock = threading.Lock()
_numbers = itertools.count(1)
# What the log knows better than the caller: the request id of a retry, and the text.
_current: contextvars.ContextVar[dict[str, Any] | None] = contextvars.ContextVar("refarch_invocation", default=None)


def install() -> None:
    """Look at what runs. The functions get what they would get without it."""
    dispatch, write_log = adapter.read("dispatch execution"), adapter.read("log of an invocation")

    def seen(func: Any, config: Any, event: Any, request_id: str, started: float) -> Any:
        record = begun(config, event, request_id)
        number = next(_numbers)
        with _lock:
            _running[number] = record
        token = _current.set(record)
        result: Any = None
        try:
            result = dispatch(func, config, event, request_id, started)
            return result
        finally:
            _current.reset(token)
            with _lock:
                _running.pop(number, None)
            invocations.append(record | ended(record, result))

    def logged(func: Any, request_id: str, log_text: str, *rest: Any, **more: Any) -> Any:
        record = _current.get()
        if record is not None:
            record |= {"request": request_id, "log": shortened(log_text or "", keep_end=True)}
        return write_log(func, request_id, log_text, *rest, **more)

    adapter.replace("dispatch execution", seen)
    adapter.replace("log of an invocation", logged)


def running() -> list[dict[str, Any]]:
    """The invocations that have not ended, the oldest first."""
    with _lock:
        return [dict(record) for record in _running.values()]


def begun(config: dict[str, Any], event: Any, request_id: str) -> dict[str, Any]:
    """What is known when a function starts."""
    name = str(config.get("FunctionName", ""))
    return {
        "function": name,
        "version": str(config.get("Version", "$LATEST")),
        "request": request_id,
        "start": time.time(),
        "trigger": trigger(event),
        "group": (config.get("LoggingConfig") or {}).get("LogGroup") or f"/aws/lambda/{name}",
        "log": "",
    }


def ended(record: dict[str, Any], result: Any) -> dict[str, Any]:
    """What is known when it ended: milliseconds, and the error with its class or None."""
    error = None
    if not isinstance(result, dict):
        error = "the emulator could not run it; see server.log"
    elif result.get("error"):
        body = result.get("body")
        told = body if isinstance(body, dict) else {}
        kind, message = told.get("errorType", ""), told.get("errorMessage", "") or str(body)
        error = shortened(f"{kind}: {message}" if kind else message, 1_000)
    return {"milliseconds": round((time.time() - record["start"]) * 1000, 1), "error": error}


def trigger(event: Any) -> str:
    """Who sent the event, in a few words, as far as the event says. Anybody may send anything: never an error."""
    try:
        return _trigger(event) if isinstance(event, dict) else ""
    except (AttributeError, TypeError):
        return ""


def _trigger(event: dict[str, Any]) -> str:
    records = event.get("Records")
    if isinstance(records, list) and records and isinstance(records[0], dict):
        return _of_records(records)
    if "detail-type" in event and "source" in event:
        return f"EventBridge: {event['detail-type']} of {event['source']}"
    if "requestContext" in event:
        method = event.get("httpMethod") or event["requestContext"].get("http", {}).get("method", "")
        return f"HTTP: {method} {event.get('path') or event.get('rawPath') or ''}".rstrip()
    if "RequestType" in event and "StackId" in event:
        return f"CloudFormation: {event['RequestType']} {event.get('LogicalResourceId', '')}"
    return ""


def _of_records(records: list[Any]) -> str:
    first = records[0]
    service = str(first.get("eventSource") or first.get("EventSource") or "").removeprefix("aws:").upper()
    origin = first.get("eventSourceARN") or first.get("EventSubscriptionArn") or ""
    if service == "S3":
        origin = first.get("s3", {}).get("bucket", {}).get("name", "")
    if service == "SNS":
        origin = first.get("Sns", {}).get("TopicArn", "")
    if service == "DYNAMODB":
        origin = str(origin).partition("/stream")[0].rpartition("/")[2]
    return f"{service}: {len(records)} from {str(origin).rpartition(':')[2].rpartition('/')[2]}"
