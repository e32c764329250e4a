"""`/_refarch/console/data/…`: what the page shows, read through the emulator's own API."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from typing import Any

from refarch.local import control, rooms
from refarch.local.console.cache import Shared
from refarch.local.console.data import buckets, instances, jobs, queues, stacks, summary
from refarch.local.execution.clients import client

logger = logging.getLogger("refarch.local")
PREFIX = "console/data/"
Client = Callable[[str], Any]
# Name, function of a client maker, seconds that an answer may be old.
LISTS: tuple[tuple[str, Callable[[Client], Any], float], ...] = (
    ("stacks", stacks.stacks, 0.5),
    ("queues", queues.queues, 0.5),
    ("buckets", buckets.buckets, 2.0),
    ("jobs", jobs.jobs, 0.5),
    ("instances", instances.instances, 0.5),
)
DETAILS: tuple[tuple[str, str, Callable[[Client, str], Any]], ...] = (
    ("stack", "name", stacks.stack),
    ("messages", "queue", queues.messages),
    ("objects", "bucket", buckets.objects),
    ("job", "id", jobs.batch_log),
)


def install(context: rooms.Context) -> None:
    """Register every route."""

    def clients(service: str) -> Any:
        return client(service, context.region)

    for name, compute, seconds in LISTS:
        shared = Shared(lambda compute=compute: compute(clients), seconds)  # type: ignore[misc]
        control.register("GET", PREFIX + name, told(lambda request, shared=shared: shared()))  # type: ignore[misc]
    for name, parameter, find in DETAILS:
        control.register("GET", PREFIX + name, told(_detail(clients, parameter, find)))
    about = Shared(lambda: summary.summary(context, clients), 0.8)
    control.register("GET", PREFIX + "summary", told(lambda request: about()))


def _detail(clients: Client, parameter: str, find: Callable[[Client, str], Any]) -> control.Handler:
    def handler(request: control.Request) -> Any:
        return find(clients, request.query[parameter])

    return handler


def told(handler: control.Handler) -> control.Handler:
    """`handler`, whose failure is told to the page in words instead of ending the request."""

    def wrapped(request: control.Request) -> Any:
        try:
            return handler(request)
        except Exception as error:
            logger.warning("%s: %s: %s", request.path, type(error).__name__, error)
            text = json.dumps({"error": f"{type(error).__name__}: {error}"})
            return control.Answer(text.encode(), status=502)

    return wrapped
