"""Where a scalable dimension's number is read and written: the service's own API in this cloud."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from refarch.local.resources import api_calls


@dataclass(frozen=True)
class Capacity:
    """How to read the capacity of one resource, and how to set it."""

    read: Callable[[], int]
    write: Callable[[int], object]


def of(target: dict[str, Any]) -> Capacity | None:
    """The capacity of a scalable target; None for a dimension that cannot be changed here."""
    dimension, resource = target["ScalableDimension"], target["ResourceId"]
    if dimension == "ecs:service:DesiredCount":
        return _service(*resource.split("/")[1:])
    if dimension.startswith("dynamodb:table:"):
        return _table(resource.removeprefix("table/"), dimension.split(":")[-1])
    return None


def _service(cluster: str, service: str) -> Capacity:
    ecs = api_calls.client("ecs")
    return Capacity(
        read=lambda: int(ecs.describe_services(cluster=cluster, services=[service])["services"][0]["desiredCount"]),
        write=lambda count: ecs.update_service(cluster=cluster, service=service, desiredCount=count),
    )


def _table(name: str, units: str) -> Capacity:
    dynamodb = api_calls.client("dynamodb")

    def throughput() -> dict[str, int]:
        found = dynamodb.describe_table(TableName=name)["Table"]["ProvisionedThroughput"]
        return {unit: int(found[unit]) for unit in ("ReadCapacityUnits", "WriteCapacityUnits")}

    return Capacity(
        read=lambda: throughput()[units],
        write=lambda count: dynamodb.update_table(TableName=name, ProvisionedThroughput={**throughput(), units: count}),
    )
