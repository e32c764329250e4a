"""What a run's jobs cost: vCPU and GiB seconds of every attempt, at dated list prices. Pure.

EC2 sells whole instances. What a vCPU and a GiB cost is what explains the prices of three families of one generation
best: C, M and R have 2, 4 and 8 GiB to a vCPU. An instance's start and its idle rest are not in it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from functools import cache

from refarch.genomics.runs.model import Run, SampleRun, StepRun
from refarch.prices import instance_price, spot_discount

POST_CLAIM_USD = 1.0
"""The posts run a secondary analysis "for under $1", on Spot Instances."""
FAMILIES: Mapping[str, tuple[str, str, str]] = {"x86_64": ("c6i", "m6i", "r6i"), "arm64": ("c7g", "m7g", "r7g")}
_SIZE = "4xlarge"
_HOUR = 3600.0
_MIB_A_GIB = 1024.0


@dataclass(frozen=True, kw_only=True)
class Rates:
    """On-Demand dollars for an hour of one vCPU and of one GiB. `basis` says where they come from."""

    vcpu_hour: float
    gib_hour: float
    spot_low: float
    spot_typical: float
    spot_high: float
    as_of: str
    basis: str


@dataclass(frozen=True, kw_only=True)
class Cost:
    """Dollars: On-Demand, and on Spot at the typical discount, at the highest (`spot_least`) and the lowest."""

    vcpu_seconds: float = 0.0
    gib_seconds: float = 0.0
    on_demand: float = 0.0
    spot: float = 0.0
    spot_least: float = 0.0
    spot_most: float = 0.0

    def __add__(self, other: Cost) -> Cost:
        return Cost(**{each.name: getattr(self, each.name) + getattr(other, each.name) for each in fields(self)})

    @property
    def keeps_the_claim(self) -> bool:
        """Whether a sample costs less than the posts say, at the typical Spot price."""
        return self.spot < POST_CLAIM_USD


@cache
def rates(architecture: str = "x86_64") -> Rates:
    """Prices of a vCPU and a GiB in us-east-1. Raises `KeyError` for an architecture other than x86_64 and arm64."""
    prices = [instance_price(f"{family}.{_SIZE}") for family in FAMILIES[architecture]]
    vcpu, gib = _fit([(price.vcpus, price.memory_gib, price.usd_an_hour) for price in prices])
    saved = spot_discount(FAMILIES[architecture][1])
    names = ", ".join(price.name for price in prices)
    return Rates(
        vcpu_hour=vcpu,
        gib_hour=gib,
        spot_low=saved.low,
        spot_typical=saved.typical,
        spot_high=saved.high,
        as_of=prices[0].as_of,
        basis=f"On-Demand prices of {names} in {prices[0].region} as of {prices[0].as_of}; "
        f"Spot saves {saved.low:.0%} to {saved.high:.0%}, {saved.typical:.0%} typically (assumed, {saved.as_of})",
    )


def _fit(points: Iterable[tuple[float, float, float]]) -> tuple[float, float]:
    """The least squares of price = vCPUs x a + GiB x b."""
    points = list(points)
    vv, vg, gg = (sum(p[i] * p[j] for p in points) for i, j in ((0, 0), (0, 1), (1, 1)))
    vp, gp = (sum(p[i] * p[2] for p in points) for i in (0, 1))
    determinant = vv * gg - vg * vg
    return (vp * gg - gp * vg) / determinant, (gp * vv - vp * vg) / determinant


def step_cost(step: StepRun, at: Rates) -> Cost:
    """All attempts of a step: a reclaimed one is paid for as well."""
    vcpu_seconds, gib_seconds = step.seconds * step.vcpus, step.seconds * step.memory_mib / _MIB_A_GIB
    price = (vcpu_seconds * at.vcpu_hour + gib_seconds * at.gib_hour) / _HOUR
    return Cost(
        vcpu_seconds=vcpu_seconds,
        gib_seconds=gib_seconds,
        on_demand=price,
        spot=price * (1 - at.spot_typical),
        spot_least=price * (1 - at.spot_high),
        spot_most=price * (1 - at.spot_low),
    )


def sample_cost(sample: SampleRun, at: Rates) -> Cost:
    return total(step_cost(step, at) for step in sample.steps.values())


def run_cost(run: Run, at: Rates) -> Cost:
    return total(sample_cost(sample, at) for sample in run.samples)


def total(costs: Iterable[Cost]) -> Cost:
    return sum(costs, Cost())


def hours_within_claim(vcpus: float, memory_mib: float, at: Rates) -> float:
    """For how many hours a job of this size runs on Spot for the posts' dollar."""
    an_hour = (vcpus * at.vcpu_hour + memory_mib / _MIB_A_GIB * at.gib_hour) * (1 - at.spot_typical)
    return POST_CLAIM_USD / an_hour
