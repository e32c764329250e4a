"""Auto Scaling groups: instances launched as declared, changed, replaced and ended."""

from __future__ import annotations

import base64
from collections import Counter
from typing import Any

import pytest
from botocore.exceptions import ClientError


def test_instances_are_launched_from_the_template_over_the_subnets(compute: Any) -> None:
    template = compute.template(
        "#!/bin/sh\necho ready", TagSpecifications=[{"ResourceType": "instance", "Tags": [{"Key": "a", "Value": "b"}]}]
    )
    tags = [
        {"Key": "Team", "Value": "blue", "PropagateAtLaunch": True},
        {"Key": "Kept", "Value": "here", "PropagateAtLaunch": False},
    ]
    name = compute.group(3, template, Tags=tags)
    records = [compute.instance(key) for key in compute.members(name)]
    assert sorted(record["SubnetId"] for record in records) == sorted(compute.subnets())
    assert {record["Placement"]["AvailabilityZone"] for record in records} == {f"us-east-1{zone}" for zone in "abc"}
    for record in records:
        third = compute.subnets().index(record["SubnetId"])
        assert record["PrivateIpAddress"].startswith(f"10.40.{third}.")
        assert {tag["Key"]: tag["Value"] for tag in record["Tags"]} == {
            "a": "b",
            "Team": "blue",
            "aws:autoscaling:groupName": name,
        }
        assert "PublicIpAddress" not in record
    told = compute.ec2.describe_instance_attribute(InstanceId=records[0]["InstanceId"], Attribute="userData")
    assert base64.b64decode(told["UserData"]["Value"]) == b"#!/bin/sh\necho ready"
    described = compute.described(name)
    assert described["Instances"][0]["LaunchTemplate"]["Version"] == "1"
    activities = compute.scaling.describe_scaling_activities(AutoScalingGroupName=name)["Activities"]
    assert [activity["StatusCode"] for activity in activities] == ["Successful"] * 3


def test_a_mixed_group_launches_its_types_on_spot_above_the_base(compute: Any) -> None:
    template = compute.template()
    policy = {
        "LaunchTemplate": {
            "LaunchTemplateSpecification": {"LaunchTemplateId": template, "Version": "$Latest"},
            "Overrides": [{"InstanceType": name} for name in ("m5.large", "c6g.large")],
        },
        "InstancesDistribution": {
            "OnDemandBaseCapacity": 1,
            "OnDemandPercentageAboveBaseCapacity": 0,
            "SpotAllocationStrategy": "capacity-optimized",
        },
    }
    name = compute.group(3, MixedInstancesPolicy=policy)
    records = [compute.instance(key) for key in compute.members(name)]
    assert Counter(record.get("InstanceLifecycle", "on-demand") for record in records) == {"spot": 2, "on-demand": 1}
    spot = [record for record in records if "InstanceLifecycle" in record]
    assert {record["InstanceType"]: record["Architecture"] for record in spot} == {
        "m5.large": "x86_64",
        "c6g.large": "arm64",
    }
    listed = compute.ec2.describe_instances(Filters=[{"Name": "instance-lifecycle", "Values": ["spot"]}])
    found = {instance["InstanceId"] for row in listed["Reservations"] for instance in row["Instances"]}
    assert {record["InstanceId"] for record in spot} <= found
    assert compute.described(name)["MixedInstancesPolicy"]["InstancesDistribution"]["OnDemandBaseCapacity"] == 1


def test_the_group_follows_its_desired_capacity(compute: Any) -> None:
    name = compute.group(1)
    kind = {"source": ["aws.autoscaling"], "detail-type": ["EC2 Instance Terminate Successful"]}
    seen = compute.watch(kind | {"detail": {"AutoScalingGroupName": [name]}})
    compute.scaling.set_desired_capacity(AutoScalingGroupName=name, DesiredCapacity=4)
    before = compute.in_service(name, 4)
    protected = before[0]
    compute.scaling.set_instance_protection(
        AutoScalingGroupName=name, InstanceIds=[protected], ProtectedFromScaleIn=True
    )
    compute.scaling.set_desired_capacity(AutoScalingGroupName=name, DesiredCapacity=1)
    assert compute.in_service(name, 1) == [protected]
    event = compute.bench.receive(seen)
    assert event["detail"]["AutoScalingGroupName"] == name
    assert event["resources"][0].endswith(f"autoScalingGroupName/{name}")
    assert "shrinking the capacity from 4 to 1" in event["detail"]["Cause"]
    with pytest.raises(ClientError, match="must be between the specified min size 0 and max size 10"):
        compute.scaling.set_desired_capacity(AutoScalingGroupName=name, DesiredCapacity=11)


