"""Queues: how much waits, what is being worked on, and whose dead letters they hold."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

from refarch.local import adapter
from refarch.local.observation.ring import shortened

Client = Callable[[str], Any]
SHOWN = 20
BODY = 4_000  # characters of a message


def queues(client: Client) -> dict[str, Any]:
    """Every queue with its counts; `dead_letters_of` names the queues that send their dead letters to it."""
    sqs = client("sqs")
    urls = [url for page in sqs.get_paginator("list_queues").paginate() for url in page.get("QueueUrls", [])]
    found = [line(sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]) for url in urls]
    for queue in found:
        queue["dead_letters_of"] = [other["name"] for other in found if other["dead_letters_to"] == queue["arn"]]
    return {"queues": sorted(found, key=lambda queue: queue["name"])}


def line(attributes: dict[str, str]) -> dict[str, Any]:
    """One queue of the list, from its attributes."""
    redrive = json.loads(attributes.get("RedrivePolicy") or "{}")
    return {
        "arn": attributes["QueueArn"],
        "name": attributes["QueueArn"].rpartition(":")[2],
        "waiting": int(attributes.get("ApproximateNumberOfMessages", 0)),
        "in_flight": int(attributes.get("ApproximateNumberOfMessagesNotVisible", 0)),
        "delayed": int(attributes.get("ApproximateNumberOfMessagesDelayed", 0)),
        "dead_letters_to": redrive.get("deadLetterTargetArn", ""),
        "receives": int(redrive.get("maxReceiveCount", 0)),
    }


def messages(client: Client, arn: str) -> dict[str, Any]:
    """The first messages of a queue. Nobody receives them by this: no count rises, none becomes a dead letter."""
    queue = adapter.read("queue by name of resource")(arn)
    found = list(queue["messages"])[:SHOWN] if queue else []
    return {"arn": arn, "messages": [message_line(message, time.time()) for message in found]}


def message_line(message: dict[str, Any], now: float) -> dict[str, Any]:
    """One message: its text, and whether somebody has it."""
    received, visible = int(message.get("receive_count", 0)), float(message.get("visible_at", 0))
    state = "waiting" if visible <= now else "in flight" if received else "delayed"
    return {
        "id": message.get("id", ""),
        "sent": message.get("sent_at", 0),
        "received": received,
        "state": state,
        "body": shortened(str(message.get("body", "")), BODY),
    }
