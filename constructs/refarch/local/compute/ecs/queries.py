"""The cluster query language as far as `ListContainerInstances` is asked with it: terms joined by `and`.

Source: "Cluster query language for Amazon ECS". `or`, `not` and brackets are refused rather than guessed.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from typing import Any

TERM = re.compile(r"^\s*([\w:.\-]+)\s*(==|!=|>=|<=|>|<|=~|!in|in|exists|!exists|equals)\s*(.*?)\s*$", re.DOTALL)
NAMES: tuple[str, ...] = (
    "ec2InstanceId",
    "agentConnected",
    "status",
    "version",
    "runningTasksCount",
    "pendingTasksCount",
)
NAMES += ("containerInstanceArn", "capacityProviderName", "registeredAt")
COMPARED: dict[str, Callable[[Any, Any], bool]] = {
    ">": operator.gt,
    "<": operator.lt,
    ">=": operator.ge,
    "<=": operator.le,
}


def matches(expression: str, record: Mapping[str, Any], groups: set[str]) -> bool:
    """Whether a container instance fits. `groups`: the groups of the tasks on it. Raises `ValueError`."""
    return all(_term(term, record, groups) for term in re.split(r"\s+(?:and|&&)\s+", expression.strip()))


def _term(term: str, record: Mapping[str, Any], groups: set[str]) -> bool:
    found = TERM.match(term)
    if not found or re.search(r"\s(or|\|\|)\s|^\(|^not\s", term):
        raise ValueError(f"the filter {term!r} is not understood here: terms joined by `and` are")
    subject, sign, wanted = found.groups()
    if subject == "task:group":
        value: Any = groups
    elif subject.startswith("attribute:"):
        value = {one["name"]: one.get("value", "") for one in record["attributes"]}.get(subject.split(":", 1)[1])
    elif subject in NAMES:
        value = record.get(subject)
    else:
        raise ValueError(f"the filter names {subject!r}; known are {', '.join(NAMES)}, attribute:… and task:group")
    return _holds(value, sign, wanted)


def _holds(value: Any, sign: str, wanted: str) -> bool:
    if sign in ("exists", "!exists"):
        return (value is not None) == (sign == "exists")
    if isinstance(value, set):
        return any(_holds(one, sign, wanted) for one in value)
    text = str(value).lower() if isinstance(value, bool) else str(value)
    if sign in ("in", "!in"):
        return (text in [_plain(one) for one in wanted.strip("[]() ").split(",")]) == (sign == "in")
    if sign == "=~":
        return value is not None and re.search(_plain(wanted), text) is not None
    if sign in COMPARED:
        return COMPARED[sign](float(text), float(_plain(wanted)))
    return (text == _plain(wanted)) == (sign in ("==", "equals"))


def _plain(text: str) -> str:
    return text.strip().strip("'\"")
