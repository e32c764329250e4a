"""The table of instance types, and the number of pools."""

from __future__ import annotations

import json
from importlib.util import find_spec
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from refarch.compute.instance_types import (
    ARCHITECTURES,
    ARM64,
    DEFAULT_TYPES,
    X86_64,
    architectures_of,
    complaint,
    known_types,
)
from refarch.compute.pools import SAFE_POOLS, count_pools

NAMES = st.lists(st.sampled_from(sorted(known_types())), max_size=9)
ZONES = st.lists(st.sampled_from(["a", "b", "c"]), max_size=6)


def offered() -> dict[str, set[str]]:
    """Region to its instance types, by the linter's data."""
    spec = find_spec("cfnlint")
    assert spec is not None
    assert spec.origin is not None
    data = Path(spec.origin).parent / "data/schemas/extensions/aws_ec2_instance/instancetype_enum.json"
    by_region = json.loads(data.read_text())
    return {
        region: set(each["enum"]) for region, each in by_region.items() if isinstance(each, dict) and "enum" in each
    }


def test_the_table_names_no_type_that_does_not_exist() -> None:
    assert set(known_types()) - set().union(*offered().values()) == set()


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_the_defaults_are_six_types_of_three_families_and_one_architecture(architecture: str) -> None:
    types = DEFAULT_TYPES[architecture]
    assert architectures_of(types, {}) == {architecture: list(types)}
    assert len(set(types)) >= 6
    assert len({name[0] for name in types}) >= 3
    assert count_pools(types, ["a", "b"]).count >= SAFE_POOLS


@pytest.mark.parametrize(
    "region", ["us-east-1", "us-west-2", "eu-west-1", "eu-central-1", "ap-northeast-1", "sa-east-1"]
)
@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_large_regions_offer_every_default(region: str, architecture: str) -> None:
    assert set(DEFAULT_TYPES[architecture]) - offered()[region] == set()


@pytest.mark.parametrize(
    ("name", "architecture"),
    [
        ("m7g.large", ARM64),
        ("t4g.nano", ARM64),
        ("im4gn.xlarge", ARM64),
        ("c7i-flex.large", X86_64),
        ("t3.micro", X86_64),
    ],
)
def test_the_processor_of_a_type(name: str, architecture: str) -> None:
    assert known_types()[name] == architecture


@pytest.mark.parametrize("name", ["m7g.huge", "z9.large", "large", "", "M7G.large", "mac2.metal", "optimal"])
def test_other_words_are_no_types(name: str) -> None:
    assert "further_types" in complaint(name, {})


def test_a_complaint_helps() -> None:
    assert "perhaps m7g.large" in complaint("m7g.larg", {})
    assert "Amazon Linux 2023" in complaint("a1.large", {})
    assert complaint("m7g.large", {}) == complaint("m99g.large", {"m99g.large": ARM64}) == ""


@given(types=NAMES, zones=ZONES)
def test_pools_are_the_pairs_of_type_and_zone(types: list[str], zones: list[str]) -> None:
    pools = count_pools(types, zones)
    assert pools.count == len({(name, zone) for name in types for zone in zones})
    assert pools.safe is (pools.count >= SAFE_POOLS)


@given(types=NAMES, zones=ZONES)
def test_another_type_never_makes_fewer_pools(types: list[str], zones: list[str]) -> None:
    assert count_pools([*types, "new.large"], zones).count >= count_pools(types, zones).count


def test_pools_in_words() -> None:
    assert str(count_pools(["m7g.large"], ["a"])) == "1 Spot pool (1 type in 1 zone)"
    assert str(count_pools(DEFAULT_TYPES[ARM64], ["a", "b", "a"])) == "12 Spot pools (6 types in 2 zones)"
