"""What a job costs: a dated price table and arithmetic. Pure, no AWS; list prices, not a quote.

The tables were written down from the public price pages on their date and are not fetched. Free tiers, discounts,
taxes, data transfer and the idle polling of the queue are left out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

MEGABYTES_PER_GIGABYTE = 1024
BYTES_PER_GIGABYTE = 1024**3
HOURS_PER_MONTH = 730
LIST_PRICE = "list price, not a quote"
SOURCES = (
    "https://aws.amazon.com/lambda/pricing/",
    "https://aws.amazon.com/s3/pricing/",
    "https://aws.amazon.com/sqs/pricing/",
)


@dataclass(frozen=True, kw_only=True)
class PriceTable:
    """List prices of one region in US dollars, as they stood on `as_of`."""

    region: str
    as_of: str
    gigabyte_second: Mapping[str, float]
    """Lambda compute by architecture, for memory x billed duration."""
    lambda_request: float = 0.20 / 1_000_000
    s3_put: float = 0.005 / 1_000
    """PUT, COPY, POST and LIST cost the same."""
    s3_get: float = 0.0004 / 1_000
    s3_gigabyte_month: float = 0.023
    sqs_request: float = 0.40 / 1_000_000
    sources: tuple[str, ...] = SOURCES


_COMPUTE: Final = {"arm64": 0.0000133334, "x86_64": 0.0000166667}
_AS_OF: Final = "2026-05-11"
DEFAULT_REGION: Final = "us-east-1"
# Only regions whose prices are the same as those of us-east-1; another region's price would be a guess.
PRICES: Final[Mapping[str, PriceTable]] = {
    region: PriceTable(region=region, as_of=_AS_OF, gigabyte_second=_COMPUTE)
    for region in ("us-east-1", "us-east-2", "us-west-2", "eu-west-1")
}
# The post's time (September 2016): one architecture, 100 ms granularity, dearer storage.
PRICES_2016: Final = PriceTable(
    region="us-east-1", as_of="2016-09-26", gigabyte_second={"x86_64": 0.00001667}, s3_gigabyte_month=0.03
)


@dataclass(frozen=True, kw_only=True)
class Usage:
    """What a job used. Compute in GB-seconds (memory in GB x billed seconds), requests in numbers."""

    mapper_gb_seconds: float = 0.0
    reducer_gb_seconds: float = 0.0
    coordinator_gb_seconds: float = 0.0
    lambda_requests: float = 0
    get_requests: float = 0
    put_requests: float = 0
    list_requests: float = 0
    sqs_requests: float = 0
    stored_gigabyte_hours: float = 0.0

    @property
    def gb_seconds(self) -> float:
        return self.mapper_gb_seconds + self.reducer_gb_seconds + self.coordinator_gb_seconds


@dataclass(frozen=True, kw_only=True)
class Cost:
    """Dollars by item. `region` is the job's, `price_region` the one whose prices were used; `note` says why."""

    items: Mapping[str, float]
    region: str
    price_region: str
    prices_as_of: str
    sources: tuple[str, ...] = SOURCES
    note: str = LIST_PRICE
    currency: str = field(default="USD")

    @property
    def total(self) -> float:
        return sum(self.items.values())

    def to_json(self) -> dict[str, Any]:
        return {
            "currency": self.currency,
            "items": dict(self.items),
            "total": self.total,
            "pricesAsOf": self.prices_as_of,
            "region": self.region,
            "priceRegion": self.price_region,
            "sources": list(self.sources),
            "note": self.note,
        }


def gb_seconds(milliseconds: float, memory_mb: float) -> float:
    """Lambda's unit of compute."""
    return milliseconds / 1000 * memory_mb / MEGABYTES_PER_GIGABYTE


def prices_for(region: str) -> PriceTable:
    """The table of `region`, or that of us-east-1 where we know none (`cost_of` says so in its note)."""
    return PRICES.get(region, PRICES[DEFAULT_REGION])


def cost_of(usage: Usage, *, region: str, architecture: str = "arm64", prices: PriceTable | None = None) -> Cost:
    """The itemised list price of `usage`.

    Raises `ValueError` for an architecture that the table has no price for.
    """
    table = prices or prices_for(region)
    if architecture not in table.gigabyte_second:
        known = ", ".join(sorted(table.gigabyte_second))
        raise ValueError(f"no price for architecture {architecture!r}; the table of {table.as_of} has {known}")
    elsewhere = "" if table.region == region else f"; no table for {region}, prices of {table.region} used"
    return Cost(
        items=_items(usage, table, table.gigabyte_second[architecture]),
        region=region,
        price_region=table.region,
        prices_as_of=table.as_of,
        sources=table.sources,
        note=LIST_PRICE + elsewhere,
    )


def _items(usage: Usage, table: PriceTable, gigabyte_second: float) -> dict[str, float]:
    return {
        "mapperCompute": usage.mapper_gb_seconds * gigabyte_second,
        "reducerCompute": usage.reducer_gb_seconds * gigabyte_second,
        "coordinatorCompute": usage.coordinator_gb_seconds * gigabyte_second,
        "lambdaRequests": usage.lambda_requests * table.lambda_request,
        "s3Get": usage.get_requests * table.s3_get,
        "s3PutList": (usage.put_requests + usage.list_requests) * table.s3_put,
        "sqs": usage.sqs_requests * table.sqs_request,
        "storage": usage.stored_gigabyte_hours * table.s3_gigabyte_month / HOURS_PER_MONTH,
    }
