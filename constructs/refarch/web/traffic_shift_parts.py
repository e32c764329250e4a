"""The resources of a `TrafficShift`: its state, its role, its alarm."""

from __future__ import annotations

from collections.abc import Sequence

from aws_cdk import RemovalPolicy
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk import aws_sns as sns
from constructs import Construct

from refarch._shared.acknowledge import every_resource
from refarch._shared.durations import minutes
from refarch._shared.reads import read, service
from refarch._shared.written_role import Statement, WrittenRole

_UNBOUND = (
    "DescribeAlarms sees composite alarms only with every resource, and DescribeListeners knows none; both only read "
    "states and weights"
)

_ANSWERS = {
    "AwsSolutions-L1": "The runtime is the prop `runtime`: its default is the one that function and layer are tested "
    "with",
    "Gates::EVENT-DEAD-LETTERS": "An event says only that a minute has passed: the next one does all that a lost one "
    "would have done",
}


def table(scope: Construct, id: str, removal: RemovalPolicy) -> dynamodb.Table:
    """One item: where the move is."""
    return dynamodb.Table(
        scope,
        id,
        partition_key=dynamodb.Attribute(name="id", type=dynamodb.AttributeType.STRING),
        billing_mode=dynamodb.BillingMode.PAY_PER_REQUEST,
        encryption=dynamodb.TableEncryption.AWS_MANAGED,
        point_in_time_recovery_specification=dynamodb.PointInTimeRecoverySpecification(
            point_in_time_recovery_enabled=True
        ),
        deletion_protection=removal != RemovalPolicy.DESTROY,
        removal_policy=removal,
    )


def role(
    scope: Construct,
    id: str,
    log_group: logs.ILogGroup,
    state: dynamodb.ITable,
    topic: sns.ITopic,
    backend: Sequence[iam.PolicyStatement],
) -> WrittenRole:
    """What the function may do, written out. `scope`: the shift; it answers for function and schedule too."""
    made = WrittenRole(scope, id, assumed_by=service("lambda.amazonaws.com"), answers_on=scope)
    own = (
        # The streams of the group are named by Lambda.
        ("WriteOwnLogs", ["logs:CreateLogStream", "logs:PutLogEvents"], f"{log_group.log_group_arn}"),
        ("KeepState", ["dynamodb:GetItem", "dynamodb:PutItem"], read(state, "table_arn")),
        ("ReadAlarms", ["cloudwatch:DescribeAlarms"], "*"),
        ("Tell", ["sns:Publish"], read(topic, "topic_arn")),
    )
    written = [Statement(sid=sid, actions=actions, resources=[resource]) for sid, actions, resource in own]
    made.allow(written, [*every_resource(_UNBOUND), *_ANSWERS.items()])
    for statement in backend:
        made.add_to_principal_policy(statement)
    if topic.master_key is not None:
        topic.master_key.grant(made, "kms:Decrypt", "kms:GenerateDataKey")
    return made


def failed(scope: Construct, function: lambda_.IFunction) -> cloudwatch.Alarm:
    """Three minutes without a turn that ended well: a move is not watched."""
    return cloudwatch.Alarm(
        scope,
        "NotWatched",
        metric=function.metric_errors(period=minutes(1)),
        threshold=1,
        evaluation_periods=3,
        comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
        treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
        alarm_description="The function of a traffic shift fails: nobody watches the move",
    )
