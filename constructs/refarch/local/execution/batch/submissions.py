"""SubmitJob: a request becomes a job, or an array job with its children."""

from __future__ import annotations

import contextvars
import copy
import uuid
from collections.abc import Mapping
from typing import Any

from refarch.local.execution.batch import definitions, dependencies, store
from refarch.local.execution.batch.engine import Scheduler
from refarch.local.execution.batch.job import Job, now


class Refused(Exception):
    """AWS Batch would not take the request (`ClientException`)."""


def submit(scheduler: Scheduler, request: Mapping[str, Any]) -> dict[str, Any]:
    """Submit a job; the record of it. Raises `Refused` with all that is wrong."""
    definition, queue = _checked(request)
    job_id, size = str(uuid.uuid4()), int((request.get("arrayProperties") or {}).get("size") or 0)
    record = _record(request, definition, queue, job_id)
    job = _job(scheduler, record, queue)
    if size:
        record["arrayProperties"] = {"size": size, "statusSummary": {"SUBMITTED": size}}
        job.children = [_child(scheduler, job, index) for index in range(size)]
    for one in (job, *job.children):
        store.jobs()[one.job_id] = one.record
    scheduler.submit([job, *job.children])
    return record


def _checked(request: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    definition = store.definition(str(request.get("jobDefinition", "")))
    queue = store.queue(str(request.get("jobQueue", "")))
    problems = []
    if definition is None:
        problems.append(f"JobDefinition {request.get('jobDefinition')} does not exist or is not active")
    else:
        problems += definitions.problems_of(definition, request)
    if queue is None:
        problems.append(f"JobQueue {request.get('jobQueue')} does not exist")
    elif queue.get("state", "ENABLED") != "ENABLED":
        problems.append(f"JobQueue {queue['jobQueueName']} is disabled")
    depends_on = request.get("dependsOn") or ()
    problems += dependencies.problems(depends_on, "arrayProperties" in request, _size_of)
    problems += definitions.end_problems(request)
    if problems or definition is None or queue is None:
        raise Refused("; ".join(problems))
    return definition, queue


def _size_of(job_id: str) -> int | None:
    record = store.job(job_id)
    return None if record is None else int((record.get("arrayProperties") or {}).get("size") or 0)


def _record(
    request: Mapping[str, Any], definition: Mapping[str, Any], queue: Mapping[str, Any], job_id: str
) -> dict[str, Any]:
    arn = str(definition["jobDefinitionArn"])
    tags = {**(definition.get("tags") or {}), **(request.get("tags") or {})}
    return {
        "jobId": job_id,
        "jobArn": arn[: arn.index(":job-definition/")] + f":job/{job_id}",
        "jobName": request["jobName"],
        "jobQueue": queue["jobQueueArn"],
        "jobDefinition": arn,
        "status": "SUBMITTED",
        "createdAt": now(),
        "attempts": [],
        "dependsOn": list(request.get("dependsOn") or ()),
        "parameters": definitions.parameters_of(definition, request),
        "retryStrategy": request.get("retryStrategy") or definition.get("retryStrategy") or {},
        "timeout": request.get("timeout") or definition.get("timeout") or {},
        "container": definitions.container_of(definition, request),
        "platformCapabilities": definition.get("platformCapabilities") or ["EC2"],
        "propagateTags": bool(request.get("propagateTags", definition.get("propagateTags", False))),
        "tags": tags if request.get("propagateTags") or definition.get("propagateTags") else request.get("tags") or {},
        "isCancelled": False,
        "isTerminated": False,
    }


def _job(scheduler: Scheduler, record: dict[str, Any], queue: Mapping[str, Any]) -> Job:
    return Job(
        record=record,
        scope=contextvars.copy_context(),
        queue=str(queue["jobQueueName"]),
        number=scheduler.next_number(),
        vcpus=definitions.vcpus_of(record["container"]),
    )


def _child(scheduler: Scheduler, parent: Job, index: int) -> Job:
    record = copy.deepcopy({name: value for name, value in parent.record.items() if name != "arrayProperties"})
    record |= {"jobId": f"{parent.job_id}:{index}", "jobArn": f"{parent.record['jobArn']}:{index}"}
    record["arrayProperties"] = {"index": index}
    return Job(
        record=record,
        scope=parent.scope,
        queue=parent.queue,
        number=scheduler.next_number(),
        vcpus=parent.vcpus,
        index=index,
        parent=parent,
    )
