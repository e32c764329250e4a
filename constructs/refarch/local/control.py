"""The local cloud's own HTTP interface, below `/_refarch/`: what no AWS API offers, such as interrupting an instance.

A room registers its routes when it is installed; `serves` puts them in front of the emulator.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

PREFIX = "/_refarch/"
LOOPBACK = ("127.0.0.1", "localhost", "[::1]")
Application = Callable[[dict[str, Any], Any, Any], Awaitable[None]]


@dataclass(frozen=True)
class Request:
    """One request. `document` is its body read as JSON ({} when there is none), `query` what stands behind the `?`.

    The names of `headers` are lower case.
    """

    path: str
    document: Any = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    method: str = "GET"
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Answer:
    """What a route gives back when plain JSON will not do. `body` is sent as it is."""

    body: bytes
    content_type: str = "application/json"
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


class ControlError(Exception):
    """What was asked cannot be done: becomes a 400 with this message."""


Handler = Callable[[Request], Any]
_routes: dict[tuple[str, str], Handler] = {}


def register(method: str, name: str, handler: Handler) -> None:
    """Answer `method` on `/_refarch/<name>` with `handler`, which runs in a thread and returns JSON or an `Answer`.

    A name that ends in `/` takes every path below it. Raises `ValueError` when the route is taken.
    """
    if (method, name) in _routes:
        raise ValueError(f"{method} {PREFIX}{name} is registered already")
    _routes[method, name] = handler


def serves(application: Application) -> Application:
    """`application` with the control routes in front of it."""

    async def wrapped(scope: dict[str, Any], receive: Any, send: Any) -> None:
        if scope["type"] != "http" or not scope["path"].startswith(PREFIX):
            await application(scope, receive, send)
            return
        answer = await asyncio.to_thread(_answer, scope, await _body(receive))
        headers = [(name.encode(), value.encode()) for name, value in _headers(answer).items()]
        await send({"type": "http.response.start", "status": answer.status, "headers": headers})
        await send({"type": "http.response.body", "body": answer.body})

    return wrapped


def _headers(answer: Answer) -> dict[str, str]:
    plain = {"content-type": answer.content_type, "content-length": str(len(answer.body))}
    return plain | {"cache-control": "no-store", "x-content-type-options": "nosniff"} | dict(answer.headers)


def _answer(scope: Mapping[str, Any], body: bytes) -> Answer:
    headers = {name.decode().lower(): value.decode() for name, value in scope["headers"]}
    stranger = why_strange(headers)
    if stranger:
        return _problem(403, stranger)
    handler = _find(scope["method"], scope["path"].removeprefix(PREFIX))
    if handler is None:
        return _problem(404, f"no such route: {scope['method']} {scope['path']}")
    try:
        document = json.loads(body) if body else {}
        query = dict(parse_qsl(scope.get("query_string", b"").decode()))
        found = handler(Request(scope["path"], document, query, scope["method"], headers))
    except (ControlError, ValueError, KeyError) as error:
        return _problem(400, f"{type(error).__name__}: {error}")
    return found if isinstance(found, Answer) else Answer(json.dumps(found, default=str).encode())


def _find(method: str, name: str) -> Handler | None:
    exact = _routes.get((method, name))
    folders = ((path, handler) for (verb, path), handler in _routes.items() if verb == method and path.endswith("/"))
    return exact or next((handler for path, handler in folders if name.startswith(path)), None)


def why_strange(headers: Mapping[str, str]) -> str | None:
    """Why a request is refused: a page of another origin made a browser send it; None when all is well.

    Any page that is open in a browser on this machine can send to a loopback port. A browser names the page's origin;
    a name that only resolves to the loopback (DNS rebinding) shows in `Host`. Commands send no origin.
    """
    host = headers.get("host", "")
    if host and re.sub(r":\d+$", "", host) not in LOOPBACK:
        return f"Host is {host}; only {', '.join(LOOPBACK)} are served"
    origin = headers.get("origin")
    if origin is not None and origin != f"http://{host}":
        return f"a page of {origin} may not drive this local cloud; only its own console may"
    return None


def _problem(status: int, message: str) -> Answer:
    return Answer(json.dumps({"error": message}).encode(), status=status)


async def _body(receive: Any) -> bytes:
    parts = []
    while True:
        message = await receive()
        parts.append(bytes(message.get("body", b"")))
        if not message.get("more_body"):
            return b"".join(parts)
