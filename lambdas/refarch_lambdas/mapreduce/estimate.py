"""What a job would cost before it runs, and what a measured job would cost at another size. Pure, no AWS."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from refarch_lambdas.mapreduce.plan import choose_reducer_count, choose_split_bytes
from refarch_lambdas.mapreduce.pricing import BYTES_PER_GIGABYTE, Cost, PriceTable, Usage, cost_of, gb_seconds
from refarch_lambdas.mapreduce.report import COORDINATOR_REQUESTS, MESSAGE_REQUESTS

POST_THROUGHPUT: Final = 25_500_000.0
"""Input bytes for each billed Lambda second, all functions together: 25.4 GB for 2.49 cents of 1536 MB in the post."""
INTERMEDIATE_FRACTION: Final = 0.05
"""Bytes that stay in S3 for an hour, as a share of the input, where nothing has been measured."""
TASK_PUTS: Final = 2  # the data and the commit
MAPPER_GETS: Final = 3  # the plan's line, the failure mark, the input
REDUCER_GETS: Final = 2  # the segment list and the failure mark; its segments come on top


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """An expectation, not a bill. `lambda_seconds` are billed seconds of all functions together."""

    input_bytes: int
    mappers: int
    reducers: int
    lambda_seconds: float
    usage: Usage
    cost: Cost

    @property
    def requests(self) -> int:
        """Requests to Lambda, S3 and the queue."""
        usage = self.usage
        s3 = usage.get_requests + usage.put_requests + usage.list_requests
        return round(usage.lambda_requests + s3 + usage.sqs_requests)


def estimate(
    input_bytes: int,
    *,
    mappers: int,
    reducers: int,
    memory_mb: int,
    architecture: str = "arm64",
    region: str = "us-east-1",
    throughput: float = POST_THROUGHPUT,
    intermediate_fraction: float = INTERMEDIATE_FRACTION,
    prices: PriceTable | None = None,
) -> Estimate:
    """What `input_bytes` in so many mappers and partitions cost at `throughput` (bytes for each billed second).

    The default throughput is the post's own, of 2016 and for its light mapper; measure yours with one job.
    Raises `ValueError` for a throughput that is not positive.
    """
    if throughput <= 0:
        raise ValueError(f"throughput must be more than 0 bytes a second, got {throughput}")
    seconds = input_bytes / throughput
    usage = _usage(
        mappers,
        reducers,
        mapper_gb_seconds=gb_seconds(seconds * 1000, memory_mb),
        stored_bytes=input_bytes * intermediate_fraction,
    )
    cost = cost_of(usage, region=region, architecture=architecture, prices=prices)
    return _estimate(input_bytes, mappers, reducers, seconds, usage, cost)


def project(report: Mapping[str, Any], input_bytes: int, *, concurrent_lambdas: int = 100) -> Estimate:
    """The measured job of `report` at another size: what tasks need to start grows with the tasks, the rest with rows.

    Reducing is said to grow with the input even where the number of keys does not: there it is an upper bound.
    Raises `ValueError` for a report of a job without input.
    """
    measured = report["inputBytes"]
    if not measured:
        raise ValueError(f"job {report['jobId']} read no bytes: nothing to project from")
    factor = input_bytes / measured
    mappers = -(-input_bytes // choose_split_bytes(input_bytes, concurrent_lambdas))
    reducers = choose_reducer_count(input_bytes, concurrent_lambdas)
    tasks = {stage: [task for task in report["tasks"] if task["stage"] == stage] for stage in ("mapper", "reducer")}
    start, _ = task_time(tasks["mapper"])
    seconds = {
        "mapper": start * mappers + _working_seconds(tasks["mapper"], start) * factor,
        "reducer": start * _reduce_tasks(reducers) + _working_seconds(tasks["reducer"], start) * factor,
    }
    memory = report["memoryMb"]
    parts = (mappers + _reduce_tasks(reducers)) / max(1, len(report["tasks"]))
    usage = _usage(
        mappers,
        reducers,
        mapper_gb_seconds=gb_seconds(seconds["mapper"] * 1000, memory["mapper"]),
        reducer_gb_seconds=gb_seconds(seconds["reducer"] * 1000, memory["reducer"]),
        coordinator_gb_seconds=report["usage"]["gbSeconds"]["coordinator"] * parts,
        stored_bytes=report["usage"]["storedGbHours"] * BYTES_PER_GIGABYTE * factor,
    )
    cost = cost_of(usage, region=report["cost"]["region"], architecture=report["architecture"])
    return _estimate(input_bytes, mappers, reducers, sum(seconds.values()), usage, cost)


def _working_seconds(tasks: Sequence[Mapping[str, Any]], start: float) -> float:
    """Billed seconds of tasks beyond what each of them needs to start."""
    return sum(max(0.0, float(task["milliseconds"]) / 1000 - start) for task in tasks)


def task_time(tasks: Sequence[Mapping[str, Any]]) -> tuple[float, float]:
    """Seconds that a task needs to start, and seconds for each row, by least squares over tasks of several sizes.

    Where the tasks do not tell (too few, all alike, or larger ones were faster), all their time counts as rows' time.
    """
    seconds = [task["milliseconds"] / 1000 for task in tasks]
    rows = [float(task["rows"]) for task in tasks]
    if len(set(rows)) >= 3:
        slope, intercept = statistics.linear_regression(rows, seconds)
        if slope > 0:
            return max(0.0, intercept), slope
    return 0.0, sum(seconds) / max(1.0, sum(rows))


def billed_seconds(report: Mapping[str, Any]) -> float:
    """Billed Lambda seconds of mappers and reducers in a measured job, failed attempts included."""
    memory, compute = report["memoryMb"], report["usage"]["gbSeconds"]
    return sum(float(compute[role]) * 1024 / float(memory[role]) for role in ("mapper", "reducer"))


def measured_throughput(report: Mapping[str, Any]) -> float | None:
    """Input bytes for each billed second of a measured job, or None where nothing was read or billed."""
    seconds = billed_seconds(report)
    return float(report["inputBytes"]) / seconds if seconds and report["inputBytes"] else None


def implied_throughput(input_bytes: int, dollars: float, *, memory_mb: int, gigabyte_second: float) -> float:
    """Bytes for each billed second that explain a bill of `dollars` for compute alone."""
    return input_bytes / (dollars / (gigabyte_second * memory_mb / 1024))


def _usage(mappers: int, reducers: int, *, stored_bytes: float, **compute: float) -> Usage:
    tasks = mappers + _reduce_tasks(reducers)
    events = tasks + 1
    return Usage(
        **compute,
        lambda_requests=tasks + events,
        get_requests=MAPPER_GETS * mappers
        + REDUCER_GETS * _reduce_tasks(reducers)
        + mappers * reducers
        + COORDINATOR_REQUESTS["get"] * events,
        put_requests=TASK_PUTS * tasks + COORDINATOR_REQUESTS["put"] * events,
        list_requests=COORDINATOR_REQUESTS["list"] * events,
        sqs_requests=MESSAGE_REQUESTS * events,
        stored_gigabyte_hours=stored_bytes / BYTES_PER_GIGABYTE,
    )


def _reduce_tasks(reducers: int) -> int:
    """One a partition, and one more that merges several partitions into the result."""
    return reducers + (1 if reducers > 1 else 0)


def _estimate(input_bytes: int, mappers: int, reducers: int, seconds: float, usage: Usage, cost: Cost) -> Estimate:
    return Estimate(
        input_bytes=input_bytes,
        mappers=mappers,
        reducers=reducers,
        lambda_seconds=seconds,
        usage=usage,
        cost=cost,
    )
