"""The templates under cfn-lint, the linter that teams already have, for regions that differ in what they offer."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.contract.lint.linting import findings

VARIANTS: dict[str, dict[str, Any]] = json.loads(Path(__file__).parents[1].joinpath("variants.json").read_text())


@pytest.fixture(scope="session")
def linted(assemblies: Path) -> dict[str, list[str]]:
    """What is found in each variant, and in the probe."""
    stacks = {name: each["stack"] for name, each in VARIANTS.items()} | {"probe": "Probe"}
    return findings({name: assemblies / name / f"{stack}.template.json" for name, stack in stacks.items()})


@pytest.mark.parametrize("name", VARIANTS)
def test_nothing_is_found_in_any_region(linted: dict[str, list[str]], name: str) -> None:
    assert linted[name] == []


def test_the_linter_does_bite(linted: dict[str, list[str]]) -> None:
    assert any(finding.startswith("E2531") for finding in linted["probe"])  # python3.7
