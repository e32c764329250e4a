"""ECS Managed Instances as a provider of a `SpotCluster`."""

from __future__ import annotations

from collections.abc import Sequence

from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_iam as iam
from constructs import Construct

from refarch._shared.acknowledge import acknowledge
from refarch._shared.reads import read, service, stack_of
from refarch._shared.written_role import Statement, WrittenRole
from refarch.containers.spot_cluster_props import ManagedInstances

_POLICY = "AmazonECSInfrastructureRolePolicyForManagedInstances"
_COME_AND_GO = "Container instances come and go; the resource fixes the cluster"
_NO_RESOURCES = "Finding the endpoint of ECS knows no resources: AWS accepts nothing but * for it"


def managed_instances(
    scope: Construct,
    wanted: ManagedInstances,
    cluster: ecs.Cluster,
    subnets: Sequence[ec2.ISubnet],
    security_groups: Sequence[ec2.ISecurityGroup],
) -> ecs.ManagedInstancesCapacityProvider:
    """The provider. The CDK would name its instance role, since the managed policy lets ECS pass roles of such names
    only; ours has no name, so passing it is a statement of its own."""
    instance = _instance_role(scope, cluster)
    return ecs.ManagedInstancesCapacityProvider(
        scope,
        "ManagedInstances",
        subnets=subnets,
        security_groups=security_groups,
        capacity_option_type=ecs.CapacityOptionType.SPOT if wanted.spot else ecs.CapacityOptionType.ON_DEMAND,
        ec2_instance_profile=iam.InstanceProfile(scope, "ManagedInstanceProfile", role=instance),
        infrastructure_role=_infrastructure_role(scope, instance),
        instance_requirements=wanted.requirements,
    )


def _infrastructure_role(scope: Construct, instance: iam.Role) -> iam.Role:
    role = iam.Role(
        scope,
        "ManagedInstancesRole",
        assumed_by=service("ecs.amazonaws.com"),
        managed_policies=[iam.ManagedPolicy.from_aws_managed_policy_name(_POLICY)],
    )
    role.add_to_policy(
        iam.PolicyStatement(
            sid="PassInstanceRole",
            actions=["iam:PassRole"],
            resources=[instance.role_arn],
            conditions={"StringEquals": {"iam:PassedToService": "ec2.amazonaws.com"}},
        )
    )
    acknowledge(
        role,
        f"AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/{_POLICY}]",
        "ECS launches, tags and ends the instances itself; AWS keeps the policy in step with what the service does",
    )
    return role


def _instance_role(scope: Construct, cluster: ecs.Cluster) -> iam.Role:
    """What the agent on such an instance calls: the actions of AmazonECSInstanceRolePolicyForManagedInstances, bound
    to this cluster."""
    role = WrittenRole(scope, "ManagedInstanceRole", assumed_by=service("ec2.amazonaws.com"))
    below = stack_of(scope).format_arn(
        service="ecs", resource="container-instance", resource_name=f"{read(cluster, 'cluster_name')}/*"
    )
    statements = [
        ("FindEndpoint", ["ecs:DiscoverPollEndpoint"], "*", _NO_RESOURCES),
        ("Join", ["ecs:RegisterContainerInstance"], read(cluster, "cluster_arn"), ""),
        ("Tell", ["ecs:SubmitAttachmentStateChanges", "ecs:SubmitTaskStateChange"], read(cluster, "cluster_arn"), ""),
        ("Listen", ["ecs:Poll", "ecs:PutSystemLogEvents", "ecs:StartTelemetrySession"], below, _COME_AND_GO),
    ]
    role.allow(
        Statement(sid=sid, actions=actions, resources=[resource], why=reason)
        for sid, actions, resource, reason in statements
    )
    return role
