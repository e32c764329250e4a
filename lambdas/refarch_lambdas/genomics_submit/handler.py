"""Lambda entry point: submits a Batch job and returns the event with its `jobId`, as the post's function did."""

from __future__ import annotations

from functools import cache
from typing import Any

import boto3

from refarch_lambdas.jobs.submission import request_of


@cache
def _batch() -> Any:
    return boto3.client("batch")


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Raises what Batch says, as it says it: the post's function told of an error of another call."""
    answer = _batch().submit_job(**request_of(event))
    return {**event, "jobId": answer["jobId"]}
