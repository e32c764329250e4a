"""Props of `BatchEnvironment`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypedDict

from aws_cdk import Duration
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sns as sns

from refarch._shared.durations import hours, minutes
from refarch._shared.reads import read
from refarch.batch.environment_checks import find_problems
from refarch.batch.scratch import Scratch
from refarch.compute.instance_types import DEFAULT_TYPES

SPOT_FIRST, ON_DEMAND_ONLY, SPOT_ONLY = "spot-first", "on-demand-only", "spot-only"


class ComputeOverrides(TypedDict, total=False):
    """Arguments of `aws_batch.ManagedEc2EcsComputeEnvironment` that are left to you; they replace the construct's."""

    enabled: bool
    minv_cpus: int
    placement_group: object
    spot_bid_percentage: int
    terminate_on_update: bool
    update_timeout: Duration
    update_to_latest_image_version: bool


@dataclass(frozen=True, kw_only=True)
class FairShare:
    """Shares of a queue among teams or projects, in place of first in, first out."""

    weights: Mapping[str, float] = field(default_factory=dict)
    """Share identifier to its weight, 0.0001 to 999.9999. **Less is more**: with half the weight a share gets twice."""

    compute_reservation: int = 0
    """Percentage kept free for shares that are not active yet, 0 to 99."""

    decay: Duration = field(default_factory=lambda: hours(1))
    """How long past use counts, up to a week."""


@dataclass(frozen=True, kw_only=True)
class QueueProps:
    """One job queue."""

    id: str
    """Letters and digits; it names the queue in `BatchEnvironment.queues`."""

    priority: int
    """0 or more; of queues on one environment the higher one is served first."""

    capacity: str = SPOT_FIRST
    """`spot-first` (On-Demand when there is no Spot), `spot-only` or `on-demand-only`."""

    fair_share: FairShare | None = None
    """Default: first in, first out."""


# As in the post: alignment and calling before statistics.
DEFAULT_QUEUES = (QueueProps(id="HighPriority", priority=1000), QueueProps(id="LowPriority", priority=1))


@dataclass(frozen=True, kw_only=True)
class BatchEnvironmentProps:
    """Where container jobs run: what instances, how many, and which queues lead there.

    Raises `InvalidPropsError` with every problem at once. What is known only at deployment is not checked.
    """

    vpc: ec2.IVpc

    vpc_subnets: ec2.SubnetSelection | None = None
    """Default: with `public_ip` the public subnets, otherwise the private ones (with a NAT gateway, else isolated)."""

    architecture: str = "arm64"
    """`arm64` (a fifth cheaper) or `x86_64`: what the images are built for."""

    instance_types: Sequence[str] = ()
    """Families (`m6g`), types (`m6g.xlarge`), or `optimal` (x86_64): Batch chooses the size that fits the jobs.
    Default: six families of the architecture."""

    further_families: Sequence[str] = ()
    """Families that the table of known types does not have yet."""

    max_vcpus: int = 256
    """Most vCPUs of Spot Instances at once, 1 or more."""

    max_on_demand_vcpus: int = 256
    """Most vCPUs of On-Demand instances; 0 leaves the On-Demand environment out, and jobs wait for Spot."""

    queues: Sequence[QueueProps] = DEFAULT_QUEUES
    """At least one; ids once each."""

    scratch: Scratch | None = None
    """A folder for what jobs need while they run. Default: none; jobs write into their containers."""

    root_volume_gb: int = 30
    """Encrypted gp3 volume for images and containers, 30 to 16,384 GiB."""

    public_ip: bool = False
    """For instances in public subnets: the way out of a VPC without a NAT gateway. Nobody can come in."""

    security_groups: Sequence[ec2.ISecurityGroup] = ()
    """Default: one new group that nobody can enter."""

    instance_role: iam.IRole | None = None
    """Role of the instances (not of the jobs). Default: a new one that can join the cluster and pull images."""

    runnable_limit: Duration = field(default_factory=lambda: minutes(10))
    """How long a job may stay RUNNABLE that no instance will ever fit; then it is cancelled. 10 minutes to 24 hours."""

    capacity_limit: Duration = field(default_factory=lambda: hours(12))
    """How long a job may stay RUNNABLE because EC2 has no capacity; then it is cancelled. 10 minutes to 24 hours."""

    topic: sns.ITopic | None = None
    """Gets a message for each job that blocks a queue. Default: a new topic."""

    compute_overrides: ComputeOverrides = field(default_factory=lambda: ComputeOverrides())

    def __post_init__(self) -> None:
        find_problems(self)

    @property
    def chosen_types(self) -> Sequence[str]:
        """What Batch chooses from."""
        if self.instance_types:
            return self.instance_types
        return tuple(sorted({name.partition(".")[0] for name in DEFAULT_TYPES[self.architecture]}))

    @property
    def chosen_subnets(self) -> ec2.SubnetSelection:
        """As asked, or where instances have a way out."""
        if self.vpc_subnets is not None:
            return self.vpc_subnets
        if self.public_ip:
            return ec2.SubnetSelection(subnet_type=ec2.SubnetType.PUBLIC)
        kind = (
            ec2.SubnetType.PRIVATE_WITH_EGRESS if read(self.vpc, "private_subnets") else ec2.SubnetType.PRIVATE_ISOLATED
        )
        return ec2.SubnetSelection(subnet_type=kind)
