"""ECS on simulated instances: registered, placed upon, drained, scaled by capacity providers."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from botocore.exceptions import ClientError


def of_cluster(cluster: str, kind: str) -> dict[str, Any]:
    """The pattern of a cluster's events."""
    arn = f"arn:aws:ecs:us-east-1:000000000000:cluster/{cluster}"
    return {"source": ["aws.ecs"], "detail-type": [kind], "detail": {"clusterArn": [arn]}}


def test_instances_join_the_cluster_of_their_user_data(compute: Any) -> None:
    cluster, group = compute.cluster(2)
    rows = compute.container_instances(cluster)
    assert {row["ec2InstanceId"] for row in rows} == set(compute.members(group))
    assert {row["status"] for row in rows} == {"ACTIVE"}
    first = rows[0]
    resources = {one["name"]: one.get("integerValue") for one in first["registeredResources"]}
    assert (resources["CPU"], 7000 < resources["MEMORY"] < 8192) == (2048, True)
    found = compute.container_instances(cluster, filter=f"ec2InstanceId == '{first['ec2InstanceId']}'")
    assert [row["containerInstanceArn"] for row in found] == [first["containerInstanceArn"]]
    assert len(compute.container_instances(cluster, filter="attribute:ecs.instance-type =~ m5.*")) == 2
    with pytest.raises(ClientError, match="is not understood"):
        compute.container_instances(cluster, filter="agentConnected == true or status == ACTIVE")
    compute.ec2.terminate_instances(InstanceIds=[first["ec2InstanceId"]])
    compute.until(lambda: first["ec2InstanceId"] not in str(compute.container_instances(cluster)))
    missing = compute.ecs.describe_container_instances(
        cluster=cluster, containerInstances=[first["containerInstanceArn"]]
    )
    assert missing["failures"][0]["reason"] == "MISSING"


def test_an_instance_registered_by_hand(compute: Any) -> None:
    cluster = compute.name("cluster")
    compute.ecs.create_cluster(clusterName=cluster)
    made = compute.ecs.register_container_instance(
        cluster=cluster, instanceIdentityDocument='{"instanceId": "i-0123456789abcdef0"}'
    )["containerInstance"]
    with pytest.raises(ClientError, match="cannot be deleted while Container Instances are active"):
        compute.ecs.delete_cluster(cluster=cluster)
    task = compute.ecs.run_task(cluster=cluster, taskDefinition=compute.definition())
    assert task["failures"] == [] or task["tasks"] == []
    compute.ecs.deregister_container_instance(
        cluster=cluster, containerInstance=made["containerInstanceArn"], force=True
    )
    compute.until(lambda: compute.container_instances(cluster) == [])
    with pytest.raises(ClientError, match="No Container Instances were found in your cluster"):
        compute.ecs.run_task(cluster=cluster, taskDefinition=compute.definition())


def test_a_service_spreads_its_tasks_and_tells_of_them(compute: Any) -> None:
    cluster, _ = compute.cluster(3)
    seen = compute.watch(of_cluster(cluster, "ECS Task State Change"))
    service = compute.service(cluster, 6)
    tasks = compute.running(cluster, 6)
    assert set(Counter(task["containerInstanceArn"] for task in tasks).values()) == {2}
    ports = {(t["containerInstanceArn"], t["containers"][0]["networkBindings"][0]["hostPort"]) for t in tasks}
    assert len(ports) == 6
    event = compute.bench.receive(seen)
    assert event["detail"]["group"] == f"service:{service}"
    assert event["resources"] == [event["detail"]["taskArn"]]
    described = compute.ecs.describe_services(cluster=cluster, services=[service])["services"][0]
    assert (described["runningCount"], described["deployments"][0]["rolloutState"]) == (6, "COMPLETED")
    compute.ecs.update_service(cluster=cluster, service=service, desiredCount=2)
    compute.running(cluster, 2)


