"""Lambda entry point of the reducer."""

from __future__ import annotations

import os
from functools import cache
from typing import Any

import boto3
from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from refarch_lambdas.mapreduce.contract import load_job
from refarch_lambdas.mapreduce.events import TaskSettings
from refarch_lambdas.mapreduce.reduce_task import run_reduce_task
from refarch_lambdas.mapreduce.storage import S3Storage

logger = Logger()


@cache
def _s3() -> Any:
    return boto3.client("s3")


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Runs one attempt of one reducer. What it raises reaches the coordinator as the reason of the failure."""
    logger.append_keys(
        job_id=event["jobId"],
        stage="reducer",
        step=event["step"],
        task_id=event["taskId"],
        attempt=event["attempt"],
    )
    logger.info("task begins")
    settings = TaskSettings(memory_mb=int(context.memory_limit_in_mb), request_id=context.aws_request_id)
    job = load_job(os.environ["MAPREDUCE_JOB"])
    summary = run_reduce_task(event, job, S3Storage(event["jobBucket"], _s3()), settings)
    logger.info("task ends", extra={name: summary[name] for name in ("keys", "bytes", "milliseconds", "committed")})
    return {"committed": summary["committed"]}
