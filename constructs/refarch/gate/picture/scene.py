"""The template as a picture sees it: which resources are boxes, and which box a reference means."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from typing import Any

from refarch.gate.picture.kinds import connectors, is_shown
from refarch.gate.policy.values import references
from refarch.gate.policy.view import Resource
from refarch.gate.policy.view import Template as View

_CUSTOM = ("Custom::", "AWS::CloudFormation::CustomResource")
_MOST_STEPS = 8


class Scene:
    """Boxes by logical id, and how everything else leads to them."""

    def __init__(self, content: Mapping[str, Any]) -> None:
        self.view = View(content)
        self.helpers = frozenset(helpers_of(self.view))
        self._found: dict[str, frozenset[str]] = {}

    @cached_property
    def shown(self) -> dict[str, Resource]:
        """What is a box."""
        return {name: each for name, each in self.view.resources.items() if self._is_box(each)}

    def _is_box(self, resource: Resource) -> bool:
        if resource.name in self.helpers:
            return False
        if resource.type == "AWS::ECS::TaskDefinition":
            return next(self.view.users_of(resource, "AWS::ECS::Service"), None) is None
        if resource.type == "AWS::ECS::Cluster":
            users = self.view.users_of(resource, "AWS::ECS::Service", "AWS::Batch::ComputeEnvironment")
            return next(users, None) is None
        if resource.type == "AWS::RDS::DBInstance":
            return not self.view.targets(resource.raw("DBClusterIdentifier"))
        return is_shown(resource.type)

    def ends(self, value: Any) -> list[str]:
        """The boxes that anything inside a value leads to, sorted."""
        return sorted({box for name in self.view.targets(value) for box in self.boxes(name)})

    def boxes(self, name: str) -> frozenset[str]:
        """The boxes that a resource is, or stands for; none for what the picture leaves out."""
        if name not in self._found:
            self._found[name] = frozenset()  # whoever comes here again, in a circle, gets nothing
            self._found[name] = frozenset(self._resolve(name))
        return self._found[name]

    def _resolve(self, name: str) -> Iterable[str]:
        if name in self.shown:
            return {name}
        pending, seen, found = [name], {name}, set()
        for _ in range(_MOST_STEPS):
            following = {each for one in pending for each in self._leads_to(one)} - seen
            found |= following & self.shown.keys()
            seen |= following
            pending = sorted(following - self.shown.keys())
        return found

    def _leads_to(self, name: str) -> Iterator[str]:
        resource = self.view.resources[name]
        listed = connectors()
        for path in listed["stand_for"].get(resource.type, ()):
            yield from self.view.targets(resource.raw(path))
        if users := listed["stand_for_users"].get(resource.type):
            yield from (each.name for each in self.view.users_of(resource, *users))
        if resource.type == "AWS::ElasticLoadBalancingV2::TargetGroup":
            yield from self.view.targets(resource.raw("Targets"))
        if resource.type == "AWS::RDS::DBInstance":
            yield from self.view.targets(resource.raw("DBClusterIdentifier"))


def helpers_of(view: View) -> Iterator[str]:
    """Functions that only serve custom resources while the stack is deployed, and those that these call."""
    pending = {
        name
        for each in view.resources.values()
        if each.type.startswith(_CUSTOM)
        for name in references(each.raw("ServiceToken"))
    }
    seen: set[str] = set()
    while pending:
        name = pending.pop()
        resource = view.resources.get(name)
        if resource is None or name in seen or resource.type != "AWS::Lambda::Function":
            continue
        seen.add(name)
        variables = resource.get("Environment.Variables")
        if isinstance(variables, Mapping):
            pending |= {
                found for key in variables if str(key).startswith("USER_") for found in references(variables[key])
            }
    yield from seen
