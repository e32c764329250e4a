"""Own types of the emulator whose resources it deletes before it makes their successors, or does not replace at all.

CloudFormation makes the new resource under a name of its own, and deletes the old one when the update has succeeded:
a rollback finds it with all that is in it, and `UpdateReplacePolicy: Retain` keeps it.
Source: CloudFormation's reference of each type ("Update requires: Replacement").
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

Properties = Mapping[str, Any]


def replaced(name: str, old: Properties, new: Properties) -> bool:
    """Whether this change makes a new resource. Never for one whose name the template chooses: its handler refuses."""
    rule = RULES.get(name)
    if rule is None:
        return False
    own_name, changed = rule
    return not old.get(own_name) and not new.get(own_name) and changed(old, new)


def named(name: str, identifier: str, old: Properties, new: Properties) -> tuple[Properties, Properties]:
    """Both versions with the name that CloudFormation gave the resource, where the handler does not find it again."""
    own_name = FORGOTTEN_NAMES.get(name)
    if own_name is None or old.get(own_name) or new.get(own_name):
        return old, new
    return {**old, own_name: identifier}, {**new, own_name: identifier}


def _differs(*names: str) -> Callable[[Properties, Properties], bool]:
    return lambda old, new: any(old.get(name) != new.get(name) for name in names)


def _table_differs(old: Properties, new: Properties) -> bool:
    """Another key or local index, or another type of an attribute that both versions define."""
    before, after = _types_of_attributes(old), _types_of_attributes(new)
    retyped = any(before[name] != after[name] for name in before.keys() & after.keys())
    return retyped or _differs("KeySchema", "LocalSecondaryIndexes")(old, new)


def _types_of_attributes(table: Properties) -> dict[str, str]:
    return {row["AttributeName"]: row["AttributeType"] for row in table.get("AttributeDefinitions") or ()}


RULES: Mapping[str, tuple[str, Callable[[Properties, Properties], bool]]] = {
    "AWS::DynamoDB::Table": ("TableName", _table_differs),
    "AWS::DynamoDB::GlobalTable": ("TableName", _table_differs),
    "AWS::ECS::Service": ("ServiceName", _differs("Cluster", "SchedulingStrategy", "Role")),
}
# Each update of these would make another resource and delete this one with all that is in it.
FORGOTTEN_NAMES: Mapping[str, str] = {"AWS::DynamoDB::GlobalTable": "TableName"}
