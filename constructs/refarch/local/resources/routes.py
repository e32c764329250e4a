"""GET /_refarch/types and GET /_refarch/resources."""

from __future__ import annotations

from typing import Any

from refarch.local import control
from refarch.local.resources import inventory


def install() -> None:
    control.register("GET", "types", lambda request: inventory.types())
    control.register("GET", "resources", _resources)


def _resources(request: control.Request) -> dict[str, Any]:
    """`?real=recorded only` gives only those, `?type=Part` only types with that in their name."""
    wanted, part = request.query.get("real"), request.query.get("type", "").lower()
    found = [
        resource
        for resource in inventory.resources()
        if (wanted is None or resource["real"] == wanted) and part in resource["type"].lower()
    ]
    return {"resources": found}
