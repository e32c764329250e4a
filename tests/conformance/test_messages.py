"""Queues and topics."""

from __future__ import annotations

import json
import time
from typing import Any
from uuid import uuid4

from tests.conformance.declared import behaviour
from tests.conformance.observing import World, until


def send(world: World, queue: str, body: str, **more: Any) -> None:
    world.client("sqs").send_message(QueueUrl=world.of("Messages", queue), MessageBody=body, **more)


def deliveries(world: World, function: str, body: str) -> int:
    events = world.seen("Messages", function)
    return sum(record["body"] == body for event in events for record in event["Records"])


@behaviour("SQS")
def test_sqs_partial_batch_failure(world: World) -> None:
    """A function that reports which messages of a batch failed.

    The good message is delivered once, the bad one twice (maxReceiveCount) and then lies in the dead-letter queue.
    """
    mark = uuid4().hex
    url = world.of("Messages", "PartialJobs")
    entries = [{"Id": kind, "MessageBody": f"{kind} {mark}"} for kind in ("good", "bad")]
    world.client("sqs").send_message_batch(QueueUrl=url, Entries=entries)
    dead = world.receive(world.of("Messages", "PartialDead"), mark, seconds=30)
    assert dead["Body"] == f"bad {mark}"
    assert deliveries(world, "PartialConsumer", f"good {mark}") == 1
    assert deliveries(world, "PartialConsumer", f"bad {mark}") == 2


@behaviour("SQS")
def test_sqs_dead_letters(world: World) -> None:
    """A function that fails, and the dead-letter queue of what it reads from.

    After two attempts of the whole message it is moved, with its body and a receive count.
    """
    mark = uuid4().hex
    send(world, "RaisingJobs", mark)
    dead = world.receive(world.of("Messages", "RaisingDead"), mark, seconds=30)
    assert int(dead["Attributes"]["ApproximateReceiveCount"]) >= 1
    assert deliveries(world, "RaisingConsumer", mark) == 2


@behaviour("SQS")
def test_sqs_delay(world: World) -> None:
    """A queue that delays each message by two seconds.

    The message counts as delayed and cannot be received at once; later it can.
    """
    mark, url = uuid4().hex, world.of("Messages", "Delayed")
    began = time.time()
    send(world, "Delayed", mark)
    assert "Messages" not in world.client("sqs").receive_message(QueueUrl=url)
    world.receive(url, mark)
    assert time.time() - began >= 1.9


@behaviour("SQS")
def test_sqs_fifo(world: World) -> None:
    """A FIFO queue keeps the order of a group and drops what it has had.

    Of four messages, one of them twice the same, three arrive in order; the group waits for the first to be deleted.
    """
    sqs, url, group = world.client("sqs"), world.of("Messages", "Ordered"), uuid4().hex
    for word in ("one", "two", "two", "three"):
        send(world, "Ordered", f"{word} {group}", MessageGroupId=group)
    seen = []
    for _ in range(3):
        told = until(lambda: sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=1).get("Messages"))
        blocked = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=1)
        seen.append((told[0]["Body"], "Messages" in blocked))
        sqs.delete_message(QueueUrl=url, ReceiptHandle=told[0]["ReceiptHandle"])
    assert seen == [(f"{word} {group}", False) for word in ("one", "two", "three")]


@behaviour("SNS")
def test_sns_filter_by_attribute(world: World) -> None:
    """A subscription with a filter on message attributes and raw delivery.

    The blue message does not come, the red one comes as it was sent, without an envelope.
    """
    mark = uuid4().hex
    for color in ("blue", "red"):
        publish(world, f"{color} {mark}", {"color": {"DataType": "String", "StringValue": color}})
    assert world.receive(world.of("Messages", "Red"), mark)["Body"] == f"red {mark}"
    assert "Messages" not in world.client("sqs").receive_message(QueueUrl=world.of("Messages", "Red"))


@behaviour("SNS")
def test_sns_filter_by_body(world: World) -> None:
    """A subscription with a filter on the body of the message.

    Of the sizes 50 and 500 only the one above 100 comes.
    """
    mark = uuid4().hex
    for size in (50, 500):
        publish(world, json.dumps({"size": size, "mark": mark}))
    envelope = json.loads(world.receive(world.of("Messages", "Large"), mark)["Body"])
    assert json.loads(envelope["Message"])["size"] == 500
    assert "Messages" not in world.client("sqs").receive_message(QueueUrl=world.of("Messages", "Large"))


@behaviour("SNS")
def test_sns_fan_out(world: World) -> None:
    """A topic tells a queue and a function the same.

    Both get the message with its subject under one message id.
    """
    mark = uuid4().hex
    publish(world, mark, Subject="greeting")
    envelope = json.loads(world.receive(world.of("Messages", "Everything"), mark)["Body"])
    record = world.saw("Messages", "Subscriber", mark)["Records"][0]["Sns"]
    assert (envelope["Subject"], record["Subject"]) == ("greeting", "greeting")
    assert envelope["MessageId"] == record["MessageId"]


def publish(world: World, text: str, attributes: Any = None, **more: Any) -> None:
    topic = world.of("Messages", "Topic")
    world.client("sns").publish(TopicArn=topic, Message=text, MessageAttributes=attributes or {}, **more)
