"""Watches what passes in the local cloud: events, and invocations of functions. Bounded, in memory, read over HTTP.

`GET /_refarch/events?since=N` and `GET /_refarch/invocations?since=N` give what came after number N; `POST
/_refarch/reset` empties the cloud (rooms with stores of their own register at `refarch.local.hooks`).
"""

from __future__ import annotations

from refarch.local import rooms
from refarch.local.observation import events, invocations, routes


def install(context: rooms.Context) -> None:
    """Start to watch."""
    events.install()
    invocations.install()
    routes.install(context.endpoint_url)
