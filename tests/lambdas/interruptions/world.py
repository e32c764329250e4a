"""An account in memory: what the responder asks of AWS, and what it did there."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from typing import Any

from boto3.dynamodb.types import TypeDeserializer, TypeSerializer
from botocore.exceptions import ClientError

ACCOUNT, REGION = "123456789012", "us-east-1"
CLUSTER = f"arn:aws:ecs:{REGION}:{ACCOUNT}:cluster/web"
TOPIC = f"arn:aws:sns:{REGION}:{ACCOUNT}:interruptions"


def group_arn(name: str) -> str:
    return f"arn:aws:elasticloadbalancing:{REGION}:{ACCOUNT}:targetgroup/{name}/{name.encode().hex()[:16]:0<16}"


def refusal(code: str, operation: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": "no"}}, operation)


class Pages:
    def __init__(self, call: Callable[..., Any]) -> None:
        self.paginate = lambda **arguments: [call(**arguments)]


class World:
    """`failures`: operation to the errors it answers with, one a call; the last stays where it is `for ever`."""

    def __init__(self) -> None:
        self.instances: dict[str, dict[str, Any]] = {}
        self.groups: dict[str, list[dict[str, Any]]] = {}
        self.scaling: dict[str, dict[str, Any]] = {}
        self.containers: dict[str, dict[str, Any]] = {}
        self.services: list[dict[str, Any]] = []
        self.tasks: list[dict[str, Any]] = []
        self.members: dict[str, list[dict[str, Any]]] = {}
        self.items: dict[tuple[str, str], dict[str, Any]] = {}
        self.failures: dict[str, list[str]] = {}
        self.calls: list[tuple[str, dict[str, Any]]] = []

    def clients(self, service: str) -> Any:
        return _Client(self)

    def called(self, operation: str) -> list[dict[str, Any]]:
        return [arguments for name, arguments in self.calls if name == operation]

    @property
    def changes(self) -> Counter[str]:
        """How often each call that changes something outside the log was made."""
        changing = ("deregister_targets", "update_container_instances_state", "send_command", "publish")
        return Counter(name for name, _ in self.calls if name in (*changing, "deregister_instance"))

    def add(self, number: int, *, tags: dict[str, str] | None = None, group: str = "", state: str = "running") -> str:
        """An instance with the address 10.0.x.y."""
        instance = f"i-{number:017x}"
        every = {**(tags or {}), **({"aws:autoscaling:groupName": group} if group else {})}
        self.instances[instance] = {
            "InstanceId": instance,
            "InstanceType": "m7g.large",
            "InstanceLifecycle": "spot",
            "PrivateIpAddress": self.address(number),
            "Placement": {"AvailabilityZone": "us-east-1a"},
            "State": {"Name": state},
            "Tags": [{"Key": key, "Value": value} for key, value in every.items()],
            "NetworkInterfaces": [
                {"PrivateIpAddresses": [{"PrivateIpAddress": f"10.1.{number // 256}.{number % 256}"}]}
            ],
        }
        return instance

    @staticmethod
    def address(number: int) -> str:
        return f"10.0.{number // 256}.{number % 256}"

    def register(self, group: str, *targets: tuple[str, int]) -> str:
        arn = group_arn(group)
        described = [{"Target": {"Id": id, "Port": port}, "TargetHealth": {"State": "healthy"}} for id, port in targets]
        self.groups.setdefault(arn, []).extend(described)
        return arn

    def in_service(self, arn: str) -> set[tuple[str, int]]:
        return {
            (each["Target"]["Id"], each["Target"]["Port"])
            for each in self.groups[arn]
            if each["TargetHealth"]["State"] != "draining"
        }

    def join(self, instance: str, status: str = "ACTIVE") -> str:
        arn = f"arn:aws:ecs:{REGION}:{ACCOUNT}:container-instance/web/{instance[2:]}"
        self.containers[arn] = {"containerInstanceArn": arn, "ec2InstanceId": instance, "status": status}
        return arn

    # What the clients answer; each under the name of its method.

    def describe_instances(self, InstanceIds: list[str]) -> Any:
        found = [self.instances[each] for each in InstanceIds if each in self.instances]
        if not found:
            raise refusal("InvalidInstanceID.NotFound", "DescribeInstances")
        return {"Reservations": [{"Instances": found}]}

    def describe_tags(self, Filters: list[dict[str, Any]]) -> Any:
        """As EC2 does it: every filter must hold, and a tag names the resource it is of."""
        rows = [
            {"ResourceId": instance, "Key": tag["Key"], "Value": tag["Value"]}
            for instance, each in self.instances.items()
            for tag in each["Tags"]
        ]
        columns = {"resource-id": "ResourceId", "key": "Key"}
        return {"Tags": [row for row in rows if all(row[columns[f["Name"]]] in f["Values"] for f in Filters)]}

    def describe_auto_scaling_instances(self, InstanceIds: list[str]) -> Any:
        return {"AutoScalingInstances": []}

    def describe_auto_scaling_groups(self, AutoScalingGroupNames: list[str]) -> Any:
        return {"AutoScalingGroups": [self.scaling[each] for each in AutoScalingGroupNames if each in self.scaling]}

    def describe_target_groups(self, Names: list[str]) -> Any:
        found = [arn for arn in self.groups if arn.split("/")[1] in Names]
        if not found:
            raise refusal("TargetGroupNotFound", "DescribeTargetGroups")
        return {"TargetGroups": [{"TargetGroupArn": arn} for arn in found]}

    def describe_target_health(self, TargetGroupArn: str) -> Any:
        if TargetGroupArn not in self.groups:
            raise refusal("TargetGroupNotFound", "DescribeTargetHealth")
        return {"TargetHealthDescriptions": self.groups[TargetGroupArn]}

    def deregister_targets(self, TargetGroupArn: str, Targets: list[dict[str, Any]]) -> Any:
        """A target that was registered on another port is left where it is, as the API does."""
        for each in self.groups[TargetGroupArn]:
            if any(each["Target"] == {"Port": 80, **target} for target in Targets):
                each["TargetHealth"] = {"State": "draining"}
        return {}

    def register_targets(self, TargetGroupArn: str, Targets: list[dict[str, Any]]) -> Any:
        """What is there already stays as it is, as the API does."""
        self.groups[TargetGroupArn] = [each for each in self.groups[TargetGroupArn] if each["Target"] not in Targets]
        self.groups[TargetGroupArn] += [{"Target": each, "TargetHealth": {"State": "initial"}} for each in Targets]
        return {}

    def list_container_instances(self, cluster: str, filter: str) -> Any:
        instance = filter.split()[-1]
        found = [arn for arn, each in self.containers.items() if each["ec2InstanceId"] == instance]
        return {"containerInstanceArns": found if cluster == CLUSTER else []}

    def describe_container_instances(self, cluster: str, containerInstances: list[str]) -> Any:
        return {"containerInstances": [self.containers[each] for each in containerInstances]}

    def update_container_instances_state(self, cluster: str, containerInstances: list[str], status: str) -> Any:
        for each in containerInstances:
            self.containers[each]["status"] = status
        return {"failures": []}

    def list_services(self, cluster: str) -> Any:
        return {"serviceArns": [each["serviceArn"] for each in self.services]}

    def describe_services(self, cluster: str, services: list[str]) -> Any:
        assert len(services) <= 10
        return {"services": [each for each in self.services if each["serviceArn"] in services]}

    def list_tasks(self, cluster: str, containerInstance: str) -> Any:
        return {"taskArns": [each["taskArn"] for each in self.tasks if each["on"] == containerInstance]}

    def describe_tasks(self, cluster: str, tasks: list[str]) -> Any:
        return {"tasks": [each for each in self.tasks if each["taskArn"] in tasks]}

    def list_instances(self, ServiceId: str) -> Any:
        return {"Instances": self.members[ServiceId]}

    def deregister_instance(self, ServiceId: str, InstanceId: str) -> Any:
        self.members[ServiceId] = [each for each in self.members[ServiceId] if each["Id"] != InstanceId]
        return {"OperationId": "o"}

    def send_command(self, **arguments: Any) -> Any:
        return {"Command": {"CommandId": "c-1"}}

    def complete_lifecycle_action(self, **arguments: Any) -> Any:
        return {}

    def publish(self, **arguments: Any) -> Any:
        return {"MessageId": "m-1"}

    # A table, as far as the ledger speaks its language: = of SET, if_not_exists, ADD, one condition.

    def query(self, ExpressionAttributeValues: Any, Limit: int, **_: Any) -> Any:
        wanted = _read(ExpressionAttributeValues)
        keys = [
            key for key in self.items if key[0] == wanted[":instance"] and key[1].startswith(wanted.get(":signal", ""))
        ]
        return {"Items": [_write(self.items[key]) for key in sorted(keys, reverse=True)[:Limit]]}

    def update_item(
        self,
        Key: Any,
        UpdateExpression: str,
        ExpressionAttributeNames: Any,
        ExpressionAttributeValues: Any,
        **more: Any,
    ) -> Any:
        key, names, values = _read(Key), ExpressionAttributeNames, _read(ExpressionAttributeValues)
        item = self.items.get((key["instanceId"], key["interruption"]))
        held = item is not None and item["leaseUntil"] >= values.get(":now", 0)
        if "ConditionExpression" in more and item and held and item["leaseOwner"] != values[":leaseOwner"]:
            raise refusal("ConditionalCheckFailedException", "UpdateItem")
        item = self.items.setdefault((key["instanceId"], key["interruption"]), dict(key))
        sets, _, adds = UpdateExpression.removeprefix("SET ").partition(" ADD ")
        for assignment in re.split(r", (?=#)", re.sub(r"if_not_exists\((\S+), (\S+)\)", r"?\2", sets)):
            path, value = assignment.split(" = ")
            holder, last = item, [names[part] for part in path.split(".")]
            for part in last[:-1]:
                holder = holder[part]
            if value.startswith("?"):
                holder.setdefault(last[-1], values[value[1:]])
            else:
                holder[last[-1]] = values[value]
        if adds:
            item["attempts"] = item.get("attempts", 0) + 1
        return {"Attributes": _write(item)}


class _Client:
    def __init__(self, world: World) -> None:
        self._world = world

    def __getattr__(self, name: str) -> Any:
        world = self._world

        def call(**arguments: Any) -> Any:
            world.calls.append((name, arguments))
            if errors := world.failures.get(name):
                raise refusal(errors.pop(0) if errors[-1] != "for ever" else errors[0], name)
            return getattr(world, name)(**arguments)

        return call

    def get_paginator(self, operation: str) -> Pages:
        return Pages(getattr(self, operation))


def _write(values: dict[str, Any]) -> dict[str, Any]:
    return {name: TypeSerializer().serialize(value) for name, value in values.items()}


def _read(item: dict[str, Any]) -> dict[str, Any]:
    return {name: TypeDeserializer().deserialize(value) for name, value in item.items()}
