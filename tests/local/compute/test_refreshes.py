"""Instance refreshes: of the API, and of a stack of ECS on Spot whose launch template changes."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.local.compute.spot_stack import template

QUICK = {"MinHealthyPercentage": 50, "InstanceWarmup": 0}


def begin(compute: Any, name: str, **wanted: Any) -> str:
    return str(compute.scaling.start_instance_refresh(AutoScalingGroupName=name, **wanted)["InstanceRefreshId"])


def refresh_of(compute: Any, name: str, identifier: str) -> dict[str, Any]:
    rows = compute.scaling.describe_instance_refreshes(AutoScalingGroupName=name, InstanceRefreshIds=[identifier])
    return dict(rows["InstanceRefreshes"][0])


def ends_as(compute: Any, name: str, identifier: str, status: str) -> dict[str, Any]:
    compute.until(lambda: "EndTime" in refresh_of(compute, name, identifier))
    found = refresh_of(compute, name, identifier)
    assert found["Status"] == status
    return found


def test_matching_instances_are_skipped_and_the_others_replaced(compute: Any) -> None:
    source = compute.template()
    name = compute.group(2, source)
    before = compute.members(name)
    done = ends_as(compute, name, begin(compute, name, Preferences=QUICK | {"SkipMatching": True}), "Successful")
    assert (done["PercentageComplete"], compute.members(name)) == (100, before)
    compute.ec2.create_launch_template_version(
        LaunchTemplateId=source, LaunchTemplateData={"ImageId": "ami-2", "InstanceType": "c5.large"}
    )
    wanted = {"LaunchTemplate": {"LaunchTemplateId": source, "Version": "2"}}
    again = begin(compute, name, Preferences=QUICK | {"SkipMatching": True}, DesiredConfiguration=wanted)
    ends_as(compute, name, again, "Successful")
    assert not set(before) & set(compute.in_service(name, 2))
    assert {compute.instance(key)["InstanceType"] for key in compute.members(name)} == {"c5.large"}


def test_a_refresh_is_cancelled_or_rolled_back_at_a_checkpoint(compute: Any) -> None:
    source = compute.template()
    name = compute.group(2, source)
    compute.ec2.create_launch_template_version(
        LaunchTemplateId=source, LaunchTemplateData={"ImageId": "ami-2", "InstanceType": "c5.large"}
    )
    waiting = QUICK | {"CheckpointPercentages": [50, 100], "CheckpointDelay": 172800}
    first = begin(compute, name, Preferences=waiting)
    with pytest.raises(ClientError, match="already in progress"):
        begin(compute, name)
    compute.until(lambda: refresh_of(compute, name, first)["PercentageComplete"] == 50)
    with pytest.raises(ClientError, match="cannot be rolled back"):
        compute.scaling.rollback_instance_refresh(AutoScalingGroupName=name)
    compute.scaling.cancel_instance_refresh(AutoScalingGroupName=name)
    ends_as(compute, name, first, "Cancelled")
    wanted = {"LaunchTemplate": {"LaunchTemplateId": source, "Version": "2"}}
    second = begin(compute, name, Preferences=waiting, DesiredConfiguration=wanted)
    compute.until(lambda: refresh_of(compute, name, second)["PercentageComplete"] == 50)
    compute.scaling.rollback_instance_refresh(AutoScalingGroupName=name)
    ends_as(compute, name, second, "RollbackSuccessful")
    assert {compute.instance(key)["InstanceType"] for key in compute.in_service(name, 2)} == {"m5.large"}


def test_an_alarm_or_protected_instances_stop_a_refresh(compute: Any) -> None:
    name, alarm = compute.group(1, NewInstancesProtectedFromScaleIn=True), compute.name("alarm")
    watch = compute.cloud.client("cloudwatch")
    watch.put_metric_alarm(
        AlarmName=alarm, Namespace="n", MetricName="m", Statistic="Sum", Period=60, EvaluationPeriods=1, Threshold=1,
        ComparisonOperator="GreaterThanThreshold",
    )  # fmt: skip
    started = begin(compute, name, Preferences=QUICK | {"AlarmSpecification": {"Alarms": [alarm]}})
    before = compute.members(name)
    watch.set_alarm_state(AlarmName=alarm, StateValue="ALARM", StateReason="as a test")
    failed = ends_as(compute, name, started, "Failed")
    assert alarm in failed["StatusReason"]
    assert compute.members(name) == before
    kept = begin(compute, name, Preferences=QUICK | {"ScaleInProtectedInstances": "Ignore"})
    ends_as(compute, name, kept, "Successful")
    assert compute.members(name) == before
    moved = begin(compute, name, Preferences=QUICK | {"ScaleInProtectedInstances": "Refresh"})
    ends_as(compute, name, moved, "Successful")
    assert not set(before) & set(compute.in_service(name, 1))
    watch.delete_alarms(AlarmNames=[alarm])


def test_a_changed_template_of_ecs_on_spot_drains_its_tasks_to_new_instances(compute: Any) -> None:
    body = template()
    body["Resources"]["Hook"]["Properties"]["HeartbeatTimeout"] = 60  # nobody completes it
    body["Resources"]["Group"]["UpdatePolicy"] = {
        "AutoScalingInstanceRefresh": {
            "Strategy": "Rolling",
            "Preferences": {"MinHealthyPercentage": 100, "MaxHealthyPercentage": 150, "InstanceWarmup": 0},
        }
    }
    stack, cloudformation = compute.name("stack"), compute.cloud.client("cloudformation")
    cloudformation.create_stack(StackName=stack, TemplateBody=json.dumps(body))
    cloudformation.get_waiter("stack_create_complete").wait(StackName=stack, WaiterConfig={"Delay": 0.2})
    told = cloudformation.describe_stacks(StackName=stack)["Stacks"][0]["Outputs"]
    outputs = {row["OutputKey"]: row["OutputValue"] for row in told}
    before = set(compute.members(outputs["Group"]))
    first = {task["taskArn"] for task in compute.running(outputs["Cluster"], 2)}
    body["Resources"]["Template"]["Properties"]["LaunchTemplateData"]["ImageId"] = "ami-2"
    cloudformation.update_stack(StackName=stack, TemplateBody=json.dumps(body))
    cloudformation.get_waiter("stack_update_complete").wait(StackName=stack, WaiterConfig={"Delay": 0.2})
    after = set(compute.in_service(outputs["Group"], 2))
    assert not before & after
    assert {compute.instance(key)["ImageId"] for key in after} == {"ami-2"}
    tasks = compute.running(outputs["Cluster"], 2)
    hosts = {row["containerInstanceArn"]: row for row in compute.container_instances(outputs["Cluster"])}
    assert {hosts[task["containerInstanceArn"]]["ec2InstanceId"] for task in tasks} <= after
    stopped = compute.tasks(outputs["Cluster"], "STOPPED")
    assert first <= {task["taskArn"] for task in stopped}
    cloudformation.delete_stack(StackName=stack)
    cloudformation.get_waiter("stack_delete_complete").wait(StackName=stack, WaiterConfig={"Delay": 0.2})
