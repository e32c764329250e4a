"""Where a deployed MapReduce keeps its jobs, read from the outputs of its stack."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Self

from botocore.exceptions import ClientError

from refarch.mapreduce.problems import MapReduceError

MARK = "refarch/mapreduce/1"
_FIELDS = {
    "name": "name",
    "jobBucket": "job_bucket",
    "prefix": "prefix",
    "memoryMb": "memory_mb",
    "reducerMemoryMb": "reducer_memory_mb",
    "architecture": "architecture",
    "concurrentLambdas": "concurrent_lambdas",
    "taskTimeout": "task_timeout",
    "maxAttempts": "max_attempts",
    "region": "region",
    "mapper": "mapper",
    "reducer": "reducer",
    "coordinator": "coordinator",
    "queueUrl": "queue_url",
}
_NUMBERS = {"memoryMb", "reducerMemoryMb", "concurrentLambdas", "taskTimeout", "maxAttempts"}


@dataclass(frozen=True, kw_only=True)
class Workspace:
    """One deployed MapReduce. Memory in MB, `task_timeout` in seconds; `prefix` is empty or ends with a slash."""

    name: str
    job_bucket: str
    prefix: str
    memory_mb: int
    reducer_memory_mb: int
    architecture: str
    concurrent_lambdas: int
    task_timeout: int
    max_attempts: int
    region: str
    mapper: str
    reducer: str
    coordinator: str
    queue_url: str

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Self:
        """The workspace an output describes. Raises `MapReduceError` naming every field that is missing."""
        missing = [name for name in _FIELDS if name not in document]
        if missing:
            raise MapReduceError(f"the stack's MapReduce output lacks {', '.join(missing)}: deploy the stack again")
        read = {name: int(document[name]) if name in _NUMBERS else str(document[name]) for name in _FIELDS}
        return cls(**{attribute: read[name] for name, attribute in _FIELDS.items()})  # type: ignore[arg-type]


def find_workspace(stack_name: str, *, name: str | None = None, cloudformation: Any) -> Workspace:
    """The MapReduce in the deployed stack `stack_name`; `name` chooses where there are several.

    Raises `MapReduceError` for a stack that does not exist, has no MapReduce, or has several and none was chosen.
    """
    found = [Workspace.from_json(document) for document in _outputs(_describe(stack_name, cloudformation))]
    names = ", ".join(sorted(workspace.name for workspace in found))
    if not found:
        raise MapReduceError(f"stack {stack_name!r} has no MapReduce: no output that describes one")
    if name is None and len(found) > 1:
        raise MapReduceError(f"stack {stack_name!r} has {len(found)} MapReduces, choose one with --name: {names}")
    for workspace in found:
        if name is None or workspace.name == name:
            return workspace
    raise MapReduceError(f"stack {stack_name!r} has no MapReduce named {name!r}; it has: {names}")


def _describe(stack_name: str, cloudformation: Any) -> dict[str, Any]:
    try:
        stacks = cloudformation.describe_stacks(StackName=stack_name)["Stacks"]
    except ClientError as error:
        if "does not exist" in str(error):
            stacks = []
        else:
            raise
    if not stacks:
        raise MapReduceError(f"there is no stack {stack_name!r} in this account and region: deploy it first")
    return dict(stacks[0])


def _outputs(stack: Mapping[str, Any]) -> Iterable[dict[str, Any]]:
    for output in stack.get("Outputs", ()):
        try:
            document = json.loads(output["OutputValue"])
        except ValueError:
            continue
        if isinstance(document, dict) and document.get("refarch") == MARK:
            yield document
