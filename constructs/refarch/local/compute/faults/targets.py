"""Which instances a target of an experiment means, without AWS."""

from __future__ import annotations

import random
import re
from collections.abc import Mapping, Sequence
from typing import Any

Record = Mapping[str, Any]
MODE = re.compile(r"ALL|COUNT\((\d+)\)|PERCENT\((\d+)\)")
KINDS = ("aws:ec2:spot-instance", "aws:ec2:instance")


def problems(name: str, target: Record) -> list[str]:
    """Everything that keeps a target from being resolved, one sentence each."""
    lines = []
    if not target.get("resourceArns") and not target.get("resourceTags") and not target.get("parameters"):
        lines.append(f"Target {name} has neither resourceArns nor resourceTags.")
    mode = target.get("selectionMode", "")
    found = MODE.fullmatch(mode)
    if found is None:
        lines.append(f"selectionMode of {name} is {mode!r}, allowed are ALL, COUNT(n) and PERCENT(n).")
    elif found[2] and not 1 <= int(found[2]) <= 100:
        lines.append(f"selectionMode of {name} is {mode!r}, a percentage is from 1 to 100.")
    return lines


def candidates(target: Record, instances: Sequence[Record], tags: Mapping[str, Sequence[Record]]) -> list[Record]:
    """The instances that a target describes. `tags`: by the id of the instance."""
    spot = target["resourceType"] == KINDS[0]
    return [
        record
        for record in instances
        if (not spot or record.get("InstanceLifecycle") == "spot")
        and _named(target, record)
        and _tagged(target, tags.get(record["InstanceId"]) or [])
        and all(_value(record, one["path"]) in one["values"] for one in target.get("filters") or [])
    ]


def selected(mode: str, found: Sequence[Record], draw: random.Random) -> list[Record]:
    """As many of them as the mode says, drawn at random; a percentage is rounded down, to at least one."""
    told = MODE.fullmatch(mode)
    if told is None or not found or not (told[1] or told[2]):
        return list(found)
    number = int(told[1]) if told[1] else max(1, len(found) * int(told[2]) // 100)
    return draw.sample(list(found), min(number, len(found)))


def _named(target: Record, record: Record) -> bool:
    arns = target.get("resourceArns") or []
    return not arns or any(arn.rpartition("/")[2] == record["InstanceId"] for arn in arns)


def _tagged(target: Record, tags: Sequence[Record]) -> bool:
    own = {tag["Key"]: tag.get("Value", "") for tag in tags}
    return all(own.get(key) == value for key, value in (target.get("resourceTags") or {}).items())


def _value(record: Record, path: str) -> str:
    value: Any = record
    for step in path.split("."):
        value = value.get(step) if isinstance(value, Mapping) else None
    return str(value)
