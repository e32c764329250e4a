"""Container instances: registered by their agent or by hand, listed, drained, and gone with their instance."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from typing import Any

from refarch.local import adapter
from refarch.local.compute import events, instances, scope
from refarch.local.compute.ecs import capacity_names, records
from refarch.local.compute.ecs.agents import Agent, agent_of
from refarch.local.compute.ecs.records import Record
from refarch.local.compute.scaling.types_by_need import capacity_of

AGENT_PORTS = ["22", "2375", "2376", "51678", "51679"]
KEPT_BY_THE_SYSTEM = 0.05  # of the memory: the agent registers what the kernel reports
# Set by the scheduler: looks at a cluster again.
wake: Callable[[str], None] = lambda name: None  # noqa: E731


def register(name: str, instance_id: str, agent: Agent | None = None) -> Record:
    """Register an instance with a cluster, which must be there."""
    known = find(instance_id, name)
    if known:
        known["agentConnected"] = True
        return known
    machine = instances.find(instance_id) or {"InstanceType": "", "Placement": {"AvailabilityZone": ""}}
    prefix = f"arn:aws:ecs:{scope.region()}:{scope.account()}:container-instance/{name}"
    record: Record = {
        "containerInstanceArn": f"{prefix}/{uuid.uuid4().hex}",
        "ec2InstanceId": instance_id,
        "capacityProviderName": capacity_names.provider_of(name, instance_id),
        "version": 1,
        "versionInfo": {"agentVersion": "0.0.0", "dockerVersion": "simulated"},
        "registeredResources": _resources(machine["InstanceType"]),
        "status": "ACTIVE",
        "agentConnected": True,
        "runningTasksCount": 0,
        "pendingTasksCount": 0,
        "attributes": _attributes(machine, agent or Agent()),
        "registeredAt": events.now(),
        "attachments": [],
        "tags": [],
    }
    with scope.lock:
        records.container_instances(name)[record["containerInstanceArn"]] = record
        recount(name)
        records.told_instance(name, record)
    wake(name)
    return record


def _resources(instance_type: str) -> list[dict[str, Any]]:
    vcpus, memory = capacity_of(instance_type)
    return [
        {"name": "CPU", "type": "INTEGER", "integerValue": vcpus * 1024},
        {"name": "MEMORY", "type": "INTEGER", "integerValue": int(memory * (1 - KEPT_BY_THE_SYSTEM))},
        {"name": "PORTS", "type": "STRINGSET", "stringSetValue": AGENT_PORTS},
    ]


def _attributes(machine: Mapping[str, Any], agent: Agent) -> list[dict[str, str]]:
    values = {
        "ecs.availability-zone": machine["Placement"]["AvailabilityZone"],
        "ecs.instance-type": machine["InstanceType"],
        "ecs.ami-id": machine.get("ImageId", ""),
        "ecs.os-type": "linux",
        "ecs.cpu-architecture": machine.get("Architecture", "x86_64"),
        "ecs.subnet-id": machine.get("SubnetId", ""),
        "ecs.vpc-id": machine.get("VpcId", ""),
        **agent.attributes,
    }
    return [{"name": name, "value": value} for name, value in values.items()]


def find(instance_id: str, name: str | None = None) -> Record | None:
    """The container instance of an EC2 instance, in one cluster or in any."""
    return next(
        (row for cluster, row in everywhere() if row["ec2InstanceId"] == instance_id and name in (None, cluster)), None
    )


def everywhere() -> list[tuple[str, Record]]:
    """(name of the cluster, container instance) for all of this account and region."""
    names = list(adapter.read("ECS clusters"))
    return [(name, row) for name in names for row in list(records.container_instances(name).values())]


def recount(name: str) -> None:
    """The counts that clusters and their instances show, and what is left of the instances' resources."""
    rows = records.container_instances(name)
    on = {arn: [task for task in records.present(name) if task.get("containerInstanceArn") == arn] for arn in rows}
    for arn, row in rows.items():
        row["capacityProviderName"] = capacity_names.provider_of(name, row["ec2InstanceId"])
        row["pendingTasksCount"] = sum(task["lastStatus"] in ("PENDING", "ACTIVATING") for task in on[arn])
        row["runningTasksCount"] = len(on[arn]) - row["pendingTasksCount"]
        used = {"CPU": sum(t["_need"][0] for t in on[arn] if "_need" in t)}
        used["MEMORY"] = sum(t["_need"][1] for t in on[arn] if "_need" in t)
        row["remainingResources"] = [
            resource | {"integerValue": resource["integerValue"] - used[resource["name"]]}
            if resource["name"] in used
            else resource | {"stringSetValue": [*AGENT_PORTS, *map(str, sorted(ports_on(on[arn])))]}
            for resource in row["registeredResources"]
        ]
    cluster = records.cluster(name)
    if cluster is not None:
        cluster["registeredContainerInstancesCount"] = len(rows)


def ports_on(tasks: list[Record]) -> set[int]:
    """The ports of the host that tasks have."""
    bindings = (binding for task in tasks for one in task["containers"] for binding in one.get("networkBindings") or [])
    return {int(binding["hostPort"]) for binding in bindings}


def set_status(name: str, record: Record, status: str) -> None:
    """ACTIVE or DRAINING; nothing happens when it is so already."""
    with scope.lock:
        if record["status"] == status:
            return
        record["status"] = status
        records.told_instance(name, record)
    wake(name)


def forget(name: str, record: Record) -> None:
    """Take a container instance out of its cluster."""
    with scope.lock:
        records.container_instances(name).pop(record["containerInstanceArn"], None)
        record |= {"status": "INACTIVE", "agentConnected": False}
        recount(name)
        records.told_instance(name, record)
    wake(name)


def on_instance(instance_id: str, state: str) -> None:
    """An EC2 instance has started, stopped or ended: so does its agent."""
    if state == "running":
        agent = agent_of((instances.find(instance_id) or {}).get("UserData"))
        if agent.cluster and records.cluster(agent.cluster) is not None:
            register(agent.cluster, instance_id, agent)
        elif agent.cluster:
            scope.logger.warning("%s wants to join the cluster %s, which is not there", instance_id, agent.cluster)
        return
    for name, row in [entry for entry in everywhere() if entry[1]["ec2InstanceId"] == instance_id]:
        if state == "terminated":
            forget(name, row)
        else:
            with scope.lock:
                row["agentConnected"] = False
                records.told_instance(name, row)


def on_notice(instance_id: str) -> None:
    """A Spot notice came: an agent that is told so drains its own instance."""
    agent = agent_of((instances.find(instance_id) or {}).get("UserData"))
    for name, row in everywhere():
        if agent.drains_on_notice and row["ec2InstanceId"] == instance_id:
            set_status(name, row, "DRAINING")


def resume() -> None:
    """Look at every cluster after a restart. Tasks stay what they were; their processes are gone."""
    for name in list(adapter.read("ECS clusters")):
        wake(name)
