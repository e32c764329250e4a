"""The SpotInterruption stack: the responder alone, for instances that a team already has."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

from aws_cdk import CfnOutput, RemovalPolicy, Stack
from aws_cdk import aws_autoscaling as autoscaling
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from constructs import Construct

from refarch._shared.reads import read
from refarch._shared.removal import REMOVE_DATA_CONTEXT, removal_allowed
from refarch.compute import (
    DrainBudget,
    InterruptionDashboard,
    InterruptionDashboardProps,
    InterruptionResponder,
    InterruptionResponderProps,
)
from stacks.settings import Attempts, load_settings

OPT_IN = "refarch:interruption-responder=true"


@dataclass(frozen=True, kw_only=True)
class SpotInterruptionSettings:
    """Settings of the stack: `-c SpotInterruption.<name>=<value>`. Lists have commas between their parts.

    Which instances: those in any of auto_scaling_groups and clusters, or with all of tags.
    """

    auto_scaling_groups: str = ""
    """A list of names of existing groups."""

    clusters: str = ""
    """A list of names of existing ECS clusters, whose instances are put in DRAINING."""

    tags: str = OPT_IN
    """A list of `key=value`; an instance must have them all. By default instances opt in with a tag of ours."""

    every_instance: bool = False
    """Instead of the three: every instance of the account in the region, as the original did unasked."""

    target_group_tags: str = ""
    """A list of `key=value` that a target group must have for the function to be allowed to change it."""

    discover_target_groups: bool = True
    """Also the target groups of an instance's Auto Scaling group, besides those that its tags name."""

    deregistration_delay: int = 60
    """Seconds: that of the slowest target group. With stop_timeout and 20 for the event it must fit into 120."""

    stop_timeout: int = 30
    """Seconds that what runs on an instance takes to stop."""

    on_rebalance: str = "notify"
    """What a rebalance recommendation asks for: notify, drain or ignore."""

    lifecycle_hooks: bool = False
    """Has instances of auto_scaling_groups wait while they are drained; not for groups of ECS capacity providers."""

    command_document: str = ""
    """An existing Systems Manager document that runs on instances with the tag refarch:interruption-command=true."""

    scheduled_events: bool = False
    """Also tells of maintenance that AWS Health announces."""

    notify_email: str = ""
    """Who gets mail of each interruption and of each alarm, after confirming it once."""

    dashboard: bool = True
    tracing: bool = False

    remove_data: bool = False
    """Logs and the interruption log go with the stack; also takes `-c refarch:remove-data-on-destroy=true`."""


class SpotInterruptionStack(Stack):
    """Outputs: those of the original that are left without its network (awsRegionId, snsTopic), and what is new."""

    def __init__(self, scope: Construct, id: str) -> None:
        super().__init__(scope, id, description="refarch: takes instances out of service before they are taken away")
        self.settings = load_settings(SpotInterruptionSettings, id, read(self, "node").get_all_context())
        attempts = self._check(Attempts(id))
        self.topic = sns.Topic(self, "Topic", display_name="Interruptions of instances", enforce_ssl=True)
        props = attempts.make(lambda: self._props(attempts), InterruptionResponderProps)
        attempts.raise_any()
        if self.settings.notify_email:
            self.topic.add_subscription(subscriptions.EmailSubscription(self.settings.notify_email))
        self.responder = InterruptionResponder(self, "Responder", props=props)
        self.dashboard = self._dashboard() if self.settings.dashboard else None
        self._outputs()

    def _check(self, attempts: Attempts) -> Attempts:
        settings = self.settings
        both_keys = not settings.remove_data or removal_allowed(self)
        attempts.check(both_keys, "remove_data", True, f"with -c {REMOVE_DATA_CONTEXT}=true besides")
        narrowed = settings.auto_scaling_groups or settings.clusters or settings.tags != OPT_IN
        attempts.check(
            not (settings.every_instance and narrowed),
            "every_instance",
            True,
            "without auto_scaling_groups, clusters and tags, which say whose instances are looked after",
        )
        somebody = settings.every_instance or settings.auto_scaling_groups or settings.clusters or settings.tags
        attempts.check(somebody, "tags", settings.tags, "some, or auto_scaling_groups, clusters or every_instance=true")
        return attempts

    def _props(self, attempts: Attempts) -> InterruptionResponderProps:
        settings = self.settings
        groups, clusters = _listed(settings.auto_scaling_groups), _listed(settings.clusters)
        named = autoscaling.AutoScalingGroup.from_auto_scaling_group_name
        return InterruptionResponderProps(
            auto_scaling_groups=[named(self, f"Group{number}", name) for number, name in enumerate(groups, 1)],
            clusters=[self._cluster(f"Cluster{number}", name) for number, name in enumerate(clusters, 1)],
            tags={} if settings.every_instance else _pairs(attempts, "tags", settings.tags),
            target_group_tags=_pairs(attempts, "target_group_tags", settings.target_group_tags),
            discover_target_groups=settings.discover_target_groups,
            drain_budget=DrainBudget(
                deregistration_delay=settings.deregistration_delay, stop_timeout=settings.stop_timeout
            ),
            on_rebalance=cast(Any, settings.on_rebalance),
            lifecycle_hooks=settings.lifecycle_hooks,
            command_document=settings.command_document,
            scheduled_events=settings.scheduled_events,
            topic=self.topic,
            alarm_topic=self.topic,
            tracing=settings.tracing,
            removal_policy=RemovalPolicy.DESTROY if settings.remove_data else RemovalPolicy.RETAIN,
        )

    def _cluster(self, id: str, name: str) -> ecs.ICluster:
        arn = self.format_arn(service="ecs", resource="cluster", resource_name=name)
        return ecs.Cluster.from_cluster_arn(self, id, arn)

    def _dashboard(self) -> InterruptionDashboard:
        return InterruptionDashboard(
            self,
            "Dashboard",
            props=InterruptionDashboardProps(
                responder=self.responder, auto_scaling_groups=self.responder.props.auto_scaling_groups
            ),
        )

    def _outputs(self) -> None:
        CfnOutput(self, "awsRegionId", value=read(self, "region"))
        CfnOutput(self, "snsTopic", value=read(self.topic, "topic_arn"))
        CfnOutput(self, "interruptionLog", value=read(self.responder.interruption_log, "table_name"))
        CfnOutput(self, "responder", value=read(self.responder.function, "function_name"))
        CfnOutput(self, "deadLetterQueue", value=read(self.responder.dead_letter_queue, "queue_url"))


def _listed(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def _pairs(attempts: Attempts, name: str, text: str) -> dict[str, str]:
    parts = _listed(text)
    wrong = [part for part in parts if not part.partition("=")[0] or "=" not in part]
    attempts.check(not wrong, name, text, "key=value, with commas between them")
    return {key: value for key, _, value in (part.partition("=") for part in parts if part not in wrong)}
