"""Experiments that interrupt Spot instances, and the dashboard that shows what came of it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from aws_cdk import Duration
from aws_cdk import aws_autoscaling as autoscaling
from aws_cdk import aws_cloudwatch as cloudwatch

from refarch._shared.checks import InvalidPropsError
from refarch.compute import (
    InterruptionDashboard,
    InterruptionDashboardProps,
    InterruptionExperiment,
    InterruptionExperimentProps,
    InterruptionResponder,
)

TAGS = {"Team": "web"}


def build(bench: Any, **values: Any) -> InterruptionExperiment:
    metric = cloudwatch.Metric(namespace="N", metric_name="M")
    alarm = cloudwatch.Alarm(bench.stack, "A", metric=metric, threshold=1, evaluation_periods=1)
    props = InterruptionExperimentProps(target_tags=TAGS, stop_alarms=[alarm], **values)
    return InterruptionExperiment(bench.stack, "E", props=props)


def test_it_interrupts_running_spot_instances_with_the_tags_and_stops_at_the_alarm(bench: Any) -> None:
    build(bench, count=2, notice=Duration.minutes(5))
    [template] = bench.resources("AWS::FIS::ExperimentTemplate").values()
    [target] = template["Targets"].values()
    assert (target["ResourceType"], target["SelectionMode"]) == ("aws:ec2:spot-instance", "COUNT(2)")
    assert target["ResourceTags"] == TAGS
    assert target["Filters"] == [{"Path": "State.Name", "Values": ["running"]}]
    [action] = template["Actions"].values()
    assert action["ActionId"] == "aws:ec2:send-spot-instance-interruptions"
    assert action["Parameters"] == {"durationBeforeInterruption": "PT5M"}
    [stop] = template["StopConditions"]
    assert (stop["Source"], stop["Value"]["Fn::GetAtt"][1]) == ("aws:cloudwatch:alarm", "Arn")


def test_its_role_may_interrupt_those_instances_and_no_others(bench: Any) -> None:
    build(bench)
    [role] = bench.resources("AWS::IAM::Role").values()
    [trust] = role["AssumeRolePolicyDocument"]["Statement"]
    assert set(trust["Condition"]) == {"StringEquals", "ArnLike"}
    [policy] = bench.resources("AWS::IAM::Policy").values()
    by_action = {each["Action"]: each for each in policy["PolicyDocument"]["Statement"]}
    assert set(by_action) == {"ec2:SendSpotInstanceInterruptions", "ec2:DescribeInstances"}
    condition = by_action["ec2:SendSpotInstanceInterruptions"]["Condition"]
    assert condition == {"StringEquals": {"aws:ResourceTag/Team": "web"}}


def test_an_experiment_without_an_end_or_a_target_is_none() -> None:
    with pytest.raises(InvalidPropsError) as caught:
        InterruptionExperimentProps(target_tags={}, stop_alarms=[], count=6, notice=Duration.minutes(1))
    assert str(caught.value).split("; ") == [
        "InterruptionExperimentProps: target_tags is {}, allowed: one tag or more",
        "stop_alarms is [], allowed: one alarm or more",
        "count is 6, allowed: 1 to 5",
        "notice is 1, allowed: 2 to 15 minutes",
    ]


def test_the_dashboard_shows_the_metrics_that_the_function_writes(bench: Any) -> None:
    responder = InterruptionResponder(bench.stack, "R")
    group = autoscaling.AutoScalingGroup.from_auto_scaling_group_name(bench.stack, "G", "fleet")
    more = cloudwatch.TextWidget(markdown="what users see")
    InterruptionDashboard(
        bench.stack,
        "D",
        props=InterruptionDashboardProps(responder=responder, auto_scaling_groups=[group], further_widgets=[more]),
    )
    [dashboard] = bench.resources("AWS::CloudWatch::Dashboard").values()
    body = json.dumps(dashboard["DashboardBody"])
    names = ("Interruptions", "InstancesDrained", "TargetsDeregistered", "ActionsFailed", "SecondsAfterNotice")
    assert [each for each in names if each not in body] == []
    assert "Test/R" in body, "of this responder alone"
    assert "fleet" in body
    assert "what users see" in body
    assert "DashboardName" not in dashboard
