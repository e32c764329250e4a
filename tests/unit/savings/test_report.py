"""The arithmetic of savings, held against the grid of the post and against sums done by hand."""

from __future__ import annotations

import pytest

from refarch.prices import HOURS_A_MONTH, PriceNotKnownError, instance_price, instance_prices
from refarch.savings import Fleet, Reclaim, SavingsReport, Some, savings_report

# "Amazon EC2 Spot Instances" customers' grid, AWS News Blog 2018: 34 types of three generations.
GRID_INSTANCES, GRID_RECLAIMED, GRID_TYPES = 61_299, 1_937, 34
GRID_USD, GRID_ON_DEMAND_USD, GRID_VCPUS = 30_000.0, 93_000.0, 1_300_000
GENERATIONS = ("c3", "m3", "r3", "c4", "m4", "r4", "c5", "m5", "r5")
ZONES = ("us-east-1a", "us-east-1b", "us-east-1c")


def reclaims(count: int, instance_type: str, zone: str, signal: str = "notice") -> list[Reclaim]:
    return [Reclaim(instance_id="i-1", instance_type=instance_type, zone=zone, time=0.0, signal=signal)] * count


def parts(whole: int, weights: list[int]) -> list[int]:
    """`whole` cut in proportion to `weights`, to the last one."""
    cut = [whole * weight // sum(weights) for weight in weights]
    return [cut[0] + whole - sum(cut), *cut[1:]]


@pytest.fixture(scope="module")
def grid() -> SavingsReport:
    """The post tells the sums, not the pools: the pools here are made up, in number and kind as it says."""
    names = [name for name in instance_prices() if name.partition(".")[0] in GENERATIONS][:GRID_TYPES]
    pools = [(name, zone) for name in names for zone in ZONES]
    weights = [1 + (7 * number) % 11 for number in range(len(pools))]
    counts, taken = parts(GRID_INSTANCES, weights), parts(GRID_RECLAIMED, weights[::-1])
    listed = sum(count * instance_price(name).usd_an_hour for (name, _), count in zip(pools, counts, strict=True))
    fleet = Fleet(
        region="us-east-1",
        price_region="us-east-1",
        hours=1.0,
        instances=[
            Some(
                instance_type=name,
                zone=zone,
                count=count,
                on_demand_usd=instance_price(name).usd_an_hour * GRID_ON_DEMAND_USD / listed,
                spot_usd=instance_price(name).usd_an_hour * GRID_USD / listed,
            )
            for (name, zone), count in zip(pools, counts, strict=True)
        ],
        reclaims=[
            each for (name, zone), count in zip(pools, taken, strict=True) for each in reclaims(count, name, zone)
        ],
    )
    return savings_report(fleet)


def test_the_grid_of_the_post_costs_and_saves_what_the_post_says(grid: SavingsReport) -> None:
    assert grid.total.spot == GRID_INSTANCES
    assert len({each.instance_type for each in grid.pools}) == GRID_TYPES
    assert grid.cost.usd == pytest.approx(GRID_USD)
    assert grid.cost.on_demand == pytest.approx(GRID_ON_DEMAND_USD)
    assert grid.cost.saved == pytest.approx(63_000.0)
    assert grid.cost.saved_share == pytest.approx(0.677, abs=0.0005)


def test_the_grid_of_the_post_was_interrupted_as_the_post_says(grid: SavingsReport) -> None:
    assert grid.total.interruptions == GRID_RECLAIMED
    assert grid.total.share == pytest.approx(0.0316, abs=0.00005)
    assert grid.total.hourly_rate == grid.total.share, "one hour"
    assert sum(each.interruptions for each in grid.pools) == GRID_RECLAIMED


def test_the_posts_price_of_a_vcpu_does_not_follow_from_its_own_sums(grid: SavingsReport) -> None:
    vcpu_hour = GRID_USD / GRID_VCPUS
    assert 0.0225 < vcpu_hour < 0.0235
    assert vcpu_hour < 0.078 / 3
    assert grid.usd_a_vcpu_hour == pytest.approx(GRID_USD / grid.total.vcpus)


def fleet(*instances: Some, taken: list[Reclaim] | None = None, region: str = "us-east-1", hours: float = 10) -> Fleet:
    return Fleet(region=region, price_region=region, instances=instances, reclaims=taken or [], hours=hours)


def test_a_pool_is_a_type_in_a_zone() -> None:
    here, there = (Some(instance_type="m7g.large", zone=zone, count=5, spot_usd=0.03) for zone in ZONES[:2])
    report = savings_report(fleet(here, there, here, taken=reclaims(1, "m7g.large", ZONES[1])))
    found = {each.zone: (each.spot, each.interruptions, each.share, each.hourly_rate) for each in report.pools}
    assert found == {ZONES[0]: (10, 0, 0.0, 0.0), ZONES[1]: (5, 1, 0.2, pytest.approx(0.02))}


def test_without_a_spot_price_the_familys_usual_discount_is_assumed_and_said() -> None:
    report = savings_report(fleet(Some(instance_type="m5.large", zone="", count=10)))
    cost = report.cost
    assert report.total.assumed
    assert [cost.on_demand, cost.usd] == pytest.approx([0.96, 0.96 * 0.34])
    assert [cost.low, cost.high] == pytest.approx([0.96 * 0.28, 0.96 * 0.53])
    assert report.monthly_savings == pytest.approx(0.96 * 0.66 * HOURS_A_MONTH)


def test_on_demand_instances_cost_the_same_on_both_sides() -> None:
    report = savings_report(fleet(Some(instance_type="m5.large", zone="", count=4, lifecycle="on-demand")))
    [pool] = report.pools
    assert (pool.spot, pool.on_demand, pool.assumed, pool.cost.saved, pool.share) == (0, 4, False, 0.0, None)


def test_other_signals_are_no_interruptions() -> None:
    taken = [each for signal in ("rebalance", "lifecycle", "scheduled") for each in reclaims(3, "m5.large", "", signal)]
    report = savings_report(fleet(Some(instance_type="m5.large", zone=""), taken=taken))
    assert report.total.interruptions == 0


def test_a_pool_that_was_reclaimed_to_the_last_is_shown() -> None:
    report = savings_report(fleet(taken=reclaims(2, "nobody-knows.large", ZONES[0])))
    [pool] = report.pools
    assert (pool.spot, pool.interruptions, pool.share, pool.cost.saved_share) == (0, 2, None, None)


def test_a_type_without_a_price_is_named_and_counts_nowhere() -> None:
    known, strange = Some(instance_type="m5.large", zone=""), Some(instance_type="q9.large", zone="", count=99)
    report = savings_report(fleet(known, strange))
    assert (report.left_out, report.total.spot) == (("q9.large",), 1)


def test_a_region_without_prices_is_refused_unless_the_fleet_brings_its_own() -> None:
    with pytest.raises(PriceNotKnownError, match=r"'eu-west-1', allowed: .*us-east-1"):
        savings_report(fleet(Some(instance_type="m5.large", zone=""), region="eu-west-1"))
    own = Some(instance_type="m5.large", zone="", spot_usd=0.04, on_demand_usd=0.107)
    assert savings_report(fleet(own, region="eu-west-1")).cost.saved == pytest.approx(0.067)


def test_an_empty_fleet_is_a_report_too() -> None:
    report = savings_report(fleet())
    assert (report.pools, report.cost.saved_share, report.usd_a_vcpu_hour, report.total.share) == ((), None, None, None)
