"""Tasks and services of ECS, and registries of images."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from refarch.gate.policy.model import Fault, fault, rule
from refarch.gate.policy.values import UNKNOWN, at, is_off, is_on, number
from refarch.gate.policy.view import Resource, Template

TASK = "AWS::ECS::TaskDefinition"
SERVICE = "AWS::ECS::Service"
_FARGATE_MEMORY = {
    256: (512, 1024, 2048),
    512: range(1024, 4097, 1024),
    1024: range(2048, 8193, 1024),
    2048: range(4096, 16385, 1024),
    4096: range(8192, 30721, 1024),
    8192: range(16384, 61441, 4096),
    16384: range(32768, 122881, 8192),
}


def containers(template: Template) -> Iterator[tuple[Resource, Mapping[str, Any]]]:
    for task in template.of_type(TASK):
        for each in task.entries("ContainerDefinitions"):
            if isinstance(each, Mapping):
                yield task, each


def _fargate(task: Resource) -> bool:
    return "FARGATE" in list(task.entries("RequiresCompatibilities"))


@rule(
    "ECS-PRIVILEGED",
    "A container may do everything on its host",
    control=38,
    anchor="CT.ECS.PR.6, F ECS.4",
    remedy="leave Privileged out",
)
def privileged(template: Template) -> Iterator[Fault]:
    for task, each in containers(template):
        if is_on(at(each, "Privileged")):
            yield fault(task, f"container {at(each, 'Name')}: Privileged is true", "ContainerDefinitions")


@rule(
    "ECS-HOST-NAMESPACE",
    "A task sees the processes or the network of its host",
    control=38,
    anchor="CT.ECS.PR.10/11, F ECS.3",
    remedy="leave PidMode out; NetworkMode awsvpc",
)
def host_namespace(template: Template) -> Iterator[Fault]:
    for task in template.of_type(TASK):
        for path in ("PidMode", "IpcMode", "NetworkMode"):
            if task.get(path) == "host":
                yield fault(task, f"{path} is host", path)


@rule(
    "ECS-ROOT-USER",
    "A container runs as root",
    control=38,
    profile="regulated",
    severity="warning",
    anchor="CT.ECS.PR.3",
    remedy="set User to another than root",
)
def root_user(template: Template) -> Iterator[Fault]:
    for task, each in containers(template):
        if at(each, "User") in (None, "root", "0"):
            yield fault(
                task, f"container {at(each, 'Name')}: User is {at(each, 'User') or 'not set'}", "ContainerDefinitions"
            )


@rule(
    "ECS-ROOT-FILESYSTEM",
    "A container may change its own programs",
    control=38,
    profile="regulated",
    severity="warning",
    anchor="CT.ECS.PR.8, F ECS.5",
    remedy="set ReadonlyRootFilesystem to true, with volumes for what is written",
)
def root_filesystem(template: Template) -> Iterator[Fault]:
    for task, each in containers(template):
        if is_off(at(each, "ReadonlyRootFilesystem")):
            yield fault(
                task, f"container {at(each, 'Name')}: ReadonlyRootFilesystem is not true", "ContainerDefinitions"
            )


@rule(
    "ECS-LOGS",
    "A container's output is lost",
    control=39,
    anchor="CT.ECS.PR.7, F ECS.9",
    remedy="set LogConfiguration",
)
def logs(template: Template) -> Iterator[Fault]:
    for task, each in containers(template):
        if at(each, "LogConfiguration") is None and at(each, "FirelensConfiguration") is None:
            yield fault(task, f"container {at(each, 'Name')}: no LogConfiguration", "ContainerDefinitions")


@rule(
    "ECS-MEMORY",
    "A container may take all memory of its instance",
    control=39,
    anchor="CT.ECS.PR.9",
    remedy="set Memory for the container or the task",
)
def memory(template: Template) -> Iterator[Fault]:
    for task, each in containers(template):
        if at(each, "Memory") is None and task.get("Memory") is None:
            yield fault(task, f"container {at(each, 'Name')}: no Memory limit", "ContainerDefinitions")


@rule(
    "ECS-PUBLIC-IP",
    "Tasks of a service get public addresses",
    control=39,
    anchor="CT.ECS.PR.4, F ECS.2",
    remedy="set AssignPublicIp to DISABLED, in private subnets",
)
def public_address(template: Template) -> Iterator[Fault]:
    for service in template.of_type(SERVICE, "AWS::ECS::TaskSet"):
        path = "NetworkConfiguration.AwsvpcConfiguration.AssignPublicIp"
        if service.get(path) == "ENABLED":
            yield fault(service, "AssignPublicIp is ENABLED", path)


@rule(
    "ECS-FARGATE-SIZE",
    "Fargate has no such size",
    anchor="cfn-lint E3047",
    remedy="choose one of the memory sizes that go with the CPU units",
)
def fargate_size(template: Template) -> Iterator[Fault]:
    for task in filter(_fargate, template.of_type(TASK)):
        cpu, size = number(task.get("Cpu")), number(task.get("Memory"))
        if cpu is None or size is None:
            continue
        allowed = _FARGATE_MEMORY.get(int(cpu))
        if allowed is None:
            yield fault(task, f"Cpu {cpu:g} (allowed: {', '.join(map(str, _FARGATE_MEMORY))})", "Cpu")
        elif int(size) not in allowed:
            yield fault(task, f"Memory {size:g} with Cpu {cpu:g} (allowed: {allowed[0]} to {allowed[-1]})", "Memory")


@rule(
    "ECS-FARGATE-NETWORK",
    "Fargate takes no other network mode than awsvpc",
    control=39,
    anchor="CT.ECS.PR.5, cfn-lint E3048",
    remedy="set NetworkMode to awsvpc",
)
def fargate_network(template: Template) -> Iterator[Fault]:
    for task in filter(_fargate, template.of_type(TASK)):
        if task.get("NetworkMode") not in ("awsvpc", UNKNOWN):
            yield fault(task, f"NetworkMode is {task.get('NetworkMode') or 'bridge'}", "NetworkMode")
    for service in template.of_type(SERVICE):
        task_of = template.target(service.raw("TaskDefinition"))
        awsvpc = task_of is not None and task_of.get("NetworkMode") == "awsvpc"
        if awsvpc and service.get("NetworkConfiguration") is None:
            yield fault(
                service,
                "NetworkConfiguration is missing, and the task's network mode is awsvpc",
                "NetworkConfiguration",
            )
