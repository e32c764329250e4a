"""The SpotCluster construct."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from aws_cdk import aws_ecs as ecs
from constructs import Construct

from refarch._shared.acknowledge import acknowledge
from refarch.compute import SpotCapacity, SpotCapacityProps
from refarch.compute.instance_types import ARM64
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

    It leaves out: services and load balancers, ECS Managed Instances, ENI trunking and the shipping of log files.

    Source: "Powering your Amazon ECS Cluster with Spot Instances", AWS Compute Blog, 2017.
    """

    cluster: ecs.Cluster
    spot: SpotCapacity
    on_demand: SpotCapacity
    spot_provider: ecs.AsgCapacityProvider
    on_demand_provider: ecs.AsgCapacityProvider
    strategy: Sequence[ecs.CapacityProviderStrategy]
    """The cluster's default; a service that names no strategy has this one."""

    def __init__(self, scope: Construct, id: str, *, props: SpotClusterProps) -> None:
        super().__init__(scope, id)
        self.props = props
        self.cluster = ecs.Cluster(
            self,
            "Cluster",
            vpc=props.spot.vpc,
            container_insights_v2=props.container_insights,
            enable_fargate_capacity_providers=props.fargate,
        )
        self.spot, self.spot_provider = self._capacity("Spot", props.spot)
        # The line that the CDK leaves out for a group of mixed instances, although it is asked to write it.
        self._configure_agent(self.spot, "ECS_ENABLE_SPOT_INSTANCE_DRAINING", "true")
        self.on_demand, self.on_demand_provider = self._capacity("OnDemand", props.chosen_on_demand)
        self.strategy = self._strategy()
        self.cluster.add_default_capacity_provider_strategy(self.strategy)

    def _capacity(self, id: str, props: SpotCapacityProps) -> tuple[SpotCapacity, ecs.AsgCapacityProvider]:
        image = props.machine_image or _image(props.chosen_architecture)
        capacity = SpotCapacity(self, id, props=replace(props, machine_image=image))
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
        seconds = self.props.container_stop_timeout.to_seconds()
        self._configure_agent(capacity, "ECS_CONTAINER_STOP_TIMEOUT", f"{seconds:g}s")
        for rule, reason in _AGENT_WILDCARDS.items():
            acknowledge(capacity.role, rule, reason)
        return capacity, provider

    def _configure_agent(self, capacity: SpotCapacity, name: str, value: str) -> None:
        capacity.user_data.add_commands(f"echo {name}={value} >> {_AGENT_FILE}")

    def _strategy(self) -> list[ecs.CapacityProviderStrategy]:
        """ECS allows a base for one provider only."""
        props = self.props
        return [
            ecs.CapacityProviderStrategy(
                capacity_provider=self.on_demand_provider.capacity_provider_name,
                base=props.on_demand_base,
                weight=props.on_demand_weight,
            ),
            ecs.CapacityProviderStrategy(
                capacity_provider=self.spot_provider.capacity_provider_name, weight=props.spot_weight
            ),
        ]


def _image(architecture: str) -> ecs.EcsOptimizedImage:
    arm, intel = ecs.AmiHardwareType.ARM, ecs.AmiHardwareType.STANDARD
    return ecs.EcsOptimizedImage.amazon_linux2023(arm if architecture == ARM64 else intel)