def test_a_draining_instance_loses_its_tasks_when_others_serve(compute: Any) -> None:
    cluster, _ = compute.cluster(2)
    changes = compute.watch(of_cluster(cluster, "ECS Container Instance State Change"))
    compute.service(cluster, 2)
    before = compute.running(cluster, 2)
    drained = before[0]["containerInstanceArn"]
    answer = compute.ecs.update_container_instances_state(
        cluster=cluster, containerInstances=[drained, "nothing"], status="DRAINING"
    )
    assert [failure["reason"] for failure in answer["failures"]] == ["MISSING"]
    compute.until(lambda: {task["containerInstanceArn"] for task in compute.tasks(cluster)} != {drained})
    compute.until(lambda: drained not in {task["containerInstanceArn"] for task in compute.tasks(cluster)})
    compute.running(cluster, 2)
    [stopped] = compute.tasks(cluster, "STOPPED")
    assert (stopped["taskArn"], stopped["stopCode"]) == (before[0]["taskArn"], "ServiceSchedulerInitiated")
    assert len(compute.container_instances(cluster, status="DRAINING")) == 1
    told = compute.bench.receive(changes)["detail"]
    assert (told["containerInstanceArn"], told["status"], told["agentConnected"]) == (drained, "DRAINING", True)


def test_nothing_is_placed_where_there_is_no_room(compute: Any) -> None:
    cluster, _ = compute.cluster(1)
    service = compute.service(cluster, 2, compute.definition(host_port=8080))
    compute.running(cluster, 1)

    def messages() -> str:
        described = compute.ecs.describe_services(cluster=cluster, services=[service])["services"][0]
        return str([event["message"] for event in described["events"]])

    compute.until(lambda: "RESOURCE:PORTS" in messages())
    refused = compute.ecs.run_task(cluster=cluster, taskDefinition=compute.definition(memory=100_000))
    assert [failure["reason"] for failure in refused["failures"]] == ["RESOURCE:MEMORY"]


def test_a_new_deployment_replaces_the_tasks(compute: Any) -> None:
    cluster, _ = compute.cluster(2)
    service = compute.service(cluster, 2)
    old = {task["taskArn"] for task in compute.running(cluster, 2)}
    changed = compute.definition(memory=300)
    compute.ecs.update_service(cluster=cluster, service=service, taskDefinition=changed)
    compute.until(lambda: not old & {task["taskArn"] for task in compute.tasks(cluster)})
    assert {task["taskDefinitionArn"] for task in compute.running(cluster, 2)} == {changed}
    described = compute.ecs.describe_services(cluster=cluster, services=[service])["services"][0]
    assert [one["rolloutState"] for one in described["deployments"]] == ["COMPLETED"]


def test_a_daemon_runs_once_on_every_instance(compute: Any) -> None:
    cluster, group = compute.cluster(2)
    compute.service(cluster, 0, schedulingStrategy="DAEMON")
    assert len({task["containerInstanceArn"] for task in compute.running(cluster, 2)}) == 2
    compute.scaling.set_desired_capacity(AutoScalingGroupName=group, DesiredCapacity=3)
    assert len({task["containerInstanceArn"] for task in compute.running(cluster, 3)}) == 3


def test_a_capacity_provider_brings_and_protects_instances(compute: Any) -> None:
    cluster, group = compute.cluster(0, NewInstancesProtectedFromScaleIn=True)
    provider = compute.name("provider")
    compute.ecs.create_capacity_provider(
        name=provider,
        autoScalingGroupProvider={
            "autoScalingGroupArn": compute.described(group)["AutoScalingGroupARN"],
            "managedScaling": {"status": "ENABLED", "targetCapacity": 100},
            "managedTerminationProtection": "ENABLED",
        },
    )
    compute.ecs.put_cluster_capacity_providers(
        cluster=cluster, capacityProviders=[provider], defaultCapacityProviderStrategy=[]
    )
    strategy = [{"capacityProvider": provider, "weight": 1}]
    # Two of these fill an instance, so three need two.
    service = compute.service(cluster, 3, compute.definition(memory=3500), capacityProviderStrategy=strategy)
    tasks = compute.running(cluster, 3)
    assert {task["capacityProviderName"] for task in tasks} == {provider}
    assert len(compute.in_service(group, 2)) == 2
    compute.until(lambda: all(row["ProtectedFromScaleIn"] for row in compute.described(group)["Instances"]))
    # The surplus goes after a while, and only what has no tasks.
    compute.ecs.update_service(cluster=cluster, service=service, desiredCount=1)
    [left] = compute.running(cluster, 1)
    machine = compute.container_instances(cluster, filter="task:group == service:" + service)[0]
    assert machine["containerInstanceArn"] == left["containerInstanceArn"]
    compute.until(lambda: compute.members(group) == [machine["ec2InstanceId"]], 20)
    compute.ecs.update_service(cluster=cluster, service=service, desiredCount=0)
