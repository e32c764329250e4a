"""What the ImmersiveStreaming stack adds to the dashboard of interruptions: what viewers live through."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import aws_cloudwatch as cloudwatch

if TYPE_CHECKING:
    from stacks.immersive_streaming import ImmersiveStreamingStack


def widgets(stack: ImmersiveStreamingStack) -> list[cloudwatch.IWidget]:
    edge, vod = stack.edge, stack.vod
    alarms = [*stack.origin.alarms, *edge.alarms, *(vod.alarms if vod else [])]
    balancer, targets = edge.load_balancer.metrics, edge.target_group.metrics
    return [
        cloudwatch.AlarmStatusWidget(title="Streaming", alarms=alarms, width=8, height=6),
        cloudwatch.GraphWidget(
            title="Requests past CloudFront, and per edge",
            left=[balancer.request_count(), targets.request_count_per_target(statistic="Sum")],
            width=8,
            height=6,
        ),
        cloudwatch.GraphWidget(
            title="Seconds to answer", left=[targets.target_response_time(statistic="p99")], width=8, height=6
        ),
    ]
