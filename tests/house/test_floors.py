"""Who may import whom, read from the sources: docs and design say it, this holds it."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
REFARCH = ROOT / "constructs" / "refarch"
STDLIB = frozenset(sys.stdlib_module_names)
AWS = frozenset({"aws_cdk", "constructs", "jsii", "publication"})
BOTO = frozenset({"boto3", "botocore"})
# Rooms that only drive others: no domain may lean on them.
DRIVERS = ("local", "gate", "cli")
SCREEN = frozenset({"click", "rich"})
THIRD_PARTY = {
    "": frozenset(),
    "_shared": AWS | BOTO,
    "cli": BOTO | SCREEN | {"rehearsals", "stacks"},  # of the checkout it is called in; asked for, not needed
    "gate": AWS | BOTO | SCREEN | {"cfnlint", "cdk_nag", "troposphere", "yaml", "pytest"},
    "local": BOTO | SCREEN | {"ministack", "hypercorn", "yaml", "cfnlint", "regex", "moto", "werkzeug"},
}
DOMAIN = AWS | BOTO


def imports(path: Path) -> Iterator[str]:
    """Every absolute module name that a file imports, also inside functions and under TYPE_CHECKING."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import; write the whole name"
            yield node.module or ""
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def top(name: str) -> str:
    return name.partition(".")[0]


def room(path: Path) -> str:
    """The first folder below refarch; "" for refarch's own modules."""
    parts = path.relative_to(REFARCH).parts
    return parts[0] if len(parts) > 1 else ""


def sources(folder: str) -> list[Path]:
    return sorted((ROOT / folder).rglob("*.py"))


def named(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", sources("constructs/refarch"), ids=named)
def test_refarch_keeps_to_its_floor(path: Path) -> None:
    allowed = STDLIB | THIRD_PARTY.get(room(path), DOMAIN) | {"refarch", "refarch_lambdas"}
    assert {name for name in imports(path) if top(name) not in allowed} == set()


def domain_sources() -> list[Path]:
    return [path for path in sources("constructs/refarch") if room(path) not in DRIVERS]


@pytest.mark.parametrize("path", domain_sources(), ids=named)
def test_no_domain_leans_on_a_driver(path: Path) -> None:
    forbidden = tuple(f"refarch.{driver}" for driver in DRIVERS)
    assert [name for name in imports(path) if name.startswith(forbidden)] == []


@pytest.mark.parametrize("path", sources("lambdas/refarch_lambdas"), ids=named)
def test_a_lambda_needs_only_what_lambda_offers(path: Path) -> None:
    allowed = STDLIB | BOTO | {"refarch_lambdas", "urllib3"}  # botocore lets urllib3's broken connections through
    if path.name == "handler.py" or "_shared" in path.parts:
        allowed |= {"aws_lambda_powertools"}
    if path.parts[-2:] == ("query", "engine.py"):
        allowed |= {"duckdb"}  # a layer that a declarative job brings, imported when one runs
    assert {name for name in imports(path) if top(name) not in allowed} == set()


@pytest.mark.parametrize("path", sources("rehearsals"), ids=named)
def test_a_rehearsal_drives_from_outside(path: Path) -> None:
    assert {name for name in imports(path) if top(name) in {"stacks", "aws_cdk", "constructs", "jsii"}} == set()


@pytest.mark.parametrize("path", [*sources("stacks"), ROOT / "app.py"], ids=named)
def test_a_stack_leans_on_no_driver(path: Path) -> None:
    forbidden = ("rehearsals", "tests", "refarch.local", "refarch.cli")
    assert [name for name in imports(path) if name.startswith(forbidden)] == []


def test_the_catalogue_needs_no_cdk() -> None:
    assert {name for name in imports(ROOT / "stacks" / "catalogue.py") if top(name) in AWS} == set()
