"""How the fleet of edges follows its requests, and the alarms a person should see."""

from __future__ import annotations

from aws_cdk import Duration
from aws_cdk import aws_autoscaling as autoscaling
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_elasticloadbalancingv2 as elbv2
from aws_cdk import aws_sns as sns
from constructs import Construct

from refarch._shared.alarm_topics import notify
from refarch._shared.durations import in_seconds, minutes
from refarch._shared.reads import read
from refarch.streaming.edge_cache_props import EdgeCacheProps

_MINUTE, _FIVE = minutes(1), minutes(5)
_ERRORS = 10


def follow(
    scope: Construct,
    group: autoscaling.AutoScalingGroup,
    targets: elbv2.ApplicationTargetGroup,
    props: EdgeCacheProps,
) -> list[cloudwatch.Alarm]:
    """One more above the upper number in one minute, one less below the lower in two times five."""
    most = cloudwatch.Alarm(
        scope,
        "ManyRequests",
        metric=read(targets, "metrics").request_count_per_target(period=_MINUTE, statistic="Sum"),
        threshold=props.scale_out_requests,
        evaluation_periods=1,
        comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD,
        treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
        alarm_description="Edges have much to do; it adds one",
    )
    least = cloudwatch.Alarm(
        scope,
        "FewRequests",
        metric=read(targets, "metrics").request_count_per_target(period=_FIVE, statistic="Sum"),
        threshold=props.scale_in_requests,
        evaluation_periods=2,
        comparison_operator=cloudwatch.ComparisonOperator.LESS_THAN_THRESHOLD,
        # Without a request there is no number: then too there are more edges than needed.
        treat_missing_data=cloudwatch.TreatMissingData.BREACHING,
        alarm_description="Edges have little to do; it takes one away",
    )
    for id, alarm, change in (("OneMore", most, 1), ("OneLess", least, -1)):
        _change(scope, id, group, alarm, change, props.cooldown)
    return [most, least]


def _change(
    scope: Construct, id: str, group: autoscaling.AutoScalingGroup, alarm: cloudwatch.Alarm, by: int, cooldown: Duration
) -> None:
    """A simple policy: CloudWatch repeats the alarm every minute, and only this kind waits between two changes."""
    policy = autoscaling.CfnScalingPolicy(
        scope,
        id,
        auto_scaling_group_name=read(group, "auto_scaling_group_name"),
        policy_type="SimpleScaling",
        adjustment_type="ChangeInCapacity",
        scaling_adjustment=by,
        cooldown=f"{in_seconds(cooldown):g}",
    )
    inner: cloudwatch.CfnAlarm = read(alarm, "node.default_child")
    inner.alarm_actions = [policy.ref]


def alarms(
    scope: Construct,
    load_balancer: elbv2.ApplicationLoadBalancer,
    targets: elbv2.ApplicationTargetGroup,
    topic: sns.ITopic | None,
) -> list[cloudwatch.Alarm]:
    """Viewers get errors, or there is nobody to answer them."""
    lost = read(targets, "metrics").http_code_target(elbv2.HttpCodeTarget.TARGET_5XX_COUNT, period=_MINUTE)
    nobody = read(load_balancer, "metrics").http_code_elb(elbv2.HttpCodeElb.ELB_5XX_COUNT, period=_MINUTE)
    made = [
        metric.create_alarm(
            scope,
            id,
            threshold=_ERRORS,
            evaluation_periods=2,
            treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
            alarm_description=description,
        )
        for id, metric, description in (
            ("OriginsAway", lost, "Edges answer 503: neither origin can be reached"),
            ("EdgesAway", nobody, "The load balancer has no edge that answers"),
        )
    ]
    notify(made, topic, when_over=True)
    return made
