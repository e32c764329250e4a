"""Permissions to make a stream of a log, and to read and write its events, are those of the stream, not of its group.

ministack asks for them on the group's ARN, so the ARN that CloudFormation gives (`…:log-group:name:*`), which is what
policies have, never fits.
"""

from __future__ import annotations

import json
from typing import Any

from refarch.local import adapter

OF_STREAMS = ("CreateLogStream", "DeleteLogStream", "GetLogEvents", "PutLogEvents")


def install() -> None:
    adapter.replace("resource of a request", around(adapter.read("resource of a request")))


def around(found_by: Any) -> Any:
    def resource(
        service: str, method: str, path: str, headers: dict[str, str], body: bytes, *given: Any, **named: Any
    ) -> Any:
        found = found_by(service, method, path, headers, body, *given, **named)
        action = str(headers.get("x-amz-target", "")).rsplit(".", 1)[-1]
        if service != "logs" or action not in OF_STREAMS or ":log-group:" not in str(found):
            return found
        name = json.loads(body or b"{}").get("logStreamName")
        return f"{found}:log-stream:{name}" if name else found

    return resource
