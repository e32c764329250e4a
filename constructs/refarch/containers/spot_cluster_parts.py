"""What a `SpotCluster` adds to its instances and its cluster, each by one function."""

from __future__ import annotations

import jsii
from aws_cdk import Aspects, IAspect, RemovalPolicy, Stack
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs
from constructs import Construct, IConstruct

from refarch._shared.acknowledge import acknowledge, acknowledge_wildcards, principal_scope
from refarch.compute import SpotCapacity
from refarch.containers import instance_logs

_SETTING = "awsvpcTrunking"


def trunk_interfaces(capacity: SpotCapacity) -> None:
    """Has each instance switch trunking on for its own role, before its agent starts: ECS takes the setting of a role
    from that role only, so nobody can do it for the instances but the account's root user."""
    statement = iam.PolicyStatement(
        sid="TrunkInterfaces",
        actions=["ecs:PutAccountSetting"],
        resources=["*"],
        conditions={"StringEquals": {"ecs:account-setting": _SETTING}},
    )
    _allow(
        capacity,
        statement,
        "The action knows no resources; the condition leaves one setting, which counts for this role alone",
    )
    region = Stack.of(capacity).region
    capacity.user_data.add_commands(
        "dnf install --assumeyes --quiet awscli-2",
        f"aws ecs put-account-setting --name {_SETTING} --value enabled --region {region}",
    )


def log_group(scope: Construct, id: str, retention: logs.RetentionDays, removal: RemovalPolicy) -> logs.LogGroup:
    return logs.LogGroup(scope, id, retention=retention, removal_policy=removal)


def ship_logs(capacity: SpotCapacity, group: logs.ILogGroup, cluster: str) -> None:
    """Has each instance send its log files to `group`, and lets it do no more there than that."""
    statement = iam.PolicyStatement(
        sid="ShipLogs",
        actions=["logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"],
        resources=[group.log_group_arn],
    )
    _allow(capacity, statement, "The streams of this one log group, named after instances that come and go")
    capacity.user_data.add_commands(*instance_logs.commands(group.log_group_name, cluster))


@jsii.implements(IAspect)
class _ServicesComeLater:
    """A service that names a provider must be made after the provider is the cluster's, and go before it: the CDK does
    not say so, and CloudFormation then fails at random, mostly when the stack is deleted (aws-cdk issue 19275)."""

    def __init__(self, cluster: ecs.Cluster) -> None:
        self._cluster, self._path = cluster, cluster.node.path

    def visit(self, node: IConstruct) -> None:
        if isinstance(node, ecs.BaseService) and node.cluster.node.path == self._path:
            node.node.add_dependency(self._cluster)


def order_services(cluster: ecs.Cluster) -> None:
    """Services of this stack are made after the cluster's providers, and deleted before them."""
    Aspects.of(Stack.of(cluster)).add(_ServicesComeLater(cluster))


def _allow(capacity: SpotCapacity, statement: iam.PolicyStatement, reason: str) -> None:
    capacity.role.add_to_principal_policy(statement)
    if scope := principal_scope(capacity.role):
        acknowledge_wildcards(scope, statement, reason)
        if "*" in statement.resources:
            acknowledge(scope, "Gates::IAM-RESOURCE-WILDCARD", reason)
