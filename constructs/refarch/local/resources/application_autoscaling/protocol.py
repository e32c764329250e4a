"""The wire: JSON requests told apart by their `X-Amz-Target`, answers and errors as AWS sends them."""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import Callable, Mapping
from typing import Any

from refarch.local.resources.application_autoscaling import actions, checks, policies, tags, targets
from refarch.local.resources.application_autoscaling.errors import Refused

Operation = Callable[[dict[str, Any]], dict[str, Any]]
OPERATIONS: dict[str, Operation] = {
    "RegisterScalableTarget": targets.register,
    "DeregisterScalableTarget": targets.deregister,
    "DescribeScalableTargets": targets.describe,
    "DescribeScalingActivities": targets.activities,
    "PutScalingPolicy": policies.put,
    "DeleteScalingPolicy": policies.delete,
    "DescribeScalingPolicies": policies.describe,
    "PutScheduledAction": actions.put,
    "DeleteScheduledAction": actions.delete,
    "DescribeScheduledActions": actions.describe,
    "TagResource": tags.add,
    "UntagResource": tags.remove,
    "ListTagsForResource": tags.listed,
}
Answer = tuple[int, dict[str, str], bytes]


async def handle(method: str, path: str, headers: Mapping[str, str], body: bytes, query: Any) -> Answer:
    """One request, as the emulator hands it to a service. In a thread, for a policy makes alarms through this cloud."""
    return await asyncio.to_thread(_handle, headers, body)


def _handle(headers: Mapping[str, str], body: bytes) -> Answer:
    name = headers.get("x-amz-target", "").rpartition(".")[2]
    operation = OPERATIONS.get(name)
    try:
        if operation is None:
            raise Refused("UnknownOperationException", f"{name} is not an operation of this local cloud")
        request = json.loads(body or b"{}")
        checks.check(name, request)
        return _answer(200, operation(request))
    except Refused as error:
        return _answer(400, {"__type": error.code, "Message": str(error), **error.more})


def _answer(status: int, document: dict[str, Any]) -> Answer:
    headers = {"Content-Type": "application/x-amz-json-1.1", "x-amzn-RequestId": str(uuid.uuid4())}
    return status, headers, json.dumps(document).encode()
