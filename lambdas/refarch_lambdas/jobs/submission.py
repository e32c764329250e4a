"""The event of the posts' submit function, as a request of Batch. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

REQUIRED = ("jobName", "jobQueue", "jobDefinition")
# Argument to its type, and what that is called.
OPTIONAL: Mapping[str, tuple[type, str]] = {
    "containerOverrides": (Mapping, "an object"),
    "parameters": (Mapping, "an object"),
    "dependsOn": (list, "a list"),
    "shareIdentifier": (str, "a text"),
}


class InvalidSubmission(ValueError):
    """An event that names no job; the message lists every problem."""


def request_of(event: Mapping[str, Any]) -> dict[str, Any]:
    """Arguments of SubmitJob. Other keys of the event are the caller's own. Raises `InvalidSubmission`."""
    problems = [
        f"{name} is {event.get(name)!r}, allowed: a text that is not empty"
        for name in REQUIRED
        if not isinstance(event.get(name), str) or not event[name].strip()
    ]
    problems += [
        f"{name} is {event[name]!r}, allowed: {words}"
        for name, (kind, words) in OPTIONAL.items()
        if event.get(name) and not isinstance(event[name], kind)
    ]
    if problems:
        raise InvalidSubmission("; ".join(problems))
    given = {name: event[name] for name in OPTIONAL if event.get(name)}
    return {**{name: event[name] for name in REQUIRED}, **given}
