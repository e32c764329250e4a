"""A changed launch template replaces the instances of a stack as its UpdatePolicy says, and signals decide."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from refarch.local import LocalCloud

SIGNAL = "#!/bin/bash\n# {mark}\n/opt/aws/bin/cfn-signal -e {code} --stack ${{AWS::StackName}} --resource {resource}\n"
ROLLING = {"MaxBatchSize": 1, "MinInstancesInService": 1, "WaitOnResourceSignals": True, "PauseTime": "PT15M"}


def launch_template(mark: str, code: str) -> dict[str, Any]:
    script = {"Fn::Base64": {"Fn::Sub": SIGNAL.format(mark=mark, code=code, resource="Group")}}
    data = {"ImageId": "ami-1", "InstanceType": "m5.large", "UserData": script}
    return {"Type": "AWS::EC2::LaunchTemplate", "Properties": {"LaunchTemplateData": data}}


def template(subnets: list[str], mark: str, policy: dict[str, Any], *, code: str = "$?", **more: Any) -> dict[str, Any]:
    version = {"Fn::GetAtt": ["Template", "LatestVersionNumber"]}
    group = {
        "Type": "AWS::AutoScaling::AutoScalingGroup",
        "Properties": {
            "MinSize": "2",
            "MaxSize": "4",
            "HealthCheckGracePeriod": 0,
            "VPCZoneIdentifier": subnets,
            "LaunchTemplate": {"LaunchTemplateId": {"Ref": "Template"}, "Version": version},
            **more,
        },
        "CreationPolicy": {"ResourceSignal": {"Count": 2, "Timeout": "PT10M"}},
        "UpdatePolicy": policy,
    }
    resources = {"Template": launch_template(mark, code), "Group": group}
    return {"Resources": resources, "Outputs": {"Group": {"Value": {"Ref": "Group"}}}}


class Stack:
    """A stack that is changed, and what its events say."""

    def __init__(self, compute: Any, body: dict[str, Any]) -> None:
        self.compute, self.name = compute, compute.name("stack")
        self.cloudformation = compute.cloud.client("cloudformation")
        self.cloudformation.create_stack(StackName=self.name, TemplateBody=json.dumps(body))

    def wait(self, what: str) -> None:
        self.cloudformation.get_waiter(what).wait(StackName=self.name, WaiterConfig={"Delay": 0.2, "MaxAttempts": 200})

    def update(self, body: dict[str, Any]) -> None:
        self.cloudformation.update_stack(StackName=self.name, TemplateBody=json.dumps(body))

    def status(self) -> str:
        return str(self.cloudformation.describe_stacks(StackName=self.name)["Stacks"][0]["StackStatus"])

    def ended(self, *statuses: str) -> str:
        def status() -> str | None:
            found = self.status()
            return found if found in statuses else None

        return str(self.compute.until(status))

    def signal(self, unique_id: str, status: str) -> bool:
        """Whether the stack took it: an instance of the group says how it is, from outside."""
        asked = {"StackName": self.name, "LogicalResourceId": "Group", "UniqueId": unique_id, "Status": status}
        try:
            self.cloudformation.signal_resource(**asked)
        except ClientError:
            return False
        return True

    @property
    def group(self) -> str:
        found = self.cloudformation.describe_stacks(StackName=self.name)["Stacks"][0]["Outputs"]
        return str(found[0]["OutputValue"])

    def said(self, words: str) -> bool:
        rows = self.cloudformation.describe_stack_events(StackName=self.name)["StackEvents"]
        return any(words in str(row.get("ResourceStatusReason")) for row in rows)

    def delete(self) -> None:
        self.cloudformation.delete_stack(StackName=self.name)
        self.wait("stack_delete_complete")


def booting(compute: Any, signal: str) -> None:
    url = f"{compute.cloud.endpoint_url}/_refarch/boots"
    asked = urllib.request.Request(url, json.dumps({"signal": signal}).encode(), method="POST")
    with urllib.request.urlopen(asked) as answer:
        assert json.load(answer) == {"signal": signal}


@pytest.fixture(autouse=True)
def booting_well(compute: Any) -> Iterator[None]:
    yield
    booting(compute, "success")


def versions(compute: Any, group: str) -> set[str]:
    return {row["LaunchTemplate"]["Version"] for row in compute.described(group)["Instances"]}


def test_a_rolling_update_replaces_every_instance_and_waits_for_its_signal(compute: Any) -> None:
    policy = {"AutoScalingRollingUpdate": ROLLING}
    stack = Stack(compute, template(compute.subnets(), "one", policy))
    stack.wait("stack_create_complete")
    before = set(compute.members(stack.group))
    assert all(stack.said(f"Received SUCCESS signal with UniqueId {key}") for key in before)
    stack.update(template(compute.subnets(), "two", policy))
    stack.wait("stack_update_complete")
    after = set(compute.in_service(stack.group, 2))
    assert not before & after
    assert versions(compute, stack.group) == {"2"}
    assert stack.said("Terminating 2 obsolete instance(s) in batches of 1")
    assert all(stack.said(f"Received SUCCESS signal with UniqueId {key}") for key in after)
    assert {compute.instance(key)["State"]["Name"] for key in before} == {"terminated"}
    stack.delete()


def test_instances_that_fail_to_boot_roll_the_update_back(compute: Any) -> None:
    policy = {"AutoScalingRollingUpdate": ROLLING}
    stack = Stack(compute, template(compute.subnets(), "one", policy))
    stack.wait("stack_create_complete")
    stack.update(template(compute.subnets(), "two", policy, code="1"))
    assert stack.ended("UPDATE_ROLLBACK_COMPLETE", "UPDATE_COMPLETE") == "UPDATE_ROLLBACK_COMPLETE"
    assert stack.said("Unable to satisfy 100% MinSuccessfulInstancesPercent requirement")
    compute.in_service(stack.group, 2)
    scripts = {compute.script(key) for key in compute.members(stack.group)}
    assert all("# one" in script for script in scripts)
    stack.delete()


def test_a_rollback_takes_the_signals_that_somebody_sends(compute: Any) -> None:
    """Updated in batches of one: the new instance fails, and the one of the old template says that it is well."""
    policy = {"AutoScalingRollingUpdate": ROLLING | {"PauseTime": "PT1H"}}
    stack = Stack(compute, template(compute.subnets(), "one", policy))
    stack.wait("stack_create_complete")
    booting(compute, "silence")
    stack.update(template(compute.subnets(), "two", policy))
    compute.until(lambda: stack.signal("bad-1", "FAILURE"))
    compute.until(lambda: stack.status() == "UPDATE_ROLLBACK_IN_PROGRESS")
    with pytest.raises(ClientError, match=r"not waiting for signals|cannot be signaled"):
        stack.cloudformation.signal_resource(
            StackName=stack.name, LogicalResourceId="Nobody", UniqueId="x", Status="SUCCESS"
        )
    compute.until(lambda: stack.signal("good-1", "SUCCESS"))
    assert stack.ended("UPDATE_ROLLBACK_COMPLETE", "UPDATE_ROLLBACK_FAILED") == "UPDATE_ROLLBACK_COMPLETE"
    assert stack.said("Received SUCCESS signal with UniqueId good-1")
    assert all("# one" in compute.script(key) for key in compute.in_service(stack.group, 2))
    stack.delete()


def test_a_replacing_update_makes_another_group_or_keeps_the_old_one(compute: Any) -> None:
    policy = {"AutoScalingReplacingUpdate": {"WillReplace": True}}
    stack = Stack(compute, template(compute.subnets(), "one", policy))
    stack.wait("stack_create_complete")
    first, before = stack.group, compute.members(stack.group)
    stack.update(template(compute.subnets(), "two", policy, code="1"))
    assert stack.ended("UPDATE_ROLLBACK_COMPLETE", "UPDATE_COMPLETE") == "UPDATE_ROLLBACK_COMPLETE"
    assert (stack.group, compute.members(first)) == (first, before)
    stack.update(template(compute.subnets(), "three", policy))
    stack.wait("stack_update_complete")
    assert stack.group != first
    assert {compute.instance(key)["State"]["Name"] for key in before} == {"terminated"}
    assert len(compute.in_service(stack.group, 2)) == 2
    stack.delete()


def test_a_stack_waits_for_signals_that_somebody_sends(compute: Any) -> None:
    booting(compute, "silence")
    body = template(compute.subnets(), "one", {})
    body["Resources"]["Group"]["CreationPolicy"]["ResourceSignal"] = {"Count": 1, "Timeout": "PT12H"}
    stack = Stack(compute, body)
    compute.until(lambda: stack.signal("web-1", "SUCCESS"))
    stack.wait("stack_create_complete")
    assert stack.said("Received SUCCESS signal with UniqueId web-1")
    stack.delete()


def test_a_group_without_enough_signals_is_not_made(compute: Any) -> None:
    booting(compute, "silence")
    stack = Stack(compute, template(compute.subnets(), "one", {}))  # ten minutes are two seconds here
    assert stack.ended("ROLLBACK_COMPLETE", "CREATE_COMPLETE") == "ROLLBACK_COMPLETE"
    assert stack.said("Failed to receive 2 resource signal(s) within the specified duration")


def test_a_single_instance_signals_too(compute: Any) -> None:
    script = {"Fn::Base64": {"Fn::Sub": SIGNAL.format(mark="x", code="$?", resource="Server")}}
    server = {
        "Type": "AWS::EC2::Instance",
        "Properties": {"ImageId": "ami-1", "SubnetId": compute.subnets()[0], "UserData": script},
        "CreationPolicy": {"ResourceSignal": {"Timeout": "PT5M"}},
    }
    body = {"Resources": {"Server": server}, "Outputs": {"Server": {"Value": {"Ref": "Server"}}}}
    stack = Stack(compute, body)
    assert stack.ended("CREATE_COMPLETE", "ROLLBACK_COMPLETE") == "CREATE_COMPLETE"
    assert stack.said(f"Received SUCCESS signal with UniqueId {stack.group}")
    stack.delete()
    booting(compute, "failure")
    stack = Stack(compute, body)
    assert stack.ended("CREATE_COMPLETE", "ROLLBACK_COMPLETE") == "ROLLBACK_COMPLETE"


def test_scaled_sizes_stay_where_a_template_does_not_change_them(compute: Any) -> None:
    policy = {"AutoScalingScheduledAction": {"IgnoreUnmodifiedGroupSizeProperties": True}}
    stack = Stack(compute, template(compute.subnets(), "one", policy, DesiredCapacity="2"))
    stack.wait("stack_create_complete")
    compute.scaling.set_desired_capacity(AutoScalingGroupName=stack.group, DesiredCapacity=3)
    stack.update(template(compute.subnets(), "one", policy, DesiredCapacity="2", Cooldown="60"))
    stack.wait("stack_update_complete")
    assert compute.described(stack.group)["DesiredCapacity"] == 3
    stack.delete()


def test_an_instance_past_its_lifetime_is_replaced(tmp_path: Any, until: Any) -> None:
    with LocalCloud.start(directory=tmp_path, clock_factor=86400) as cloud:  # a day in a second
        ec2, scaling = cloud.client("ec2"), cloud.client("autoscaling")
        made = ec2.create_launch_template(LaunchTemplateName="t", LaunchTemplateData={"ImageId": "ami-1"})
        wanted = {"LaunchTemplateId": made["LaunchTemplate"]["LaunchTemplateId"]}
        zones = ["us-east-1a"]
        scaling.create_auto_scaling_group(
            AutoScalingGroupName="g", MinSize=1, MaxSize=1, MaxInstanceLifetime=86400, LaunchTemplate=wanted,
            AvailabilityZones=zones,
        )  # fmt: skip

        def launched() -> set[str]:
            rows = scaling.describe_scaling_activities(AutoScalingGroupName="g")["Activities"]
            return {row["Description"] for row in rows if row["Description"].startswith("Launching")}

        until(lambda: len(launched()) >= 3)
        rows = scaling.describe_scaling_activities(AutoScalingGroupName="g")["Activities"]
        assert any("maximum lifetime" in row["Cause"] for row in rows)
