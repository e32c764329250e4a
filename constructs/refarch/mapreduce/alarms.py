"""Alarms of a MapReduce: each means that a person should look."""

from __future__ import annotations

from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from refarch._shared.durations import minutes

_PERIOD = minutes(5)


def jobs_failed(scope: Construct, namespace: str, service: str) -> cloudwatch.Alarm:
    """A job ended without a result. The report in its folder says why."""
    metric = cloudwatch.Metric(
        namespace=namespace,
        metric_name="JobsFailed",
        dimensions_map={"service": service},
        statistic="Sum",
        period=_PERIOD,
    )
    return _at_least_one(scope, "JobsFailed", metric, "A MapReduce job failed; see `refarch mapreduce jobs`")


def dead_letters(scope: Construct, queue: sqs.IQueue) -> cloudwatch.Alarm:
    """The coordinator could not handle a message: jobs may have stopped."""
    metric = queue.metric_approximate_number_of_messages_visible(period=_PERIOD, statistic="Maximum")
    return _at_least_one(scope, "DeadLettersPresent", metric, "Events that the MapReduce coordinator could not handle")


def coordinator_errors(scope: Construct, function: lambda_.IFunction) -> cloudwatch.Alarm:
    """The coordinator itself fails. Its messages come back, so one failure does no harm, but two in a row tell."""
    metric = function.metric_errors(period=_PERIOD)
    return _at_least_one(scope, "CoordinatorErrors", metric, "The MapReduce coordinator fails", periods=2)


def _at_least_one(
    scope: Construct, id: str, metric: cloudwatch.Metric, description: str, periods: int = 1
) -> cloudwatch.Alarm:
    return cloudwatch.Alarm(
        scope,
        id,
        metric=metric,
        threshold=1,
        evaluation_periods=periods,
        comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
        treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
        alarm_description=description,
    )
