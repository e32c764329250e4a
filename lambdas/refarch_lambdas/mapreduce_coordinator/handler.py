"""Lambda entry point of the coordinator: a batch of messages in, the ones that must come again out."""

from __future__ import annotations

import json
import os
import time
import warnings
from functools import cache
from typing import Any

import boto3
from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext

from refarch_lambdas.mapreduce.coordinator import Coordinator, CoordinatorSettings, Seams
from refarch_lambdas.mapreduce.decision import lost_after
from refarch_lambdas.mapreduce.ending import Place
from refarch_lambdas.mapreduce.signals import read_messages
from refarch_lambdas.mapreduce.storage import S3Storage

logger = Logger()
metrics = Metrics()
# Most runs count nothing; Powertools would warn of each of them.
warnings.filterwarnings("ignore", message="No application metrics to publish")
# A lease ends when its run surely has ended: Lambda stops it at its deadline, and clocks differ a little.
_LEASE_RESERVE_SECONDS = 1.0


@cache
def _client(service: str) -> Any:
    return boto3.client(service)


@logger.inject_lambda_context
@metrics.log_metrics
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Moves on every job that the messages speak of; returns the messages of those that could not be."""
    bucket, prefix = os.environ["MAPREDUCE_BUCKET"], os.environ["MAPREDUCE_PREFIX"]
    jobs, unknown = read_messages(event["Records"], bucket=bucket, prefix=prefix, now=time.time())
    for message in unknown:
        logger.error("unknown message", extra={"message_id": message.message_id, "problem": message.problem})
    again = {message.message_id for message in unknown}
    coordinator = Coordinator(
        S3Storage(bucket, _client("s3")), _seams(), _settings(prefix, context), run=context.aws_request_id
    )
    for job_id, signals in jobs.items():
        try:
            coordinator.handle(job_id, signals)
        except Exception:  # one job's trouble must not hold up the others; its messages come again
            logger.exception("job not moved on", extra={"job_id": job_id})
            again |= set(signals.messages)
    return {"batchItemFailures": [{"itemIdentifier": each} for each in sorted(again)]}


def _seams() -> Seams:
    functions = {"mapper": os.environ["MAPREDUCE_MAPPER"], "reducer": os.environ["MAPREDUCE_REDUCER"]}
    queue = os.environ["MAPREDUCE_QUEUE_URL"]

    def invoke(stage: str, payload: dict[str, Any]) -> None:
        _client("lambda").invoke(
            FunctionName=functions[stage], InvocationType="Event", Payload=json.dumps(payload).encode()
        )

    def wake(message: dict[str, Any], delay: int) -> None:
        _client("sqs").send_message(QueueUrl=queue, MessageBody=json.dumps(message), DelaySeconds=delay)

    def metric(name: str, value: float) -> None:
        metrics.add_metric(name=name, unit=MetricUnit.Count, value=value)

    return Seams(invoke=invoke, wake=wake, metric=metric, clock=time.time)


def _settings(prefix: str, context: LambdaContext) -> CoordinatorSettings:
    task_seconds = float(os.environ["MAPREDUCE_TASK_SECONDS"])
    return CoordinatorSettings(
        prefix=prefix,
        concurrent=int(os.environ["MAPREDUCE_CONCURRENT"]),
        watchdog_seconds=int(os.environ["MAPREDUCE_WATCHDOG_SECONDS"]),
        lease=context.get_remaining_time_in_millis() / 1000 + _LEASE_RESERVE_SECONDS,
        lost_after=lost_after(task_seconds),
        place=Place(
            region=os.environ["AWS_REGION"],
            architecture=os.environ["MAPREDUCE_ARCHITECTURE"],
            memory_mb=int(os.environ["MAPREDUCE_MAPPER_MB"]),
            reducer_memory_mb=int(os.environ["MAPREDUCE_REDUCER_MB"]),
            coordinator_memory_mb=int(os.environ["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"]),
        ),
    )
