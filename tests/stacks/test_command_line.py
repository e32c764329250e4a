"""app.py under the real CDK command line, as a person types it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from stacks.catalogue import CATALOGUE

ROOT = Path(__file__).resolve().parents[2]
CDK = ROOT / ".venv" / "bin" / "cdk"
NAMES = [each.name for each in CATALOGUE]

pytestmark = pytest.mark.rehearsal


class CommandLine:
    """The pinned cdk, writing into a folder of the test's own."""

    def __init__(self, outdir: Path) -> None:
        self.outdir = outdir

    def __call__(self, *words: str) -> subprocess.CompletedProcess[str]:
        command = [str(CDK), *words, "--output", str(self.outdir), "--no-notices"]
        return subprocess.run(
            command, cwd=ROOT, env=self.environment(), stdin=subprocess.DEVNULL, capture_output=True, text=True
        )

    def environment(self) -> dict[str, str]:
        dropped = ("PYTEST_", "PYTHONDONTWRITE", "VIRTUAL_ENV")
        return {name: value for name, value in os.environ.items() if not name.startswith(dropped)} | {"CI": "true"}

    def templates(self) -> list[str]:
        return sorted(path.name for path in self.outdir.glob("*.template.json"))


@pytest.fixture
def cdk(tmp_path: Path) -> CommandLine:
    if not CDK.exists():
        pytest.skip("the CDK command line is not installed: python3 bootstrap.py")
    return CommandLine(tmp_path / "cdk.out")


def test_list_names_every_stack(cdk: CommandLine) -> None:
    result = cdk("list")
    assert result.returncode == 0, result.stderr
    assert result.stdout.split() == NAMES


@pytest.mark.parametrize(
    ("words", "made"),
    [
        (("MapReduce",), NAMES),  # without -e the CLI asks for whatever the stack may lean on: all
        (("--all",), NAMES),
        (("-e", "MapReduce"), ["MapReduce"]),
        (("-e", "Map*", "SpotInter*"), ["MapReduce", "SpotInterruption"]),
        (("-c", "only=EcsSpot"), ["EcsSpot"]),
    ],
)
def test_synth_makes_what_was_asked_for(cdk: CommandLine, words: tuple[str, ...], made: list[str]) -> None:
    result = cdk("synth", "-q", *words)
    assert result.returncode == 0, result.stderr
    assert cdk.templates() == sorted(f"{name}.template.json" for name in made)
    manifest = json.loads((cdk.outdir / "manifest.json").read_text())
    assert set(made) <= set(manifest["artifacts"])


@pytest.mark.parametrize(
    ("words", "made"), [(("MapReduce",), NAMES), (("--all", "-c", "only=MapReduce"), ["MapReduce"])]
)
def test_destroy_finds_its_stacks_though_it_passes_no_names(
    cdk: CommandLine, words: tuple[str, ...], made: list[str]
) -> None:
    """The rehearsals destroy for good. Here the CLI has nobody to ask, and stops before it reaches an account."""
    result = cdk("destroy", *words)
    assert "confirmation" in result.stderr + result.stdout
    assert cdk.templates() == sorted(f"{name}.template.json" for name in made)


def test_diff_of_a_stack_alone_finds_nothing_against_the_stack_among_all(cdk: CommandLine, tmp_path: Path) -> None:
    assert cdk("synth", "-q", "MapReduce").returncode == 0
    among_all = (cdk.outdir / "MapReduce.template.json").rename(tmp_path / "among_all.json")
    result = cdk("diff", "-e", "MapReduce", "--template", str(among_all), "--fail")
    assert result.returncode == 0, result.stdout + result.stderr
    assert "There were no differences" in result.stdout + result.stderr


@pytest.mark.parametrize(
    ("context", "line"),
    [
        ("only=Nope", "error: -c only=Nope: no such stack; there are: " + ", ".join(NAMES)),
        (
            "MapReduce.concurent_lambdas=5",
            "error: MapReduce.concurent_lambdas is no setting; did you mean MapReduce.concurrent_lambdas?",
        ),
        ("MapReduce.memory_mb=64", "error: MapReduceProps: memory_mb is 64, allowed: 128 to 10240 MB"),
    ],
)
def test_nonsense_ends_with_one_clear_line(cdk: CommandLine, context: str, line: str) -> None:
    result = cdk("synth", "-c", context)
    assert result.returncode != 0
    assert line in (result.stdout + result.stderr).splitlines()
    assert "Traceback" not in result.stdout + result.stderr


def test_the_catalogue_loads_no_cdk() -> None:
    code = "import sys, stacks.catalogue as c; print(len(c.CATALOGUE), 'aws_cdk' in sys.modules, 'jsii' in sys.modules)"
    result = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert result.stdout.split()[1:] == ["False", "False"]
