"""The InterruptionResponder construct."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_events as events
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_lambda_destinations as destinations
from aws_cdk import aws_logs as logs
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from refarch._shared.alarm_topics import notify
from refarch._shared.assets import handler_code, handler_name
from refarch._shared.durations import minutes, seconds
from refarch._shared.powertools import powertools_layer
from refarch._shared.reads import inside, read, service_name, stack_of
from refarch._shared.removal import removal_policy
from refarch.compute import interruption_responder_parts as parts
from refarch.compute import interruption_responder_permissions as permissions
from refarch.compute.interruption_responder_props import InterruptionResponderProps
from refarch.compute.interruption_responder_rules import EVENT_AGE, add_rules
from refarch_lambdas.interruptions.actions.custom import PACKAGE

if TYPE_CHECKING:
    from aws_cdk import aws_autoscaling as autoscaling

_FUNCTION = "interruption_responder"
_MEMORY_MB = 512
_TIMEOUT = seconds(45)
_LAMBDA_RETRIES = 2
_SHORTEST_HEARTBEAT = 30


class InterruptionResponder(Construct):
    """Takes instances out of service before they are taken away.

    ::

        notice, rebalance, lifecycle, health (EventBridge) --> function --> target groups, ECS, Cloud Map, SSM, SNS
                        | not delivered                          |  ^
                        +-------> dead letters <--- not answered +  +--> interruption log (DynamoDB)

    Each action is tried on its own; what failed is told at the end and tried again, what is done is not. The same event
    twice changes nothing more. The interruption log has an item for each interruption: what, where, when, and what was
    done.

    An instance that is stopped or hibernated, and runs again, gets back what the log says it was taken from.

    A lifecycle hook of its own is completed at once where an instance has nothing to drain; otherwise it ends by its
    heartbeat, when the drain budget is over.

    It leaves out: Classic Load Balancers, and detaching from the Auto Scaling group (capacity rebalancing replaces the
    instance).

    Source: "Taking Advantage of Amazon EC2 Spot Instance Interruption Notices" and "Powering your Amazon ECS Cluster
    with Amazon EC2 Spot Instances", AWS Compute Blog.
    """

    interruption_log: dynamodb.Table
    dead_letter_queue: sqs.Queue
    topic: sns.ITopic
    function: lambda_.Function
    log_group: logs.LogGroup
    rules: Mapping[str, events.Rule]
    alarms: Sequence[cloudwatch.Alarm]
    lifecycle_hooks: Sequence[autoscaling.LifecycleHook]

    def __init__(self, scope: Construct, id: str, *, props: InterruptionResponderProps | None = None) -> None:
        super().__init__(scope, id)
        inside(self, scope)
        self.props = props or InterruptionResponderProps()
        self._service = service_name(self)
        removal = removal_policy(self, self.props.removal_policy)
        self.interruption_log = parts.interruption_log(self, "InterruptionLog", removal)
        self.dead_letter_queue = parts.dead_letter_queue(self, "DeadLetters")
        self.topic = self.props.topic or parts.topic(self, "Topic")
        self.log_group = logs.LogGroup(self, "Logs", retention=self.props.log_retention, removal_policy=removal)
        self._build_hooks()
        self._build_function()
        self.rules = add_rules(self, self.props, self.function, self.dead_letter_queue)
        self._build_alarms()

    def metric(self, name: str, *, statistic: str = "Sum", period: Duration | None = None) -> cloudwatch.Metric:
        """A metric of the function: `Interruptions`, `InstancesReturned`, `InstancesDrained`, `TargetsDeregistered`,
        `ActionsFailed` or `SecondsAfterNotice`. Default period: five minutes."""
        return parts.metric(self._service, name, statistic, period or minutes(5))

    def _build_function(self) -> None:
        props = self.props
        statements = permissions.act(
            props, stack_of(self), self.interruption_log.table_arn, read(self.topic, "topic_arn")
        )
        role = parts.function_role(self, "Role", self.log_group, statements)
        for statement in (each for action in props.actions for each in action.statements):
            role.add_to_principal_policy(statement)
        if self.topic.master_key is not None:
            self.topic.master_key.grant(role, "kms:Decrypt", "kms:GenerateDataKey")
        layer = props.powertools_layer or powertools_layer(
            self, "Powertools", runtime=props.runtime, architecture=props.architecture
        )
        self.function = lambda_.Function(self, "Function", **self._arguments(role, layer))

    def _arguments(self, role: iam.Role, layer: lambda_.ILayerVersion) -> dict[str, Any]:
        props = self.props
        return {
            "description": "refarch: answers interruptions of instances",
            "runtime": props.runtime,
            "architecture": props.architecture,
            "handler": handler_name(_FUNCTION),
            "code": handler_code(
                _FUNCTION,
                packages=("interruptions",),
                extra={f"{PACKAGE}/{each.file.name}": each.file for each in props.actions},
            ),
            "role": role,
            "layers": [layer],
            "memory_size": _MEMORY_MB,
            "timeout": _TIMEOUT,
            "environment": self._environment(),
            "log_group": self.log_group,
            "logging_format": lambda_.LoggingFormat.JSON,
            "tracing": lambda_.Tracing.ACTIVE if props.tracing else lambda_.Tracing.DISABLED,
            "retry_attempts": _LAMBDA_RETRIES,
            "max_event_age": EVENT_AGE,
            "on_failure": destinations.SqsDestination(self.dead_letter_queue),
            **props.function_overrides,
        }

    def _environment(self) -> dict[str, str]:
        props = self.props
        settings = {
            "scope_tags": dict(props.tags),
            "scope_groups": [read(each, "auto_scaling_group_name") for each in props.auto_scaling_groups],
            "clusters": [read(each, "cluster_arn") for each in props.clusters],
            "discover_through_group": props.discover_target_groups,
            "rebalance_drains": props.on_rebalance == "drain",
            "services": [each.service_id for each in props.services],
            "document": props.command_document,
            "document_tag": props.command_tag,
            "topic": read(self.topic, "topic_arn"),
            "table": read(self.interruption_log, "table_name"),
            "log_days": props.interruption_log_days,
            **({"custom_actions": [each.name for each in props.actions]} if props.actions else {}),
            **({"hooks": [each.lifecycle_hook_name for each in self.lifecycle_hooks]} if self.lifecycle_hooks else {}),
        }
        return {
            "POWERTOOLS_SERVICE_NAME": self._service,
            "POWERTOOLS_METRICS_NAMESPACE": parts.METRICS_NAMESPACE,
            "RESPONDER_SETTINGS": stack_of(self).to_json_string(settings),
        }

    def _build_alarms(self) -> None:
        self.alarms = [
            parts.failed(self, self.function),
            parts.dead_letters(self, self.dead_letter_queue),
            parts.late(self, self._service, self.props.drain_budget.event_latency),
        ]
        notify(self.alarms, self.props.alarm_topic)

    def _build_hooks(self) -> None:
        """An instance waits at the hook for as long as the budget says, and then goes, whoever answered or did not."""
        self.lifecycle_hooks = []
        if not self.props.lifecycle_hooks:
            return
        from aws_cdk import aws_autoscaling as autoscaling

        heartbeat = seconds(max(_SHORTEST_HEARTBEAT, round(self.props.drain_budget.seconds)))
        self.lifecycle_hooks = [
            autoscaling.LifecycleHook(
                self,
                f"Hook{number}",
                auto_scaling_group=group,
                lifecycle_transition=autoscaling.LifecycleTransition.INSTANCE_TERMINATING,
                default_result=autoscaling.DefaultResult.CONTINUE,
                heartbeat_timeout=heartbeat,
            )
            for number, group in enumerate(self.props.auto_scaling_groups, start=1)
        ]
