"""The SpotCluster construct."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cache

from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_logs as logs
from constructs import Construct

from refarch._shared.acknowledge import answer
from refarch._shared.durations import in_seconds
from refarch._shared.reads import inside, read
from refarch._shared.removal import removal_policy
from refarch.compute import SpotCapacity, SpotCapacityProps
from refarch.compute.instance_types import ARM64
from refarch.compute.spot_capacity_checks import select_subnets
from refarch.containers import spot_cluster_parts as parts
from refarch.containers.managed_instances import managed_instances
from refarch.containers.protection_release import ProtectionRelease
from refarch.containers.spot_cluster_props import SpotClusterProps

_AGENT_FILE = "/etc/ecs/ecs.config"
_SUBMIT = (
    "The agent reports states of tasks, containers and attachments: the CDK writes the three actions with one "
    "wildcard, and binds them to this cluster"
)
# What the CDK allows the instances of a capacity provider, with the reason for each wildcard.
_AGENT_WILDCARDS = {
    "AwsSolutions-IAM5[Action::ecs:Submit*]": _SUBMIT,
    "Gates::IAM-ACTION-WILDCARD": _SUBMIT,
    "AwsSolutions-IAM5[Resource::*]": "Polling is bound to this cluster by a condition; finding the endpoint and "
    "signing in to a registry know no resources; and the log groups are those of services that come later",
}


class SpotCluster(Construct):
    """An ECS cluster that keeps serving while its instances are reclaimed.

    ::

        service --> default strategy --+-- weight --> Spot provider      --> SpotCapacity (Spot)
                                       +-- base, weight --> On-Demand provider --> SpotCapacity (100 % On-Demand)

    Instances are drained by managed draining (rebalance, scale-in, refresh), and by the agent on the two minutes'
    notice, which Auto Scaling does not see; the CDK's own drain hook is never made. Managed scaling follows the tasks.
    Services of the stack are made after the providers and go before them, so the stack can be deleted.

    It leaves out: services and load balancers, and answers to interruption notices for what is not ECS's
    (`InterruptionResponder`).

    Source: "Powering your Amazon ECS Cluster with Spot Instances", AWS Compute Blog, 2017.
    """

    cluster: ecs.Cluster
    spot: SpotCapacity
    on_demand: SpotCapacity
    spot_provider: ecs.AsgCapacityProvider
    on_demand_provider: ecs.AsgCapacityProvider
    strategy: Sequence[ecs.CapacityProviderStrategy]
    """The cluster's default; a service that names no strategy has this one."""
    fargate_strategy: Sequence[ecs.CapacityProviderStrategy]
    """The same base and weights on FARGATE and FARGATE_SPOT; empty without `fargate`."""
    managed_instances_provider: ecs.ManagedInstancesCapacityProvider | None
    managed_instances_strategy: Sequence[ecs.CapacityProviderStrategy]
    """Everything on ECS Managed Instances; empty without `managed_instances`."""
    protection_release: ProtectionRelease | None
    """Lets the stack be deleted; None without `managed_termination_protection`."""
    log_group: logs.LogGroup | None
    """What the instances ship; None without `instance_logs`."""

    def __init__(self, scope: Construct, id: str, *, props: SpotClusterProps) -> None:
        super().__init__(scope, id)
        self.props = props
        inside(self, scope)
        self.cluster = props.cluster or self._new_cluster()
        removal = removal_policy(self, props.removal_policy)
        self.log_group = (
            parts.log_group(self, "InstanceLogs", props.instance_log_retention, removal)
            if props.instance_logs
            else None
        )
        self.spot, self.spot_provider = self._capacity("Spot", props.spot)
        self.on_demand, self.on_demand_provider = self._capacity("OnDemand", props.chosen_on_demand)
        self.strategy = self._shares(
            self.on_demand_provider.capacity_provider_name, self.spot_provider.capacity_provider_name
        )
        self.cluster.add_default_capacity_provider_strategy(self.strategy)
        self.fargate_strategy = self._shares("FARGATE", "FARGATE_SPOT") if props.fargate else []
        self._add_managed_instances()
        self.protection_release = self._release_protection() if props.managed_termination_protection else None
        parts.order_services(self.cluster, self.spot_provider)

    def _new_cluster(self) -> ecs.Cluster:
        return ecs.Cluster(
            self,
            "Cluster",
            vpc=self.props.spot.vpc,
            container_insights_v2=self.props.container_insights,
            enable_fargate_capacity_providers=self.props.fargate,
        )

    def _capacity(self, id: str, props: SpotCapacityProps) -> tuple[SpotCapacity, ecs.AsgCapacityProvider]:
        image = props.machine_image or _image(props.chosen_architecture)
        # Of our own image it is known; of another, the image says it.
        script = props.user_data or (None if props.machine_image else ec2.UserData.for_linux())
        capacity = SpotCapacity(self, id, props=replace(props, machine_image=image, user_data=script))
        provider = ecs.AsgCapacityProvider(
            self,
            f"{id}Provider",
            auto_scaling_group=capacity.group,
            enable_managed_scaling=True,
            enable_managed_termination_protection=self.props.managed_termination_protection,
            # Said aloud: with neither this nor protection, the CDK adds a drain hook of its own beside ECS's.
            enable_managed_draining=True,
            target_capacity_percent=self.props.target_capacity_percent,
        )
        self.cluster.add_asg_capacity_provider(provider)
        self.cluster.connections.add_security_group(*capacity.security_groups)
        answer(capacity.answers_on, _AGENT_WILDCARDS.items())
        capacity.user_data.add_commands(*self._commands(id, capacity))
        return capacity, provider

    def _commands(self, id: str, capacity: SpotCapacity) -> list[str]:
        """What an instance does before its agent starts, with the permissions for it."""
        timeout = in_seconds(self.props.container_stop_timeout)
        commands = [_agent("ECS_CONTAINER_STOP_TIMEOUT", f"{timeout:g}s")]
        if self.props.eni_trunking:
            commands += parts.trunk_interfaces(capacity)
        if self.log_group is not None:
            commands += parts.ship_logs(capacity, self.log_group, read(self.cluster, "cluster_name"))
        if id == "Spot":
            # The line that the CDK leaves out for a group of mixed instances, although it is asked to write it.
            commands.append(_agent("ECS_ENABLE_SPOT_INSTANCE_DRAINING", "true"))
        return commands

    def _release_protection(self) -> ProtectionRelease:
        made = ProtectionRelease(self, "Protection", removal=self.props.removal_policy)
        made.release("Spot", self.spot.group, before=self.spot_provider)
        made.release("OnDemand", self.on_demand.group, before=self.on_demand_provider)
        return made

    def _shares(self, on_demand: str, spot: str) -> list[ecs.CapacityProviderStrategy]:
        """ECS allows a base for one provider only, and in one strategy providers of one kind only."""
        props = self.props
        return [
            ecs.CapacityProviderStrategy(
                capacity_provider=on_demand, base=props.on_demand_base, weight=props.on_demand_weight
            ),
            ecs.CapacityProviderStrategy(capacity_provider=spot, weight=props.spot_weight),
        ]

    def _add_managed_instances(self) -> None:
        self.managed_instances_provider, self.managed_instances_strategy = None, []
        wanted, spot = self.props.managed_instances, self.props.spot
        if wanted is None:
            return
        subnets = select_subnets(spot.vpc, spot.chosen_subnets).subnets
        provider = managed_instances(self, wanted, self.cluster, subnets, self.spot.security_groups)
        self.cluster.add_managed_instances_capacity_provider(provider)
        self.managed_instances_provider = provider
        self.managed_instances_strategy = [
            ecs.CapacityProviderStrategy(capacity_provider=provider.capacity_provider_name, weight=1)
        ]


def _agent(name: str, value: str) -> str:
    return f"echo {name}={value} >> {_AGENT_FILE}"


@cache
def _image(architecture: str) -> ecs.EcsOptimizedImage:
    arm, intel = ecs.AmiHardwareType.ARM, ecs.AmiHardwareType.STANDARD
    return ecs.EcsOptimizedImage.amazon_linux2023(arm if architecture == ARM64 else intel)
