"""Which roles a request hands to a service: what `iam:PassRole` is asked for. No AWS, no emulator.

Source: Service Authorization Reference (dependent actions), and each service's page on its roles. Batch names the roles
of its jobs as roles of ECS tasks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

Request = Mapping[str, Any]


@dataclass(frozen=True)
class Passed:
    """A role (name or ARN), or the instance profile that holds it, and the service that gets it."""

    reference: str
    service: str
    is_profile: bool = False

    @property
    def to(self) -> str:
        """The condition key `iam:PassedToService`."""
        return f"{self.service}.amazonaws.com"


@dataclass(frozen=True)
class Place:
    """Where in a request a role stands; `*` is each entry of a list."""

    path: str
    service: str
    is_profile: bool = False


def _tasks(prefix: str = "") -> tuple[Place, ...]:
    return tuple(Place(f"{prefix}{name}", "ecs-tasks") for name in ("taskRoleArn", "executionRoleArn"))


PLACES: Mapping[str, tuple[Place, ...]] = {
    "lambda:CreateFunction": (Place("Role", "lambda"),),
    "lambda:UpdateFunctionConfiguration": (Place("Role", "lambda"),),
    "states:CreateStateMachine": (Place("roleArn", "states"),),
    "states:UpdateStateMachine": (Place("roleArn", "states"),),
    "ecs:RegisterTaskDefinition": _tasks(),
    "ecs:RunTask": _tasks("overrides."),
    "ecs:StartTask": _tasks("overrides."),
    "ecs:CreateService": (Place("role", "ecs"),),
    "batch:RegisterJobDefinition": (
        Place("containerProperties.jobRoleArn", "ecs-tasks"),
        Place("containerProperties.executionRoleArn", "ecs-tasks"),
        Place("nodeProperties.nodeRangeProperties.*.container.jobRoleArn", "ecs-tasks"),
        Place("nodeProperties.nodeRangeProperties.*.container.executionRoleArn", "ecs-tasks"),
        *(Place(f"ecsProperties.taskProperties.*.{one.path}", one.service) for one in _tasks()),
    ),
    "batch:CreateComputeEnvironment": (
        Place("serviceRole", "batch"),
        Place("computeResources.spotIamFleetRole", "spotfleet"),
        Place("computeResources.instanceRole", "ec2", is_profile=True),
    ),
    "events:PutRule": (Place("RoleArn", "events"),),
    "events:PutTargets": (Place("Targets.*.RoleArn", "events"),),
    "scheduler:CreateSchedule": (Place("Target.RoleArn", "scheduler"),),
    "scheduler:UpdateSchedule": (Place("Target.RoleArn", "scheduler"),),
    "pipes:CreatePipe": (Place("RoleArn", "pipes"),),
    "pipes:UpdatePipe": (Place("RoleArn", "pipes"),),
    "autoscaling:PutLifecycleHook": (Place("RoleARN", "autoscaling"),),
    "autoscaling:CreateLaunchConfiguration": (Place("IamInstanceProfile", "ec2", is_profile=True),),
    **{
        f"ec2:{operation}": tuple(
            Place(f"IamInstanceProfile.{part}", "ec2", is_profile=True) for part in ("Arn", "Name")
        )
        for operation in ("RunInstances", "AssociateIamInstanceProfile", "ReplaceIamInstanceProfileAssociation")
    },
}
# These run what was registered before: its roles are handed over again, unless the request names others.
OF_A_DEFINITION = ("ecs:RunTask", "ecs:StartTask")
OF_A_TEMPLATE = ("ec2:RunInstances",)


def of_request(
    action: str,
    request: Request,
    definition: Callable[[str], Request] = lambda reference: {},
    template: Callable[[Request], Request] = lambda specification: {},
) -> list[Passed]:
    """The roles that this request passes. `definition` and `template` look up what it refers to."""
    found = list(_found(PLACES.get(action, ()), request))
    if action in OF_A_DEFINITION:
        registered = definition(str(request.get("taskDefinition") or ""))
        overridden = set(request.get("overrides") or {})
        places = [place for place in _tasks() if place.path not in overridden]
        found.extend(_found(places, registered))
    if action in OF_A_TEMPLATE and not found and request.get("LaunchTemplate"):
        found.extend(_found(PLACES[action], template(request["LaunchTemplate"])))
    return list(dict.fromkeys(found))


def _found(places: Any, request: Request) -> Iterator[Passed]:
    for place in places:
        for value in _values(request, place.path.split(".")):
            if isinstance(value, str) and value:
                yield Passed(value, place.service, place.is_profile)


def _values(value: Any, path: list[str]) -> Iterator[Any]:
    if not path:
        yield value
    elif path[0] == "*":
        for entry in value if isinstance(value, list) else []:
            yield from _values(entry, path[1:])
    elif isinstance(value, Mapping) and path[0] in value:
        yield from _values(value[path[0]], path[1:])
