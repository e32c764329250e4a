"""Props of `InterruptionResponder`."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, TypedDict

from aws_cdk import RemovalPolicy
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk import aws_sns as sns

from refarch._shared.checks import Problems, is_known
from refarch._shared.reads import read
from refarch.compute.custom_action import CustomAction
from refarch.compute.drain_budget import DrainBudget

if TYPE_CHECKING:  # who gives one has loaded it already; who gives none need not
    from aws_cdk import aws_autoscaling as autoscaling
    from aws_cdk import aws_ecs as ecs
    from aws_cdk import aws_elasticloadbalancingv2 as elbv2
    from aws_cdk import aws_servicediscovery as servicediscovery

_DOCUMENT = re.compile(r"[a-zA-Z0-9_.-]{3,128}")
_REBALANCE = ("notify", "drain", "ignore")


class ResponderFunctionOverrides(TypedDict, total=False):
    """Arguments of `aws_lambda.Function` that the construct leaves to you; what is given replaces its own value."""

    description: str
    environment_encryption: object
    insights_version: lambda_.LambdaInsightsVersion
    reserved_concurrent_executions: int
    runtime_management_mode: lambda_.RuntimeManagementMode
    system_log_level_v2: lambda_.SystemLogLevel


@dataclass(frozen=True, kw_only=True)
class InterruptionResponderProps:
    """Whose interruptions are answered, and how. Every field has a default.

    Which instances: those that match *any* of `auto_scaling_groups`, `clusters` and `tags`. With none of the three it
    is every instance of the account in the region. Raises `InvalidPropsError` with every problem at once.
    """

    auto_scaling_groups: Sequence[autoscaling.IAutoScalingGroup] = ()
    """The instances of these groups."""

    clusters: Sequence[ecs.ICluster] = ()
    """The instances of these ECS clusters; they are put in DRAINING. The target groups of the clusters' services are
    left to ECS, so name every cluster whose services share a group with instances that are looked after."""

    tags: Mapping[str, str] = field(default_factory=dict)
    """The instances that have all these tags."""

    discover_target_groups: bool = True
    """Deregisters from the target groups of the instance's Auto Scaling group, besides those that its tags
    `loadBalancerTargetGroup` and `TargetGroupArn` name."""

    target_groups: Sequence[elbv2.ITargetGroup] = ()
    """The only target groups that the function may change. Default: all of the account in the region."""

    target_group_tags: Mapping[str, str] = field(default_factory=dict)
    """Tags that a target group must have for the function to be allowed to change it."""

    services: Sequence[servicediscovery.IService] = ()
    """Cloud Map services that the instance is removed from: by its id, its EC2 instance id or its addresses."""

    command_document: str = ""
    """Systems Manager command document that runs on the instance at once. Default: none. The document must exist, and
    take no parameters without a default."""

    command_tag: str = "refarch:interruption-command"
    """Only instances with this tag set to `true` run the command."""

    actions: Sequence[CustomAction] = ()
    """Further actions of your own, in this order, after the responder's and before people are told."""

    on_rebalance: Literal["notify", "drain", "ignore"] = "notify"
    """What a rebalance recommendation asks for. `drain` is for instances whose group does not replace them first
    (capacity rebalancing does, and its end is a lifecycle event)."""

    scheduled_events: bool = False
    """Also tells of maintenance and retirement that AWS Health announces for the instances."""

    lifecycle_hooks: bool = False
    """Gives each of `auto_scaling_groups` a hook at which an instance waits while it is drained. Leave it off where ECS
    has its own (managed draining): a group has one drain mechanism, not two."""

    drain_budget: DrainBudget = field(default_factory=DrainBudget)
    """The parts of a drain; they must fit into 120 seconds."""

    topic: sns.ITopic | None = None
    """Where people are told. Default: a new topic, `InterruptionResponder.topic`."""

    alarm_topic: sns.ITopic | None = None
    """Where the alarms go. Default: alarms without an action."""

    architecture: lambda_.Architecture = field(default_factory=lambda: read(lambda_.Architecture, "ARM_64"))
    """Arm costs a fifth less a second than x86."""

    runtime: lambda_.Runtime = field(default_factory=lambda: read(lambda_.Runtime, "PYTHON_3_13"))
    """Python 3.11 or later."""

    powertools_layer: lambda_.ILayerVersion | None = None
    """Default: the public Powertools layer. Needed outside the commercial partition."""

    tracing: bool = False
    """AWS X-Ray traces of the function."""

    log_retention: logs.RetentionDays = logs.RetentionDays.ONE_MONTH
    """How long the function's own logs are kept."""

    interruption_log_days: int = 400
    """How long the interruption log keeps an interruption, 1 to 3,650 days. Default: a year and a month."""

    removal_policy: RemovalPolicy = RemovalPolicy.RETAIN
    """Of the interruption log and the logs. DESTROY also takes the context flag `refarch:remove-data-on-destroy`."""

    function_overrides: ResponderFunctionOverrides = field(default_factory=lambda: ResponderFunctionOverrides())

    def __post_init__(self) -> None:
        problems = Problems("InterruptionResponderProps")
        problems.one_of("on_rebalance", self.on_rebalance, _REBALANCE)
        problems.between("interruption_log_days", self.interruption_log_days, 1, 3_650, "days")
        problems.check(
            not (self.lifecycle_hooks and not self.auto_scaling_groups),
            "lifecycle_hooks",
            self.lifecycle_hooks,
            "only with auto_scaling_groups",
        )
        problems.check(
            not (self.target_groups and self.target_group_tags),
            "target_group_tags",
            dict(self.target_group_tags),
            "none with target_groups",
        )
        document = self.command_document
        problems.check(
            not document or not is_known(document) or bool(_DOCUMENT.fullmatch(document)),
            "command_document",
            document,
            "a document's name: 3 to 128 letters, digits and _.-",
        )
        names = [each.name for each in self.actions]
        problems.check(len(names) == len(set(names)), "actions", names, "each name once")
        problems.check(bool(self.command_tag), "command_tag", self.command_tag, "a tag key")
        name = read(self.runtime, "name")
        minor = name.removeprefix("python3.")
        python = self.runtime.family == lambda_.RuntimeFamily.PYTHON and minor.isdigit() and int(minor) >= 11
        problems.check(python, "runtime", name, "python3.11 or later")
        budget = self.drain_budget
        if all(map(is_known, (budget.deregistration_delay, budget.stop_timeout, budget.event_latency))):
            for found in budget.problems():
                what, _, allowed = found.partition(", allowed: ")
                problems.add("drain_budget", what, allowed)
        problems.raise_any()
