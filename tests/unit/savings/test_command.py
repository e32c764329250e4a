"""`refarch spot savings --file`: what it prints, and what it says of bad input."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from refarch.cli import main

POOL = {"instance_type": "m7g.large", "zone": "us-east-1a", "count": 12, "spot_usd": 0.03}
FLEET = {"hours": 24, "instances": [POOL], "reclaims": [{"instance_type": "m7g.large", "zone": "us-east-1a"}]}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "fleet.json"


def savings(path: Path, document: Any, *options: str) -> Result:
    path.write_text(json.dumps(document))
    return CliRunner().invoke(main, ["spot", "savings", "--file", str(path), *options])


def test_a_table_with_a_line_for_each_pool_and_the_sum(path: Path) -> None:
    result = savings(path, FLEET)
    head, pool, total, *notes = result.output.splitlines()
    assert head.split()[:4] == ["pool", "spot", "on-demand", "interrupted"]
    assert pool.split() == ["m7g.large", "us-east-1a", "12", "0", "1", "8.33%", "0.347%", "0.36", "0.98", "63.2%"]
    assert total.split()[0] == "all"
    assert any("list prices, not a quote" in note for note in notes)


def test_json_has_the_figures_and_where_the_prices_are_from(path: Path) -> None:
    document = json.loads(savings(path, FLEET, "--json").output)
    assert document["total"]["saved_usd"] == pytest.approx(12 * (0.0816 - 0.03))
    assert document["pools"][0]["interruptions_share"] == pytest.approx(1 / 12)
    assert {each["table"] for each in document["prices"]} == {"ec2_us_east_1", "services_us_east_1", "spot_discounts"}
    assert all(each["as_of"] and each["sources"] for each in document["prices"])


def test_an_assumed_price_is_marked_and_its_range_told(path: Path) -> None:
    result = savings(path, {"instances": [{"instance_type": "m5.large", "count": 100}, {"instance_type": "x.y"}]})
    assert "~3.26" in result.output
    assert "$2.69 to $5.09 an hour" in result.output
    assert "Without a price, and in no figure: x.y." in result.output


def test_every_problem_of_a_file_at_once(path: Path) -> None:
    bad = {
        "regoin": "x",
        "hours": 0,
        "instances": [{"instance_type": 3, "count": -1, "lifecycle": "reserved", "spot_usd": -1}, "m5.large"],
        "reclaims": {},
    }
    result = savings(path, bad)
    assert result.exit_code == 1
    expected = (
        "document has 'regoin'",
        "hours is 0",
        "instances[0].instance_type is 3",
        "instances[0].count is -1",
        "instances[0].lifecycle is 'reserved', allowed: spot or on-demand",
        "instances[0].spot_usd is -1",
        "instances[1] is 'm5.large'",
        "reclaims is {}",
    )
    assert [each for each in expected if each not in result.output] == []


@pytest.mark.parametrize("document", [[], 3, {"region": "us-east-1"}])
def test_a_file_that_is_no_fleet_is_refused(path: Path, document: Any) -> None:
    result = savings(path, document)
    assert (result.exit_code, "Traceback" in result.output) == (1, False)
    assert "fleet: " in result.output


def test_prices_of_another_region_are_taken_only_when_asked_for(path: Path) -> None:
    document = {"region": "eu-west-1", "instances": [{"instance_type": "m5.large"}]}
    refused = savings(path, document)
    assert (refused.exit_code, "--prices-of" in refused.output) == (1, True)
    taken = savings(path, document, "--prices-of", "us-east-1")
    assert taken.exit_code == 0
    assert "what On-Demand costs there may differ" in taken.output


def test_nothing_named_or_two_things_named_is_an_error(path: Path) -> None:
    assert CliRunner().invoke(main, ["spot", "savings"]).exit_code == 2
    assert savings(path, FLEET, "--group", "fleet").exit_code == 2
