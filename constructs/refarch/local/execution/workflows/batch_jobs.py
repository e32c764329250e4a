"""`arn:aws:states:::batch:submitJob` and `.sync`. Source: "Run AWS Batch workloads with Step Functions"."""

from __future__ import annotations

from typing import Any

from refarch.local import adapter
from refarch.local.execution.batch import store
from refarch.local.execution.batch.engine import Scheduler
from refarch.local.execution.batch.job import FINAL, Ending
from refarch.local.execution.batch.submissions import Refused, submit
from refarch.local.execution.shapes import camel, pascal
from refarch.local.execution.workflows.states import TaskState, Work, current, failure

RESOURCE = "arn:aws:states:::batch:submitJob"
MANAGED = {"name": "MANAGED_BY_AWS", "value": "STARTED_BY_STEP_FUNCTIONS"}
LOOK = 0.2  # real seconds between two looks whether the execution was stopped


def install(scheduler: Scheduler) -> None:
    """Serve the integration."""

    def invoked(resource: str, given: dict[str, Any]) -> Any:
        return run(scheduler, current(), camel(given), resource.endswith(".sync"))

    adapter.read("state machine integrations")[RESOURCE] = invoked


def run(scheduler: Scheduler, state: TaskState, request: dict[str, Any], waits: bool) -> dict[str, Any]:
    """Submit a job for a state; the answer, or with `waits` the description of the job that succeeded."""
    _require(state, request)
    if waits:
        overrides = dict(request.get("containerOverrides") or {})
        request["containerOverrides"] = overrides | {"environment": [*overrides.get("environment", ()), MANAGED]}
    try:
        record = submit(scheduler, request)
    except Refused as error:
        raise failure("Batch.ClientException", str(error)) from None
    if not waits:
        return pascal({name: record[name] for name in ("jobArn", "jobId", "jobName")})  # type: ignore[no-any-return]
    _wait(scheduler, state, record)
    if record["status"] != "SUCCEEDED":
        raise failure("States.TaskFailed", pascal(record))
    return pascal(record)  # type: ignore[no-any-return]


def _require(state: TaskState, request: dict[str, Any]) -> None:
    """What SubmitJob is authorized on: the queue and the definition, where they exist."""
    queue = store.queue(str(request.get("jobQueue", "")))
    definition = store.definition(str(request.get("jobDefinition", "")))
    names = [queue["jobQueueArn"] if queue else None, definition["jobDefinitionArn"] if definition else None]
    state.require("Batch", "AWSBatchException", "batch:SubmitJob", *(name for name in names if name))


def _wait(scheduler: Scheduler, state: TaskState, record: dict[str, Any]) -> None:
    def stop(reason: str) -> None:
        job = scheduler.live.get(record["jobId"])
        if job is not None:
            for one in (job, *job.children):
                one.record["isTerminated"] = True
            scheduler.end(job, Ending("terminated", reason))

    work = Work(record["jobArn"], "batch:TerminateJob", stop)
    state.began(work)
    with scheduler.changed:
        while record["status"] not in FINAL and not state.stopped:
            scheduler.changed.wait(LOOK)
    if record["status"] in FINAL:
        state.finished(work)
