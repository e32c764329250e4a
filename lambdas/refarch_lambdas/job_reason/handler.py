"""Lambda entry point: why a step of a workflow failed, with the job's own last words."""

from __future__ import annotations

import logging
from functools import cache
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from refarch_lambdas.jobs.reasons import Stream, explain, job_of, stream_of
from refarch_lambdas.jobs.redrives import fail_unless_redriven

logger = logging.getLogger()
LINES = 20


@cache
def _logs() -> Any:
    return boto3.client("logs")


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Takes `step` and the `error` of a Catch; returns `Error` and `Cause` for the Fail state. With a `failure` it is
    the end of a run that may be redriven: raises it, unless `redrives` has grown since it was `noted`."""
    if "failure" in event:
        return fail_unless_redriven(event["failure"], int(event["noted"]), int(event["redrives"]))
    error = event["error"]
    stream = stream_of(job_of(str(error.get("Cause") or "")))
    found = explain(event["step"], error, _last_lines(stream) if stream else ())
    logger.warning("%s: %s", found["Error"], found["Cause"])
    return found


def _last_lines(stream: Stream) -> list[str]:
    """Empty where the log cannot be read: a reason without the job's own words is better than none."""
    try:
        answer = _logs().get_log_events(
            logGroupName=stream.group, logStreamName=stream.name, limit=LINES, startFromHead=False
        )
    except (BotoCoreError, ClientError) as error:
        logger.warning("no log of the job: %s", error)
        return []
    return [str(each["message"]) for each in answer["events"]]
