"""How the fleet follows the queue, and the alarms."""

from __future__ import annotations

from aws_cdk import Duration
from aws_cdk import aws_autoscaling as autoscaling
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from refarch._shared.durations import in_seconds, minutes
from refarch.streaming.vod_scaling import worker_steps
from refarch.streaming.vod_transcoder_props import VodTranscoderProps

_MINUTE = minutes(1)
_QUIET_MINUTES = 10
"""Without a message, before the last workers go."""
_AT_LEAST = cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD


def messages(queue: sqs.IQueue) -> cloudwatch.MathExpression:
    """Uploads that are no videos yet: those that wait, and those that are worked on."""
    maximum = cloudwatch.Stats.MAXIMUM
    return cloudwatch.MathExpression(
        expression="waiting + working",
        using_metrics={
            "waiting": queue.metric_approximate_number_of_messages_visible(period=_MINUTE, statistic=maximum),
            "working": queue.metric_approximate_number_of_messages_not_visible(period=_MINUTE, statistic=maximum),
        },
        label="Uploads that are no videos yet",
        period=_MINUTE,
    )


def follow(
    scope: Construct, group: autoscaling.AutoScalingGroup, queue: sqs.IQueue, props: VodTranscoderProps
) -> list[cloudwatch.Alarm]:
    """As many workers as the backlog needs, from none to the most; workers at work are protected by themselves."""
    exact = autoscaling.AdjustmentType.EXACT_CAPACITY
    grow = autoscaling.StepScalingAction(scope, "ToBacklog", auto_scaling_group=group, adjustment_type=exact)
    steps = worker_steps(backlog_per_worker=props.backlog_per_worker, max_workers=props.max_workers)
    for (start, workers), end in zip(steps, [*(each for each, _ in steps[1:]), None], strict=True):
        upper = None if end is None else end - 1  # bounds count from the alarm's threshold, which is 1
        grow.add_adjustment(adjustment=workers, lower_bound=start - 1, upper_bound=upper)
    rest = autoscaling.StepScalingAction(scope, "ToRest", auto_scaling_group=group, adjustment_type=exact)
    rest.add_adjustment(adjustment=props.min_workers, upper_bound=0)
    backlog = messages(queue)
    busy = _alarm(scope, "Backlog", backlog, 1, "Uploads wait for workers; it sets how many there are")
    quiet = cloudwatch.Alarm(
        scope,
        "Quiet",
        metric=backlog,
        threshold=0,
        evaluation_periods=_QUIET_MINUTES,
        comparison_operator=cloudwatch.ComparisonOperator.LESS_THAN_OR_EQUAL_TO_THRESHOLD,
        treat_missing_data=cloudwatch.TreatMissingData.IGNORE,
        alarm_description="Nothing to do; it lets the workers go",
    )
    busy.add_alarm_action(actions.AutoScalingAction(grow))
    quiet.add_alarm_action(actions.AutoScalingAction(rest))
    return [busy, quiet]


def dead_letters_alarm(scope: Construct, queue: sqs.IQueue) -> cloudwatch.Alarm:
    """An upload that no worker could turn into a video: someone should look at it."""
    metric = queue.metric_approximate_number_of_messages_visible(period=minutes(5), statistic=cloudwatch.Stats.MAXIMUM)
    return _alarm(scope, "DeadLettersPresent", metric, 1, "Uploads that could not be turned into videos")


def oldest_message_alarm(scope: Construct, queue: sqs.IQueue, age: Duration) -> cloudwatch.Alarm:
    """Workers are missing, or too few."""
    metric = queue.metric_approximate_age_of_oldest_message(period=minutes(5), statistic=cloudwatch.Stats.MAXIMUM)
    return _alarm(scope, "OldestMessage", metric, in_seconds(age), "An upload waits too long for its video")


def _alarm(
    scope: Construct, id: str, metric: cloudwatch.IMetric, threshold: float, description: str
) -> cloudwatch.Alarm:
    return cloudwatch.Alarm(
        scope,
        id,
        metric=metric,
        threshold=threshold,
        evaluation_periods=1,
        comparison_operator=_AT_LEAST,
        treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
        alarm_description=description,
    )
