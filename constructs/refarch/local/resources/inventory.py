"""How real each resource type is, and each resource: never more than is true."""

from __future__ import annotations

from collections import Counter
from typing import Any, Literal

from refarch.local import adapter
from refarch.local.resources import engine, records, schemas
from refarch.local.resources.api_backed import BACKED, PLACEHOLDERS

Realness = Literal["API-backed", "recorded only", "CloudFormation"]


def realness(name: str) -> Realness:
    """`API-backed`: a resource of the type is seen by its service's API. `CloudFormation`: the engine's own."""
    return _realness(name, engine.own_types())


def _realness(name: str, own: set[str]) -> Realness:
    if name in own and name.startswith(engine.UNCHECKED):
        return "CloudFormation"
    backed = name in BACKED or (name in own and name not in PLACEHOLDERS)
    return "API-backed" if backed else "recorded only"


def types() -> dict[str, Any]:
    """Every type with how real it is, and the counts."""
    names = sorted(engine.own_types() | engine.generic_types())
    found = {name: realness(name) for name in names}
    return {"types": found, "counts": dict(Counter(found.values()))}


def without_cloud() -> dict[str, Realness]:
    """The same of every type, in a process that is not the cloud's."""
    own = set(adapter.read("handlers of resource types"))
    return {name: _realness(name, own) for name in sorted(own | set(schemas.names()))}


def resources() -> list[dict[str, Any]]:
    """What the generic handler keeps: type, physical id, account, region, how real, properties and attributes."""
    return [
        {
            "type": kind,
            "id": identifier,
            "account": account,
            "region": region,
            "real": "API-backed" if record.api and not record.behind else "recorded only",
            "service": record.api,
            "changed": record.changed,
            "properties": record.properties,
            "attributes": record.attributes,
        }
        for (account, region, kind, identifier), record in sorted(records.listed().items())
    ]
