"""The price tables: readable, dated, sourced, and of one mind with everything else that knows prices or types."""

from __future__ import annotations

import gzip
import json
import re
import subprocess
import sys
from pathlib import Path

import moto
import pytest

from refarch.compute.instance_types import DEFAULT_TYPES, known_types
from refarch.prices import (
    PriceNotKnownError,
    instance_price,
    instance_prices,
    provenances,
    service_price,
    service_prices,
    spot_discount,
)
from refarch_lambdas.mapreduce import pricing

# Families whose price does not follow their memory: graphics cards, and sizes that AWS rounds.
UNEVEN = {"g4dn", "c5n", "r3"}


def test_a_known_price_is_what_the_source_says() -> None:
    found = instance_price("m7g.large")
    assert (found.usd_an_hour, found.vcpus, found.memory_gib, found.architecture) == (0.0816, 2, 8, "arm64")
    assert (found.family, found.size, found.as_of) == ("m7g", "large", "2026-02-09")


@pytest.mark.parametrize("name", [name for names in DEFAULT_TYPES.values() for name in names])
def test_every_default_type_of_a_spot_group_has_a_price(name: str) -> None:
    assert 0 < instance_price(name).usd_an_hour < 1
    assert 0 < spot_discount(name).low <= spot_discount(name).typical <= spot_discount(name).high < 1


def test_within_a_family_the_price_follows_the_memory() -> None:
    """Finds a figure that was written down wrongly: AWS prices sizes in proportion, up to rounding."""
    by_family: dict[str, list[float]] = {}
    for each in instance_prices().values():
        by_family.setdefault(each.family, []).append(each.usd_an_hour / each.memory_gib)
    uneven = {family for family, found in by_family.items() if max(found) / min(found) > 1.01}
    assert uneven == UNEVEN


def test_types_are_what_the_type_table_and_ec2_say() -> None:
    for name, architecture in known_types().items():
        if name in instance_prices():
            assert instance_price(name).architecture == architecture, name
    described = json.loads(
        gzip.decompress((Path(moto.__file__).parent / "ec2/resources/instance_types.json.gz").read_bytes())
    )
    for name, price in instance_prices().items():
        assert price.vcpus == described[name]["VCpuInfo"]["DefaultVCpus"], name
        assert price.memory_gib == described[name]["MemoryInfo"]["SizeInMiB"] / 1024, name


def test_every_table_says_its_date_sources_and_doubts() -> None:
    for each in provenances():
        assert re.fullmatch(r"20\d\d(-\d\d){0,2}", each.as_of), each.table
        assert any("https://" in source or "Each item" in source for source in each.sources), each.table
        assert each.unconfirmed, each.table
    assert all(each.source.startswith("https://") for each in service_prices().values())


def test_an_unknown_type_names_the_nearest() -> None:
    with pytest.raises(PriceNotKnownError, match=r"'m7g.lage', allowed: .*nearest: .*m7g\.large"):
        instance_price("m7g.lage")


def test_an_unknown_region_names_the_known() -> None:
    with pytest.raises(PriceNotKnownError, match=r"'us-east-2', allowed: .*nearest: us-east-1"):
        instance_price("m7g.large", "us-east-2")
    with pytest.raises(PriceNotKnownError, match=r"'eu-west-9', allowed: .*nearest: .*eu-west-1"):
        service_price("sqs.request", "eu-west-9")


def test_an_unknown_service_price_names_the_nearest() -> None:
    with pytest.raises(PriceNotKnownError, match=r"nearest: .*nat_gateway\.hour"):
        service_price("nat_gateways.hour")
    with pytest.raises(PriceNotKnownError, match=r"service price in us-west-2 is 'nat_gateway\.hour'"):
        service_price("nat_gateway.hour", "us-west-2")


def test_a_family_without_a_discount_gets_the_default_and_says_so() -> None:
    found = spot_discount("u7in-16tb.224xlarge")
    assert (found.assumed_for, found.low, found.high) == ("default", 0.5, 0.9)
    assert spot_discount("m5").assumed_for == spot_discount("m5.large").assumed_for == "m5"


@pytest.mark.parametrize("region", pricing.PRICES)
def test_the_table_of_mapreduce_says_the_same(region: str) -> None:
    """Functions cannot import this library, so MapReduce keeps a table of its own: two tables, one truth."""
    theirs = pricing.PRICES[region]
    expected = {
        "lambda_arm64.gigabyte_second": theirs.gigabyte_second["arm64"],
        "lambda_x86_64.gigabyte_second": theirs.gigabyte_second["x86_64"],
        "lambda.request": theirs.lambda_request,
        "s3.put": theirs.s3_put,
        "s3.get": theirs.s3_get,
        "s3.gigabyte_month": theirs.s3_gigabyte_month,
        "sqs.request": theirs.sqs_request,
    }
    assert {name: service_price(name, region).usd for name in expected} == pytest.approx(expected)


def test_prices_load_no_cdk() -> None:
    code = "import sys, refarch.prices; sys.exit('aws_cdk' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
