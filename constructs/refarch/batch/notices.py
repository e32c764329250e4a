"""Who is told of blocked queues and failed runs, and what becomes of notices that could not be told."""

from __future__ import annotations

from collections.abc import Sequence

from aws_cdk import aws_batch as batch
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sqs as sqs
from aws_cdk import aws_stepfunctions as stepfunctions
from constructs import Construct

from refarch._shared.acknowledge import acknowledge
from refarch._shared.alarm_topics import notify
from refarch._shared.durations import days
from refarch._shared.reads import read


def topic(scope: Construct, id: str) -> sns.Topic:
    """A topic that takes messages over TLS only."""
    return sns.Topic(scope, id, enforce_ssl=True)


def blocked_rule(
    scope: Construct, id: str, queues: Sequence[batch.IJobQueue], to: sns.ITopic, dead_letters: sqs.IQueue
) -> events.Rule:
    """Tells the topic about every job that blocks one of the queues."""
    return events.Rule(
        scope,
        id,
        event_pattern=events.EventPattern(
            source=["aws.batch"],
            detail_type=["Batch Job Queue Blocked"],
            detail={"jobQueue": [read(each, "job_queue_arn") for each in queues]},
        ),
        targets=[targets.SnsTopic(to, dead_letter_queue=dead_letters, retry_attempts=10)],
    )


def failure_rule(
    scope: Construct, id: str, machine: stepfunctions.IStateMachine, to: sns.ITopic, dead_letters: sqs.IQueue
) -> events.Rule:
    """Tells the topic of each execution of a state machine that failed or ran out of time, and why."""
    made = events.Rule(
        scope,
        id,
        event_pattern=events.EventPattern(
            source=["aws.states"],
            detail_type=["Step Functions Execution Status Change"],
            detail={"stateMachineArn": [read(machine, "state_machine_arn")], "status": ["FAILED", "TIMED_OUT"]},
        ),
    )
    names = {"execution": "executionArn", "error": "error", "cause": "cause"}
    message = {name: events.EventField.from_path(f"$.detail.{place}") for name, place in names.items()}
    made.add_target(
        targets.SnsTopic(
            to,
            message=events.RuleTargetInput.from_object(message),
            dead_letter_queue=dead_letters,
            retry_attempts=10,
        )
    )
    return made


def untold_alarm(scope: Construct, id: str, dead_letters: sqs.IQueue, to: sns.ITopic) -> cloudwatch.Alarm:
    """Rings as long as there is a notice that could not be told."""
    made = dead_letters.metric_approximate_number_of_messages_visible(statistic="max").create_alarm(
        scope,
        id,
        threshold=1,
        evaluation_periods=1,
        comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
        treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
        alarm_description="A notice could not be delivered: read the dead letters",
    )
    notify([made], to)
    return made


def dead_letters(scope: Construct, id: str) -> sqs.Queue:
    """Where notices go that could not be told."""
    made = sqs.Queue(scope, id, enforce_ssl=True, encryption=sqs.QueueEncryption.SQS_MANAGED, retention_period=days(14))
    acknowledge(made, "AwsSolutions-SQS3", "This is the dead-letter queue itself; nothing reads it but a person")
    return made
