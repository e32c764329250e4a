"""Settings of EcsSpot: everything that is wrong with them is told at once, before anything is built."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from stacks.app_factory import build_app
from stacks.settings import InvalidSettingsError

WRONG = {
    "zones": "1",
    "nat_gateways": "-1",
    "instance_types": "m7g.large,m7i.large,m7g.lagre",
    "target_capacity": "-2",
    "on_demand_base": "-1",
    "deregistration_delay": "120",
    "desired_count": "0",
    "http_from": "everybody",
    "log_retention_days": "8",
    "remove_data": "true",
}
SAID = [
    "EcsSpot.zones is 1, allowed: 2 or more",
    "EcsSpot.nat_gateways is -1, allowed: 0 or more",
    r"instance_types is 'm7g.lagre', allowed: a known type \(perhaps m7g.large",
    "allowed: types of one architecture",
    "min_capacity is -2, allowed: 0 to 10000",
    "on_demand_base is -1, allowed: 0 to 100000",
    r"deregistration delay 120 s \+ stop timeout 30 s \+ event latency 20 s = 170 s', allowed: 120 s \(50 s too long\)",
    "desired_count is 0, allowed: 1 to 1000",
    r"allow_from is \['everybody'\], allowed: IPv4 networks",
    "EcsSpot.log_retention_days is 8, allowed: 1, 7, 30 or 365",
    "EcsSpot.remove_data is True, allowed: with -c refarch:remove-data-on-destroy=true besides",
]


def message_of(tmp_path: Path, settings: dict[str, str]) -> str:
    context = {f"EcsSpot.{name}": value for name, value in settings.items()}
    with pytest.raises(InvalidSettingsError) as caught:
        build_app(["EcsSpot"], context=context, outdir=str(tmp_path))
    return str(caught.value)


def test_everything_that_is_wrong_is_in_one_message(tmp_path: Path) -> None:
    message = message_of(tmp_path, WRONG)
    assert [each for each in SAID if not re.search(each, message)] == []


def test_a_base_above_the_maximum_and_a_minimum_too(tmp_path: Path) -> None:
    message = message_of(tmp_path, {"target_capacity": "20"})
    assert "min_capacity is 20, allowed: at most max_capacity (10)" in message


def test_nothing_else_is_said(tmp_path: Path) -> None:
    message = message_of(tmp_path, {"zones": "1"})
    assert message == "EcsSpot.zones is 1, allowed: 2 or more: one zone is one market"
