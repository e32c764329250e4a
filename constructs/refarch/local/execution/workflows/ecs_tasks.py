"""`arn:aws:states:::ecs:runTask` and `.sync`. Source: "Run Amazon ECS or Fargate tasks with Step Functions"."""

from __future__ import annotations

import time
from typing import Any

from refarch.local import adapter
from refarch.local.execution import identity
from refarch.local.execution.clients import client
from refarch.local.execution.shapes import camel, pascal
from refarch.local.execution.workflows.states import TaskState, Work, current, failure
from refarch.local.functions import grants

RESOURCE = "arn:aws:states:::ecs:runTask"
LOOK = 0.1  # real seconds between two looks at the task
MODELLED = (
    "AccessDeniedException",
    "BlockedException",
    "ClientException",
    "ClusterNotFoundException",
    "InvalidParameterException",
    "PlatformUnknownException",
    "ServerException",
)


def install() -> None:
    """Serve the integration."""

    def invoked(resource: str, given: dict[str, Any]) -> Any:
        return run(current(), camel(given), resource.endswith(".sync"))

    adapter.read("state machine integrations")[RESOURCE] = invoked


def run(state: TaskState, request: dict[str, Any], waits: bool) -> dict[str, Any]:
    """Run a task for a state; the answer, or with `waits` the description of the task that succeeded."""
    request.setdefault("count", 1)
    if waits:
        request.setdefault("startedBy", "AWS Step Functions")
    answer = _call(state, request)
    if not waits:
        return pascal({"tasks": answer["tasks"], "failures": answer["failures"]})  # type: ignore[no-any-return]
    if not answer["tasks"]:
        raise failure("ECS.AmazonECSException", pascal({"failures": answer["failures"]}))
    task = _wait(state, request.get("cluster", "default"), answer["tasks"][0]["taskArn"])
    if not succeeded(task):
        raise failure("States.TaskFailed", pascal(task))
    return pascal(task)  # type: ignore[no-any-return]


def succeeded(task: dict[str, Any]) -> bool:
    """Whether the task ended by itself with every container's exit code 0."""
    codes = [container.get("exitCode") for container in task.get("containers", ())]
    return task.get("stopCode") == "EssentialContainerExited" and all(code in (0, None) for code in codes)


def _call(state: TaskState, request: dict[str, Any]) -> dict[str, Any]:
    from botocore.exceptions import ClientError, ParamValidationError

    definition = _definition(state, request)
    if definition:
        state.require("ECS", "AmazonECSException", "ecs:RunTask", definition["taskDefinitionArn"])
        not_passed = identity.role_not_passed(state.role, request, definition)
        if not_passed:
            raise failure("ECS.AccessDeniedException", grants.denial(state.role, "iam:PassRole", not_passed))
    try:
        return client("ecs", state.region).run_task(**request)  # type: ignore[no-any-return]
    except ParamValidationError as error:
        raise failure("States.Runtime", str(error)) from None
    except ClientError as error:
        code = error.response["Error"]["Code"]
        raise failure(f"ECS.{code if code in MODELLED else 'AmazonECSException'}", str(error)) from None


def _definition(state: TaskState, request: dict[str, Any]) -> dict[str, Any]:
    """What RunTask is authorized on; empty when nothing is enforced or there is no such definition."""
    from botocore.exceptions import ClientError

    if not adapter.read("permissions are enforced"):
        return {}
    try:
        found = client("ecs", state.region).describe_task_definition(taskDefinition=request.get("taskDefinition", ""))
    except ClientError:
        return {}
    return dict(found["taskDefinition"])


def _wait(state: TaskState, cluster: str, arn: str) -> dict[str, Any]:
    ecs = client("ecs", state.region)
    work = Work(arn, "ecs:StopTask", lambda reason: ecs.stop_task(cluster=cluster, task=arn, reason=reason))
    state.began(work)
    while True:
        found = ecs.describe_tasks(cluster=cluster, tasks=[arn])["tasks"]
        task: dict[str, Any] = found[0] if found else {}
        if not task or task["lastStatus"] == "STOPPED":
            state.finished(work)
            return task
        if state.stopped:
            return task
        time.sleep(LOOK)
