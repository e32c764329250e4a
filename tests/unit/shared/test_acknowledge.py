"""Acknowledgements: ids as cdk-nag writes them, a reason that can be judged, recorded on the construct."""

from __future__ import annotations

from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3

from refarch._shared.acknowledge import (
    SHORTEST_REASON,
    acknowledge,
    acknowledge_notifications_handler,
    answer,
    principal_scope,
    wildcards,
)
from refarch._shared.written_role import Statement

REASON = "a reason that is long enough for a reviewer"


@pytest.fixture
def stack() -> cdk.Stack:
    return cdk.Stack(cdk.App(), "Test")


def recorded(construct: Any) -> dict[str, str]:
    entries = [entry for entry in construct.node.metadata if entry.type == "aws:cdk:acknowledged-rules"]
    return {rule: reason for entry in entries for rule, reason in entry.data.items()}


@pytest.mark.parametrize(
    ("rule", "qualified"),
    [
        ("AwsSolutions-S1", "AwsSolutions::AwsSolutions-S1"),
        ("AwsSolutions-IAM5[Action::s3:*]", "AwsSolutions::AwsSolutions-IAM5[Action::s3:*]"),
        ("CloudFormation-Validate::W3010", "CloudFormation-Validate::W3010"),
    ],
)
def test_a_rule_gets_the_name_of_its_pack(stack: cdk.Stack, rule: str, qualified: str) -> None:
    """Without it cdk-nag is silent too, but the report keeps no record."""
    acknowledge(stack, rule, REASON)
    assert recorded(stack) == {qualified: REASON}


def test_a_short_reason_is_none(stack: cdk.Stack) -> None:
    with pytest.raises(ValueError, match=r"reason is 'fine', allowed: 40 characters"):
        acknowledge(stack, "AwsSolutions-S1", "fine")
    acknowledge(stack, "AwsSolutions-S1", "x" * SHORTEST_REASON)


def test_every_wildcard_of_a_statement_one_by_one(stack: cdk.Stack) -> None:
    bucket = s3.Bucket(stack, "Data")
    given = s3.Bucket.from_bucket_name(stack, "Given", "given")
    statement = Statement(
        actions=["s3:Get*", "s3:PutObject"],
        resources=[bucket.bucket_arn, bucket.arn_for_objects("a/*"), given.arn_for_objects("*"), "*"],
        why=REASON,
    )
    role = iam.Role(stack, "Role", assumed_by=iam.AccountRootPrincipal())
    answer(role, wildcards(role, [statement]))
    data = stack.get_logical_id(bucket.node.default_child)  # type: ignore[arg-type]
    assert set(recorded(role)) == {
        "AwsSolutions::AwsSolutions-IAM5[Action::s3:Get*]",
        f"AwsSolutions::AwsSolutions-IAM5[Resource::<{data}.Arn>/a/*]",
        "AwsSolutions::AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:s3:::given/*]",
        "AwsSolutions::AwsSolutions-IAM5[Resource::*]",
    }


def test_a_statement_without_wildcards_needs_no_answer(stack: cdk.Stack) -> None:
    plain = Statement(actions=["s3:GetObject"], resources=["arn:aws:s3:::a/b"], why=REASON)
    answer(stack, wildcards(stack, [plain]))
    assert recorded(stack) == {}


@pytest.mark.parametrize("prefix", ["a)/", "(/", "[a", "{(})", "]"])
def test_a_key_prefix_that_the_cdk_cannot_write_in_an_id_stays_a_finding(stack: cdk.Stack, prefix: str) -> None:
    statement = Statement(actions=["s3:GetObject"], resources=[f"arn:aws:s3:::b/{prefix}*"], why=REASON)
    answer(stack, wildcards(stack, [statement]))
    assert recorded(stack) == {}


def test_the_handler_is_answered_for_only_where_there_is_one(stack: cdk.Stack) -> None:
    bucket = s3.Bucket(stack, "Data")
    acknowledge_notifications_handler(bucket)
    bucket.enable_event_bridge_notification()
    acknowledge_notifications_handler(bucket)
    answered = [child.node.id for child in stack.node.children if recorded(child)]
    assert [name[:26] for name in answered] == ["BucketNotificationsHandler"]


def test_a_service_has_no_construct_to_answer_on(stack: cdk.Stack) -> None:
    role = iam.Role(stack, "Role", assumed_by=iam.AccountRootPrincipal())
    assert principal_scope(role) is role
    assert principal_scope(iam.ServicePrincipal("codebuild.amazonaws.com")) is None
