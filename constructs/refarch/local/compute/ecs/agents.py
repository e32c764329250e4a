"""What the ECS agent of an instance would read from its user data, without AWS."""

from __future__ import annotations

import base64
import binascii
import json
import re
from dataclasses import dataclass, field
from typing import Any

SETTING = re.compile(r"\b(ECS_[A-Z_]+)\s*=\s*(\{[^}]*\}|'[^']*'|\"[^\"]*\"|[^\s'\"`>]+)")
BOTTLEROCKET = re.compile(r"\[settings\.ecs\][^\[]*?\bcluster\s*=\s*[\"']([^\"']+)")
WINDOWS = re.compile(r"Initialize-ECSAgent\s+.*?-Cluster\s+['\"]?([\w-]+)", re.IGNORECASE)


@dataclass(frozen=True)
class Agent:
    """`cluster` None: no agent is declared. `drains_on_notice`: ECS_ENABLE_SPOT_INSTANCE_DRAINING."""

    cluster: str | None = None
    drains_on_notice: bool = False
    attributes: dict[str, str] = field(default_factory=dict)


def agent_of(user_data: str | None) -> Agent:
    """The agent that base64-encoded user data configures: a shell's `ecs.config`, Bottlerocket's TOML, or Windows'."""
    try:
        script = base64.b64decode(user_data or "").decode(errors="replace")
    except (binascii.Error, ValueError):
        return Agent()
    found = {name: value.strip("'\"") for name, value in SETTING.findall(script)}
    other = BOTTLEROCKET.search(script) or WINDOWS.search(script)
    cluster = found.get("ECS_CLUSTER") or (other[1] if other else None)
    drains = found.get("ECS_ENABLE_SPOT_INSTANCE_DRAINING", "").lower() == "true"
    return Agent(cluster, drains, _attributes(found.get("ECS_INSTANCE_ATTRIBUTES", "")))


def _attributes(text: str) -> dict[str, str]:
    try:
        values: Any = json.loads(text) if text else {}
    except ValueError:
        return {}
    return {str(name): str(value) for name, value in values.items()} if isinstance(values, dict) else {}
