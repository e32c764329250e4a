"""Addresses and ports of tasks, and the targets that they are to load balancers."""

from __future__ import annotations

import ipaddress
import uuid
from collections.abc import Mapping
from typing import Any

from refarch.local import adapter
from refarch.local.compute.ecs import container_instances, records
from refarch.local.compute.ecs.records import Record
from refarch.local.compute.instance_records import free_address

DYNAMIC_PORTS = range(32768, 61000)
Endpoints = Mapping[int, tuple[str, int]]


def is_awsvpc(task: Record) -> bool:
    return records.definition_of(task["taskDefinitionArn"]).get("networkMode") == "awsvpc"


def interface(data: Mapping[str, Any]) -> dict[str, Any]:
    """The network interface of a task with `awsvpc`, with an address of its subnet."""
    settings = (data.get("networkConfiguration") or {}).get("awsvpcConfiguration") or {}
    subnet = str(next(iter(settings.get("subnets") or []), ""))
    block = adapter.read("subnets").get(subnet, {}).get("CidrBlock", "172.31.0.0/20")
    taken = {instance["PrivateIpAddress"] for instance in adapter.read("instances").values()}
    taken |= {address for task in adapter.read("ECS tasks").values() if (address := address_of(task))}
    address = free_address(block, taken)
    details = {
        "subnetId": subnet,
        "networkInterfaceId": f"eni-{uuid.uuid4().hex[:17]}",
        "macAddress": ":".join(f"{byte:02x}" for byte in (2, *ipaddress.ip_address(address).packed, 1)),
        "privateDnsName": f"ip-{address.replace('.', '-')}.ec2.internal",
        "privateIPv4Address": address,
    }
    rows = [{"name": name, "value": value} for name, value in details.items()]
    return {"id": str(uuid.uuid4()), "type": "ElasticNetworkInterface", "status": "ATTACHED", "details": rows}


def address_of(task: Mapping[str, Any]) -> str | None:
    """The address of a task's own network interface."""
    details = [one for attachment in task.get("attachments") or [] for one in attachment.get("details") or []]
    return next((str(one["value"]) for one in details if one["name"] == "privateIPv4Address"), None)


def bind(task: Record, instance: Record) -> None:
    """Give the containers their ports on the instance."""
    definition = records.definition_of(task["taskDefinitionArn"])
    if definition.get("networkMode") in ("awsvpc", "none"):
        return
    neighbours = [
        t
        for t in records.present(records.name_of(task))
        if t.get("containerInstanceArn") == instance["containerInstanceArn"]
    ]
    taken = container_instances.ports_on(neighbours)
    for container, declared in zip(task["containers"], definition.get("containerDefinitions") or [], strict=False):
        container["networkBindings"] = []
        for mapping in declared.get("portMappings") or []:
            port = int(mapping.get("hostPort") or 0)
            if definition.get("networkMode") == "host":
                port = int(mapping["containerPort"])
            port = port or next(candidate for candidate in DYNAMIC_PORTS if candidate not in taken)
            taken.add(port)
            binding = {"bindIP": "0.0.0.0", "containerPort": mapping["containerPort"], "hostPort": port}  # noqa: S104
            container["networkBindings"].append(binding | {"protocol": mapping.get("protocol", "tcp")})


def targets(task: Record, endpoints: Endpoints) -> list[tuple[str, dict[str, Any]]]:
    """(target group, target) for the load balancers of the task's service."""
    found = records.service_of(task)
    balancers = found[1].get("loadBalancers") or [] if found else []
    return [
        (one["targetGroupArn"], target)
        for one in balancers
        if one.get("targetGroupArn") and (target := _target(task, one, endpoints))
    ]


def _target(task: Record, balancer: Mapping[str, Any], endpoints: Endpoints) -> dict[str, Any] | None:
    port = balancer.get("containerPort")
    endpoint = endpoints.get(int(port or 0))
    if endpoint:
        return {"Id": endpoint[0], "Port": endpoint[1]}
    address = address_of(task)
    if address:
        return {"Id": address, "Port": port}
    bindings = [
        binding
        for container in task["containers"]
        if container["name"] == balancer.get("containerName")
        for binding in container.get("networkBindings") or []
        if binding["containerPort"] == port
    ]
    host = records.container_instances(records.name_of(task)).get(str(task.get("containerInstanceArn")))
    return {"Id": host["ec2InstanceId"], "Port": bindings[0]["hostPort"]} if host and bindings else None
