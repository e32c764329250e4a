"""Reading a template of EcsSpot, and changing it: what the checks of the originals' defects are made of."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

Template = dict[str, Any]


@dataclass(frozen=True)
class Defect:
    """`number`: the defect's, or the trap's of the CDK. `was`: what was wrong."""

    number: str
    was: str
    check: Callable[[Template], list[str]]
    again: Callable[[Template], None]


def of(template: Template, *kinds: str) -> dict[str, dict[str, Any]]:
    """Logical id to the properties of the resources of these types."""
    found = template["Resources"].items()
    return {name: each.setdefault("Properties", {}) for name, each in found if each["Type"] in kinds}


def first(template: Template, kind: str) -> dict[str, Any]:
    return next(iter(of(template, kind).values()))


def launch(template: Template) -> list[dict[str, Any]]:
    return [each["LaunchTemplateData"] for each in of(template, "AWS::EC2::LaunchTemplate").values()]


def script(data: dict[str, Any]) -> str:
    parts = data["UserData"]["Fn::Base64"]["Fn::Join"][1]
    return "".join(part if isinstance(part, str) else "reference" for part in parts)


def append(line: str) -> Callable[[Template], None]:
    """Adds a line to the user data of the first launch template."""

    def change(template: Template) -> None:
        launch(template)[0]["UserData"]["Fn::Base64"]["Fn::Join"][1].append("\n" + line)

    return change


def replace(old: str, new: str) -> Callable[[Template], None]:
    """Rewrites the whole template as text."""

    def change(template: Template) -> None:
        text = json.dumps(template)
        assert old in text, f"nothing to bring back: no {old}"
        template.update(json.loads(text.replace(old, new)))

    return change


def scripts_with(pattern: re.Pattern[str]) -> Callable[[Template], list[str]]:
    return lambda template: [found.group() for data in launch(template) for found in pattern.finditer(script(data))]


def statements(template: Template) -> Iterator[dict[str, Any]]:
    for each in of(template, "AWS::IAM::Policy").values():
        yield from each["PolicyDocument"]["Statement"]


def listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
