"""What CloudFormation makes of groups and clusters: launched, changed, replaced, and nothing left at the end."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from tests.local.compute.spot_stack import template


class Stack:
    """A stack, and what it says of itself."""

    def __init__(self, compute: Any, body: dict[str, Any]) -> None:
        self.cloudformation, self.name = compute.cloud.client("cloudformation"), compute.name("stack")
        self.cloudformation.create_stack(StackName=self.name, TemplateBody=json.dumps(body))
        self.wait("stack_create_complete")

    def wait(self, what: str) -> None:
        self.cloudformation.get_waiter(what).wait(StackName=self.name, WaiterConfig={"Delay": 0.2, "MaxAttempts": 100})

    def update(self, body: dict[str, Any]) -> None:
        self.cloudformation.update_stack(StackName=self.name, TemplateBody=json.dumps(body))
        self.wait("stack_update_complete")

    def delete(self) -> None:
        self.cloudformation.delete_stack(StackName=self.name)
        self.wait("stack_delete_complete")

    @property
    def outputs(self) -> dict[str, str]:
        found = self.cloudformation.describe_stacks(StackName=self.name)["Stacks"][0]
        return {one["OutputKey"]: one["OutputValue"] for one in found["Outputs"]}


def test_a_stack_launches_updates_and_leaves_nothing(compute: Any) -> None:
    stack = Stack(compute, template())
    group, cluster = stack.outputs["Group"], stack.outputs["Cluster"]
    before = compute.members(group)
    assert len(before) == 2
    described = compute.described(group)
    assert described["CapacityRebalance"] is True
    assert len(described["MixedInstancesPolicy"]["LaunchTemplate"]["Overrides"]) == 2
    records = [compute.instance(key) for key in before]
    assert {record["InstanceLifecycle"] for record in records} == {"spot"}
    assert {record["InstanceType"] for record in records} == {"m5.large", "c5.xlarge"}
    assert {"Key": "Team", "Value": "blue"} in records[0]["Tags"]
    told = compute.ec2.describe_instance_attribute(InstanceId=before[0], Attribute="userData")["UserData"]["Value"]
    assert f"ECS_CLUSTER={cluster}".encode() in base64.b64decode(told)
    compute.running(cluster, 2)

    stack.update(template(MinSize="3"))
    assert set(before) < set(compute.in_service(group, 3))
    assert len(compute.container_instances(cluster)) == 3

    stack.delete()
    left = compute.ec2.describe_instances(Filters=[{"Name": "tag:aws:autoscaling:groupName", "Values": [group]}])
    states = {one["State"]["Name"] for row in left["Reservations"] for one in row["Instances"]}
    assert states == {"terminated"}
    assert compute.scaling.describe_auto_scaling_groups(AutoScalingGroupNames=[group])["AutoScalingGroups"] == []
    assert cluster not in str(compute.ecs.list_clusters()["clusterArns"])


def test_a_group_is_replaced_with_its_instances(compute: Any) -> None:
    stack = Stack(compute, template(AutoScalingGroupName=compute.name("first")))
    old = stack.outputs["Group"]
    before = compute.members(old)
    stack.update(template(AutoScalingGroupName=compute.name("second")))
    new = stack.outputs["Group"]
    assert new != old
    assert len(compute.in_service(new, 2)) == 2
    assert {compute.instance(key)["State"]["Name"] for key in before} == {"terminated"}
    stack.delete()


def test_a_group_that_cannot_be_fails_the_stack(compute: Any) -> None:
    with pytest.raises(Exception, match="ROLLBACK"):
        Stack(compute, template(DesiredCapacity="9"))


def test_a_daemon_and_a_constraint_of_a_template_hold(compute: Any) -> None:
    body = template()
    daemon = body["Resources"]["Service"]["Properties"]
    daemon |= {"SchedulingStrategy": "DAEMON"}
    del daemon["DesiredCount"]
    body["Resources"]["Distinct"] = {
        "Type": "AWS::ECS::Service",
        "DependsOn": ["Association"],
        "Properties": {
            "Cluster": {"Ref": "Cluster"},
            "TaskDefinition": {"Ref": "Definition"},
            "DesiredCount": 3,
            "LaunchType": "EC2",
            "PlacementConstraints": [{"Type": "distinctInstance"}],
        },
    }
    stack = Stack(compute, body)
    cluster = stack.outputs["Cluster"]
    tasks = compute.running(cluster, 4)  # two daemons, and two of three: the third finds no instance
    assert len({(task["group"], task["containerInstanceArn"]) for task in tasks}) == 4
    stack.delete()


def test_the_volumes_of_a_task_definition_are_as_the_api_tells_them(compute: Any) -> None:
    body = template()
    body["Resources"]["Definition"]["Properties"]["Volumes"] = [
        {"Name": "id", "Host": {"SourcePath": "/var/lib/cloud/data/instance-id"}},
        {"Name": "data", "DockerVolumeConfiguration": {"Scope": "task", "Labels": {"Team": "blue"}}},
    ]
    stack = Stack(compute, {"Resources": {"Definition": body["Resources"]["Definition"]}, "Outputs": {}})
    found = compute.ecs.describe_task_definition(taskDefinition=f"{stack.name}-Definition")["taskDefinition"]
    assert found["volumes"] == [
        {"name": "id", "host": {"sourcePath": "/var/lib/cloud/data/instance-id"}},
        {"name": "data", "dockerVolumeConfiguration": {"scope": "task", "labels": {"Team": "blue"}}},
    ]
    stack.delete()
