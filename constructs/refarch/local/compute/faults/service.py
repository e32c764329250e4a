"""The wire of the Fault Injection Service: REST with JSON, requests told apart by botocore's own paths."""

from __future__ import annotations

import asyncio
import functools
import json
import re
import uuid
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import unquote

from refarch.local import adapter, hooks
from refarch.local.compute.faults import api, store
from refarch.local.compute.wire import model

SERVICE = "fis"
Answer = tuple[int, dict[str, str], bytes]
OPERATIONS: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
    "CreateExperimentTemplate": api.create_template,
    "UpdateExperimentTemplate": api.update_template,
    "GetExperimentTemplate": api.get_template,
    "DeleteExperimentTemplate": api.delete_template,
    "ListExperimentTemplates": api.list_templates,
    "StartExperiment": api.start,
    "StopExperiment": api.stop,
    "GetExperiment": api.get,
    "ListExperiments": api.listed,
    "ListExperimentResolvedTargets": api.resolved,
    "ListTagsForResource": api.tags,
    "TagResource": api.tag,
    "UntagResource": api.untag,
}


def install() -> None:
    adapter.read("services")[SERVICE] = handle
    hooks.on_reset(SERVICE, store.empty)
    hooks.keeps(SERVICE, store.save, store.load)


async def handle(method: str, path: str, headers: Mapping[str, str], body: bytes, query: Any) -> Answer:
    """One request, as the emulator hands it to a service."""
    return await asyncio.to_thread(_handle, method, path, body, dict(query or {}))


@functools.cache
def _routes() -> list[tuple[str, re.Pattern[str], str]]:
    """(verb, pattern of the path, operation), the longest path first."""
    found = []
    for name in model(SERVICE).operation_names:
        http = model(SERVICE).operation_model(name).http
        pattern = re.sub(r"\{(\w+)\}", lambda part: f"(?P<{part[1]}>[^/]+)", http["requestUri"])
        found.append(
            (
                http["method"],
                re.compile(pattern.replace("/tags/(?P<resourceArn>[^/]+)", "/tags/(?P<resourceArn>.+)")),
                name,
            )
        )
    return sorted(found, key=lambda route: -len(route[1].pattern))


def _handle(method: str, path: str, body: bytes, query: dict[str, Any]) -> Answer:
    try:
        name, named = _operation(method, path)
        operation = OPERATIONS.get(name)
        if operation is None:
            raise store.Refused("NotImplementedException", f"{name} is not an operation of this local cloud", 501)
        plain = {
            key: value[0] if isinstance(value, list) and key != "tagKeys" else value for key, value in query.items()
        }
        return _answer(200, operation({**plain, **(json.loads(body) if body else {}), **named}))
    except store.Refused as error:
        return _answer(error.status, {"message": str(error)}, error.code)


def _operation(method: str, path: str) -> tuple[str, dict[str, str]]:
    for verb, pattern, name in _routes():
        found = pattern.fullmatch(unquote(path))
        if verb == method and found:
            return name, found.groupdict()
    raise store.Refused("ResourceNotFoundException", f"no operation at {method} {path}", 404)


def _answer(status: int, document: dict[str, Any], error: str = "") -> Answer:
    headers = {"Content-Type": "application/json", "x-amzn-RequestId": str(uuid.uuid4())}
    return status, headers | ({"x-amzn-ErrorType": error} if error else {}), json.dumps(document).encode()
