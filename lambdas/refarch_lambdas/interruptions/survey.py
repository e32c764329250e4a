"""Looking an instance up: in EC2, in its Auto Scaling group, in the ECS clusters."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from refarch_lambdas.interruptions.interruption import ContainerInstance, Instance
from refarch_lambdas.interruptions.refusals import is_gone
from refarch_lambdas.interruptions.targets import owned_by_services

Clients = Callable[[str], Any]
"""Gives the boto3 client of a service: the one seam to AWS."""

_GROUP_TAG = "aws:autoscaling:groupName"
_SERVICES_A_CALL = 10
_OWNED_SECONDS = 60.0


def find_instance(clients: Clients, instance_id: str) -> Instance | None:
    """The instance as EC2 knows it; None where EC2 knows none (another account's, or gone for an hour)."""
    try:
        answer = clients("ec2").describe_instances(InstanceIds=[instance_id])
    except Exception as error:
        if is_gone(error):
            return None
        raise
    found = [each for reservation in answer["Reservations"] for each in reservation["Instances"]]
    return _instance(clients, found[0]) if found else None


def _instance(clients: Clients, found: Mapping[str, Any]) -> Instance:
    tags = {each["Key"]: each["Value"] for each in found.get("Tags", ())}
    return Instance(
        instance_id=found["InstanceId"],
        tags=tags,
        addresses=frozenset(_addresses(found)),
        auto_scaling_group=tags.get(_GROUP_TAG) or _group_of(clients, found["InstanceId"]),
        instance_type=found.get("InstanceType", ""),
        zone=found.get("Placement", {}).get("AvailabilityZone", ""),
        lifecycle=found.get("InstanceLifecycle", "on-demand"),
        state=found.get("State", {}).get("Name", "running"),
    )


def _addresses(found: Mapping[str, Any]) -> Iterator[str]:
    if found.get("PrivateIpAddress"):
        yield found["PrivateIpAddress"]
    for interface in found.get("NetworkInterfaces", ()):
        yield from (each["PrivateIpAddress"] for each in interface.get("PrivateIpAddresses", ()))
        yield from (each["Ipv6Address"] for each in interface.get("Ipv6Addresses", ()))


def _group_of(clients: Clients, instance_id: str) -> str | None:
    """An instance that was attached to a group by hand has no tag of it until the group is next changed."""
    answer = clients("autoscaling").describe_auto_scaling_instances(InstanceIds=[instance_id])
    return next((str(each["AutoScalingGroupName"]) for each in answer["AutoScalingInstances"]), None)


def find_container_instance(clients: Clients, cluster: str, instance_id: str) -> ContainerInstance | None:
    """The instance as `cluster` knows it, in whatever state it is there."""
    ecs = clients("ecs")
    wanted = f"ec2InstanceId == {instance_id}"
    try:
        arns = ecs.list_container_instances(cluster=cluster, filter=wanted)["containerInstanceArns"]
        # Without a status the list holds ACTIVE and DRAINING ones.
        if not arns:
            return None
        found = ecs.describe_container_instances(cluster=cluster, containerInstances=arns)["containerInstances"]
    except Exception as error:
        if is_gone(error):
            return None
        raise
    # The filter again: an emulator may ignore it, and draining the wrong instance is what this project repairs.
    matching = [each for each in found if each.get("ec2InstanceId") == instance_id]
    # An agent that lost its data registers anew, and the old registration stays: take the one that is alive.
    matching.sort(key=lambda each: (each["status"] != "ACTIVE", not each.get("agentConnected", True)))
    return next((_container(cluster, each) for each in matching), None)


def _container(cluster: str, found: Mapping[str, Any]) -> ContainerInstance:
    return ContainerInstance(cluster=cluster, arn=found["containerInstanceArn"], status=found["status"])


class OwnedGroups:
    """The target groups that the services of clusters own. Kept for a minute: a reclaim often takes many at once."""

    def __init__(self, clients: Clients, clusters: tuple[str, ...], clock: Callable[[], float] = time.time) -> None:
        self._clients, self._clusters, self._clock = clients, clusters, clock
        self._known: set[str] = set()
        self._until = 0.0

    def now(self) -> set[str]:
        if self._clock() >= self._until:
            self._known = owned_by_services(each for cluster in self._clusters for each in self._services(cluster))
            self._until = self._clock() + _OWNED_SECONDS
        return self._known

    def _services(self, cluster: str) -> Iterator[Mapping[str, Any]]:
        ecs = self._clients("ecs")
        try:
            pages = ecs.get_paginator("list_services").paginate(cluster=cluster)
            arns = [arn for page in pages for arn in page["serviceArns"]]
        except Exception as error:
            if is_gone(error):  # a cluster that was deleted owns nothing
                return
            raise
        for first in range(0, len(arns), _SERVICES_A_CALL):
            some = arns[first : first + _SERVICES_A_CALL]
            yield from ecs.describe_services(cluster=cluster, services=some)["services"]
