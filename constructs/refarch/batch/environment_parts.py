"""The resources of a `BatchEnvironment`, each made by one function."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from aws_cdk import aws_batch as batch
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from constructs import Construct

from refarch._shared.acknowledge import every_resource
from refarch._shared.durations import hours
from refarch._shared.reads import arn, read, service
from refarch._shared.written_role import Statement, WrittenRole
from refarch.batch.environment_props import BatchEnvironmentProps, QueueProps

_ROOT_DEVICE, _SCRATCH_DEVICE = "/dev/xvda", "/dev/sdb"
_JOINING = (
    "Batch makes the ECS cluster and names it, so no resource is known before; the actions are those of the ECS agent "
    "alone, for the instance's own registration and tasks"
)
_LATER_GROUPS = "The log groups are those of job definitions made later"
# What the ECS agent needs. AmazonEC2ContainerServiceforEC2Role may make clusters and log groups besides.
_AGENT_ACTIONS = [
    "ecs:DeregisterContainerInstance",
    "ecs:DiscoverPollEndpoint",
    "ecs:Poll",
    "ecs:RegisterContainerInstance",
    "ecs:StartTelemetrySession",
    "ecs:SubmitAttachmentStateChanges",
    "ecs:SubmitContainerStateChange",
    "ecs:SubmitTaskStateChange",
    "ecs:TagResource",
    "ecs:UpdateContainerInstancesState",
]
_PULL_ACTIONS = [
    "ecr:BatchCheckLayerAvailability",
    "ecr:BatchGetImage",
    "ecr:GetAuthorizationToken",
    "ecr:GetDownloadUrlForLayer",
]


def instance_role(scope: Construct, id: str) -> WrittenRole:
    """A role that joins Batch's cluster, pulls images, and writes the jobs' logs; jobs have roles of their own."""
    role = WrittenRole(scope, id, assumed_by=service("ec2.amazonaws.com"))
    logs = arn(scope, "logs", "log-group:*")
    statements = [
        Statement(sid="EcsAgent", actions=_AGENT_ACTIONS, resources=["*"]),
        # GetAuthorizationToken knows no resource, and images may be another account's: the job definition's choice.
        Statement(sid="PullImages", actions=_PULL_ACTIONS, resources=["*"]),
        # On EC2 the log driver writes with the instance's role, into the groups that job definitions name.
        Statement(
            sid="JobLogs", actions=["logs:CreateLogStream", "logs:PutLogEvents"], resources=[logs], why=_LATER_GROUPS
        ),
    ]
    role.allow(statements, every_resource(_JOINING))
    return role


def security_group(scope: Construct, id: str, props: BatchEnvironmentProps) -> ec2.SecurityGroup:
    """Everything outwards, nothing inwards."""
    return ec2.SecurityGroup(scope, id, vpc=props.vpc, description="Batch instances: nothing comes in")


def launch_template(scope: Construct, id: str, props: BatchEnvironmentProps) -> ec2.LaunchTemplate:
    """Encrypted gp3 volumes, IMDSv2, and the scratch folder. Image, types and network are Batch's to fill in."""
    root = _volume(props.root_volume_gb)
    devices = [ec2.BlockDevice(device_name=_ROOT_DEVICE, volume=root)]
    scratch = props.scratch
    arguments: dict[str, Any] = {}
    if scratch is not None and scratch.on_ebs:
        volume = _volume(scratch.size_gb, scratch.iops, scratch.throughput)
        devices.append(ec2.BlockDevice(device_name=_SCRATCH_DEVICE, volume=volume))
    if scratch is not None:
        arguments["user_data"] = _user_data(scratch.script())
        # An instance that finds no scratch disk switches itself off: gone, not stopped and paid for.
        arguments["instance_initiated_shutdown_behavior"] = ec2.InstanceInitiatedShutdownBehavior.TERMINATE
    return ec2.LaunchTemplate(
        scope,
        id,
        require_imdsv2=True,
        # Batch's jobs share the instance's network, so one hop reaches them too; no more is needed.
        http_put_response_hop_limit=1,
        block_devices=devices,
        **arguments,
    )


def _user_data(script: str) -> ec2.UserData:
    """As Batch wants it: MIME parts, to which it adds its own."""
    made = ec2.MultipartUserData()
    made.add_user_data_part(ec2.UserData.custom(script), ec2.MultipartBody.SHELL_SCRIPT)
    return made


