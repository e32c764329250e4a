"""ListJobs with its filters, and descriptions by name or ARN. Nothing here changes anything."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from refarch.local import adapter
from refarch.local.execution.batch import store

Record = Mapping[str, Any]
SUMMARY = (
    "jobArn",
    "jobId",
    "jobName",
    "createdAt",
    "status",
    "statusReason",
    "startedAt",
    "stoppedAt",
    "jobDefinition",
)


def list_jobs(request: Record) -> dict[str, Any]:
    """The jobs of a queue (in state RUNNING unless another is given, or filters are), or the children of an array."""
    if request.get("arrayJobId"):
        parent = f"{request['arrayJobId']}:"
        found = [one for one in _all() if one["jobId"].startswith(parent)]
    else:
        queue = store.short(str(request.get("jobQueue", "")))
        found = [one for one in _all() if ":" not in one["jobId"] and queue in ("", store.short(one["jobQueue"]))]
    filters = request.get("filters") or ()
    if filters:
        found = [one for one in found if all(holds(one, entry) for entry in filters)]
    elif request.get("jobStatus") or not request.get("arrayJobId"):
        found = [one for one in found if one["status"] == (request.get("jobStatus") or "RUNNING")]
    found.sort(key=lambda one: (-int(one["createdAt"]), one["jobId"]))
    page, token = paged(found, request)
    return {"jobSummaryList": [summary(one) for one in page]} | token


def holds(record: Record, entry: Record) -> bool:
    """Whether a job passes one filter of ListJobs; an asterisk at the end of a value stands for anything."""
    name, values = entry.get("name"), [str(value) for value in entry.get("values") or ()]
    if name == "JOB_NAME":
        return any(_fits(value.lower(), str(record["jobName"]).lower()) for value in values)
    if name == "JOB_DEFINITION":
        reference = str(record["jobDefinition"])
        short = store.short(reference)
        return any(
            _fits(value, candidate) for value in values for candidate in (reference, short, short.partition(":")[0])
        )
    if name == "BEFORE_CREATED_AT":
        return any(int(record["createdAt"]) < int(value) for value in values)
    if name == "AFTER_CREATED_AT":
        return any(int(record["createdAt"]) > int(value) for value in values)
    return False


def summary(record: Record) -> dict[str, Any]:
    """A job as ListJobs shows it."""
    shown = {name: record[name] for name in SUMMARY if name in record}
    container = record.get("container") or {}
    shown["container"] = {name: container[name] for name in ("exitCode", "reason") if name in container}
    if "arrayProperties" in record:
        shown["arrayProperties"] = record["arrayProperties"]
    return shown


def describe_definitions(request: Record) -> dict[str, Any]:
    revisions = [one for entry in adapter.read("batch definitions").values() for one in entry]
    tests: list[Callable[[Record], bool]] = []
    if request.get("jobDefinitions"):
        wanted = {store.short(str(name)) for name in request["jobDefinitions"]}
        tests.append(lambda one: bool({one["jobDefinitionName"], store.short(one["jobDefinitionArn"])} & wanted))
    if request.get("jobDefinitionName"):
        tests.append(lambda one: one["jobDefinitionName"] == request["jobDefinitionName"])
    if request.get("status"):
        tests.append(lambda one: one["status"] == request["status"])
    page, token = paged([one for one in revisions if all(test(one) for test in tests)], request)
    return {"jobDefinitions": page} | token


def describe_environments(request: Record) -> dict[str, Any]:
    wanted = [store.short(str(name)) for name in request.get("computeEnvironments") or ()]
    found = list(adapter.read("batch environments").values())
    if wanted:
        found = [one for one in found if one["computeEnvironmentName"] in wanted]
    page, token = paged(found, request)
    return {"computeEnvironments": page} | token


def paged(rows: Sequence[Any], request: Record) -> tuple[list[Any], dict[str, str]]:
    """One page (100 rows unless `maxResults` says less) and the token of the next."""
    start, size = int(request.get("nextToken") or 0), min(100, int(request.get("maxResults") or 100))
    token = {"nextToken": str(start + size)} if start + size < len(rows) else {}
    return list(rows[start : start + size]), token


def _all() -> list[dict[str, Any]]:
    return list(store.jobs().values())


def _fits(pattern: str, value: str) -> bool:
    return value.startswith(pattern[:-1]) if pattern.endswith("*") else value == pattern
