"""Props of `SpotCapacity`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypedDict

from aws_cdk import Duration
from aws_cdk import aws_autoscaling as autoscaling
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam

from refarch._shared.durations import minutes
from refarch._shared.reads import read
from refarch.compute import instance_types as table
from refarch.compute.spot_capacity_checks import find_problems


class LaunchTemplateOverrides(TypedDict, total=False):
    """Arguments of `aws_ec2.LaunchTemplate` that the construct leaves to you; what is given replaces its own value."""

    block_devices: Sequence[ec2.BlockDevice]
    cpu_credits: ec2.CpuCredits
    detailed_monitoring: bool
    ebs_optimized: bool
    http_protocol_ipv6: bool
    instance_initiated_shutdown_behavior: ec2.InstanceInitiatedShutdownBehavior
    instance_metadata_tags: bool
    nitro_enclave_enabled: bool
    placement_group: object
    version_description: str


class GroupOverrides(TypedDict, total=False):
    """Arguments of `aws_autoscaling.AutoScalingGroup` that the construct leaves to you; what is given replaces its own
    value."""

    az_capacity_distribution_strategy: autoscaling.CapacityDistributionStrategy
    cooldown: Duration
    deletion_protection: autoscaling.DeletionProtection
    group_metrics: Sequence[autoscaling.GroupMetrics]
    instance_lifecycle_policy: autoscaling.InstanceLifecyclePolicy
    new_instances_protected_from_scale_in: bool
    notifications: Sequence[autoscaling.NotificationConfiguration]
    signals: autoscaling.Signals
    termination_policies: Sequence[autoscaling.TerminationPolicy]


class RefreshOverrides(TypedDict, total=False):
    """Arguments of `aws_autoscaling.UpdatePolicy.instance_refresh`; what is given replaces its own value."""

    alarms: Sequence[object]
    bake_time: Duration
    checkpoint_delay: Duration
    checkpoint_percentages: Sequence[int]
    instance_warmup: Duration
    max_healthy_percentage: int
    min_healthy_percentage: int
    scale_in_protected_instances: autoscaling.ScaleInProtectedInstances
    skip_matching: bool
    standby_instances: autoscaling.StandbyInstances


@dataclass(frozen=True, kw_only=True)
class ScheduledSize:
    """Sizes that a group gets at a time. At least one of the three; what is None stays as it is."""

    id: str
    """Letters and digits; it names the scheduled action."""

    schedule: autoscaling.Schedule
    min_capacity: int | None = None
    max_capacity: int | None = None
    desired_capacity: int | None = None
    time_zone: str = "Etc/UTC"


@dataclass(frozen=True, kw_only=True)
class SpotCapacityProps:
    """Capacity on Spot Instances that survives reclaims: where, of what, how much.

    Raises `InvalidPropsError` with every problem at once. What is known only at deployment is not checked.
    """

    vpc: ec2.IVpc

    vpc_subnets: ec2.SubnetSelection | None = None
    """At least two zones. Default: with `public_ip` the public subnets, otherwise those with a NAT gateway, else the
    isolated ones, else the public ones."""

    instance_types: Sequence[str] = ()
    """One processor architecture, 1 to 40 types. Default: six types of three families (`DEFAULT_TYPES`), which in two
    zones make twelve Spot pools."""

    instance_requirements: autoscaling.CfnAutoScalingGroup.InstanceRequirementsProperty | None = None
    """What an instance needs, in place of `instance_types`: EC2 then chooses among all types that fit the image. The
    number of pools is unknown then."""

    further_types: Mapping[str, str] = field(default_factory=dict)
    """Instance types that the table does not know yet, to their architecture (`arm64` or `x86_64`)."""

    architecture: str = ""
    """`arm64` or `x86_64`. Default: that of `instance_types`; `arm64` (a fifth cheaper) where there are none."""

    min_capacity: int = 2
    """Fewest instances, 0 or more. The default is one in each of two zones. The desired capacity is never set, so a
    deployment leaves a group at the size that it has."""

    max_capacity: int = 10
    """Most instances, at least `min_capacity`. Capacity rebalancing may go over it by a tenth for a while."""

    on_demand_base: int = 0
    """How many instances are On-Demand before any Spot, 0 to `max_capacity`."""

    on_demand_percentage: int = 0
    """Percentage of On-Demand above the base, 0 to 100."""

    spot_max_price: str = ""
    """US dollars an hour. Default: none, which is the On-Demand price; a lower one only brings more reclaims."""

    capacity_rebalance: bool = True
    """Replaces an instance when EC2 says that it is at risk, which often comes before the two minutes' notice."""

    machine_image: ec2.IMachineImage | None = None
    """Default: the latest Amazon Linux 2023 of the architecture at each deployment, by its public SSM parameter."""

    user_data: ec2.UserData | None = None
    """Default: the image's own, empty. `SpotCapacity.user_data` takes further commands."""

    role: iam.IRole | None = None
    """The instances' role; its permissions stay as they are. Default: a new one, for Session Manager."""

    session_manager: bool = True
    """Lets a new role speak with Systems Manager: Session Manager and Run Command."""

    security_groups: Sequence[ec2.ISecurityGroup] = ()
    """Default: one new group that nobody can enter."""

    public_ip: bool = False
    """Gives instances public addresses: the way out of a VPC without a NAT gateway."""

    key_pair: ec2.IKeyPair | None = None
    """For SSH. Default: none; use Session Manager."""

    ssh_from: Sequence[str] = ()
    """IPv4 networks that may connect by SSH, never all addresses; with `key_pair`, and a group that the construct
    makes."""

    root_volume_gb: int = 30
    """Size of the encrypted gp3 root volume, 8 to 16,384 GiB. Images for ECS need 30."""

    metadata_hop_limit: int = 1
    """Network hops of an answer of the instance's metadata (IMDSv2 only), 1 to 64. 2 lets containers in bridge networks
    read it."""

    load_balancer_health: bool = False
    """Also replaces instances that a load balancer calls unhealthy. Turn it on for a group that is attached to one."""

    health_check_grace: Duration = field(default_factory=lambda: minutes(5))
    """How long a new instance may take before it is judged, 0 to 7,200 seconds."""

    warmup: Duration = field(default_factory=lambda: minutes(2))
    """How long a new instance takes until it works and its metrics count, 0 to 3,600 seconds."""

    max_instance_lifetime: Duration | None = None
    """Replaces instances after this time, 1 to 365 days. Default: they live until they are reclaimed or refreshed."""

    schedules: Sequence[ScheduledSize] = ()

    refresh_on_change: bool = True
    """A deployment that changes the launch template or the types replaces the instances, new ones first. Off: only
    instances launched later have the change."""

    launch_template_overrides: LaunchTemplateOverrides = field(default_factory=lambda: LaunchTemplateOverrides())
    group_overrides: GroupOverrides = field(default_factory=lambda: GroupOverrides())
    refresh_overrides: RefreshOverrides = field(default_factory=lambda: RefreshOverrides())

    def __post_init__(self) -> None:
        find_problems(self)

    @property
    def chosen_architecture(self) -> str:
        """`arm64` or `x86_64`: as asked, or as the types are."""
        if self.architecture:
            return self.architecture
        return next(iter(table.architectures_of(self.instance_types, self.further_types)), table.ARM64)

    @property
    def chosen_types(self) -> Sequence[str]:
        """The types as asked, or the defaults; none with `instance_requirements`."""
        if self.instance_requirements is not None:
            return ()
        return self.instance_types or table.DEFAULT_TYPES[self.chosen_architecture]

    @property
    def chosen_subnets(self) -> ec2.SubnetSelection:
        """The subnets as asked, or the kind that fits."""
        if self.vpc_subnets is not None:
            return self.vpc_subnets
        if self.public_ip:
            return ec2.SubnetSelection(subnet_type=ec2.SubnetType.PUBLIC)
        if read(self.vpc, "private_subnets"):
            return ec2.SubnetSelection(subnet_type=ec2.SubnetType.PRIVATE_WITH_EGRESS)
        if read(self.vpc, "isolated_subnets"):
            return ec2.SubnetSelection(subnet_type=ec2.SubnetType.PRIVATE_ISOLATED)
        return ec2.SubnetSelection(subnet_type=ec2.SubnetType.PUBLIC)
