"""`/_refarch/events`, `/_refarch/invocations` and `/_refarch/reset`."""

from __future__ import annotations

import urllib.request
from typing import Any

from refarch.local import control, hooks
from refarch.local.observation.events import events
from refarch.local.observation.invocations import invocations, running
from refarch.local.observation.ring import Ring

MOST = 500  # records in one answer
SECONDS_FOR_A_RESET = 60.0


def install(endpoint_url: str) -> None:
    """Register the routes."""

    def reset(_: control.Request) -> dict[str, Any]:
        problems = hooks.reset_all()
        request = urllib.request.Request(f"{endpoint_url}/_ministack/reset", method="POST")  # noqa: S310
        with urllib.request.urlopen(request, timeout=SECONDS_FOR_A_RESET) as answer:  # noqa: S310
            answer.read()
        events.clear()
        invocations.clear()
        return {"reset": not problems, "problems": problems}

    control.register("GET", "events", lambda request: page(events, request, "events"))
    control.register("GET", "invocations", finished_and_running)
    control.register("POST", "reset", reset)


def finished_and_running(request: control.Request) -> dict[str, Any]:
    """Invocations after `since`, and those that run now."""
    return page(invocations, request, "invocations") | {"running": running()}


def page(ring: Ring, request: control.Request, name: str) -> dict[str, Any]:
    """The records after `since` (default: all that are kept), at most `limit`; `last` is where to go on."""
    since, limit = number(request, "since", 0), number(request, "limit", MOST)
    found = ring.since(since if since <= ring.last else 0, min(limit, MOST))  # beyond the last: of another start
    return {name: found, "last": found[-1]["number"] if found else ring.last}


def number(request: control.Request, name: str, default: int) -> int:
    """A whole number of the query; raises ControlError with what was given."""
    given = request.query.get(name, str(default))
    if not given.isdecimal():
        raise control.ControlError(f"{name} is {given!r}; allowed are whole numbers from 0")
    return int(given)
