"""Prices of one region; where the table has none for it, those of us-east-1, and that is said."""

from __future__ import annotations

from dataclasses import dataclass, field

from refarch.prices import (
    DEFAULT_REGION,
    PriceNotKnownError,
    ServicePrice,
    instance_price,
    service_price,
    service_prices,
)


@dataclass
class Prices:
    """The reader of one card: remembers what it had to take from elsewhere, and the newest date."""

    region: str
    borrowed: set[str] = field(default_factory=set)
    dates: set[str] = field(default_factory=set)

    def service(self, name: str) -> ServicePrice:
        """A service's price. Raises `PriceNotKnownError` for a name that is in no table."""
        if self.region != DEFAULT_REGION and name not in service_prices(self.region):
            self.borrowed.add(name.partition(".")[0])
        known = name in service_prices(self.region)
        found = service_price(name, self.region if known else DEFAULT_REGION)
        self.dates.add(found.as_of)
        return found

    def instance(self, name: str) -> float | None:
        """Dollars an hour On-Demand, Linux; None for a type that has no price."""
        try:
            found = instance_price(name, self.region)
        except PriceNotKnownError:
            try:
                found = instance_price(name, DEFAULT_REGION)
            except PriceNotKnownError:
                return None
            self.borrowed.add("EC2 instances")
        self.dates.add(found.as_of)
        return found.usd_an_hour
