"""The SpotCapacity construct."""

from __future__ import annotations

from collections.abc import Sequence

from aws_cdk import Annotations
from aws_cdk import aws_autoscaling as autoscaling
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from constructs import Construct, IConstruct

from refarch._shared.acknowledge import answer
from refarch._shared.checks import is_known
from refarch._shared.reads import inside, read
from refarch.compute import spot_capacity_parts as parts
from refarch.compute.pools import SAFE_POOLS, Pools, count_pools
from refarch.compute.spot_capacity_checks import known_zones, select_subnets
from refarch.compute.spot_capacity_props import SpotCapacityProps

FEW_POOLS = "refarch:few-spot-pools"
"""The warning of a group with fewer than `SAFE_POOLS` pools; `Annotations.of(…).acknowledge_warning` takes it back."""

NO_WAY_OUT = "refarch:no-way-out"
"""The warning of a group in public subnets whose instances have no public address."""


class SpotCapacity(Construct):
    """Capacity on Spot Instances that survives reclaims.

    ::

        launch template (Amazon Linux 2023, IMDSv2, encrypted gp3) --> Auto Scaling group
                                                                         |  types x zones = pools
                                 price-capacity-optimized: the pools that are deep, and cheap among those

    The group holds a base and a percentage of On-Demand instances as asked, replaces instances at risk before they go
    (capacity rebalancing), refreshes its instances when a deployment changes them, and keeps the size that it has.

    It leaves out: a scaling policy (add one to `group`; ECS brings its own), answers to interruption notices
    (`InterruptionResponder`), weights of instance types, and capacity reservations.

    Source: "Powering your Amazon ECS Cluster with Spot Instances", AWS Compute Blog, 2017, whose Spot Fleet of one type
    in two zones this replaces.
    """

    launch_template: ec2.LaunchTemplate
    group: autoscaling.AutoScalingGroup
    role: iam.IRole
    security_groups: Sequence[ec2.ISecurityGroup]
    user_data: ec2.UserData
    schedules: Sequence[autoscaling.ScheduledAction]
    architecture: str
    """`arm64` or `x86_64`."""
    instance_types: Sequence[str]
    """Empty with `instance_requirements`."""
    pools: Pools | None
    """Types times zones; None where EC2 chooses the types, or deployment the zones."""

    def __init__(self, scope: Construct, id: str, *, props: SpotCapacityProps) -> None:
        super().__init__(scope, id)
        self.props = props
        inside(self, scope)
        self.architecture, self.instance_types = props.chosen_architecture, props.chosen_types
        self.role = props.role or parts.instance_role(self, "Role", session_manager=props.session_manager)
        self.security_groups = list(props.security_groups) or [parts.security_group(self, "SecurityGroup", props)]
        image = props.machine_image or parts.amazon_linux(self.architecture)
        self.user_data = props.user_data or self._image_user_data(image)
        self.launch_template = parts.launch_template(
            self,
            "LaunchTemplate",
            props,
            role=self.role,
            image=image,
            user_data=self.user_data,
            security_groups=self.security_groups,
        )
        self.group = parts.group(self, "Group", props, self.launch_template)
        answer(self, parts.findings(props))
        self.schedules = [parts.schedule(self.group, each) for each in props.schedules]
        self.pools = self._count_pools()
        self._say_pools()
        self._say_way_out()

    @property
    def connections(self) -> ec2.Connections:
        """Who may reach the instances, and whom they may reach."""
        return self.launch_template.connections

    @property
    def answers_on(self) -> IConstruct:
        """Where findings of the role are answered: here, or at a role that was given."""
        return self if self.props.role is None else self.role

    def _image_user_data(self, image: ec2.IMachineImage) -> ec2.UserData:
        ours = self.props.machine_image is None
        return ec2.UserData.for_linux() if ours else image.get_image(self).user_data

    def _count_pools(self) -> Pools | None:
        zones = known_zones(self.props)
        return count_pools(self.instance_types, zones) if zones and self.instance_types else None

    def _say_pools(self) -> None:
        """The number is in the output of every synth, since it decides how much is lost at once."""
        percentage = self.props.on_demand_percentage
        if self.pools is None or (is_known(percentage) and percentage == 100):
            return
        notes = Annotations.of(self)
        if self.pools.safe:
            notes.add_info_v2("refarch:spot-pools", str(self.pools))
        else:
            notes.add_warning_v2(
                FEW_POOLS,
                f"{self.pools}, fewer than {SAFE_POOLS}: when one is reclaimed, much of the group goes at once. Name "
                "more types or zones, or acknowledge this warning",
            )

    def _say_way_out(self) -> None:
        if self.props.public_ip:
            return
        public = {read(subnet, "node.path") for subnet in self.props.vpc.public_subnets}
        chosen = select_subnets(self.props.vpc, self.props.chosen_subnets).subnets
        if any(read(subnet, "node.path") in public for subnet in chosen):
            Annotations.of(self).add_warning_v2(
                NO_WAY_OUT,
                "instances in public subnets without a public address reach nothing outside the VPC: set public_ip, "
                "choose subnets with a NAT gateway, or give the VPC endpoints and acknowledge this warning",
            )
