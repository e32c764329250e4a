"""What a `SpotCluster` adds to its instances and its cluster, each by one function."""

from __future__ import annotations

import jsii
from aws_cdk import Aspects, IAspect, RemovalPolicy
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_logs as logs
from constructs import Construct, IConstruct

from refarch._shared.acknowledge import answer, wildcards
from refarch._shared.reads import read, stack_of
from refarch._shared.written_role import Statement, give
from refarch.compute import SpotCapacity
from refarch.containers import instance_logs

_SETTING = "awsvpcTrunking"


def trunk_interfaces(capacity: SpotCapacity) -> list[str]:
    """Commands by which each instance switches trunking on for its own role, before its agent starts: ECS takes the
    setting of a role from that role only, so nobody can do it for the instances but the account's root user."""
    statement = Statement(
        sid="TrunkInterfaces",
        actions=["ecs:PutAccountSetting"],
        resources=["*"],
        conditions={"StringEquals": {"ecs:account-setting": _SETTING}},
        why="The action knows no resources; the condition leaves one setting, which counts for this role alone",
    )
    _allow(capacity, statement)
    region = read(stack_of(capacity), "region")
    return [
        "dnf install --assumeyes --quiet awscli-2",
        f"aws ecs put-account-setting --name {_SETTING} --value enabled --region {region}",
    ]


def log_group(scope: Construct, id: str, retention: logs.RetentionDays, removal: RemovalPolicy) -> logs.LogGroup:
    return logs.LogGroup(scope, id, retention=retention, removal_policy=removal)


def ship_logs(capacity: SpotCapacity, group: logs.ILogGroup, cluster: str) -> list[str]:
    """Commands that have each instance send its log files to `group`; lets it do no more there than that."""
    statement = Statement(
        sid="ShipLogs",
        actions=["logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"],
        resources=[read(group, "log_group_arn")],
        why="The streams of this one log group, named after instances that come and go",
    )
    _allow(capacity, statement)
    return instance_logs.commands(read(group, "log_group_name"), cluster)


@jsii.implements(IAspect)
class _ServicesComeLater:
    """A service that names a provider must be made after the provider is the cluster's, and go before it: the CDK does
    not say so, and CloudFormation then fails at random, mostly when the stack is deleted (aws-cdk issue 19275).

    Services may be anywhere in the stack and come at any time, so they are looked for at the end. An aspect in Python
    costs a call for each construct that it visits; so this one visits only a provider, and from there looks once.
    """

    def __init__(self, cluster: ecs.Cluster) -> None:
        self._cluster, self._looked = cluster, False

    def visit(self, node: IConstruct) -> None:
        if self._looked:  # the provider's own parts
            return
        self._looked = True
        for each in read(stack_of(self._cluster), "node").find_all():
            if isinstance(each, ecs.BaseService) and each.cluster is self._cluster:
                each.node.add_dependency(self._cluster)


def order_services(cluster: ecs.Cluster, provider: ecs.AsgCapacityProvider) -> None:
    """Services of this stack are made after the cluster's providers, and deleted before them."""
    Aspects.of(provider).add(_ServicesComeLater(cluster))


def _allow(capacity: SpotCapacity, statement: Statement) -> None:
    give(capacity.role, statement)
    given = wildcards(capacity, [statement])
    if "*" in statement.resources:
        given.append(("Gates::IAM-RESOURCE-WILDCARD", statement.why))
    answer(capacity.answers_on, given)
