"""Removes the instance from registries of members, so that nobody is sent to it by name.

The post's second example deregistered instances from OpsWorks stacks, a service that has ended. Cloud Map is what
AWS offers for the same purpose; another registry (a Consul, a table of your own) is a class with two methods.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Protocol

from refarch_lambdas.interruptions.interruption import Case, Instance, Outcome, Problem
from refarch_lambdas.interruptions.refusals import attempt
from refarch_lambdas.interruptions.settings import MEMBERSHIP
from refarch_lambdas.interruptions.survey import Clients

_ADDRESSES = ("AWS_INSTANCE_IPV4", "AWS_INSTANCE_IPV6")


class Registry(Protocol):
    """Somebody who keeps a list of members. Both methods may raise errors of the SDK."""

    @property
    def name(self) -> str:
        """For logs and messages."""

    def members_of(self, instance: Instance) -> list[str]:
        """The ids under which the instance is a member, now."""

    def remove(self, member: str) -> object:
        """Takes a member out. Anything but None; one that is gone is no error."""


class CloudMapService:
    """One service of AWS Cloud Map. A member is the instance's by id, by EC2 instance id, or by address."""

    def __init__(self, clients: Clients, service_id: str) -> None:
        self._clients, self.name = clients, service_id

    def members_of(self, instance: Instance) -> list[str]:
        pages = self._clients("servicediscovery").get_paginator("list_instances").paginate(ServiceId=self.name)
        return [
            each["Id"]
            for page in pages
            for each in page["Instances"]
            if _stands_for(instance, each["Id"], each.get("Attributes", {}))
        ]

    def remove(self, member: str) -> object:
        return self._clients("servicediscovery").deregister_instance(ServiceId=self.name, InstanceId=member)


def _stands_for(instance: Instance, member: str, attributes: dict[str, str]) -> bool:
    if instance.instance_id in (member, attributes.get("AWS_EC2_INSTANCE_ID")):
        return True
    return any(attributes.get(key) in instance.addresses for key in _ADDRESSES)


class CleanMembership:
    """Every registry is asked; one that fails does not keep the others."""

    name = MEMBERSHIP

    def __init__(self, registries: Sequence[Registry]) -> None:
        self._registries = registries

    def run(self, case: Case) -> Outcome:
        problems: list[Problem] = []
        done = [line for registry in self._registries for line in self._leave(registry, case.instance, problems)]
        return Outcome(done=tuple(done), problems=tuple(problems))

    def _leave(self, registry: Registry, instance: Instance, problems: list[Problem]) -> list[str]:
        members = attempt(self.name, registry.name, partial(registry.members_of, instance), problems) or []
        left = [
            member
            for member in members
            if attempt(self.name, f"{registry.name}/{member}", partial(registry.remove, member), problems) is not None
        ]
        return [f"{member} left {registry.name}" for member in left]
