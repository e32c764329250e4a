"""What the stacks cost in counts that do not depend on the machine, held to benchmarks/budgets.toml."""

from __future__ import annotations

import difflib
import json
import os
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

from stacks.catalogue import CATALOGUE

ROOT = Path(__file__).resolve().parents[2]
BUDGETS: dict[str, Any] = tomllib.loads((ROOT / "benchmarks" / "budgets.toml").read_text())
NAMES = [each.name for each in CATALOGUE]
OVER = "{over}\nLook for what is not needed first; where it is meant, raise the number in benchmarks/budgets.toml."


def run(*command: str, **environment: str) -> str:
    plain = {key: value for key, value in os.environ.items() if not key.startswith(("PYTEST_", "CDK_CONTEXT"))}
    made = subprocess.run([sys.executable, *command], cwd=ROOT, env=plain | environment, capture_output=True, text=True)
    assert made.returncode == 0, made.stderr
    return made.stdout


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Each stack built alone, with its counts."""
    folder = tmp_path_factory.mktemp("alone")
    run("-m", "benchmarks.counts", str(folder))
    return folder


@pytest.fixture(scope="module")
def counts(alone: Path) -> dict[str, dict[str, float]]:
    made = {name: json.loads((alone / name / "counts.json").read_text()) for name in NAMES}
    return {name: each | {"calls_per_resource": each["calls"] / each["resources"]} for name, each in made.items()}


@pytest.fixture(scope="module")
def together(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All stacks, by app.py itself in a process of its own."""
    folder = tmp_path_factory.mktemp("together")
    run("app.py", CDK_OUTDIR=str(folder))
    return folder


@pytest.mark.parametrize("name", NAMES)
def test_a_stack_keeps_to_its_budget(counts: dict[str, dict[str, float]], name: str) -> None:
    budget = BUDGETS["stacks"]["default"] | BUDGETS["stacks"].get(name, {})
    over = [
        f"{name}: {key} is {counts[name][key]:g}, budget {most:g}"
        for key, most in budget.items()
        if counts[name][key] > most
    ]
    assert not over, OVER.format(over="\n".join(over))


def test_the_catalogue_keeps_to_its_mean(counts: dict[str, dict[str, float]]) -> None:
    mean = sum(each["calls"] for each in counts.values()) / sum(each["resources"] for each in counts.values())
    assert mean <= BUDGETS["calls_per_resource"]["mean"]


def test_every_row_is_of_a_stack_and_of_counts() -> None:
    rows = BUDGETS["stacks"]
    assert set(rows) - {"default"} <= set(NAMES)
    assert {key for row in rows.values() for key in row} == set(rows["default"])


def own_files(folder: Path, name: str) -> dict[str, list[str]]:
    """What a cloud assembly says of one stack: file or part of a file to its lines."""
    files = {path.name: path.read_text().splitlines() for path in folder.glob(f"{name}.*json")}
    parts = {
        "manifest.json": json.loads((folder / "manifest.json").read_text())["artifacts"][name],
        "tree.json": json.loads((folder / "tree.json").read_text())["tree"]["children"][name],
    }
    return files | {part: json.dumps(content, indent=1).splitlines() for part, content in parts.items()}


def assets(folder: Path) -> dict[str, bytes]:
    files = [path for path in folder.glob("asset.*/**/*") if path.is_file()]
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


@pytest.mark.parametrize("name", NAMES)
def test_alone_and_together_are_the_same(alone: Path, together: Path, name: str) -> None:
    """Otherwise `cdk deploy -e X` and `cdk deploy --all` would undo each other, and a diff would show noise."""
    one, all_ = own_files(alone / name, name), own_files(together, name)
    assert {f"{name}.template.json", f"{name}.assets.json", f"{name}.metadata.json"} <= set(one)
    assert set(one) == set(all_)
    differing = [
        f"{file}: {line}"
        for file in one
        for line in difflib.unified_diff(one[file], all_[file], lineterm="", n=0)
        if not line.startswith(("---", "+++", "@@"))
    ]
    assert len(differing) <= BUDGETS["cdk_out"]["differing_lines"], differing[:20]
    assert assets(alone / name).items() <= assets(together).items()


@pytest.mark.parametrize("name", NAMES)
def test_no_stack_leans_on_another(alone: Path, name: str) -> None:
    """A stack that is built without those that use it would lose its exports."""
    template = (alone / name / f"{name}.template.json").read_text()
    assert "Fn::ImportValue" not in template
    assert "Fn::GetStackOutput" not in template
    assert [out for out in json.loads(template).get("Outputs", {}).values() if "Export" in out] == []
