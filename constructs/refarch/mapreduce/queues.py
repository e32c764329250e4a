"""Queues of a MapReduce."""

from __future__ import annotations

from aws_cdk import aws_sqs as sqs
from constructs import Construct

from refarch._shared.acknowledge import acknowledge
from refarch._shared.durations import days, in_seconds, seconds
from refarch.mapreduce.props import MapReduceProps

_LEASE_SECONDS = 5
_RECEIVES = 8


def dead_letter_queue(scope: Construct, id: str) -> sqs.Queue:
    """Keeps what the coordinator could not handle for as long as SQS keeps anything: two weeks."""
    return sqs.Queue(
        scope,
        id,
        enforce_ssl=True,
        encryption=sqs.QueueEncryption.SQS_MANAGED,
        retention_period=days(14),
    )


def event_queue(scope: Construct, id: str, props: MapReduceProps, dead_letters: sqs.IQueue) -> sqs.Queue:
    """What happens to jobs: S3 events, failed invocations, and the coordinator's own reminders."""
    queue = sqs.Queue(
        scope,
        id,
        enforce_ssl=True,
        encryption=sqs.QueueEncryption.SQS_MANAGED,
        # A message comes back when the coordinator that had it is dead and its lease on tasks has run out.
        visibility_timeout=seconds(in_seconds(props.coordinator_timeout) + _LEASE_SECONDS),
        dead_letter_queue=sqs.DeadLetterQueue(queue=dead_letters, max_receive_count=_RECEIVES),
    )
    acknowledge(
        queue,
        "Gates::SQS-VISIBILITY",
        "A job waits for a message that a dead coordinator had, so it comes back soon; one that comes back too early "
        "does no harm: coordinators work under a lease, and a message has eight tries",
    )
    return queue
