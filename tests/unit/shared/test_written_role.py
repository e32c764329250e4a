"""Roles with written permissions: one document, and still a role that anything may be granted to."""

from __future__ import annotations

from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sqs as sqs
from aws_cdk.assertions import Template

from refarch._shared.reads import objects_arn, service
from refarch._shared.written_role import Statement, WrittenRole

WHY = "which objects are read is chosen when a job runs"


@pytest.fixture
def stack() -> cdk.Stack:
    return cdk.Stack(cdk.App(), "Test")


def policies(stack: cdk.Stack) -> dict[str, Any]:
    return dict(Template.from_stack(stack).find_resources("AWS::IAM::Policy"))


def statements(stack: cdk.Stack) -> list[dict[str, Any]]:
    (policy,) = policies(stack).values()
    return list(policy["Properties"]["PolicyDocument"]["Statement"])


def written(stack: cdk.Stack, bucket: s3.IBucket) -> WrittenRole:
    role = WrittenRole(stack, "Role", assumed_by=service("lambda.amazonaws.com"))
    read = Statement(sid="Read", actions=["s3:GetObject"], resources=[objects_arn(bucket, "in/*")], why=WHY)
    limits = {"StringEquals": {"aws:ResourceTag/team": "web"}}
    role.allow([read, Statement(actions=["s3:PutObject"], resources=[bucket.arn_for_objects("o")], conditions=limits)])
    return role


def plain(stack: cdk.Stack, bucket: s3.IBucket) -> iam.Role:
    role = iam.Role(stack, "Role", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))
    read = iam.PolicyStatement(sid="Read", actions=["s3:GetObject"], resources=[bucket.arn_for_objects("in/*")])
    limits = {"StringEquals": {"aws:ResourceTag/team": "web"}}
    role.add_to_policy(read)
    role.add_to_policy(
        iam.PolicyStatement(actions=["s3:PutObject"], resources=[bucket.arn_for_objects("o")], conditions=limits)
    )
    return role


def test_the_template_is_that_of_a_role_of_the_cdk() -> None:
    made = []
    for build in (written, plain):
        stack = cdk.Stack(cdk.App(), "Test")
        role = build(stack, s3.Bucket(stack, "Bucket"))
        lambda_.Function(
            stack,
            "Function",
            runtime=lambda_.Runtime.PYTHON_3_13,
            handler="index.f",
            code=lambda_.Code.from_inline("pass"),
            role=role,
            on_failure=None,
        )
        made.append(Template.from_stack(stack).to_json())
    assert made[0] == made[1]


def test_what_others_grant_joins_the_one_policy(stack: cdk.Stack) -> None:
    bucket, queue = s3.Bucket(stack, "Bucket"), sqs.Queue(stack, "Queue")
    role = written(stack, bucket)
    queue.grant_send_messages(role)
    assert role.add_to_policy(iam.PolicyStatement(actions=["ec2:DescribeInstances"], resources=["*"]))
    assert [each.get("Sid", each["Action"][:1]) for each in statements(stack)] == [
        "Read",
        "s",
        ["sqs:SendMessage"],
        "e",
    ]


def test_what_was_granted_before_it_was_written_stays(stack: cdk.Stack) -> None:
    role = WrittenRole(stack, "Role", assumed_by=service("lambda.amazonaws.com"))
    sqs.Queue(stack, "Queue").grant_purge(role)
    role.allow([Statement(sid="A", actions=["a:b"], resources=["arn:aws:a:::b"])])
    role.allow([Statement(sid="C", actions=["c:d"], resources=["arn:aws:c:::d"])])
    assert len(statements(stack)) == 3


def test_who_depends_on_a_grant_depends_on_the_policy(stack: cdk.Stack) -> None:
    role = written(stack, s3.Bucket(stack, "Bucket"))
    queue = sqs.Queue(stack, "Queue")
    later = sqs.Queue(stack, "Later")
    queue.grant_purge(role).apply_before(later)
    (policy,) = policies(stack)
    assert Template.from_stack(stack).to_json()["Resources"][stack.get_logical_id(_resource(later))]["DependsOn"] == [
        policy
    ]


def test_only_wildcards_with_a_reason_are_answered_for(stack: cdk.Stack) -> None:
    role = written(stack, s3.Bucket(stack, "Bucket"))
    role.allow([Statement(actions=["s3:List*"], resources=["*"])])
    given = [entry.data for entry in role.node.metadata if entry.type == "aws:cdk:acknowledged-rules"]
    assert given == [{"AwsSolutions::AwsSolutions-IAM5[Resource::<Bucket83908E77.Arn>/in/*]": WHY}]


def _resource(construct: Any) -> Any:
    return construct.node.default_child
