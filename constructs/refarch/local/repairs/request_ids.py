"""The id in the answer to an invocation is the one that the function's context and its log tell.

ministack numbers the HTTP answer by itself.
"""

from __future__ import annotations

import contextvars
import re
from collections.abc import Awaitable, Callable
from typing import Any

from refarch.local import adapter

Application = Callable[[dict[str, Any], Any, Any], Awaitable[None]]
INVOCATION = re.compile(r"/2015-03-31/functions/[^/]+/invocations/?")
HEADERS = (b"x-amzn-requestid", b"x-amz-request-id")
# A list that an invocation of this request puts its id into.
_told: contextvars.ContextVar[list[str] | None] = contextvars.ContextVar("refarch_told_request_id", default=None)


def install() -> None:
    dispatch = adapter.read("dispatch execution")

    def told(func: Any, config: Any, event: Any, request_id: str, started: float) -> Any:
        tell(request_id)
        return dispatch(func, config, event, request_id, started)

    adapter.replace("dispatch execution", told)


def tell(request_id: str) -> None:
    """This is the id of what the request at hand invoked; the first one counts."""
    told = _told.get()
    if told is not None and not told:
        told.append(request_id)


def answers_with_request_id(application: Application) -> Application:
    """Put the id of the invocation into the headers of the answer."""

    async def wrapped(scope: dict[str, Any], receive: Any, send: Any) -> None:
        if scope["type"] != "http" or not INVOCATION.fullmatch(scope["path"]):
            return await application(scope, receive, send)
        told: list[str] = []
        _told.set(told)

        async def sent(message: dict[str, Any]) -> None:
            if told and message["type"] == "http.response.start":
                rest = [pair for pair in message.get("headers", ()) if pair[0].lower() not in HEADERS]
                message = {**message, "headers": [*rest, *((name, told[0].encode()) for name in HEADERS)]}
            await send(message)

        return await application(scope, receive, sent)

    return wrapped
