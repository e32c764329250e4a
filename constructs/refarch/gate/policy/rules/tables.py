"""DynamoDB."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from refarch.gate.policy.model import Fault, fault, rule
from refarch.gate.policy.values import UNKNOWN, at, entries, is_off
from refarch.gate.policy.view import Resource, Template

TABLE = "AWS::DynamoDB::Table"
GLOBAL = "AWS::DynamoDB::GlobalTable"
_INDEXES = ("GlobalSecondaryIndexes", "LocalSecondaryIndexes")


def _replicas(table: Resource) -> list[Any]:
    """What holds the settings: the table, or each replica of a global one."""
    return [table.properties] if table.type == TABLE else list(table.entries("Replicas"))


@rule(
    "DDB-RECOVERY",
    "A table cannot be brought back as it was",
    control=46,
    anchor="CT.DYNAMODB.PR.1, N DDB3, F DynamoDB.2",
    remedy="set PointInTimeRecoverySpecification.PointInTimeRecoveryEnabled to true",
)
def recovery(template: Template) -> Iterator[Fault]:
    for table in template.of_type(TABLE, GLOBAL):
        path = "PointInTimeRecoverySpecification.PointInTimeRecoveryEnabled"
        if any(is_off(at(each, path)) for each in _replicas(table)):
            yield fault(table, "PointInTimeRecoveryEnabled is not true", path)


@rule(
    "DDB-ENCRYPTION",
    "A table is not encrypted with a key in your account",
    control=46,
    profile="regulated",
    severity="warning",
    anchor="own",
    remedy="set SSESpecification.SSEEnabled to true",
)
def encryption(template: Template) -> Iterator[Fault]:
    for table in template.of_type(TABLE, GLOBAL):
        if is_off(table.get("SSESpecification.SSEEnabled")):
            yield fault(table, "SSEEnabled is not true", "SSESpecification")


@rule(
    "DDB-DELETION-PROTECTION",
    "A table goes by one call",
    control=46,
    profile="regulated",
    severity="warning",
    anchor="CT.DYNAMODB.PR.2, F DynamoDB.6",
    remedy="set DeletionProtectionEnabled to true",
)
def deletion_protection(template: Template) -> Iterator[Fault]:
    for table in template.of_type(TABLE, GLOBAL):
        if any(is_off(at(each, "DeletionProtectionEnabled")) for each in _replicas(table)):
            yield fault(table, "DeletionProtectionEnabled is not true", "DeletionProtectionEnabled")


@rule(
    "DDB-KEYS",
    "A key of a table is no attribute, or an attribute no key",
    anchor="cfn-lint E3039",
    remedy="define the attributes of all keys, and no others",
)
def keys(template: Template) -> Iterator[Fault]:
    for table in template.of_type(TABLE, GLOBAL):
        if table.get("AttributeDefinitions") in (None, UNKNOWN) or "Fn::Transform" in f"{table.properties}":
            continue
        defined = {at(each, "AttributeName") for each in table.entries("AttributeDefinitions")}
        used = {at(each, "AttributeName") for each in _keys(table)}
        if UNKNOWN in defined | used:
            continue
        for name in sorted(map(str, used - defined)):
            yield fault(table, f"the key {name!r} is not in AttributeDefinitions", "KeySchema")
        for name in sorted(map(str, defined - used)):
            yield fault(table, f"the attribute {name!r} is the key of nothing", "AttributeDefinitions")


def _keys(table: Resource) -> Iterator[Any]:
    yield from table.entries("KeySchema")
    for path in _INDEXES:
        for index in table.entries(path):
            yield from entries(at(index, "KeySchema"))
