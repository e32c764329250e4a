"""The arithmetic of a savings report. Pure: the same fleet and tables give the same report.

What it compares: the instances that run now, at their Spot price, with the same instances On-Demand. Instances that
are On-Demand already save nothing and are counted on both sides. Volumes, traffic and taxes are the same on both sides
and left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from refarch.prices import DEFAULT_REGION, HOURS_A_MONTH, instance_prices, spot_discount
from refarch.savings.fleet import NOTICE, SPOT, Fleet, Reclaim, Some


@dataclass(frozen=True, kw_only=True)
class Cost:
    """Dollars an hour. `low` to `high`: where Spot prices are assumed; without an assumption both are `usd`."""

    usd: float = 0.0
    low: float = 0.0
    high: float = 0.0
    on_demand: float = 0.0

    def __add__(self, other: Cost) -> Cost:
        return Cost(
            usd=self.usd + other.usd,
            low=self.low + other.low,
            high=self.high + other.high,
            on_demand=self.on_demand + other.on_demand,
        )

    @property
    def saved(self) -> float:
        return self.on_demand - self.usd

    @property
    def saved_share(self) -> float | None:
        """Of the On-Demand price; None where nothing runs."""
        return self.saved / self.on_demand if self.on_demand else None


@dataclass(frozen=True, kw_only=True)
class PoolReport:
    """One pool: a type in a zone. `assumed`: its Spot price is an assumption of the tables, not a price of EC2."""

    instance_type: str
    zone: str
    spot: int
    on_demand: int
    vcpus: int
    interruptions: int
    cost: Cost
    assumed: bool
    hours: float

    @property
    def share(self) -> float | None:
        """Interruptions for each Spot Instance that runs now."""
        return self.interruptions / self.spot if self.spot else None

    @property
    def hourly_rate(self) -> float | None:
        """Interruptions for each Spot Instance and hour."""
        return self.share / self.hours if self.share is not None and self.hours else None


@dataclass(frozen=True, kw_only=True)
class SavingsReport:
    """A fleet's pools, dearest first, and their sum. `left_out`: types without a price, which no figure contains."""

    region: str
    price_region: str
    hours: float
    pools: tuple[PoolReport, ...]
    left_out: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def cost(self) -> Cost:
        return sum((each.cost for each in self.pools), Cost())

    @property
    def monthly_savings(self) -> float:
        """Dollars, if the fleet stayed for a month of 730 hours as it is now."""
        return self.cost.saved * HOURS_A_MONTH

    @property
    def total(self) -> PoolReport:
        """All pools as one."""
        return PoolReport(
            instance_type="all",
            zone="",
            spot=sum(each.spot for each in self.pools),
            on_demand=sum(each.on_demand for each in self.pools),
            vcpus=sum(each.vcpus for each in self.pools),
            interruptions=sum(each.interruptions for each in self.pools),
            cost=self.cost,
            assumed=any(each.assumed for each in self.pools),
            hours=self.hours,
        )

    @property
    def usd_a_vcpu_hour(self) -> float | None:
        return self.cost.usd / self.total.vcpus if self.total.vcpus else None


def savings_report(fleet: Fleet) -> SavingsReport:
    """The report of a fleet. An instance type without a price is named in `left_out`, and its instances count nowhere.

    Raises `PriceNotKnownError` where the fleet's `price_region` has no table and an instance brings no price itself.
    """
    if any(each.on_demand_usd is None for each in fleet.instances):
        instance_prices(fleet.price_region)
    unpriced = {each.instance_type for each in fleet.instances if _hour(each, fleet.price_region) is None}
    running = [(each.instance_type, each.zone) for each in fleet.instances if each.instance_type not in unpriced]
    taken = [(each.instance_type, each.zone) for each in _taken(fleet.reclaims)]
    found = [_pool(name, zone, fleet) for name, zone in dict.fromkeys([*running, *taken]) if name not in unpriced]
    ordered = sorted(found, key=lambda each: (-each.cost.on_demand, each.instance_type, each.zone))
    return SavingsReport(
        region=fleet.region,
        price_region=fleet.price_region,
        hours=fleet.hours,
        pools=tuple(ordered),
        left_out=tuple(sorted(unpriced)),
        notes=tuple(fleet.notes),
    )


def _hour(some: Some, region: str) -> float | None:
    """The On-Demand price of an instance: its own, else the table's, else None."""
    if some.on_demand_usd is not None:
        return some.on_demand_usd
    known = instance_prices(region).get(some.instance_type)
    return known.usd_an_hour if known else None


def _taken(reclaims: Iterable[Reclaim]) -> list[Reclaim]:
    return [each for each in reclaims if each.signal == NOTICE]


def _pool(name: str, zone: str, fleet: Fleet) -> PoolReport:
    members = [each for each in fleet.instances if (each.instance_type, each.zone) == (name, zone)]
    reclaims = [each for each in _taken(fleet.reclaims) if (each.instance_type, each.zone) == (name, zone)]
    spot = _count(each for each in members if each.lifecycle == SPOT)
    return PoolReport(
        instance_type=name,
        zone=zone,
        spot=spot,
        on_demand=_count(members) - spot,
        vcpus=_count(members) * _vcpus(name),
        interruptions=len(reclaims),
        cost=sum((_cost(each, fleet.price_region) for each in members), Cost()),
        assumed=any(each.lifecycle == SPOT and each.spot_usd is None for each in members),
        hours=fleet.hours,
    )


def _count(members: Iterable[Some]) -> int:
    return sum(each.count for each in members)


def _vcpus(name: str) -> int:
    """The same in every region; 0 for a type that the table has not."""
    known = instance_prices(DEFAULT_REGION).get(name)
    return known.vcpus if known else 0


def _cost(some: Some, region: str) -> Cost:
    hour = _hour(some, region) or 0.0
    usual, least, most = (some.count * price for price in _prices(some, hour))
    return Cost(usd=usual, low=least, high=most, on_demand=some.count * hour)


def _prices(some: Some, hour: float) -> Sequence[float]:
    """What one instance costs an hour: likely, at least, at most."""
    if some.lifecycle != SPOT:
        return hour, hour, hour
    if some.spot_usd is not None:
        return some.spot_usd, some.spot_usd, some.spot_usd
    discount = spot_discount(some.instance_type)
    return hour * (1 - discount.typical), hour * (1 - discount.high), hour * (1 - discount.low)
