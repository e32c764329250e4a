"""The resources of a responder: its interruption log, its queue, its topic, its role and its alarms."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from refarch._shared.durations import days, minutes
from refarch._shared.reads import service as principal
from refarch._shared.written_role import Statement, WrittenRole

METRICS_NAMESPACE = "refarch/interruptions"
BY_DAY = "ByDay"
_PERIOD = minutes(1)
_STRING, _NUMBER = dynamodb.AttributeType.STRING, dynamodb.AttributeType.NUMBER

_ANSWERS = {
    "AwsSolutions-L1": "The runtime is the prop `runtime`: its default is the one that engine and layer are tested "
    "with, years before its end",
    "AwsSolutions-SQS3": "It is the dead-letter queue: of the rules and of the function, where the rule looks for "
    "other queues only",
}


def interruption_log(scope: Construct, id: str, removal: RemovalPolicy) -> dynamodb.Table:
    """One item an interruption; by instance, and through the index by day and time."""
    table = dynamodb.Table(
        scope,
        id,
        partition_key=dynamodb.Attribute(name="instanceId", type=_STRING),
        sort_key=dynamodb.Attribute(name="interruption", type=_STRING),
        billing_mode=dynamodb.BillingMode.PAY_PER_REQUEST,
        encryption=dynamodb.TableEncryption.AWS_MANAGED,
        point_in_time_recovery_specification=dynamodb.PointInTimeRecoverySpecification(
            point_in_time_recovery_enabled=True
        ),
        deletion_protection=removal != RemovalPolicy.DESTROY,
        time_to_live_attribute="expires",
        removal_policy=removal,
    )
    table.add_global_secondary_index(
        index_name=BY_DAY,
        partition_key=dynamodb.Attribute(name="day", type=_STRING),
        sort_key=dynamodb.Attribute(name="time", type=_NUMBER),
    )
    return table


def dead_letter_queue(scope: Construct, id: str) -> sqs.Queue:
    """Events that did not arrive, and those that the function could not answer: two weeks, the longest SQS keeps."""
    return sqs.Queue(
        scope,
        id,
        enforce_ssl=True,
        encryption=sqs.QueueEncryption.SQS_MANAGED,
        retention_period=days(14),
    )


def function_role(scope: Construct, id: str, log_group: logs.ILogGroup, statements: Iterable[Statement]) -> WrittenRole:
    """A role that may write to its own log group, and what `statements` allow. `scope`: the responder, which answers
    for its one function and queue too."""
    role = WrittenRole(scope, id, assumed_by=principal("lambda.amazonaws.com"), answers_on=scope)
    # The streams of the group are named by Lambda.
    streams = ["logs:CreateLogStream", "logs:PutLogEvents"]
    role.allow(
        [Statement(sid="WriteOwnLogs", actions=streams, resources=[log_group.log_group_arn]), *statements],
        _ANSWERS.items(),
    )
    return role


def failed(scope: Construct, function: lambda_.IFunction) -> cloudwatch.Alarm:
    """Something was not done for an interruption. The function tries again, but the instance may be gone by then."""
    errors = function.metric_errors(period=_PERIOD)
    return _above(scope, "ResponseFailed", errors, 0, "An interruption was not fully answered; see the function's log")


def dead_letters(scope: Construct, queue: sqs.IQueue) -> cloudwatch.Alarm:
    return _above(scope, "DeadLettersPresent", left(queue), 0, "Interruptions that were never answered, or not fully")


def left(queue: sqs.IQueue) -> cloudwatch.Metric:
    """How many messages are in `queue`."""
    return queue.metric_approximate_number_of_messages_visible(period=_PERIOD, statistic="Maximum")


def late(scope: Construct, service: str, seconds: float) -> cloudwatch.Alarm:
    """The drain budget counts on answers within its event latency; this one came later."""
    latency = metric(service, "SecondsAfterNotice", "Maximum", _PERIOD)
    return _above(scope, "AnsweredLate", latency, seconds, "A notice was answered later than the drain budget allows")


@cache
def metric(service: str, name: str, statistic: str, period: Duration) -> cloudwatch.Metric:
    """A metric that the function of the responder `service` writes. Made once: alarms and graphs show the same."""
    return cloudwatch.Metric(
        namespace=METRICS_NAMESPACE,
        metric_name=name,
        dimensions_map={"service": service},
        statistic=statistic,
        period=period,
    )


def topic(scope: Construct, id: str) -> sns.Topic:
    return sns.Topic(scope, id, display_name="Interruptions of instances", enforce_ssl=True)


def _above(
    scope: Construct, id: str, metric: cloudwatch.IMetric, threshold: float, description: str
) -> cloudwatch.Alarm:
    return cloudwatch.Alarm(
        scope,
        id,
        metric=metric,
        threshold=threshold,
        evaluation_periods=1,
        comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD,
        treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
        alarm_description=description,
    )
