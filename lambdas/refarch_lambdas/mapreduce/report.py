"""The report that ends a job: what it read, wrote, used and cost. Pure: built from what the tasks committed.

Milliseconds, memory and S3 requests of committed tasks are what the tasks measured. Attempts that failed left no
measurement: their time is estimated from dispatch to failure and marked as such.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from refarch_lambdas.mapreduce.pricing import BYTES_PER_GIGABYTE, Usage, cost_of, gb_seconds

SUCCEEDED: Final = "SUCCEEDED"
FAILED: Final = "FAILED"
CANCELLED: Final = "CANCELLED"
MAX_SAMPLES: Final = 20
STORED_HOURS: Final = 1.0
"""Hours for which the intermediate data are counted, as the original's cost report did."""
MESSAGE_REQUESTS: Final = 3
"""Queue requests of one message: sent, received, deleted. Batches need fewer, so this is an upper bound."""
COORDINATOR_REQUESTS: Final = {"get": 4, "put": 1, "list": 1}
"""S3 requests of one coordinator invocation where it has not counted them itself."""

Json = Mapping[str, Any]


def build_report(
    jobdata: Json,
    summaries: Iterable[Json],
    failures: Iterable[Json],
    coordinator: Json,
    *,
    state: str,
    now: float,
    result_bytes: int,
    region: str,
    memory_mb: int,
    reducer_memory_mb: int | None = None,
    architecture: str = "arm64",
    reason: str | None = None,
) -> dict[str, Any]:
    """The job's report document.

    `jobdata` as the client wrote it; `summaries` of all committed tasks; `failures` of attempts; `coordinator`:
    `{"invocations", "milliseconds", "memoryMb"}`, optionally `"requests": {"get", "put", "list"}`. `now` in epoch
    seconds, `memory_mb` as configured for mappers (and reducers, unless `reducer_memory_mb` says otherwise).
    Raises `ValueError` for a state other than SUCCEEDED, FAILED, CANCELLED, or an architecture without a price.
    """
    if state not in (SUCCEEDED, FAILED, CANCELLED):
        raise ValueError(f"state must be SUCCEEDED, FAILED or CANCELLED, got {state!r}")
    tasks = sorted(summaries, key=_task_order)
    memory = {"mapper": memory_mb, "reducer": reducer_memory_mb or memory_mb}
    failed = [_failure_row(failure, memory, jobdata) for failure in failures]
    usage = measure(tasks, failed, coordinator, result_bytes=result_bytes)
    return {
        "version": 1,
        "jobId": jobdata["jobId"],
        "state": state,
        "reason": reason,
        "startTime": jobdata["startTime"],
        "endTime": now,
        "seconds": max(0.0, now - jobdata["startTime"]),
        **_totals(jobdata, tasks, state),
        "resultBytes": result_bytes,
        "memoryMb": memory,
        "architecture": architecture,
        "usage": _usage_document(usage, tasks, failed, coordinator),
        "cost": cost_of(usage, region=region, architecture=architecture).to_json(),
        "tasks": [_task_row(task) for task in tasks],
        "failures": failed,
    }


def measure(tasks: Sequence[Json], failed: Sequence[Json], coordinator: Json, *, result_bytes: int) -> Usage:
    """All that is paid for. `failed` are the report's own failure rows."""
    invocations = int(coordinator.get("invocations", 0))
    own = coordinator.get("requests") or {name: each * invocations for name, each in COORDINATOR_REQUESTS.items()}
    return Usage(
        mapper_gb_seconds=_compute("mapper", tasks, failed),
        reducer_gb_seconds=_compute("reducer", tasks, failed),
        coordinator_gb_seconds=_coordinator_compute(coordinator),
        lambda_requests=len(tasks) + len(failed) + invocations,
        get_requests=_requests("get", tasks) + own.get("get", 0),
        put_requests=_requests("put", tasks) + own.get("put", 0),
        list_requests=_requests("list", tasks) + own.get("list", 0),
        sqs_requests=MESSAGE_REQUESTS * (len(tasks) + len(failed) + 1),
        stored_gigabyte_hours=(_intermediate_bytes(tasks) + result_bytes) / BYTES_PER_GIGABYTE * STORED_HOURS,
    )


