"""On-Demand prices of EC2 instances, with what the instances are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from refarch.prices.tables import DEFAULT_REGION, not_known, table

_TABLES = {DEFAULT_REGION: "ec2_us_east_1"}


@dataclass(frozen=True, kw_only=True)
class InstancePrice:
    """One instance type in one region. `usd_an_hour`: On-Demand, Linux, shared tenancy. `architecture`: arm64 or
    x86_64."""

    name: str
    region: str
    as_of: str
    architecture: str
    vcpus: int
    memory_gib: float
    usd_an_hour: float

    @property
    def family(self) -> str:
        return self.name.partition(".")[0]

    @property
    def size(self) -> str:
        return self.name.partition(".")[2]


def instance_price(name: str, region: str = DEFAULT_REGION) -> InstancePrice:
    """The On-Demand price of an instance type such as `m7g.large`.

    Raises `PriceNotKnownError`, with the nearest known, for a type or a region that the table has not.
    """
    known = instance_prices(region)
    if name not in known:
        raise not_known(f"instance type in {region}", name, known)
    return known[name]


@cache
def instance_prices(region: str = DEFAULT_REGION) -> Mapping[str, InstancePrice]:
    """Every instance type that has a price in `region`, by name. Raises `PriceNotKnownError` for another region."""
    if region not in _TABLES:
        raise not_known("region of EC2 prices", region, _TABLES)
    document = table(_TABLES[region])
    return {
        f"{family}.{size}": InstancePrice(
            name=f"{family}.{size}",
            region=region,
            as_of=document["as_of"],
            architecture=each["architecture"],
            **figures,
        )
        for family, each in document["families"].items()
        for size, figures in each["sizes"].items()
    }
