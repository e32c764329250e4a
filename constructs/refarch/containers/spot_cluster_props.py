"""Props of `SpotCluster`."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_logs as logs

from refarch._shared.checks import Problems, is_known
from refarch._shared.durations import length, seconds
from refarch._shared.reads import read
from refarch.compute.spot_capacity_props import SpotCapacityProps

_NOTICE_SECONDS = 120


@dataclass(frozen=True, kw_only=True)
class ManagedInstances:
    """Instances that ECS chooses, launches, patches and drains itself, beside the two groups.

    A service asks for them with `SpotCluster.managed_instances_strategy`: ECS mixes kinds of providers in no strategy.
    Costs: a management charge on top of the instance's price.
    """

    spot: bool = True
    """Spot instances; off, On-Demand ones."""

    requirements: ec2.InstanceRequirementsConfig | None = None
    """What an instance needs. Default: ECS chooses by what the tasks ask for."""


@dataclass(frozen=True, kw_only=True)
class SpotClusterProps:
    """An ECS cluster's two groups of instances, and how tasks are spread over them.

    Raises `InvalidPropsError` with every problem at once.
    """

    spot: SpotCapacityProps
    """The Spot group: where, of what, how much. Managed scaling moves it between its minimum (0 costs nothing while no
    task runs) and its maximum. Default image: the latest Amazon Linux 2023 for ECS of the architecture. A role that is
    given gets the agent's permissions besides its own."""

    on_demand: SpotCapacityProps | None = None
    """The On-Demand group, with `on_demand_percentage` 100, in the same VPC. Default: as `spot`, from 0 to its maximum
    of instances, all On-Demand and without schedules."""

    cluster: ecs.Cluster | None = None
    """A cluster of this app, in the same VPC, that gets the providers; its own settings (Container Insights, Fargate)
    stay. Default: a new one. A cluster of another app cannot be taken: CloudFormation would replace the providers that
    it has there."""

    spot_weight: int = 1
    """Share of the tasks above the base that go to Spot, 0 to 1,000."""

    on_demand_weight: int = 0
    """Share of the tasks above the base that go to On-Demand, 0 to 1,000."""

    on_demand_base: int = 0
    """How many tasks of a service are On-Demand before any share counts, 0 to 100,000."""

    target_capacity_percent: int = 100
    """How full managed scaling keeps a group, 1 to 100. Below 100 is headroom: 80 keeps a fifth free for tasks to
    come."""

    managed_termination_protection: bool = False
    """Protects instances with tasks from scale-in. Off, because managed draining already empties an instance first.
    On, a function takes the protection off when the stack is deleted, which would hang otherwise."""

    container_stop_timeout: Duration = field(default_factory=lambda: seconds(90))
    """How long a container may take to stop, 1 to 119 seconds: less than the notice that a Spot instance gets."""

    container_insights: ecs.ContainerInsights = ecs.ContainerInsights.ENHANCED
    """Of a new cluster."""

    fargate: bool = False
    """Also lets services name FARGATE and FARGATE_SPOT (`SpotCluster.fargate_strategy`); the default strategy stays on
    the two groups."""

    managed_instances: ManagedInstances | None = None
    """ECS Managed Instances as a further provider. Default: none."""

    eni_trunking: bool = False
    """Many more tasks with network interfaces of their own (`awsvpc`) on an instance, where its type can. Each
    instance's role switches the account setting `awsvpcTrunking` on for itself, before its agent starts."""

    instance_logs: bool = False
    """Ships the system's, Docker's and the agent's log files (`instance_logs.LOG_FILES`) to CloudWatch Logs. Each
    instance installs two packages for it, beside the boot."""

    instance_log_retention: logs.RetentionDays = logs.RetentionDays.ONE_WEEK
    """How long those are kept."""

    removal_policy: RemovalPolicy = RemovalPolicy.RETAIN
    """Of the instances' logs. DESTROY also takes the context flag `refarch:remove-data-on-destroy`."""

    def __post_init__(self) -> None:
        problems = Problems("SpotClusterProps")
        for name in ("spot_weight", "on_demand_weight"):
            problems.between(name, getattr(self, name), 0, 1000)
        problems.between("on_demand_base", self.on_demand_base, 0, 100_000)
        problems.between("target_capacity_percent", self.target_capacity_percent, 1, 100, "percent")
        if (known := length(self.container_stop_timeout)) is not None:
            problems.between("container_stop_timeout", known, 1, _NOTICE_SECONDS - 1, "seconds")
        weights = (self.spot_weight, self.on_demand_weight)
        known = all(is_known(weight) for weight in weights)
        problems.check(not known or any(weights), "spot_weight and on_demand_weight", weights, "one of them above 0")
        _check_groups(problems, self.spot, self.on_demand)
        _check_cluster(problems, self)
        problems.raise_any()

    @property
    def chosen_on_demand(self) -> SpotCapacityProps:
        """The On-Demand group as asked, or one beside the Spot group."""
        if self.on_demand is not None:
            return self.on_demand
        return replace(self.spot, min_capacity=0, on_demand_base=0, on_demand_percentage=100, schedules=())


def _check_groups(problems: Problems, spot: SpotCapacityProps, on_demand: SpotCapacityProps | None) -> None:
    percentage = spot.on_demand_percentage
    problems.check(
        not is_known(percentage) or percentage < 100, "spot.on_demand_percentage", percentage, "less than 100"
    )
    if spot.user_data is not None:
        problems.check(on_demand is not None, "on_demand", None, "props with user_data of their own, as spot has")
    if on_demand is None:
        return
    percentage = on_demand.on_demand_percentage
    problems.check(not is_known(percentage) or percentage == 100, "on_demand.on_demand_percentage", percentage, "100")
    path, other = read(spot.vpc, "node.path"), read(on_demand.vpc, "node.path")
    problems.check(path == other, "on_demand.vpc", other, f"the VPC of spot ({path})")
    shared = spot.user_data is not None and spot.user_data is on_demand.user_data
    problems.check(not shared, "on_demand.user_data", "that of spot", "its own: each group writes lines into it")


def _check_cluster(problems: Problems, props: SpotClusterProps) -> None:
    if props.cluster is None:
        return
    path, other = read(props.spot.vpc, "node.path"), read(props.cluster, "vpc.node.path")
    problems.check(path == other, "cluster.vpc", other, f"the VPC of spot ({path})")
    problems.check(not props.fargate, "fargate", props.fargate, "False with cluster: give its own fargate providers")