def test_what_is_unhealthy_or_gone_is_replaced(compute: Any) -> None:
    name = compute.group(2)
    first, second = compute.members(name)
    compute.scaling.set_instance_health(InstanceId=first, HealthStatus="Unhealthy")
    compute.ec2.terminate_instances(InstanceIds=[second])
    compute.until(lambda: not {first, second} & set(compute.members(name)) and len(compute.members(name)) == 2)
    assert compute.instance(first)["State"]["Name"] == "terminated"
    activities = compute.scaling.describe_scaling_activities(AutoScalingGroupName=name)["Activities"]
    causes = " ".join(activity["Cause"] for activity in activities)
    assert "user health-check" in causes
    assert "EC2 health check" in causes


def test_suspended_processes_do_nothing(compute: Any) -> None:
    name = compute.group(1)
    compute.scaling.suspend_processes(AutoScalingGroupName=name, ScalingProcesses=["Launch"])
    compute.scaling.set_desired_capacity(AutoScalingGroupName=name, DesiredCapacity=2)
    [only] = compute.members(name)
    compute.scaling.terminate_instance_in_auto_scaling_group(InstanceId=only, ShouldDecrementDesiredCapacity=True)
    compute.until(lambda: compute.described(name)["Instances"] == [])
    assert compute.described(name)["SuspendedProcesses"][0]["ProcessName"] == "Launch"
    compute.scaling.resume_processes(AutoScalingGroupName=name)
    compute.in_service(name, 1)


def test_instances_are_detached_attached_and_put_aside(compute: Any) -> None:
    name = compute.group(2)
    first, second = compute.members(name)
    compute.scaling.detach_instances(
        AutoScalingGroupName=name, InstanceIds=[first], ShouldDecrementDesiredCapacity=True
    )
    assert compute.in_service(name, 1) == [second]
    assert compute.instance(first)["State"]["Name"] == "running"
    compute.scaling.attach_instances(AutoScalingGroupName=name, InstanceIds=[first])
    assert set(compute.in_service(name, 2)) == {first, second}
    compute.scaling.enter_standby(AutoScalingGroupName=name, InstanceIds=[first], ShouldDecrementDesiredCapacity=True)
    compute.until(lambda: compute.members(name, "Standby") == [first])
    compute.scaling.exit_standby(AutoScalingGroupName=name, InstanceIds=[first])
    assert set(compute.in_service(name, 2)) == {first, second}
    compute.ec2.terminate_instances(InstanceIds=[first])


def test_what_cannot_be_is_refused_in_the_words_of_aws(compute: Any) -> None:
    subnets = compute.subnets()[0]
    for settings, words in (
        ({"MinSize": 3, "MaxSize": 1, "LaunchTemplate": {"LaunchTemplateId": compute.template()}}, "Max bound"),
        ({"MinSize": 0, "MaxSize": 1, "LaunchTemplate": {"LaunchTemplateId": "lt-0"}}, "does not exist"),
        ({"MinSize": 0, "MaxSize": 1}, "Valid requests must contain"),
    ):
        with pytest.raises(ClientError, match=words):
            compute.scaling.create_auto_scaling_group(
                AutoScalingGroupName="refused", VPCZoneIdentifier=subnets, **settings
            )
    with pytest.raises(ClientError, match="AutoScalingGroup name not found"):
        compute.scaling.set_desired_capacity(AutoScalingGroupName="refused", DesiredCapacity=1)
    name = compute.group(1)
    with pytest.raises(ClientError, match="while there are instances"):
        compute.scaling.delete_auto_scaling_group(AutoScalingGroupName=name)


def test_policies_act_by_hand_and_when_an_alarm_calls_them(compute: Any) -> None:
    name, watch = compute.group(2), compute.cloud.client("cloudwatch")
    settings = {"AutoScalingGroupName": name, "AdjustmentType": "PercentChangeInCapacity"}
    compute.scaling.put_scaling_policy(
        PolicyName="half", PolicyType="SimpleScaling", ScalingAdjustment=50, Cooldown=3600, **settings
    )
    compute.scaling.execute_policy(AutoScalingGroupName=name, PolicyName="half")
    compute.in_service(name, 3)
    more = {"MetricIntervalLowerBound": 10, "ScalingAdjustment": 100}
    less = {"MetricIntervalLowerBound": 0, "MetricIntervalUpperBound": 10, "ScalingAdjustment": 0}
    policy = compute.scaling.put_scaling_policy(
        PolicyName="step",
        PolicyType="StepScaling",
        StepAdjustments=[less, more],
        EstimatedInstanceWarmup=3600,
        **settings,
    )
    metric = {"Namespace": name, "MetricName": "Load"}
    watch.put_metric_data(Namespace=name, MetricData=[{"MetricName": "Load", "Value": 25}])
    watch.put_metric_alarm(
        AlarmName=name,
        Statistic="Average",
        Period=60,
        EvaluationPeriods=1,
        Threshold=10,
        ComparisonOperator="GreaterThanThreshold",
        AlarmActions=[policy["PolicyARN"]],
        **metric,
    )
    compute.in_service(name, 6)
    watch.delete_alarms(AlarmNames=[name])
