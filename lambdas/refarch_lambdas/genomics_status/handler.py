"""Lambda entry point: the status of the job `jobId`, as the post's function told it."""

from __future__ import annotations

from functools import cache
from typing import Any

import boto3


class UnknownJob(LookupError):
    """No such job, or none any more: Batch keeps ended jobs for a week."""


@cache
def _batch() -> Any:
    return boto3.client("batch")


def handler(event: dict[str, Any], context: object) -> str:
    """SUBMITTED, PENDING, RUNNABLE, STARTING, RUNNING, SUCCEEDED or FAILED. Raises `UnknownJob`."""
    job_id = str(event["jobId"])
    found = _batch().describe_jobs(jobs=[job_id])["jobs"]
    if not found:
        raise UnknownJob(f"jobId is {job_id!r}, allowed: a job of this account and region that ended within a week")
    return str(found[0]["status"])
