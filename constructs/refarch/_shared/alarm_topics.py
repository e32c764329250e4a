"""Topics that alarms publish to."""

from __future__ import annotations

from aws_cdk import Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sns as sns
from constructs import Construct


def let_alarms_publish(scope: Construct, topic: sns.ITopic) -> None:
    """Let CloudWatch's alarms of this account publish. Without effect on an imported topic.

    A topic with a policy of its own (`enforce_ssl` makes one, of a refusal alone) lacks the default policy that SNS
    gives, and with it the permission by which alarms publish.
    """
    topic.add_to_resource_policy(
        iam.PolicyStatement(
            sid=f"AlarmsOf{scope.node.addr[-8:]}",
            actions=["sns:Publish"],
            principals=[iam.ServicePrincipal("cloudwatch.amazonaws.com")],
            resources=[topic.topic_arn],
            conditions={"StringEquals": {"aws:SourceAccount": Stack.of(scope).account}},
        )
    )
