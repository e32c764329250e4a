"""Lambda entry point of the mapper."""

from __future__ import annotations

import os
import warnings
from functools import cache
from typing import Any

import boto3
from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext

from refarch_lambdas.mapreduce.contract import load_job
from refarch_lambdas.mapreduce.events import TaskSettings
from refarch_lambdas.mapreduce.map_task import run_map_task
from refarch_lambdas.mapreduce.storage import S3Storage

logger = Logger()
metrics = Metrics()
# Most runs count nothing; Powertools would warn of each of them.
warnings.filterwarnings("ignore", message="No application metrics to publish")


@cache
def _s3() -> Any:
    return boto3.client("s3")


@logger.inject_lambda_context
@metrics.log_metrics
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Runs one attempt of one mapper. What it raises reaches the coordinator as the reason of the failure."""
    logger.append_keys(job_id=event["jobId"], stage="mapper", step=0, task_id=event["taskId"], attempt=event["attempt"])
    logger.info("task begins")
    settings = TaskSettings(memory_mb=int(context.memory_limit_in_mb), request_id=context.aws_request_id)
    job = load_job(os.environ["MAPREDUCE_JOB"])
    summary = run_map_task(event, job, S3Storage(event["jobBucket"], _s3()), settings)
    logger.info(
        "task ends", extra={name: summary[name] for name in ("rows", "bad", "bytes", "milliseconds", "committed")}
    )
    metrics.add_metric(name="RowsRead", unit=MetricUnit.Count, value=summary["rows"])
    metrics.add_metric(name="BadRecords", unit=MetricUnit.Count, value=summary["bad"])
    return {"committed": summary["committed"]}
