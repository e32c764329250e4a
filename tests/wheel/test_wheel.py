"""What the wheel holds, and that a stranger's app works with it as the checkout's own does."""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.wheel.conftest import Stranger

ROOT = Path(__file__).resolve().parents[2]
# A physical name would make the second of two constructs fail on deployment.
NAMES_ITSELF = {
    "AWS::IAM::Role": "RoleName",
    "AWS::Lambda::Function": "FunctionName",
    "AWS::S3::Bucket": "BucketName",
    "AWS::SQS::Queue": "QueueName",
}
MISTAKES = """\
from refarch.mapreduce import MapReduceProps

MapReduceProps(memroy_mb=1024)
MapReduceProps(memory_mb="1024")
"""


def names(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


def test_the_top_level_holds_the_two_packages_and_nothing_else(wheel: Path) -> None:
    """A wrong `packages` line would ship constructs/ and overwrite PyPI's constructs at the user's."""
    top = {name.split("/")[0] for name in names(wheel)}
    assert {name for name in top if not name.endswith(".dist-info")} == {"refarch", "refarch_lambdas"}


def test_the_packages_say_that_they_are_typed(wheel: Path) -> None:
    assert {"refarch/py.typed", "refarch_lambdas/py.typed"} <= names(wheel)


def test_every_source_is_shipped_and_no_leftover(wheel: Path) -> None:
    roots = (ROOT / "constructs", ROOT / "lambdas")
    wanted = {str(path.relative_to(root)) for root in roots for path in root.rglob("*.py")}
    assert wanted - names(wheel) == set()
    parts = {part for name in names(wheel) for part in Path(name).parts}
    assert parts & {"__pycache__", "tests", "conftest.py"} == set()
    with zipfile.ZipFile(wheel) as archive:
        sources = [name for name in archive.namelist() if Path(name).match("test_*.py")]
        assert [name for name in sources if "\ndef test_" in archive.read(name).decode()] == []


def test_files_that_are_no_python_are_shipped_as_well(wheel: Path) -> None:
    """What the sources open beside them: build files, schemas, price tables, scripts, pages."""
    roots = (ROOT / "constructs", ROOT / "lambdas")
    endings = ("Dockerfile", ".css", ".html", ".js", ".json", ".sh")
    wanted = {str(path.relative_to(root)) for root in roots for path in root.rglob("*") if path.name.endswith(endings)}
    assert "refarch/genomics/images/bwa/Dockerfile" in wanted
    assert wanted - names(wheel) == set()


def test_a_stranger_imports_the_wheel_and_not_this_checkout(stranger: Stranger) -> None:
    result = stranger.run("-c", "import refarch, refarch_lambdas; print(refarch.__file__, refarch_lambdas.__file__)")
    assert result.returncode == 0, result.stderr
    assert str(ROOT) not in result.stdout
    assert result.stdout.count("site-packages") == 2


def test_a_stranger_gets_the_command_line(stranger: Stranger) -> None:
    result = stranger.run(str(stranger.python.with_name("refarch")), "--help")
    assert result.returncode == 0, result.stderr
    assert "Usage: refarch" in result.stdout


def synthesize(stranger: Stranger, name: str, python: Path | None = None) -> dict[str, Any]:
    result = stranger.run("app.py", name, python=python)
    assert result.returncode == 0, result.stdout + result.stderr
    template: dict[str, Any] = json.loads((stranger.folder / name / "Analytics.template.json").read_text())
    return template


@pytest.fixture(scope="module")
def from_wheel(stranger: Stranger) -> dict[str, Any]:
    return synthesize(stranger, "from-wheel")


@pytest.fixture(scope="module")
def from_checkout(stranger: Stranger) -> dict[str, Any]:
    return synthesize(stranger, "from-checkout", Path(sys.executable))


def code_of(template: dict[str, Any], word: str) -> dict[str, str]:
    """The asset hash of each Lambda function whose logical id holds `word`."""
    return {
        name: resource["Properties"]["Code"].get("S3Key", "inline")
        for name, resource in template["Resources"].items()
        if resource["Type"] == "AWS::Lambda::Function" and word in name
    }


def test_a_stranger_composes_two_in_one_stack(from_wheel: dict[str, Any]) -> None:
    functions = code_of(from_wheel, "")
    for owner in ("Revenue", "Custom"):
        for part in ("Mapper", "Reducer", "Coordinator"):
            assert [name for name in functions if name.startswith(owner) and part in name]
    named = [
        name
        for name, resource in from_wheel["Resources"].items()
        if NAMES_ITSELF.get(resource["Type"]) in resource.get("Properties", {})
    ]
    assert named == []


def test_the_job_is_in_the_workers_and_not_in_the_coordinator(from_wheel: dict[str, Any]) -> None:
    assert len(set(code_of(from_wheel, "Mapper").values())) == 2
    assert len(set(code_of(from_wheel, "Coordinator").values())) == 1


def test_the_code_is_the_same_from_the_checkout_and_from_the_wheel(
    from_checkout: dict[str, Any], from_wheel: dict[str, Any]
) -> None:
    assert code_of(from_checkout, "Coordinator") == code_of(from_wheel, "Coordinator") != {}
    assert from_checkout == from_wheel


@contextmanager
def mypy_cache() -> Iterator[Path]:
    """A copy of the checkout's cache, where mypy ran before: reading all of aws_cdk anew takes a minute."""
    ours = ROOT / ".mypy_cache"
    if not ours.exists():
        yield ours
        return
    with tempfile.TemporaryDirectory() as folder:
        yield Path(shutil.copytree(ours, Path(folder, "cache")))


def test_a_stranger_is_typed_and_mistakes_are_found(stranger: Stranger) -> None:
    (stranger.folder / "mistakes.py").write_text(MISTAKES)
    with mypy_cache() as cache:
        options = ["--strict", "--config-file=", f"--python-executable={stranger.python}", f"--cache-dir={cache}"]
        result = stranger.run("-m", "mypy", *options, "app.py", "mistakes.py", python=Path(sys.executable))
    errors = [line for line in result.stdout.splitlines() if ": error: " in line]
    assert [line.split(":")[:2] for line in errors] == [["mistakes.py", "3"], ["mistakes.py", "4"]], result.stdout
    assert "memroy_mb" in errors[0]