def _totals(jobdata: Json, tasks: Sequence[Json], state: str) -> dict[str, Any]:
    mappers = [task for task in tasks if task["stage"] == "mapper"]
    reducers = [task for task in tasks if task["stage"] == "reducer"]
    last_step = max((task["step"] for task in reducers), default=0)
    keys = sum(task["keys"] for task in reducers if task["step"] == last_step)
    samples = [dict(sample) for task in tasks for sample in task.get("badSamples", ())]
    return {
        "input": list(jobdata["input"]),
        "inputBytes": jobdata["inputBytes"],
        "inputObjects": jobdata["totalS3Files"],
        "mapCount": jobdata["mapCount"],
        "reducerCount": jobdata["reducerCount"],
        "rows": sum(task["rows"] for task in mappers),
        "badRecords": sum(task.get("bad", 0) for task in tasks),
        "badSamples": samples[:MAX_SAMPLES],
        "keys": keys if state == SUCCEEDED else 0,
    }


def _usage_document(usage: Usage, tasks: Sequence[Json], failed: Sequence[Json], coordinator: Json) -> dict[str, Any]:
    count = {stage: sum(1 for row in [*tasks, *failed] if row["stage"] == stage) for stage in ("mapper", "reducer")}
    return {
        "invocations": {**count, "coordinator": int(coordinator.get("invocations", 0))},
        "gbSeconds": {
            "mapper": usage.mapper_gb_seconds,
            "reducer": usage.reducer_gb_seconds,
            "coordinator": usage.coordinator_gb_seconds,
            "total": usage.gb_seconds,
        },
        "requests": {
            "get": usage.get_requests,
            "put": usage.put_requests,
            "list": usage.list_requests,
            "sqs": usage.sqs_requests,
        },
        "storedGbHours": usage.stored_gigabyte_hours,
        "estimatedGbSeconds": sum(row["gbSeconds"] for row in failed),
        "estimated": ["failed attempts", "sqs requests"] + ([] if coordinator.get("requests") else ["coordinator S3"]),
    }


def _task_order(task: Json) -> tuple[int, int, int]:
    return (0 if task["stage"] == "mapper" else 1, task["step"], task["taskId"])


def _task_row(task: Json) -> dict[str, Any]:
    copied = ("stage", "step", "attempt", "start", "end", "rows", "bytes", "milliseconds", "maxRssMb", "coldStart")
    return {"id": task["taskId"], **{name: task.get(name) for name in copied}}


def _failure_row(failure: Json, memory: Mapping[str, int], jobdata: Json) -> dict[str, Any]:
    """The failure with its billed time, which is an estimate: from dispatch to report, at most one timeout."""
    started = failure.get("startedAt") or failure["at"]
    seconds = min(max(0.0, failure["at"] - started), float(jobdata["taskTimeout"]))
    gigabyte_seconds = gb_seconds(seconds * 1000, memory[failure["stage"]])
    return {**failure, "startedAt": started, "gbSeconds": gigabyte_seconds, "billedIsEstimate": True}


def _compute(stage: str, tasks: Sequence[Json], failed: Sequence[Json]) -> float:
    measured = (gb_seconds(task["milliseconds"], task["memoryMb"]) for task in tasks if task["stage"] == stage)
    return sum(measured) + sum(float(row["gbSeconds"]) for row in failed if row["stage"] == stage)


def _coordinator_compute(coordinator: Json) -> float:
    return gb_seconds(coordinator.get("milliseconds", 0), coordinator.get("memoryMb", 0))


def _requests(kind: str, tasks: Sequence[Json]) -> int:
    return sum(int(task.get("requests", {}).get(kind, 0)) for task in tasks)


def _intermediate_bytes(tasks: Sequence[Json]) -> int:
    return sum(int(segment[1]) for task in tasks for segment in task.get("segments", ()))
