"""Application Auto Scaling through its API: what is registered, and what is refused in the words of AWS."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from refarch.local.resources.application_autoscaling import decisions

TRACKED = {
    "TargetValue": 70.0,
    "PredefinedMetricSpecification": {"PredefinedMetricType": "DynamoDBReadCapacityUtilization"},
}


@pytest.fixture
def scaling(bench: Any) -> Any:
    return bench.cloud.client("application-autoscaling")


@pytest.fixture
def target(scaling: Any) -> Iterator[dict[str, str]]:
    name = {
        "ServiceNamespace": "dynamodb",
        "ResourceId": f"table/{uuid.uuid4().hex}",
        "ScalableDimension": "dynamodb:table:ReadCapacityUnits",
    }
    scaling.register_scalable_target(**name, MinCapacity=1, MaxCapacity=10, Tags={"a": "b"})
    yield name
    scaling.deregister_scalable_target(**name)


def described(scaling: Any, target: dict[str, str]) -> dict[str, Any]:
    listed = scaling.describe_scalable_targets(ServiceNamespace="dynamodb", ResourceIds=[target["ResourceId"]])
    return dict(listed["ScalableTargets"][0])


def test_a_target_is_registered_once_and_changed_by_registering_again(scaling: Any, target: dict[str, str]) -> None:
    first = described(scaling, target)
    scaling.register_scalable_target(**target, MaxCapacity=20, SuspendedState={"ScheduledScalingSuspended": True})
    second = described(scaling, target)
    assert (second["MinCapacity"], second["MaxCapacity"]) == (1, 20)
    assert second["SuspendedState"]["ScheduledScalingSuspended"] is True
    assert first["ScalableTargetARN"] == second["ScalableTargetARN"]
    assert second["RoleARN"].endswith("AWSServiceRoleForApplicationAutoScaling_DynamoDBTable")


def test_tags(scaling: Any, target: dict[str, str]) -> None:
    arn = described(scaling, target)["ScalableTargetARN"]
    scaling.tag_resource(ResourceARN=arn, Tags={"c": "d"})
    scaling.untag_resource(ResourceARN=arn, TagKeys=["a"])
    assert scaling.list_tags_for_resource(ResourceARN=arn)["Tags"] == {"c": "d"}
    with pytest.raises(scaling.exceptions.ResourceNotFoundException):
        scaling.list_tags_for_resource(ResourceARN=arn.replace("scalable-target/", "scalable-target/0"))


def test_policies_have_alarms_and_go_with_their_target(scaling: Any) -> None:
    name = {"ServiceNamespace": "ecs", "ResourceId": "service/a/b", "ScalableDimension": "ecs:service:DesiredCount"}
    scaling.register_scalable_target(**name, MinCapacity=1, MaxCapacity=4)
    metric = {"PredefinedMetricType": "ECSServiceAverageCPUUtilization"}
    made = scaling.put_scaling_policy(
        PolicyName="cpu",
        **name,
        PolicyType="TargetTrackingScaling",
        TargetTrackingScalingPolicyConfiguration={"TargetValue": 50.0, "PredefinedMetricSpecification": metric},
    )
    assert [one["AlarmName"].split("-")[:2] for one in made["Alarms"]] == [["TargetTracking", "service/a/b"]] * 2
    scaling.put_scheduled_action(ScheduledActionName="night", Schedule="cron(0 20 * * ? *)", **name)
    assert (
        scaling.describe_scaling_policies(ServiceNamespace="ecs")["ScalingPolicies"][0]["PolicyARN"]
        == made["PolicyARN"]
    )
    actions = scaling.describe_scheduled_actions(ServiceNamespace="ecs")["ScheduledActions"]
    assert [one["ScheduledActionName"] for one in actions] == ["night"]
    scaling.deregister_scalable_target(**name)
    assert scaling.describe_scaling_policies(ServiceNamespace="ecs")["ScalingPolicies"] == []
    assert scaling.describe_scheduled_actions(ServiceNamespace="ecs")["ScheduledActions"] == []


def test_lists_come_in_pages(scaling: Any) -> None:
    names = [f"endpoint/e{number}/variant/v" for number in range(5)]
    fixed = {"ServiceNamespace": "sagemaker", "ScalableDimension": "sagemaker:variant:DesiredInstanceCount"}
    for name in names:
        scaling.register_scalable_target(ResourceId=name, MinCapacity=0, MaxCapacity=1, **fixed)
    pages = scaling.get_paginator("describe_scalable_targets").paginate(
        ServiceNamespace="sagemaker", PaginationConfig={"PageSize": 2}
    )
    assert [len(page["ScalableTargets"]) for page in pages] == [2, 2, 1]
    for name in names:
        scaling.deregister_scalable_target(ResourceId=name, **fixed)


REFUSED = [
    (
        "register_scalable_target",
        {"MinCapacity": 5, "MaxCapacity": 1},
        "ValidationException",
        "Maximum capacity cannot be less",
    ),
    ("register_scalable_target", {"ServiceNamespace": "ecs"}, "ValidationException", "Unsupported service namespace"),
    (
        "register_scalable_target",
        {"ServiceNamespace": "s3"},
        "ValidationException",
        "'serviceNamespace' failed to satisfy",
    ),
    ("register_scalable_target", {"MinCapacity": 1}, "ValidationException", "MinCapacity and MaxCapacity are required"),
    (
        "deregister_scalable_target",
        {},
        "ObjectNotFoundException",
        "No scalable target found for service namespace: dynamodb",
    ),
    ("put_scaling_policy", {"PolicyName": "p"}, "ObjectNotFoundException", "No scalable target registered for service"),
    ("delete_scaling_policy", {"PolicyName": "p"}, "ObjectNotFoundException", "No scaling policy named p found for"),
    (
        "put_scheduled_action",
        {"ScheduledActionName": "a", "Schedule": "x"},
        "ObjectNotFoundException",
        "No scalable target",
    ),
    ("delete_scheduled_action", {"ScheduledActionName": "a"}, "ObjectNotFoundException", "No scheduled action named a"),
]


@pytest.mark.parametrize(("operation", "given", "code", "message"), REFUSED)
def test_refusals(scaling: Any, operation: str, given: dict[str, Any], code: str, message: str) -> None:
    name = {
        "ServiceNamespace": "dynamodb",
        "ResourceId": "table/none",
        "ScalableDimension": "dynamodb:table:ReadCapacityUnits",
    }
    with pytest.raises(ClientError) as refused:
        getattr(scaling, operation)(**{**name, **given})
    assert refused.value.response["Error"]["Code"] == code
    assert message in refused.value.response["Error"]["Message"]


BAD_POLICIES = [
    ({"PolicyType": "StepScaling", "StepScalingPolicyConfiguration": {}}, "StepScaling is not supported for dynamodb"),
    ({"PolicyType": "TargetTrackingScaling"}, "TargetTrackingScalingPolicyConfiguration is required"),
    (
        {"PolicyType": "TargetTrackingScaling", "TargetTrackingScalingPolicyConfiguration": {"TargetValue": 1.0}},
        "Exactly one of PredefinedMetricSpecification and CustomizedMetricSpecification",
    ),
]


@pytest.mark.parametrize(("given", "message"), BAD_POLICIES)
def test_bad_policies(scaling: Any, target: dict[str, str], given: dict[str, Any], message: str) -> None:
    with pytest.raises(scaling.exceptions.ValidationException, match=message):
        scaling.put_scaling_policy(PolicyName="p", **target, **given)


def test_a_policy_is_described_with_its_configuration(scaling: Any, target: dict[str, str]) -> None:
    policy = {"PolicyType": "TargetTrackingScaling", "TargetTrackingScalingPolicyConfiguration": TRACKED}
    scaling.put_scaling_policy(PolicyName="p", **target, **policy)
    found = scaling.describe_scaling_policies(ServiceNamespace="dynamodb", ResourceId=target["ResourceId"])
    assert found["ScalingPolicies"][0]["TargetTrackingScalingPolicyConfiguration"] == TRACKED
    scaling.delete_scaling_policy(PolicyName="p", **target)


def breach(bench: Any, metric: str, dimensions: list[dict[str, str]], value: float) -> None:
    """Let a metric have the same value for the last minutes."""
    now = datetime.now(UTC)
    for minutes in (3, 2, 1, 0):
        datum = {"MetricName": metric, "Dimensions": dimensions, "Value": value}
        bench.cloud.client("cloudwatch").put_metric_data(
            Namespace="AWS/ECS", MetricData=[{**datum, "Timestamp": now - timedelta(minutes=minutes)}]
        )


def test_a_tracked_service_is_scaled_when_its_alarm_fires(bench: Any, scaling: Any, until: Any) -> None:
    ecs, name = bench.cloud.client("ecs"), bench.name("service")
    ecs.create_cluster(clusterName=name)
    task = {"name": "c", "image": "busybox", "memory": 128}
    ecs.register_task_definition(family=name, containerDefinitions=[task])
    ecs.create_service(cluster=name, serviceName=name, taskDefinition=name, desiredCount=2)
    target = {
        "ServiceNamespace": "ecs",
        "ResourceId": f"service/{name}/{name}",
        "ScalableDimension": "ecs:service:DesiredCount",
    }
    scaling.register_scalable_target(**target, MinCapacity=1, MaxCapacity=6)
    metric = {"PredefinedMetricType": "ECSServiceAverageCPUUtilization"}
    configuration = {"TargetValue": 40.0, "PredefinedMetricSpecification": metric}
    made = scaling.put_scaling_policy(
        PolicyName="cpu",
        **target,
        PolicyType="TargetTrackingScaling",
        TargetTrackingScalingPolicyConfiguration=configuration,
    )
    alarms = bench.cloud.client("cloudwatch").describe_alarms(AlarmNames=[one["AlarmName"] for one in made["Alarms"]])
    assert {alarm["Threshold"] for alarm in alarms["MetricAlarms"]} == {40.0, 36.0}
    breach(
        bench, "CPUUtilization", [{"Name": "ClusterName", "Value": name}, {"Name": "ServiceName", "Value": name}], 80.0
    )
    until(lambda: ecs.describe_services(cluster=name, services=[name])["services"][0]["desiredCount"] == 4)
    activity = scaling.describe_scaling_activities(ServiceNamespace="ecs", ResourceId=target["ResourceId"])[
        "ScalingActivities"
    ][0]
    assert activity["StatusCode"] == "Successful"
    assert activity["Description"] == "Setting desired count to 4."
    scaling.deregister_scalable_target(**target)
    names = [one["AlarmName"] for one in made["Alarms"]]
    assert bench.cloud.client("cloudwatch").describe_alarms(AlarmNames=names)["MetricAlarms"] == []


@pytest.mark.parametrize(
    ("current", "metric", "scale_in", "wanted"),
    [(2, 80, False, 4), (2, 41, False, 3), (4, 20, True, 2), (4, 50, True, 4)],
)
def test_tracking_is_proportional(current: int, metric: float, scale_in: bool, wanted: int) -> None:
    assert decisions.tracked(current, metric, 40.0, scale_in=scale_in) == wanted


@pytest.mark.parametrize(
    ("kind", "adjustment", "wanted"),
    [
        ("ChangeInCapacity", 2, 12),
        ("ExactCapacity", 3, 3),
        ("PercentChangeInCapacity", 15, 11),
        ("PercentChangeInCapacity", -15, 9),
    ],
)
def test_steps(kind: str, adjustment: int, wanted: int) -> None:
    steps = [{"MetricIntervalLowerBound": 0, "MetricIntervalUpperBound": 10, "ScalingAdjustment": adjustment}]
    configuration = {"AdjustmentType": kind, "StepAdjustments": steps}
    assert decisions.stepped(10, 5.0, configuration) == wanted
    assert decisions.stepped(10, 50.0, configuration) == 10
