"""Prices of services other than EC2 instances."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from refarch.prices.tables import DEFAULT_REGION, not_known, table

_TABLE = "services_us_east_1"


@dataclass(frozen=True, kw_only=True)
class ServicePrice:
    """The price of one `unit` of something, in the first tier. `confirmed`: found in a dated source."""

    name: str
    usd: float
    unit: str
    region: str
    as_of: str
    source: str
    confirmed: bool


def service_price(name: str, region: str = DEFAULT_REGION) -> ServicePrice:
    """A price by its name, such as `nat_gateway.hour` or `lambda_arm64.gigabyte_second`.

    Raises `PriceNotKnownError`, with the nearest known, for a name that has no price in `region`.
    """
    known = service_prices(region)
    if not known:
        raise not_known("region of service prices", region, _regions())
    if name not in known:
        raise not_known(f"service price in {region}", name, known)
    return known[name]


@cache
def service_prices(region: str = DEFAULT_REGION) -> Mapping[str, ServicePrice]:
    """Every service price of `region` by name: all of us-east-1, elsewhere those that are known to be the same."""
    document = table(_TABLE)
    return {
        name: ServicePrice(
            name=name,
            region=region,
            as_of=document["as_of"],
            **{key: value for key, value in each.items() if key != "also_in"},
        )
        for name, each in document["items"].items()
        if region == document["region"] or region in each["also_in"]
    }


def _regions() -> set[str]:
    document = table(_TABLE)
    return {document["region"], *(region for each in document["items"].values() for region in each["also_in"])}
