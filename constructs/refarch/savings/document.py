"""A fleet from a JSON document: for fleets that are not deployed, or whose figures come from elsewhere.

    {"region": "us-east-1", "hours": 24,
     "instances": [{"instance_type": "m7g.large", "zone": "us-east-1a", "count": 12, "lifecycle": "spot",
                    "spot_usd": 0.03, "on_demand_usd": 0.0816}],
     "reclaims": [{"instance_type": "m7g.large", "zone": "us-east-1a", "count": 2}]}

Of an instance only its type is needed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from refarch.prices import DEFAULT_REGION
from refarch.savings.fleet import LIFECYCLES, Fleet, Reclaim, Some

_KEYS = ("region", "price_region", "hours", "instances", "reclaims")
_SOME = tuple(each.name for each in fields(Some))
_RECLAIM = ("instance_type", "zone", "count")
_MONEY = ("spot_usd", "on_demand_usd")


class FleetDocumentError(ValueError):
    """A document that is no fleet. The message lists every problem: where, the value got, what is allowed."""


def parse_fleet(document: Any) -> Fleet:
    """The fleet that a JSON document describes. Raises `FleetDocumentError` with every problem."""
    problems = _problems(document)
    if problems:
        raise FleetDocumentError("fleet: " + "; ".join(problems))
    return Fleet(
        region=document.get("region", DEFAULT_REGION),
        price_region=document.get("price_region", document.get("region", DEFAULT_REGION)),
        hours=document.get("hours", Fleet.hours),
        instances=[Some(**{"zone": "", **each}) for each in document["instances"]],
        reclaims=[each for row in document.get("reclaims", ()) for each in _reclaims(row)],
    )


def _reclaims(row: Mapping[str, Any]) -> list[Reclaim]:
    one = Reclaim(instance_id="", instance_type=row["instance_type"], zone=row.get("zone", ""), time=0.0)
    return [one] * row.get("count", 1)


def _problems(document: Any) -> list[str]:
    if not isinstance(document, dict):
        return [f"document is a {type(document).__name__}, allowed: an object with {', '.join(_KEYS)}"]
    found = _unknown("document", document, _KEYS)
    for name in ("region", "price_region"):
        if not isinstance(document.get(name, ""), str):
            found.append(f"{name} is {document[name]!r}, allowed: text")
    found += _number("hours", document.get("hours", 1), more_than=0)
    rows = {name: document.get(name, [] if name == "reclaims" else None) for name in ("instances", "reclaims")}
    for name, value in rows.items():
        if not isinstance(value, list):
            found.append(f"{name} is {value!r}, allowed: a list")
            continue
        for number, row in enumerate(value):
            found += _row_problems(f"{name}[{number}]", row, _SOME if name == "instances" else _RECLAIM)
    return found


def _row_problems(where: str, row: Any, known: tuple[str, ...]) -> list[str]:
    if not isinstance(row, dict):
        return [f"{where} is {row!r}, allowed: an object with {', '.join(known)}"]
    found = _unknown(where, row, known)
    for name in ("instance_type", "zone"):
        if not isinstance(row.get(name, "" if name == "zone" else None), str):
            found.append(f"{where}.{name} is {row.get(name)!r}, allowed: text")
    count = row.get("count", 1)
    if not isinstance(count, int) or isinstance(count, bool) or count < 0:
        found.append(f"{where}.count is {count!r}, allowed: a whole number, 0 or more")
    if row.get("lifecycle", LIFECYCLES[0]) not in LIFECYCLES:
        found.append(f"{where}.lifecycle is {row['lifecycle']!r}, allowed: {' or '.join(LIFECYCLES)}")
    for name in _MONEY:
        if row.get(name) is not None:
            found += _number(f"{where}.{name}", row[name], more_than=-1e-12)
    return found


def _unknown(where: str, row: Mapping[str, Any], known: tuple[str, ...]) -> list[str]:
    return [f"{where} has {name!r}, allowed: {', '.join(known)}" for name in row if name not in known]


def _number(where: str, value: Any, *, more_than: float) -> list[str]:
    good = isinstance(value, int | float) and not isinstance(value, bool) and more_than < value < float("inf")
    return [] if good else [f"{where} is {value!r}, allowed: a number {'over 0' if more_than == 0 else 'of 0 or more'}"]
