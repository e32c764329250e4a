"""What wakes the coordinator, read from the messages of its queue.

Three kinds arrive: S3 events of the job folders, the records that Lambda sends when an asynchronous invocation
failed, and the coordinator's own delayed watchdog messages. Anything else is an error, so that it ends in the
dead-letter queue where somebody sees it.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote_plus

from refarch_lambdas.mapreduce.layout import parse_key
from refarch_lambdas.mapreduce.state import TaskFailure

EVENT_AGE_EXCEEDED = "EventAgeExceeded"


@dataclass
class JobSignals:
    """Everything that came in about one job at once."""

    failures: list[TaskFailure] = field(default_factory=list)
    watchdogs: list[str] = field(default_factory=list)
    redrives: list[int] = field(default_factory=list)
    messages: list[str] = field(default_factory=list)
    """Ids of the queue's messages behind the signals: they come back when handling the job fails."""


@dataclass(frozen=True)
class UnknownMessage:
    """A message that nobody sends, and why it could not be read."""

    message_id: str
    problem: str


def read_messages(
    records: Iterable[dict[str, Any]], *, bucket: str, prefix: str, now: float
) -> tuple[dict[str, JobSignals], list[UnknownMessage]]:
    """The signals by job id, and the messages that could not be read."""
    jobs: dict[str, JobSignals] = defaultdict(JobSignals)
    unknown: list[UnknownMessage] = []
    for record in records:
        try:
            touched = _read(json.loads(record["body"]), jobs, bucket=bucket, prefix=prefix, now=now)
        except (ValueError, KeyError, TypeError) as error:
            unknown.append(UnknownMessage(record["messageId"], f"{type(error).__name__}: {error}"))
            continue
        for job_id in touched:
            jobs[job_id].messages.append(record["messageId"])
    return dict(jobs), unknown


def _read(body: dict[str, Any], jobs: dict[str, JobSignals], *, bucket: str, prefix: str, now: float) -> set[str]:
    if "watchdog" in body:
        job_id = str(body["watchdog"]["jobId"])
        jobs[job_id].watchdogs.append(str(body["watchdog"]["chain"]))
        return {job_id}
    if "requestPayload" in body:
        failure, job_id = _task_failure(body, now)
        jobs[job_id].failures.append(failure)
        return {job_id}
    if body.get("Event") == "s3:TestEvent":
        return set()
    touched = {_s3_event(event, jobs, bucket, prefix) for event in body["Records"]}
    return {each for each in touched if each is not None}


def _s3_event(event: dict[str, Any], jobs: dict[str, JobSignals], bucket: str, prefix: str) -> str | None:
    if event["s3"]["bucket"]["name"] != bucket:
        raise ValueError(f"event of bucket {event['s3']['bucket']['name']!r}, expected {bucket!r}")
    parsed = parse_key(prefix, unquote_plus(event["s3"]["object"]["key"]))
    if parsed is None:
        return None
    signals = jobs[parsed.job_id]
    if parsed.kind == "redrive" and parsed.step is not None:
        signals.redrives.append(parsed.step)
    return parsed.job_id


def _task_failure(body: dict[str, Any], now: float) -> tuple[TaskFailure, str]:
    """The failure in a record of Lambda's on-failure destination."""
    payload, response = body["requestPayload"], body.get("responsePayload") or {}
    condition = body["requestContext"]["condition"]
    error_type = EVENT_AGE_EXCEEDED if condition == EVENT_AGE_EXCEEDED else response.get("errorType") or "Unhandled"
    message = response.get("errorMessage") or condition
    failure = TaskFailure(
        stage=payload["stage"],
        step=int(payload.get("step", 0)),
        task_id=int(payload["taskId"]),
        attempt=int(payload["attempt"]),
        error_type=str(error_type).rsplit(".", 1)[-1],
        error=str(message)[:2000],
        at=now,
        started_at=float(payload.get("dispatchedAt", 0.0)),
    )
    return failure, str(payload["jobId"])
