"""The event of the posts' submit function, as a request of Batch. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

REQUIRED = ("jobName", "jobQueue", "jobDefinition")
OPTIONAL = ("containerOverrides", "parameters", "dependsOn")


class InvalidSubmission(ValueError):
    """An event that names no job; the message lists every problem."""


def request_of(event: Mapping[str, Any]) -> dict[str, Any]:
    """Arguments of SubmitJob. Other keys of the event are the caller's own. Raises `InvalidSubmission`."""
    problems = [
        f"{name} is {event.get(name)!r}, allowed: a text that is not empty"
        for name in REQUIRED
        if not isinstance(event.get(name), str) or not event[name].strip()
    ]
    kinds = {"containerOverrides": Mapping, "parameters": Mapping, "dependsOn": list}
    problems += [
        f"{name} is {event[name]!r}, allowed: {'a list' if kind is list else 'an object'}"
        for name, kind in kinds.items()
        if event.get(name) and not isinstance(event[name], kind)
    ]
    if problems:
        raise InvalidSubmission("; ".join(problems))
    given = {name: event[name] for name in OPTIONAL if event.get(name)}
    return {**{name: event[name] for name in REQUIRED}, **given}
