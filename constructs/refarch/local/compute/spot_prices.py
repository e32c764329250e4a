"""DescribeSpotPriceHistory: prices that are made up, the same each time, and say so.

A rate per vCPU of the type's family, with a draw by type and zone: enough for code that compares prices. No price of
AWS is in it. Each row says so: its `AvailabilityZoneId` is `made-up`.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from refarch.local import adapter
from refarch.local.compute import scope
from refarch.local.compute.instance_records import Parameters, one
from refarch.local.compute.scaling.types_by_need import FAMILIES, SIZES, capacity_of

PER_VCPU = {"c": 0.017, "m": 0.019, "r": 0.025, "t": 0.008, "x": 0.05, "g": 0.09, "p": 0.25, "i": 0.03}
PRODUCTS = (
    "Linux/UNIX",
    "Linux/UNIX (Amazon VPC)",
    "Windows",
    "Windows (Amazon VPC)",
    "Red Hat Enterprise Linux",
    "SUSE Linux",
)
STEPS = 3  # prices a type and zone, six hours apart
MOST = 1000
MADE_UP = "made-up"


def install() -> None:
    adapter.read("EC2 actions")["DescribeSpotPriceHistory"] = _describe


def price(instance_type: str, zone: str, step: int, product: str = PRODUCTS[0]) -> str:
    """Dollars an hour: 0.7 to 1.3 times the family's rate, drawn from the names; Windows costs half as much again."""
    drawn = int(hashlib.sha256(f"{instance_type}|{zone}|{step}".encode()).hexdigest()[:6], 16) / 0xFFFFFF
    rate = PER_VCPU.get(instance_type[:1], 0.02) * capacity_of(instance_type)[0] * (0.7 + 0.6 * drawn)
    return f"{rate * (1.5 if product.startswith('Windows') else 1):.6f}"


def _listed(parameters: Parameters, name: str) -> list[str]:
    keys = sorted(
        (key for key in parameters if re.fullmatch(rf"{name}\.\d+", key)), key=lambda key: int(key.split(".")[1])
    )
    return [one(parameters, key) for key in keys]


def _filters(parameters: Parameters) -> dict[str, list[str]]:
    found, number = {}, 1
    while name := one(parameters, f"Filter.{number}.Name"):
        found[name] = [one(parameters, key) for key in parameters if key.startswith(f"Filter.{number}.Value.")]
        number += 1
    return found


def _describe(parameters: Parameters) -> Any:
    filters = _filters(parameters)
    types = _listed(parameters, "InstanceType") or filters.get("instance-type")
    types = types or [f"{family}.{size}" for family in FAMILIES for size in SIZES[:4]]
    asked = one(parameters, "AvailabilityZone")
    zones = filters.get("availability-zone") or (
        [asked] if asked else [f"{scope.region()}{letter}" for letter in "abc"]
    )
    products = _listed(parameters, "ProductDescription") or filters.get("product-description") or [PRODUCTS[0]]
    start = one(parameters, "StartTime")
    rows = [
        (instance_type, zone, product, step)
        for instance_type in types
        for zone in zones
        for product in products
        for step in range(STEPS if not start else _steps(start))
    ]
    most = min(int(one(parameters, "MaxResults") or MOST), MOST)
    begin = int(one(parameters, "NextToken") or 0)
    shown = "".join(_item(*row) for row in rows[begin : begin + most])
    following = str(begin + most) if begin + most < len(rows) else ""
    inner = f"<spotPriceHistorySet>{shown}</spotPriceHistorySet><nextToken>{following}</nextToken>"
    return adapter.read("EC2 answer")(200, "DescribeSpotPriceHistoryResponse", inner)


def _steps(start: str) -> int:
    """Back to `start`, and the one price before it that still held then."""
    found = datetime.fromisoformat(start.replace("Z", "+00:00"))
    found = found if found.tzinfo else found.replace(tzinfo=UTC)
    hours = max(0.0, (datetime.now(UTC) - found).total_seconds() / 3600)
    return min(STEPS, int(hours // 6) + 1)


def _item(instance_type: str, zone: str, product: str, step: int) -> str:
    hour = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    values: Mapping[str, str] = {
        "instanceType": instance_type,
        "productDescription": product,
        "spotPrice": price(instance_type, zone, step, product),
        "timestamp": (hour - timedelta(hours=6 * step)).strftime("%Y-%m-%dT%H:%M:%S.000Z"),
        "availabilityZone": zone,
        "availabilityZoneId": MADE_UP,
    }
    return "<item>" + "".join(f"<{name}>{value}</{name}>" for name, value in values.items()) + "</item>"
