"""Values of a template as the members and types of an API's request, by the shapes that botocore carries.

CloudFormation and the APIs name the same things, up to capital letters: `SubnetId`, `subnetId`.
"""

from __future__ import annotations

import json
from typing import Any


def as_request(value: Any, shape: Any) -> Any:
    """`value` in the form of `shape`; members that the shape does not have are left out."""
    convert = _CONVERSIONS.get(shape.type_name)
    return convert(value, shape) if convert else value


def _structure(value: Any, shape: Any) -> Any:
    if not isinstance(value, dict):
        return value
    members = {name.lower(): name for name in shape.members}
    found = {members[name.lower()]: inner for name, inner in value.items() if name.lower() in members}
    return {name: as_request(inner, shape.members[name]) for name, inner in found.items() if inner is not None}


def _list(value: Any, shape: Any) -> Any:
    if isinstance(value, dict) and {"key", "value"} <= {name.lower() for name in getattr(shape.member, "members", {})}:
        value = [{"Key": key, "Value": inner} for key, inner in value.items()]  # tags as a map
    return [as_request(one, shape.member) for one in (value if isinstance(value, list) else [value])]


def _map(value: Any, shape: Any) -> Any:
    if isinstance(value, list):  # tags as a list
        value = {one["Key"]: one.get("Value", "") for one in value if isinstance(one, dict) and "Key" in one}
    return {key: as_request(inner, shape.value) for key, inner in value.items()} if isinstance(value, dict) else value


def _string(value: Any, shape: Any) -> Any:
    if isinstance(value, str):
        return value
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else json.dumps(value)


_CONVERSIONS: dict[str, Any] = {
    "structure": _structure,
    "list": _list,
    "map": _map,
    "string": _string,
    "integer": lambda value, shape: int(value),
    "long": lambda value, shape: int(value),
    "float": lambda value, shape: float(value),
    "double": lambda value, shape: float(value),
    "boolean": lambda value, shape: value if isinstance(value, bool) else str(value).lower() == "true",
    "blob": lambda value, shape: value.encode() if isinstance(value, str) else value,
}


def flattened(value: Any, into: dict[str, Any] | None = None) -> dict[str, Any]:
    """All scalars of a response by their names in small letters; the outermost of a name wins, lists by their first."""
    found: dict[str, Any] = {} if into is None else into
    if isinstance(value, dict):
        for name, inner in value.items():
            if not isinstance(inner, dict | list):
                found.setdefault(name.lower(), inner)
        for inner in value.values():
            flattened(inner, found)
    elif isinstance(value, list) and value:
        flattened(value[0], found)
    return found
