"""CloudFormation answers a request for a change when the change is made, if that takes but a moment.

On AWS the answer comes at once and the change takes minutes, so the CDK looks, sleeps for five
seconds and looks again. Here most changes are made in less than a second, and the sleep was what a
deployment took. A change that takes longer goes on while the caller polls, as on AWS.
"""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

from refarch.local import adapter

LONGEST = 4.0  # seconds
Application = Callable[[dict[str, Any], Any, Any], Awaitable[None]]
_started: contextvars.ContextVar[list[asyncio.Event] | None] = contextvars.ContextVar("refarch_started", default=None)


def install() -> None:
    for name in ("start of a change set", "start of a stack operation"):
        adapter.replace(name, _observed(adapter.read(name)))


def _observed(start: Callable[..., None]) -> Callable[..., None]:
    def observed(coro: Coroutine[Any, Any, Any], stack: Any, stack_id: str | None = None) -> None:
        started = _started.get()
        if started is None:
            return start(coro, stack, stack_id)
        done = asyncio.Event()
        started.append(done)
        return start(_tell(coro, done), stack, stack_id)

    return observed


async def _tell(work: Coroutine[Any, Any, Any], done: asyncio.Event) -> None:
    try:
        await work
    finally:
        done.set()


def answers_when_done(application: Application) -> Application:
    """Hold an answer back until what its request started is done, at most `LONGEST` seconds."""

    async def wrapped(scope: dict[str, Any], receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return await application(scope, receive, send)
        started: list[asyncio.Event] = []
        _started.set(started)

        async def held(message: dict[str, Any]) -> None:
            if started and message["type"] == "http.response.start":
                await _wait(started)
            await send(message)

        return await application(scope, receive, held)

    return wrapped


async def _wait(started: list[asyncio.Event]) -> None:
    waiting = [asyncio.ensure_future(done.wait()) for done in started]
    _, late = await asyncio.wait(waiting, timeout=LONGEST)
    for waiter in late:
        waiter.cancel()
