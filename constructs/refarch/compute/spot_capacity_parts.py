"""The resources of a `SpotCapacity`, each made by one function."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any

from aws_cdk import aws_autoscaling as autoscaling
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from constructs import Construct

from refarch._shared.acknowledge import every_resource
from refarch._shared.reads import service
from refarch._shared.written_role import Statement
from refarch.compute.instance_types import ARM64
from refarch.compute.spot_capacity_props import ScheduledSize, SpotCapacityProps

_ROOT_DEVICE = "/dev/xvda"  # of every Amazon Linux image
WHY_SESSIONS = (
    "Systems Manager's actions for its own agent know no resources; what may be run on the instance is decided by the "
    "caller's permissions"
)
# What the agent needs for Session Manager and Run Command. The managed policy also reads every parameter there is.
_AGENT_ACTIONS = [
    "ec2messages:AcknowledgeMessage",
    "ec2messages:DeleteMessage",
    "ec2messages:FailMessage",
    "ec2messages:GetEndpoint",
    "ec2messages:GetMessages",
    "ec2messages:SendReply",
    "ssm:UpdateInstanceInformation",
    "ssmmessages:CreateControlChannel",
    "ssmmessages:CreateDataChannel",
    "ssmmessages:OpenControlChannel",
    "ssmmessages:OpenDataChannel",
]
SESSIONS = Statement(sid="SystemsManager", actions=_AGENT_ACTIONS, resources=["*"])
"""Session Manager and Run Command."""


def instance_role(scope: Construct, id: str, *, session_manager: bool) -> iam.Role:
    """A role for instances that may speak with Systems Manager, or do nothing."""
    role = iam.Role(scope, id, assumed_by=service("ec2.amazonaws.com"))
    if session_manager:
        role.add_to_policy(SESSIONS.as_statement())
    return role


def security_group(scope: Construct, id: str, props: SpotCapacityProps) -> ec2.SecurityGroup:
    """Everything outwards; inwards nothing but SSH from where it was asked for."""
    group = ec2.SecurityGroup(scope, id, vpc=props.vpc, description="Spot capacity: nothing inwards unless asked")
    for network in props.ssh_from:
        group.add_ingress_rule(ec2.Peer.ipv4(network), ec2.Port.SSH, "SSH")
    return group


def launch_template(
    scope: Construct,
    id: str,
    props: SpotCapacityProps,
    *,
    role: iam.IRole,
    image: ec2.IMachineImage,
    user_data: ec2.UserData,
    security_groups: Sequence[ec2.ISecurityGroup],
) -> ec2.LaunchTemplate:
    """What every instance starts from. The types are the group's, and so is whether an instance is Spot."""
    arguments: dict[str, Any] = {
        "machine_image": image,
        "user_data": user_data,
        "role": role,
        "security_group": security_groups[0],
        "key_pair": props.key_pair,
        # Said either way: left out, the subnet would decide, and the CDK's public subnets give addresses.
        "associate_public_ip_address": props.public_ip,
        "require_imdsv2": True,
        "http_put_response_hop_limit": props.metadata_hop_limit,
        "detailed_monitoring": False,
        "block_devices": [ec2.BlockDevice(device_name=_ROOT_DEVICE, volume=root_volume(props.root_volume_gb))],
    }
    template = ec2.LaunchTemplate(scope, id, **{**arguments, **props.launch_template_overrides})
    for group in security_groups[1:]:
        template.add_security_group(group)
    return template


@cache
def amazon_linux(architecture: str) -> ec2.IMachineImage:
    """The latest Amazon Linux 2023 at each deployment, by its public SSM parameter."""
    arm, intel = ec2.AmazonLinuxCpuType.ARM_64, ec2.AmazonLinuxCpuType.X86_64
    return ec2.MachineImage.latest_amazon_linux2023(cpu_type=arm if architecture == ARM64 else intel)


@cache
def root_volume(size: int) -> ec2.BlockDeviceVolume:
    """Encrypted gp3 of so many GiB."""
    return ec2.BlockDeviceVolume.ebs(size, encrypted=True, volume_type=ec2.EbsDeviceVolumeType.GP3)


