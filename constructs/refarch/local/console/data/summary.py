"""The head of the page: which cloud this is, and how much of each kind there is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from refarch.local import rooms
from refarch.local.observation.events import events
from refarch.local.observation.invocations import invocations, running


def summary(context: rooms.Context, client: Callable[[str], Any]) -> dict[str, Any]:
    """Project, address and settings; the counts that stand beside the views' names."""
    reservations = client("ec2").describe_instances()["Reservations"]
    alive = [one for found in reservations for one in found["Instances"] if one["State"]["Name"] not in ("terminated",)]
    pages = client("cloudformation").get_paginator("describe_stacks").paginate()
    return {
        "project": context.project.name,
        "folder": str(context.project),
        "endpoint": context.endpoint_url,
        "region": context.region,
        "account": context.account,
        "permissions": context.enforce_permissions,
        "clock": context.clock_factor,
        "counts": {
            "stacks": sum(len(page["Stacks"]) for page in pages),
            "events": events.last,
            "invocations": invocations.last + len(running()),
            "queues": len(client("sqs").list_queues(MaxResults=1000).get("QueueUrls", [])),
            "buckets": len(client("s3").list_buckets()["Buckets"]),
            "instances": len(alive),
        },
    }
