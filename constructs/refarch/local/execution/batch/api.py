"""AWS Batch's API as far as jobs are concerned, in place of the emulator's, whose jobs succeed without running."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from refarch.local import adapter
from refarch.local.execution.batch import definitions, listing, store
from refarch.local.execution.batch.definitions import NOT_RUN
from refarch.local.execution.batch.engine import Scheduler
from refarch.local.execution.batch.job import ON_A_HOST, Ending
from refarch.local.execution.batch.submissions import Refused, submit

Answer = tuple[int, dict[str, str], bytes]
Handler = Callable[[Mapping[str, Any]], dict[str, Any]]
KEPT = (
    "parameters",
    "retryStrategy",
    "timeout",
    "platformCapabilities",
    "propagateTags",
    "schedulingPriority",
    *NOT_RUN,
)


def install(scheduler: Scheduler) -> None:
    """Serve these operations."""
    jobs, dispatch = Jobs(scheduler), adapter.read("batch operations")
    for path, handler in {
        "submitjob": jobs.submit,
        "terminatejob": jobs.terminate,
        "canceljob": jobs.cancel,
        "describejobs": describe_jobs,
        "listjobs": listing.list_jobs,
        "describejobdefinitions": listing.describe_definitions,
        "describecomputeenvironments": listing.describe_environments,
        "deregisterjobdefinition": deregister,
        "updatejobqueue": jobs.update_queue,
        "deletejobqueue": delete_queue,
        "deletecomputeenvironment": delete_environment,
    }.items():
        dispatch[f"/v1/{path}"] = answering(handler)
    registered = dispatch["/v1/registerjobdefinition"]
    dispatch["/v1/registerjobdefinition"] = lambda request: register(registered, request)
    updated = dispatch["/v1/updatecomputeenvironment"]
    dispatch["/v1/updatecomputeenvironment"] = lambda request: _then(updated(request), scheduler.advance)


def answering(handler: Handler) -> Callable[[Mapping[str, Any]], Answer]:
    """A handler as the emulator calls it: a document becomes JSON, a refusal a `ClientException`."""

    def answer(request: Mapping[str, Any]) -> Answer:
        try:
            return _json(200, handler(request))
        except Refused as error:
            return _refusal(str(error))

    return answer


def _json(status: int, document: Mapping[str, Any]) -> Answer:
    return status, {"Content-Type": "application/json"}, json.dumps(document, default=str).encode()


def _refusal(message: str) -> Answer:
    status, headers, body = _json(400, {"message": message, "__type": "ClientException"})
    return status, headers | {"x-amzn-errortype": "ClientException"}, body


def _then(answer: Answer, action: Callable[[], None]) -> Answer:
    action()
    return answer


class Jobs:
    """The operations that change jobs."""

    def __init__(self, scheduler: Scheduler) -> None:
        self.scheduler = scheduler

    def submit(self, request: Mapping[str, Any]) -> dict[str, Any]:
        record = submit(self.scheduler, request)
        return {name: record[name] for name in ("jobArn", "jobName", "jobId")}

    def terminate(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """End a job in any state: a running one by SIGTERM and, 30 simulated seconds later, SIGKILL."""
        job = self.scheduler.live.get(str(request.get("jobId", "")))
        if job is not None:
            for one in (job, *job.children):
                one.record["isTerminated"] = True
            self.scheduler.end(job, Ending("terminated", str(request.get("reason", ""))))
        return {}

    def cancel(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """End a job that has not started; AWS leaves a starting or running one alone, without a word."""
        job = self.scheduler.live.get(str(request.get("jobId", "")))
        for one in (job.children or [job]) if job is not None else ():
            if one.status not in ON_A_HOST:
                one.record["isCancelled"] = True
                self.scheduler.end(one, Ending("terminated", str(request.get("reason", ""))))
        return {}

    def update_queue(self, request: Mapping[str, Any]) -> dict[str, Any]:
        queue = _existing(store.queue(str(request.get("jobQueue", ""))), request.get("jobQueue"))
        names = ("state", "priority", "computeEnvironmentOrder", "schedulingPolicyArn", "jobStateTimeLimitActions")
        queue.update({name: request[name] for name in names if name in request})
        self.scheduler.advance()
        return {name: queue[name] for name in ("jobQueueName", "jobQueueArn")}


def describe_jobs(request: Mapping[str, Any]) -> dict[str, Any]:
    found = [store.job(str(name).rpartition("job/")[2]) for name in request.get("jobs") or ()]
    return {"jobs": [record for record in found if record is not None]}


def register(registered: Callable[[Mapping[str, Any]], Answer], request: Mapping[str, Any]) -> Answer:
    """The emulator's registration, with what it leaves out of the record."""
    problems = definitions.end_problems(request)
    if problems:
        return _refusal("; ".join(problems))
    answer = registered(request)
    if answer[0] == 200:
        revision = store.definition(json.loads(answer[2])["jobDefinitionArn"])
        assert revision is not None
        revision.update({name: request[name] for name in KEPT if name in request})
    return answer


def deregister(request: Mapping[str, Any]) -> dict[str, Any]:
    revision = store.definition(str(request.get("jobDefinition", "")))
    if revision is not None:
        revision["status"] = "INACTIVE"
    return {}


def delete_queue(request: Mapping[str, Any]) -> dict[str, Any]:
    adapter.read("batch queues").pop(store.short(str(request.get("jobQueue", ""))), None)
    return {}


def delete_environment(request: Mapping[str, Any]) -> dict[str, Any]:
    name = store.short(str(request.get("computeEnvironment", "")))
    for queue in adapter.read("batch queues").values():
        used = {store.short(entry["computeEnvironment"]) for entry in queue.get("computeEnvironmentOrder") or ()}
        if name in used:
            raise Refused(f"Cannot delete, found existing JobQueue relationship: {queue['jobQueueName']}")
    adapter.read("batch environments").pop(name, None)
    return {}


def _existing(found: dict[str, Any] | None, name: Any) -> dict[str, Any]:
    if found is None:
        raise Refused(f"Object does not exist: {name}")
    return found
