"""Alarms of a `LampCluster`: visitors see errors, or no server is healthy."""

from __future__ import annotations

from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_elasticloadbalancingv2 as elbv2
from aws_cdk import aws_sns as sns
from constructs import Construct

from refarch._shared.alarm_topics import notify
from refarch._shared.durations import minutes
from refarch.web.lamp_cluster_front import ClusterFront

_MINUTE = minutes(1)


def site_alarms(scope: Construct, front: ClusterFront, topic: sns.ITopic | None) -> list[cloudwatch.Alarm]:
    """Both tell `topic` when they go off and when they are over."""
    group, balancer = front.target_group.metrics, front.load_balancer.metrics
    errors = balancer.http_code_elb(elbv2.HttpCodeElb.ELB_5XX_COUNT, period=_MINUTE, statistic="Sum")
    healthy = group.healthy_host_count(period=_MINUTE, statistic="Minimum")
    wrong = cloudwatch.Alarm(scope, "Errors", metric=errors, threshold=5, evaluation_periods=3)
    down = cloudwatch.Alarm(
        scope,
        "Down",
        metric=healthy,
        threshold=1,
        evaluation_periods=2,
        comparison_operator=cloudwatch.ComparisonOperator.LESS_THAN_THRESHOLD,
        treat_missing_data=cloudwatch.TreatMissingData.BREACHING,
    )
    notify((wrong, down), topic, when_over=True)
    return [wrong, down]
