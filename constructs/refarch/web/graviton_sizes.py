"""A1 and what stands in its place, with what they cost; Graviton beside x86 types of the same size. No AWS.

A1 is the family of "Getting started with the A1 instance" (2019). Amazon Linux 2023 does not boot on it. Prices are
those of `refarch.prices`, with their date; every saving is computed from them. The post's "up to 40 % less" was A1
against C5, of its day: no family of today is said to save that.
"""

from __future__ import annotations

from dataclasses import dataclass

from refarch.prices import DEFAULT_REGION, InstancePrice, instance_price, instance_prices

MODERN_FAMILIES = ("t4g", "c7g", "m7g", "c8g", "m8g")
"""Graviton 2 (burstable), 3 and 4: what an A1 type can move to."""

PEERS = {
    "t4g": ("t3", "t3a"),
    "m7g": ("m7i",),
    "c7g": ("c7i",),
    "c8g": ("c7i",),
    "m8g": ("m7i",),
    "a1": ("c5",),
}
"""Graviton families and the x86 families of the same ratio of memory to vCPUs. For `c8g` and `m8g` the newest x86
family in the table of prices, which is a generation older."""


@dataclass(frozen=True, kw_only=True)
class A1Size:
    """A row of the post's table. Memory in GiB; bandwidths in Gbit/s are at most, not at least."""

    name: str
    vcpus: int
    memory_gib: int
    network_gbps: float = 10.0
    ebs_gbps: float = 3.5
    storage: str = "EBS only"


A1_SIZES = tuple(
    A1Size(name=f"a1.{size}", vcpus=vcpus, memory_gib=2 * vcpus)
    for size, vcpus in (("medium", 1), ("large", 2), ("xlarge", 4), ("2xlarge", 8), ("4xlarge", 16))
)


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """A Graviton type beside an x86 type of as many vCPUs and as much memory."""

    graviton: InstancePrice
    x86: InstancePrice

    @property
    def saving(self) -> float:
        """Share of the x86 price that is saved: 0.2 is a fifth; below 0, Graviton costs more."""
        return 1 - self.graviton.usd_an_hour / self.x86.usd_an_hour


def a1_size(name: str) -> A1Size:
    """The post's row for a type such as `a1.large`. Raises `ValueError` for any other."""
    for each in A1_SIZES:
        if each.name == name:
            return each
    raise ValueError(f"A1 type is {name!r}, allowed: {', '.join(each.name for each in A1_SIZES)}")


def equivalents_of(name: str, region: str = DEFAULT_REGION) -> tuple[InstancePrice, ...]:
    """Of each modern family the smallest type with at least the vCPUs and the memory of an A1 type, cheapest first.

    Raises `ValueError` for a type that is none of A1's, `PriceNotKnownError` for a region without prices.
    """
    size = a1_size(name)
    smallest: dict[str, InstancePrice] = {}
    for each in sorted(instance_prices(region).values(), key=lambda price: price.usd_an_hour):
        enough = each.vcpus >= size.vcpus and each.memory_gib >= size.memory_gib
        if each.family in MODERN_FAMILIES and enough:
            smallest.setdefault(each.family, each)
    return tuple(sorted(smallest.values(), key=lambda price: (price.usd_an_hour, price.name)))


def equivalent_of(name: str) -> str:
    """The cheapest type that has what an A1 type had: `a1.large` gives `t4g.medium`. Raises `ValueError`.

    It is burstable where that is cheapest: under load that lasts, take another of `equivalents_of`.
    """
    return equivalents_of(name)[0].name


def compare(graviton: str, x86: str, region: str = DEFAULT_REGION) -> Comparison:
    """Two types by name. Raises `ValueError` unless the one is Arm, the other x86, and both are of one size."""
    arm, other = instance_price(graviton, region), instance_price(x86, region)
    problems = [
        f"{each.name} is {each.architecture}, allowed: {wanted}"
        for each, wanted in ((arm, "arm64"), (other, "x86_64"))
        if each.architecture != wanted
    ]
    shapes = [f"{each.vcpus} vCPUs and {each.memory_gib:g} GiB" for each in (arm, other)]
    if shapes[0] != shapes[1]:
        problems.append(f"{graviton} has {shapes[0]}, {x86} {shapes[1]}; allowed: types of one size")
    if problems:
        raise ValueError("; ".join(problems))
    return Comparison(graviton=arm, x86=other)


def comparisons(region: str = DEFAULT_REGION) -> tuple[Comparison, ...]:
    """Every type of `PEERS` that has an x86 peer of its very size, in the order of `PEERS`."""
    prices = instance_prices(region)
    return tuple(
        Comparison(graviton=each, x86=other)
        for family, peers in PEERS.items()
        for peer in peers
        for each in prices.values()
        if each.family == family
        if (other := prices.get(f"{peer}.{each.size}"))
        if (other.vcpus, other.memory_gib) == (each.vcpus, each.memory_gib)
    )
