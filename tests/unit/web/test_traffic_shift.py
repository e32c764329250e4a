"""TrafficShift as a template: what its function may change, and what is wrong with its props."""

from __future__ import annotations

import json
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_route53 as route53
from aws_cdk.assertions import Template

from refarch._shared.checks import InvalidPropsError
from refarch.web import ContainerHost, ContainerHostProps, RecordsBackend, TrafficShift, TrafficShiftProps
from refarch_lambdas.traffic_shift.backends import Records, backend_of


@pytest.fixture
def stack() -> cdk.Stack:
    return cdk.Stack(cdk.App(), "Team")


def alarm(stack: cdk.Stack) -> cloudwatch.IAlarm:
    return cloudwatch.Alarm.from_alarm_arn(stack, "Errors", "arn:aws:cloudwatch:us-east-1:111111111111:alarm:Errors")


def backend(stack: cdk.Stack) -> RecordsBackend:
    zone = route53.HostedZone.from_hosted_zone_id(stack, "Zone", "Z1")
    return RecordsBackend(zone=zone, record_name="WWW.example.org.")


def test_everything_that_is_wrong_is_told_at_once(stack: cdk.Stack) -> None:
    with pytest.raises(InvalidPropsError) as caught:
        TrafficShiftProps(
            backend=backend(stack), alarms=[], steps=[10, 10], bake=Duration.seconds(0), missing_data="guess"
        )
    for said in ("alarms is '0 alarms'", "steps is [10, 10]", "bake_seconds is 0.0", "missing_data is 'guess'"):
        assert said in str(caught.value)


def test_only_the_two_records_may_be_changed_and_only_changed(stack: cdk.Stack) -> None:
    TrafficShift(stack, "Shift", props=TrafficShiftProps(backend=backend(stack), alarms=[alarm(stack)]))
    [policy] = Template.from_stack(stack).find_resources("AWS::IAM::Policy").values()
    statements = {each["Sid"]: each for each in policy["Properties"]["PolicyDocument"]["Statement"]}
    conditions = statements["SetWeights"]["Condition"]["ForAllValues:StringEquals"]
    assert conditions == {
        "route53:ChangeResourceRecordSetsNormalizedRecordNames": ["www.example.org"],
        "route53:ChangeResourceRecordSetsRecordTypes": ["A"],
        "route53:ChangeResourceRecordSetsActions": ["UPSERT"],
    }


def test_two_in_one_stack_work(stack: cdk.Stack) -> None:
    common: dict[str, Any] = {"backend": backend(stack), "alarms": [alarm(stack)]}
    for name in ("One", "Two"):
        TrafficShift(stack, name, props=TrafficShiftProps(**common))
    Template.from_stack(stack).resource_count_is("AWS::DynamoDB::Table", 2)


def test_what_the_construct_writes_is_what_the_function_reads(stack: cdk.Stack) -> None:
    made = backend_of(backend(stack).settings(), lambda service: service)
    assert made == Records("route53", "Z1", "WWW.example.org.", "A", "blue", "green")


def test_both_sides_differ_in_their_type_alone(stack: cdk.Stack) -> None:
    vpc = ec2.Vpc(stack, "Vpc", nat_gateways=0)
    hosts = [
        ContainerHost(stack, name, props=ContainerHostProps(vpc=vpc, instance_type=kind))
        for name, kind in (("Blue", "t3.small"), ("Green", "t4g.small"))
    ]
    assert [each.architecture for each in hosts] == ["x86_64", "arm64"]
    templates = Template.from_stack(stack).find_resources("AWS::EC2::LaunchTemplate").values()
    data = [each["Properties"]["LaunchTemplateData"] for each in templates]
    assert data[0]["UserData"] == data[1]["UserData"]
    assert "docker run" in json.dumps(data[0]["UserData"])
    assert data[0]["ImageId"] != data[1]["ImageId"]


def test_a_host_that_cannot_be_is_told_why(stack: cdk.Stack) -> None:
    with pytest.raises(InvalidPropsError, match=r"a1.*t4g\.small.*image is 'a b'.*port is 0.*count is 0"):
        ContainerHostProps(vpc=ec2.Vpc(stack, "Vpc"), instance_type="a1.medium", image="a b", port=0, count=0)