def group(
    scope: Construct, id: str, props: SpotCapacityProps, template: ec2.LaunchTemplate
) -> autoscaling.AutoScalingGroup:
    """The Auto Scaling group. Its desired capacity is not set: a deployment would set it back each time."""
    arguments: dict[str, Any] = {
        "vpc": props.vpc,
        "vpc_subnets": props.chosen_subnets,
        "mixed_instances_policy": _mixed(props, template),
        "min_capacity": props.min_capacity,
        "max_capacity": props.max_capacity,
        "capacity_rebalance": props.capacity_rebalance,
        "health_checks": _health(props),
        "default_instance_warmup": props.warmup,
        "max_instance_lifetime": props.max_instance_lifetime,
        "update_policy": _refresh(props) if props.refresh_on_change else None,
        "group_metrics": [all_metrics()],
    }
    return autoscaling.AutoScalingGroup(scope, id, **{**arguments, **props.group_overrides})


def findings(props: SpotCapacityProps) -> Iterator[tuple[str, str]]:
    """Answers for the role, the launch template and the group, of which a construct has one each."""
    if props.role is None and props.session_manager:
        yield from every_resource(WHY_SESSIONS)
    if props.public_ip:
        yield (
            "Gates::EC2-PUBLIC-IP",
            "Asked for with public_ip, as the way out of a VPC without a NAT gateway; no rule lets anybody in",
        )
    if "notifications" not in props.group_overrides:
        yield (
            "AwsSolutions-AS3",
            "EventBridge carries every event of the group at no charge, and whoever wants mail of each launch asks for "
            "it with group_overrides: notifications",
        )
    if "block_devices" not in props.launch_template_overrides:
        yield (
            "AwsSolutions-EC26",
            "cdk-nag cannot follow the reference to the launch template and its latest version; its one volume is "
            "encrypted, and a test of this construct holds that",
        )


def _mixed(props: SpotCapacityProps, template: ec2.LaunchTemplate) -> autoscaling.MixedInstancesPolicy:
    return autoscaling.MixedInstancesPolicy(
        launch_template=template,
        launch_template_overrides=_overrides(props),
        instances_distribution=autoscaling.InstancesDistribution(
            on_demand_allocation_strategy=autoscaling.OnDemandAllocationStrategy.LOWEST_PRICE,
            on_demand_base_capacity=props.on_demand_base,
            on_demand_percentage_above_base_capacity=props.on_demand_percentage,
            spot_allocation_strategy=autoscaling.SpotAllocationStrategy.PRICE_CAPACITY_OPTIMIZED,
            spot_max_price=props.spot_max_price or None,
        ),
    )


def _overrides(props: SpotCapacityProps) -> list[autoscaling.LaunchTemplateOverrides]:
    if props.instance_requirements is not None:
        return [autoscaling.LaunchTemplateOverrides(instance_requirements=props.instance_requirements)]
    types = [instance_type(name) for name in props.chosen_types]
    return [autoscaling.LaunchTemplateOverrides(instance_type=each) for each in types]


@cache
def all_metrics() -> autoscaling.GroupMetrics:
    """What a group publishes of itself, free of charge."""
    return autoscaling.GroupMetrics.all()


@cache
def instance_type(name: str) -> ec2.InstanceType:
    """Made once: the groups of a cluster have the same types."""
    return ec2.InstanceType(name)


def _health(props: SpotCapacityProps) -> autoscaling.HealthChecks:
    """EC2's own checks and those of the volumes always; they cost nothing."""
    kinds = [autoscaling.AdditionalHealthCheckType.EBS]
    if props.load_balancer_health:
        kinds.append(autoscaling.AdditionalHealthCheckType.ELB)
    return autoscaling.HealthChecks.with_additional_checks(
        additional_types=kinds, grace_period=props.health_check_grace
    )


def _refresh(props: SpotCapacityProps) -> autoscaling.UpdatePolicy:
    arguments: dict[str, Any] = {
        "strategy": autoscaling.InstanceRefreshStrategy.ROLLING,
        "min_healthy_percentage": 100,
        "max_healthy_percentage": 110,
        "skip_matching": True,
        # Waiting would last until the deployment fails where all are protected, as an ECS capacity provider does it.
        "scale_in_protected_instances": autoscaling.ScaleInProtectedInstances.REFRESH,
    }
    return autoscaling.UpdatePolicy.instance_refresh(**{**arguments, **props.refresh_overrides})


def schedule(group: autoscaling.AutoScalingGroup, size: ScheduledSize) -> autoscaling.ScheduledAction:
    """A scheduled action of the group."""
    return group.scale_on_schedule(
        size.id,
        schedule=size.schedule,
        time_zone=size.time_zone,
        min_capacity=size.min_capacity,
        max_capacity=size.max_capacity,
        desired_capacity=size.desired_capacity,
    )
