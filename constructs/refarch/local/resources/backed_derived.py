"""Types that are made through an API by the rules of `derivation`: only those that were proved, one by one.

The table is written by `python -m tests.local.resources.prove` and tested by tests/local/resources/test_derived.py. A
resource that its API refuses, or that moto cannot make with the properties at hand, is recorded only, and called so.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

from refarch.local.resources.backing import Backing

NOTHING_MADE = "the emulator's own handler makes nothing"
EMPTY = ("AWS::ApiGateway::DocumentationVersion", "AWS::AppSync::FunctionConfiguration")
ENGINE = "belongs to CloudFormation itself, and the emulator's engine does nothing with it"
ENGINE_TYPES = tuple(
    f"AWS::CloudFormation::{name}"
    for name in (
        "ChangeSet", "GeneratedTemplate", "GuardHook", "HookDefaultVersion", "HookTypeConfig", "HookVersion",
        "LambdaHook", "Macro", "ModuleDefaultVersion", "ModuleVersion", "PublicTypeVersion", "Publisher",
        "ResourceDefaultVersion", "ResourceVersion", "StackSet", "TypeActivation",
    )
)  # fmt: skip


@cache
def table() -> dict[str, dict[str, Any]]:
    """Each type with its operations, or with the `reason` why it is recorded only."""
    path = Path(__file__).with_name("derived.json")
    found: dict[str, dict[str, Any]] = json.loads(path.read_text("utf-8")) if path.exists() else {}
    return found


def backed() -> dict[str, Backing]:
    return {name: _backing(entry) for name, entry in table().items() if "service" in entry}


def reasons() -> dict[str, str]:
    """Why each of the other types is recorded only."""
    derived = {name: str(entry["reason"]) for name, entry in table().items() if "reason" in entry}
    return dict.fromkeys(ENGINE_TYPES, ENGINE) | dict.fromkeys(EMPTY, NOTHING_MADE) | derived


def _backing(entry: dict[str, Any]) -> Backing:
    return Backing(
        service=entry["service"],
        create=entry["create"],
        delete=entry["delete"],
        update=entry.get("update"),
        identity=entry.get("identity", {}),
        attributes=entry.get("attributes", {}),
        renamed=entry.get("renamed", {}),
        wrapped=entry.get("wrapped", {}),
        lenient=True,
    )
