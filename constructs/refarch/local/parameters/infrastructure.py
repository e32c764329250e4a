"""`/aws/service/global-infrastructure/…`: regions, zones and services, by what botocore knows of them."""

from __future__ import annotations

from functools import cache
from typing import Any

PARTITIONS = {"cn-": "aws-cn", "us-gov-": "aws-us-gov", "eusc-": "aws-eusc"}
DOMAINS = {"aws-cn": "amazonaws.com.cn", "aws-eusc": "amazonaws.eu"}


def infrastructure(path: str) -> str | None:
    """The value below global-infrastructure, None when there is none."""
    steps = path.split("/")
    if steps[0] == "current-region":
        return None
    if steps[0] == "regions" and len(steps) >= 2:
        return _region(steps[1], steps[2:])
    if steps[0] == "services" and len(steps) >= 2:
        return _service(steps[1], steps[2:])
    if steps[0] == "availability-zones" and len(steps) == 2:
        return steps[1]
    return None


def _region(name: str, rest: list[str]) -> str | None:
    description = _regions().get(name)
    if description is None:
        return None
    partition = next((found for start, found in PARTITIONS.items() if name.startswith(start)), "aws")
    values = {
        "": name,
        "longName": description,
        "partition": partition,
        "domain": DOMAINS.get(partition, "amazonaws.com"),
    }
    if len(rest) == 2 and rest[0] == "services":
        return _service(rest[1], [])
    return values.get("/".join(rest))


def _service(name: str, rest: list[str]) -> str | None:
    if name not in _services():
        return None
    return {"": name, "longName": name}.get("/".join(rest))


@cache
def _endpoints() -> Any:
    from botocore.session import Session

    session = Session()
    return session.get_component("data_loader").load_data("endpoints"), session.get_available_services()


@cache
def _regions() -> dict[str, str]:
    found: dict[str, str] = {}
    for partition in _endpoints()[0]["partitions"]:
        found |= {name: region["description"] for name, region in partition["regions"].items()}
    return found


@cache
def _services() -> frozenset[str]:
    return frozenset(_endpoints()[1])
