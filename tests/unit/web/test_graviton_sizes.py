"""The A1 table, what stands in its place, and savings that are computed and not claimed."""

from __future__ import annotations

import pytest

from refarch.prices import instance_price
from refarch.web.graviton_sizes import (
    A1_SIZES,
    MODERN_FAMILIES,
    PEERS,
    a1_size,
    compare,
    comparisons,
    equivalent_of,
    equivalents_of,
)

NAMES = [each.name for each in A1_SIZES]


def test_the_table_is_the_posts() -> None:
    assert [(each.vcpus, each.memory_gib) for each in A1_SIZES] == [(1, 2), (2, 4), (4, 8), (8, 16), (16, 32)]
    assert {(each.network_gbps, each.ebs_gbps, each.storage) for each in A1_SIZES} == {(10.0, 3.5, "EBS only")}


@pytest.mark.parametrize("name", NAMES)
def test_the_table_is_what_ec2_says_too(name: str) -> None:
    priced = instance_price(name)
    assert (priced.vcpus, priced.memory_gib) == (a1_size(name).vcpus, a1_size(name).memory_gib)


@pytest.mark.parametrize(
    ("name", "instead"),
    [("a1.medium", "t4g.small"), ("a1.large", "t4g.medium"), ("a1.4xlarge", "c7g.4xlarge")],
)
def test_the_cheapest_that_has_as_much(name: str, instead: str) -> None:
    assert equivalent_of(name) == instead


@pytest.mark.parametrize("name", NAMES)
def test_every_equivalent_has_as_much_boots_and_is_the_smallest_of_its_family(name: str) -> None:
    size, found = a1_size(name), equivalents_of(name)
    prices = [each.usd_an_hour for each in found]
    assert prices == sorted(prices)
    assert {each.family for each in found} <= set(MODERN_FAMILIES)
    assert {"c7g", "m7g", "c8g", "m8g"} <= {each.family for each in found}
    for each in found:
        assert each.architecture == "arm64"
        assert each.vcpus >= size.vcpus
        assert each.memory_gib >= size.memory_gib
    c7g = next(each for each in found if each.family == "c7g")
    assert (c7g.vcpus, c7g.memory_gib) == (size.vcpus, size.memory_gib)


@pytest.mark.parametrize("name", ["t3.small", "a1.metal", "", "a1"])
def test_what_is_no_a1_type_is_told_which_are(name: str) -> None:
    with pytest.raises(ValueError, match=r"allowed: a1\.medium, a1\.large"):
        equivalent_of(name)


def test_savings_of_today_are_about_a_fifth_and_the_posts_forty_percent_is_a1s_alone() -> None:
    by_family: dict[str, list[float]] = {}
    for each in comparisons():
        by_family.setdefault(each.graviton.family, []).append(each.saving)
    assert by_family.keys() == PEERS.keys()
    assert max(by_family.pop("a1")) == pytest.approx(0.4, abs=0.001)
    for family, found in by_family.items():
        assert 0.08 < min(found) <= max(found) < 0.25, family


def test_only_types_of_one_size_are_compared() -> None:
    assert compare("m7g.large", "m7i.large").saving == pytest.approx(1 - 0.0816 / 0.1008)
    with pytest.raises(
        ValueError, match=r"m7i.large is x86_64, allowed: arm64; m7g.xlarge is arm64.*types of one size"
    ):
        compare("m7i.large", "m7g.xlarge")
