"""EventBridge rules and schedules whose target is an ECS cluster or a Batch job queue: the emulator drops these."""

from __future__ import annotations

import contextvars
import json
import logging
import threading
from collections.abc import Mapping
from functools import partial
from typing import Any

from refarch.local import adapter
from refarch.local.execution import identity
from refarch.local.execution.batch.engine import Scheduler
from refarch.local.execution.batch.submissions import submit
from refarch.local.execution.clients import client
from refarch.local.execution.shapes import camel
from refarch.local.functions import grants

logger = logging.getLogger("refarch.local")
ACTIONS = {"ecs": "ecs:RunTask", "batch": "batch:SubmitJob"}


def install(scheduler: Scheduler) -> None:
    """Deliver to these targets, each in a thread of its own: the emulator delivers in its event loop."""
    invoke = adapter.read("invoke target")
    logging.getLogger("events").addFilter(_is_no_complaint_about_them)

    def targeted(target: dict[str, Any], event: dict[str, Any], rule: dict[str, Any], view: Any = None) -> None:
        invoke(target, event, rule, view)  # who watches events sees it there; the emulator itself does nothing
        if service_of(target) in ACTIONS:
            text = _input(target, event, rule, view)
            work = partial(contextvars.copy_context().run, deliver, scheduler, target, rule, text)
            threading.Thread(target=work, name=f"refarch-target-{service_of(target)}", daemon=True).start()

    adapter.replace("invoke target", targeted)


def _is_no_complaint_about_them(record: logging.LogRecord) -> bool:
    text = record.getMessage()
    return "unsupported target type" not in text or not any(f":{service}:" in text for service in ACTIONS)


def service_of(target: Mapping[str, Any]) -> str:
    """The service in a target's ARN; empty for what is none."""
    parts = str(target.get("Arn", "")).split(":")
    return parts[2] if len(parts) > 2 else ""


def _input(target: dict[str, Any], event: dict[str, Any], rule: dict[str, Any], view: Any) -> str:
    if target.get("InputTransformer"):
        view = view or adapter.read("event as rules see it")(event)
        return str(adapter.read("input of a target")(target["InputTransformer"], rule, view))
    return str(target.get("Input") or "{}")


def deliver(scheduler: Scheduler, target: dict[str, Any], rule: dict[str, Any], text: str) -> None:
    """Run the task or submit the job; what goes wrong is logged, as EventBridge tells nobody either."""
    try:
        given = json.loads(text)
        given = given if isinstance(given, dict) else {}
        if service_of(target) == "batch":
            submit(scheduler, _permitted(target, job_request(target, rule, given), "jobQueue"))
        else:
            request = _permitted(target, task_request(target, rule, given), "taskDefinition")
            answer = client("ecs", str(target["Arn"]).split(":")[3]).run_task(**request)
            if answer["failures"]:
                raise RuntimeError(f"RunTask: {answer['failures']}")
    except Exception as error:
        logger.error("the target %s of the rule %s was not reached: %s", target.get("Arn"), rule.get("Name"), error)


def _permitted(target: Mapping[str, Any], request: dict[str, Any], resource: str) -> dict[str, Any]:
    role, action = str(target.get("RoleArn") or ""), ACTIONS[service_of(target)]
    if role and not identity.may(role, action, str(request[resource])):
        raise PermissionError(grants.denial(role, action, str(request[resource])))
    passes = service_of(target) == "ecs" and role
    not_passed = passes and identity.role_not_passed(role, request, _definition(str(request[resource])))
    if not_passed:
        raise PermissionError(grants.denial(role, "iam:PassRole", not_passed))
    return request


def _definition(reference: str) -> Mapping[str, Any]:
    return adapter.read("ECS task definitions").get(adapter.read("key of a task definition")(reference)) or {}


def job_request(target: Mapping[str, Any], rule: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """SubmitJob of a target's `BatchParameters`; the input may bring `Parameters` and `ContainerOverrides`. Pure."""
    settings = camel(dict(target.get("BatchParameters") or {}))
    settings.setdefault("jobName", str(rule.get("Name", "job")))
    given = camel(dict(given))
    brought = {name: given[name] for name in ("parameters", "containerOverrides") if name in given}
    return {**settings, **brought, "jobQueue": target["Arn"]}


def task_request(target: Mapping[str, Any], rule: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """RunTask of a target's `EcsParameters`; the input is the overrides. Pure."""
    settings = camel(dict(target.get("EcsParameters") or {}))
    request = {name: value for name, value in settings.items() if name not in ("taskDefinitionArn", "taskCount")}
    kind = "chronos-schedule" if ":schedule/" in str(rule.get("Arn", "")) else "events-rule"
    request |= {"cluster": target["Arn"], "taskDefinition": settings["taskDefinitionArn"]}
    request |= {"count": int(settings.get("taskCount") or 1), "startedBy": f"{kind}/{rule.get('Name', '')}"[:36]}
    overrides = camel(dict(given))
    known = ("containerOverrides", "cpu", "memory", "taskRoleArn", "executionRoleArn", "ephemeralStorage")
    found = {name: value for name, value in overrides.items() if name in known}
    return {**request, "overrides": found} if found else request
