"""The InterruptionDashboard construct."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from aws_cdk import aws_autoscaling as autoscaling
from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

from refarch._shared.durations import hours, minutes
from refarch._shared.reads import read
from refarch.compute import interruption_responder_parts as parts
from refarch.compute.interruption_responder import InterruptionResponder

_WIDTH, _HEIGHT = 8, 6
_PERIOD = minutes(1)


@dataclass(frozen=True, kw_only=True)
class InterruptionDashboardProps:
    """What the dashboard shows besides the responder."""

    responder: InterruptionResponder

    auto_scaling_groups: Sequence[autoscaling.IAutoScalingGroup] = ()
    """Their sizes; groups that publish their metrics, as `SpotCapacity` does."""

    further_widgets: Sequence[cloudwatch.IWidget] = ()
    """A row of your own at the end, of what your users see, say."""


class InterruptionDashboard(Construct):
    """What interruptions did, on one page: how many, how soon they were answered, what was not done, what is left.

    A CloudWatch dashboard; three are free in an account, each further one costs three dollars a month.
    """

    dashboard: cloudwatch.Dashboard

    def __init__(self, scope: Construct, id: str, *, props: InterruptionDashboardProps) -> None:
        super().__init__(scope, id)
        responder = props.responder
        answers: list[cloudwatch.IWidget] = [
            cloudwatch.AlarmStatusWidget(title="Alarms", alarms=responder.alarms, width=_WIDTH, height=_HEIGHT),
            _graph("Interruptions", responder, ["Interruptions", "InstancesDrained", "TargetsDeregistered"]),
            self._latency(responder),
        ]
        losses: list[cloudwatch.IWidget] = [
            _graph("Actions that failed", responder, ["ActionsFailed"]),
            self._left(responder),
            *self._sizes(props.auto_scaling_groups),
        ]
        rows: list[Sequence[cloudwatch.IWidget]] = [answers, losses, [self._latest(responder)]]
        if props.further_widgets:
            rows.append([*props.further_widgets])
        self.dashboard = cloudwatch.Dashboard(self, "Dashboard", default_interval=hours(3), widgets=rows)

    def _latency(self, responder: InterruptionResponder) -> cloudwatch.GraphWidget:
        limit = responder.props.drain_budget.event_latency
        return cloudwatch.GraphWidget(
            title="Seconds from notice to answer",
            left=[responder.metric("SecondsAfterNotice", statistic="Maximum", period=_PERIOD)],
            left_annotations=[cloudwatch.HorizontalAnnotation(value=limit, label="what the drain budget counts on")],
            width=_WIDTH,
            height=_HEIGHT,
        )

    def _left(self, responder: InterruptionResponder) -> cloudwatch.GraphWidget:
        left = parts.left(responder.dead_letter_queue)
        return cloudwatch.GraphWidget(
            title="Events that were never answered", left=[left], width=_WIDTH, height=_HEIGHT
        )

    def _sizes(self, groups: Sequence[autoscaling.IAutoScalingGroup]) -> list[cloudwatch.IWidget]:
        if not groups:
            return []
        metrics = [
            cloudwatch.Metric(
                namespace="AWS/AutoScaling",
                metric_name="GroupInServiceInstances",
                dimensions_map={"AutoScalingGroupName": read(each, "auto_scaling_group_name")},
                statistic="Minimum",
                period=_PERIOD,
            )
            for each in groups
        ]
        return [cloudwatch.GraphWidget(title="Instances in service", left=metrics, width=_WIDTH, height=_HEIGHT)]

    def _latest(self, responder: InterruptionResponder) -> cloudwatch.LogQueryWidget:
        return cloudwatch.LogQueryWidget(
            title="The latest interruptions (more in the interruption log, by instance and by day)",
            log_group_names=[read(responder.log_group, "log_group_name")],
            query_lines=[
                "fields @timestamp, instance_id, signal, effect, verdict",
                "filter message = 'interruption'",
                "sort @timestamp desc",
                "limit 50",
            ],
            width=3 * _WIDTH,
            height=_HEIGHT,
        )


def _graph(title: str, responder: InterruptionResponder, names: Sequence[str]) -> cloudwatch.GraphWidget:
    metrics = [responder.metric(name, period=_PERIOD) for name in names]
    return cloudwatch.GraphWidget(title=title, left=metrics, width=_WIDTH, height=_HEIGHT)
