"""Values of a template on one line: references by name, intrinsic functions as what they say."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any


def show(value: Any) -> str:
    """`{"Fn::GetAtt": ["Data", "Arn"]}` is `Data.Arn`, a pseudo parameter `<AWS::Region>`; keys are sorted."""
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        return "[" + ", ".join(map(show, value)) + "]"
    if not isinstance(value, Mapping):
        return json.dumps(value)
    if len(value) == 1:
        name, argument = next(iter(value.items()))
        if name == "Ref" or name.startswith("Fn::"):
            return _intrinsic(name, argument)
    return "{" + ", ".join(f"{key}={show(each)}" for key, each in sorted(value.items())) + "}"


def _intrinsic(name: str, argument: Any) -> str:
    match name, argument:
        case "Ref", str():
            return f"<{argument}>" if argument.startswith("AWS::") else argument
        case "Fn::GetAtt", [resource, attribute]:
            return f"{show(resource)}.{show(attribute)}"
        case "Fn::Join", [str() as delimiter, list() as parts]:
            return delimiter.join(map(show, parts))
        case "Fn::Sub", str():
            return argument.replace("${", "<").replace("}", ">")
    return f"{name.removeprefix('Fn::')}({show(argument)})"
