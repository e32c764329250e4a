"""The answer that CloudFormation waits for, an hour long if nobody gives it.

Source: "Custom resource response objects" in the CloudFormation User Guide.
"""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Mapping
from typing import Any

LONGEST_REASON = 1_000
_PATIENCE_SECONDS = 10


def answer(event: Mapping[str, Any], physical_id: str, reason: str = "") -> dict[str, Any]:
    """The document of an answer: FAILED where there is a reason. Pure."""
    copied = {name: event[name] for name in ("StackId", "RequestId", "LogicalResourceId")}
    found = {"Status": "FAILED" if reason else "SUCCESS", "PhysicalResourceId": physical_id, **copied}
    return {**found, "Reason": reason[:LONGEST_REASON]} if reason else found


def send(event: Mapping[str, Any], document: Mapping[str, Any]) -> None:
    """Puts the answer where the event says. Raises `OSError`: then Lambda tries the whole again."""
    body = json.dumps(document).encode()
    request = urllib.request.Request(  # noqa: S310 - CloudFormation's own address, presigned
        str(event["ResponseURL"]), data=body, method="PUT", headers={"content-type": ""}
    )
    urllib.request.urlopen(request, timeout=_PATIENCE_SECONDS).close()  # noqa: S310 - the same
