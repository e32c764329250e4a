"""What counts as a flow: one small template for each kind of connection, and what must be read from it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from refarch.gate.picture import draw
from refarch.gate.picture.model import Strength
from refarch.gate.templates import Template

Resources = dict[str, dict[str, Any]]


def arn(name: str) -> dict[str, Any]:
    return {"Fn::GetAtt": [name, "Arn"]}


def ref(name: str) -> dict[str, Any]:
    return {"Ref": name}


def made(**types: Any) -> Resources:
    """`Fn=("Lambda::Function", {...})`, or the type alone."""
    pairs = {name: each if isinstance(each, tuple) else (each, {}) for name, each in types.items()}
    return {name: {"Type": f"AWS::{type_}", "Properties": properties} for name, (type_, properties) in pairs.items()}


def role(*statements: tuple[Any, Any]) -> tuple[str, dict[str, Any]]:
    listed = [{"Effect": "Allow", "Action": action, "Resource": resource} for action, resource in statements]
    policy = {"PolicyName": "p", "PolicyDocument": {"Statement": listed}}
    return "IAM::Role", {"AssumeRolePolicyDocument": {}, "Policies": [policy]}


def flows(resources: Resources) -> set[tuple[str, str, str]]:
    drawn = draw(Template("t", {"Resources": resources})).diagram
    return {(each.source, each.target, each.label) for each in drawn.flows}


def function(**properties: Any) -> tuple[str, dict[str, Any]]:
    return "Lambda::Function", properties


STATES = {
    "StartAt": "A",
    "States": {
        "A": {"Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage", "Parameters": {"QueueUrl": "${Q}"}},
        "B": {"Type": "Map", "ItemProcessor": {"States": {"C": {"Type": "Task", "Resource": "${F}"}}}},
    },
}
EVENTS = [{"Event": "s3:ObjectCreated:*", "Queue": arn("Q")}]
CASES: dict[str, tuple[Resources, set[tuple[str, str, str]]]] = {
    "event source": (
        made(
            Q="SQS::Queue",
            F=function(),
            M=("Lambda::EventSourceMapping", {"EventSourceArn": arn("Q"), "FunctionName": ref("F")}),
        ),
        {("Q", "F", "messages")},
    ),
    "event source of an alias": (
        made(
            S="Kinesis::Stream",
            F=function(),
            V=("Lambda::Version", {"FunctionName": ref("F")}),
            A=("Lambda::Alias", {"FunctionName": ref("F"), "FunctionVersion": ref("V")}),
            M=("Lambda::EventSourceMapping", {"EventSourceArn": arn("S"), "FunctionName": ref("A")}),
        ),
        {("S", "F", "records")},
    ),
    "notification of a bucket": (
        made(B=("S3::Bucket", {"NotificationConfiguration": {"QueueConfigurations": EVENTS}}), Q="SQS::Queue"),
        {("B", "Q", "new objects")},
    ),
    "rule with a dead letter queue": (
        made(
            R=("Events::Rule", {"Targets": [{"Arn": arn("F"), "Id": "1", "DeadLetterConfig": {"Arn": arn("D")}}]}),
            F=function(),
            D="SQS::Queue",
        ),
        {("R", "F", "starts"), ("R", "D", "failures")},
    ),
    "subscription": (
        made(
            T="SNS::Topic",
            F=function(),
            S=("SNS::Subscription", {"TopicArn": ref("T"), "Endpoint": arn("F"), "Protocol": "lambda"}),
        ),
        {("T", "F", "messages")},
    ),
    "reads and writes by a role": (
        made(
            F=function(Role=arn("R")),
            R=role((["dynamodb:GetItem", "dynamodb:PutItem"], arn("T")), ("logs:*", "*")),
            T="DynamoDB::Table",
        ),
        {("F", "T", "reads, writes")},
    ),
    "what is only named in the environment": (
        made(F=function(Environment={"Variables": {"TABLE": ref("T")}}), T="DynamoDB::Table"),
        {("F", "T", "uses")},
    ),
    "state machine": (
        made(
            M=(
                "StepFunctions::StateMachine",
                {"DefinitionString": json.dumps(STATES), "DefinitionSubstitutions": {"Q": ref("Q"), "F": arn("F")}},
            ),
            Q="SQS::Queue",
            F=function(),
        ),
        {("M", "Q", "sends"), ("M", "F", "invokes")},
    ),
    "load balancer to service": (
        made(
            L=("ElasticLoadBalancingV2::LoadBalancer", {"Scheme": "internet-facing"}),
            P=(
                "ElasticLoadBalancingV2::Listener",
                {
                    "LoadBalancerArn": ref("L"),
                    "Port": 443,
                    "Protocol": "HTTPS",
                    "DefaultActions": [{"TargetGroupArn": ref("G"), "Type": "forward"}],
                },
            ),
            G="ElasticLoadBalancingV2::TargetGroup",
            S=("ECS::Service", {"LoadBalancers": [{"TargetGroupArn": ref("G")}]}),
        ),
        {("Clients", "L", "HTTPS 443"), ("L", "S", "HTTPS 443")},
    ),
    "distribution in front of a bucket": (
        made(
            C=(
                "CloudFront::Distribution",
                {
                    "DistributionConfig": {
                        "Origins": [{"Id": "o", "DomainName": {"Fn::GetAtt": ["B", "RegionalDomainName"]}}],
                        "DefaultCacheBehavior": {"TargetOriginId": "o"},
                    }
                },
            ),
            B="S3::Bucket",
        ),
        {("Clients", "C", "HTTPS"), ("C", "B", "all paths")},
    ),
    "route of an HTTP API": (
        made(
            A="ApiGatewayV2::Api",
            I=("ApiGatewayV2::Integration", {"ApiId": ref("A"), "IntegrationUri": arn("F")}),
            R=(
                "ApiGatewayV2::Route",
                {"ApiId": ref("A"), "RouteKey": "GET /x", "Target": {"Fn::Sub": "integrations/${I}"}},
            ),
            F=function(),
        ),
        {("Clients", "A", "HTTPS"), ("A", "F", "GET /x")},
    ),
    "job queue": (
        made(
            Q=("Batch::JobQueue", {"ComputeEnvironmentOrder": [{"ComputeEnvironment": ref("E"), "Order": 1}]}),
            E="Batch::ComputeEnvironment",
        ),
        {("Q", "E", "runs on")},
    ),
    "database behind security groups": (
        made(
            I=("EC2::Instance", {"SecurityGroupIds": [ref("GI")]}),
            D=("RDS::DBInstance", {"VPCSecurityGroups": [ref("GD")]}),
            GI="EC2::SecurityGroup",
            GD=(
                "EC2::SecurityGroup",
                {"SecurityGroupIngress": [{"SourceSecurityGroupId": ref("GI"), "FromPort": 3306}]},
            ),
        ),
        {("I", "D", "MySQL 3306")},
    ),
    "alarm": (
        made(A=("CloudWatch::Alarm", {"AlarmActions": [ref("T")]}), T="SNS::Topic"),
        {("A", "T", "notifies")},
    ),
    "redrive": (
        made(Q=("SQS::Queue", {"RedrivePolicy": {"deadLetterTargetArn": arn("D")}}), D="SQS::Queue"),
        {("Q", "D", "after failures")},
    ),
    "service on instances": (
        made(
            S=("ECS::Service", {"Cluster": ref("C"), "CapacityProviderStrategy": [{"CapacityProvider": ref("P")}]}),
            C="ECS::Cluster",
            P=("ECS::CapacityProvider", {"AutoScalingGroupProvider": {"AutoScalingGroupArn": ref("G")}}),
            G="AutoScaling::AutoScalingGroup",
        ),
        {("S", "G", "runs on")},
    ),
    "a type that nobody knows": (
        made(N=("New::Service", {"Deep": [{"Bucket": ref("B")}]}), B="S3::Bucket"),
        {("N", "B", "")},
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_it_is_read(name: str) -> None:
    resources, expected = CASES[name]
    assert flows(resources) == expected


def test_a_function_of_a_custom_resource_is_not_drawn_but_counted() -> None:
    resources = made(H=function(), F=function())
    resources["C"] = {"Type": "Custom::Thing", "Properties": {"ServiceToken": arn("H")}}
    picture = draw(Template("t", {"Resources": resources}))
    assert [each.id for each in picture.diagram.nodes] == ["F"]
    assert picture.folded == {"AWS::Lambda::Function": 1, "Custom::Thing": 1}
    assert picture.caption == "Not drawn: Lambda Function, custom Thing."


def test_a_queue_that_is_read_by_an_event_source_is_not_read_again_by_the_role() -> None:
    resources = CASES["event source"][0] | made(
        F=function(Role=arn("R")), R=role((["sqs:ReceiveMessage", "sqs:DeleteMessage"], arn("Q")))
    )
    assert flows(resources) == {("Q", "F", "messages")}


def test_failures_are_weaker_than_what_the_architecture_is_for() -> None:
    drawn = draw(Template("t", {"Resources": CASES["rule with a dead letter queue"][0]})).diagram
    assert {each.target: each.strength for each in drawn.flows} == {"F": Strength.FLOW, "D": Strength.SIDE}


def test_many_alike_are_one_box() -> None:
    alarms = {f"A{index}": ("CloudWatch::Alarm", {"AlarmActions": [ref("T")]}) for index in range(7)}
    drawn = draw(Template("t", {"Resources": made(T="SNS::Topic", **alarms)})).diagram
    assert [(each.title, each.count) for each in drawn.nodes if each.id != "T"] == [("7 alarms", 7)]
    assert len(drawn.flows) == 1


def test_subnets_are_told_by_their_routes() -> None:
    resources = made(
        V=("EC2::VPC", {"CidrBlock": "10.0.0.0/16"}),
        W="EC2::InternetGateway",
        S1=("EC2::Subnet", {"VpcId": ref("V")}),
        S2=("EC2::Subnet", {"VpcId": ref("V")}),
        T=("EC2::RouteTable", {"VpcId": ref("V")}),
        O=("EC2::Route", {"RouteTableId": ref("T"), "GatewayId": ref("W")}),
        L=("EC2::SubnetRouteTableAssociation", {"RouteTableId": ref("T"), "SubnetId": ref("S1")}),
        I1=("EC2::Instance", {"SubnetId": ref("S1")}),
        I2=("EC2::Instance", {"SubnetId": ref("S2")}),
        I3=("EC2::Instance", {"SubnetId": "subnet-1"}),
        F=function(VpcConfig={"SubnetIds": [ref("S2")]}),
        B="S3::Bucket",
    )
    drawn = draw(Template("t", {"Resources": resources})).diagram
    places = {each.id: each.cluster for each in drawn.nodes}
    assert places == {"I1": "V/public", "I2": "V/isolated", "I3": "given", "F": "V/isolated", "B": ""}
    assert [each.title for each in drawn.clusters if not each.parent] == ["VPC 10.0.0.0/16", "VPC that is given"]


def test_an_origin_named_by_an_address_is_who_takes_it_and_volumes_are_attached_and_backed_up() -> None:
    """A server that takes its address and its volume for itself: neither is stated, both are allowed by its role."""
    address = {"Fn::Join": ["", ["ec2-", {"Fn::Join": ["-", {"Fn::Split": [".", {"Ref": "Ip"}]}]}, ".amazonaws.com"]]}
    origin = {"Id": "o", "DomainName": address, "CustomOriginConfig": {}}
    config = {"Origins": [origin], "DefaultCacheBehavior": {"TargetOriginId": "o"}}
    statement = {
        "Effect": "Allow",
        "Action": ["ec2:AttachVolume", "ec2:AssociateAddress"],
        "Resource": [{"Ref": "Disk"}, {"Fn::GetAtt": ["Ip", "AllocationId"]}],
    }
    policy = {"Roles": [{"Ref": "Role"}], "PolicyDocument": {"Statement": [statement]}}
    launch = {"LaunchTemplateData": {"IamInstanceProfile": {"Arn": {"Fn::GetAtt": ["Profile", "Arn"]}}}}
    template: Resources = {
        "Ip": {"Type": "AWS::EC2::EIP"},
        "Disk": {"Type": "AWS::EC2::Volume"},
        "Role": {"Type": "AWS::IAM::Role"},
        "Policy": {"Type": "AWS::IAM::Policy", "Properties": policy},
        "Profile": {"Type": "AWS::IAM::InstanceProfile", "Properties": {"Roles": [{"Ref": "Role"}]}},
        "Launch": {"Type": "AWS::EC2::LaunchTemplate", "Properties": launch},
        "Group": {
            "Type": "AWS::AutoScaling::AutoScalingGroup",
            "Properties": {"LaunchTemplate": {"LaunchTemplateId": {"Ref": "Launch"}}},
        },
        "Edge": {"Type": "AWS::CloudFront::Distribution", "Properties": {"DistributionConfig": config}},
        "Plan": {"Type": "AWS::Backup::BackupPlan"},
        "Choice": {
            "Type": "AWS::Backup::BackupSelection",
            "Properties": {"BackupPlanId": {"Ref": "Plan"}, "BackupSelection": {"Resources": [{"Ref": "Disk"}]}},
        },
    }
    found = {(source, target): label for source, target, label in flows(template)}
    assert found["Edge", "Group"] == "all paths"
    assert found["Group", "Disk"] == "attaches"
    assert found["Plan", "Disk"] == "backs up"