def _volume(size: int, iops: int | None = None, throughput: int | None = None) -> ec2.BlockDeviceVolume:
    return ec2.BlockDeviceVolume.ebs(
        size, encrypted=True, volume_type=ec2.EbsDeviceVolumeType.GP3, iops=iops, throughput=throughput
    )


def compute_environment(
    scope: Construct,
    id: str,
    props: BatchEnvironmentProps,
    *,
    spot: bool,
    role: iam.IRole,
    template: ec2.LaunchTemplate,
    security_groups: Sequence[ec2.ISecurityGroup],
) -> batch.ManagedEc2EcsComputeEnvironment:
    """Instances for jobs, none while there are none. Changes are made in place, and running jobs may end first."""
    arguments: dict[str, Any] = {
        "vpc": props.vpc,
        "vpc_subnets": props.chosen_subnets,
        "spot": spot,
        "allocation_strategy": _SPOT if spot else batch.AllocationStrategy.BEST_FIT_PROGRESSIVE,
        # Said, as Batch's default has moved before.
        "images": [batch.EcsMachineImage(image_type=batch.EcsMachineImageType.ECS_AL2023)],
        "instance_role": role,
        "launch_template": template,
        "minv_cpus": 0,
        "maxv_cpus": props.max_vcpus if spot else props.max_on_demand_vcpus,
        "security_groups": list(security_groups),
        "use_optimal_instance_classes": True,
        "replace_compute_environment": False,
        "update_timeout": hours(1),
    }
    made = batch.ManagedEc2EcsComputeEnvironment(scope, id, **{**arguments, **_overrides(props, spot=spot)})
    # The L2 takes types, and families only as members of an enumeration.
    resource: Any = made.node.default_child
    resource.add_property_override("ComputeResources.InstanceTypes", list(props.chosen_types))
    # Without a version Batch takes the template's default one, which an update of the template does not move.
    resource.add_property_override("ComputeResources.LaunchTemplate.Version", read(template, "latest_version_number"))
    return made


def _overrides(props: BatchEnvironmentProps, *, spot: bool) -> dict[str, Any]:
    """What the caller said; of a price for Spot, On-Demand is not told."""
    given = dict(props.compute_overrides)
    return given if spot else {name: value for name, value in given.items() if name != "spot_bid_percentage"}


def queue(
    scope: Construct,
    props: BatchEnvironmentProps,
    wanted: QueueProps,
    environments: Sequence[batch.IComputeEnvironment],
) -> batch.JobQueue:
    """A queue on the environments in their order. Jobs that cannot run are cancelled, not left RUNNABLE for ever."""
    return batch.JobQueue(
        scope,
        wanted.id,
        priority=wanted.priority,
        compute_environments=[
            batch.OrderedComputeEnvironment(compute_environment=each, order=number)
            for number, each in enumerate(environments, 1)
        ],
        job_state_time_limit_actions=_limits(props),
        scheduling_policy=_fair_share(scope, wanted),
    )


def _limits(props: BatchEnvironmentProps) -> list[batch.JobStateTimeLimitAction]:
    reasons = batch.JobStateTimeLimitActionsReason
    return [
        batch.JobStateTimeLimitAction(reason=reason, max_time=time)
        for reason, time in (
            (reasons.JOB_RESOURCE_REQUIREMENT, props.runnable_limit),
            (reasons.COMPUTE_ENVIRONMENT_MAX_RESOURCE, props.runnable_limit),
            (reasons.INSUFFICIENT_INSTANCE_CAPACITY, props.capacity_limit),
        )
    ]


def _fair_share(scope: Construct, wanted: QueueProps) -> batch.FairshareSchedulingPolicy | None:
    share = wanted.fair_share
    if share is None:
        return None
    return batch.FairshareSchedulingPolicy(
        scope,
        f"{wanted.id}FairShare",
        compute_reservation=share.compute_reservation,
        share_decay=share.decay,
        shares=[batch.Share(share_identifier=each, weight_factor=weight) for each, weight in share.weights.items()],
    )


_SPOT = batch.AllocationStrategy.SPOT_PRICE_CAPACITY_OPTIMIZED
