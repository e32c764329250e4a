"""Every stack of the catalogue, synthesized and validated once a session; the tests here read files."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent
VARIANTS: dict[str, dict[str, Any]] = json.loads((HERE / "variants.json").read_text())


@dataclass(frozen=True)
class Synthesized:
    """One variant's cloud assembly."""

    name: str
    folder: Path
    stack: str

    def _read(self, name: str) -> Any:
        return json.loads((self.folder / name).read_text())

    @cached_property
    def template(self) -> dict[str, Any]:
        """Read once, for tests that read only."""
        template: dict[str, Any] = self._read(f"{self.stack}.template.json")
        return template

    @cached_property
    def reports(self) -> list[dict[str, Any]]:
        reports: list[dict[str, Any]] = self._read("validation-report.json")["pluginReports"]
        return reports

    @cached_property
    def acknowledgements(self) -> dict[tuple[str, str], str]:
        """(path of the construct, rule) to the reason that was given there."""
        metadata = self._read(f"{self.stack}.metadata.json")
        return {
            (path.removeprefix("/"), rule): reason
            for path, entries in metadata.items()
            for entry in entries
            if entry["type"] == "aws:cdk:acknowledged-rules"
            for rule, reason in entry["data"].items()
        }

    def resources(self, *types: str) -> dict[str, dict[str, Any]]:
        """Logical id to the resource, of these types (all where none is named)."""
        found = self.template["Resources"].items()
        return {name: resource for name, resource in found if not types or resource["Type"] in types}


@pytest.fixture(scope="session")
def starts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One line for each time that everything was synthesized, by all processes of the session."""
    own = tmp_path_factory.getbasetemp()
    return (own.parent if "PYTEST_XDIST_WORKER" in os.environ else own) / "synthesized.txt"


@pytest.fixture(scope="session")
def assemblies(tmp_path_factory: pytest.TempPathFactory, starts: Path) -> Path:
    folder = tmp_path_factory.mktemp("assemblies")
    with starts.open("a") as file:
        file.write(f"{os.getpid()}\n")
    # Under pytest the CDK keeps its report to itself, so the program must not look as if it were.
    environment = {key: value for key, value in os.environ.items() if not key.startswith("PYTEST_")}
    environment["CDK_VALIDATION"] = "true"
    command = [sys.executable, str(HERE / "synthesize.py"), str(folder)]
    result = subprocess.run(command, cwd=HERE.parents[1], env=environment, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    return folder


@pytest.fixture(scope="session", params=VARIANTS)
def synthesized(request: pytest.FixtureRequest, assemblies: Path) -> Iterator[Synthesized]:
    """Each variant in turn. Its template is one object for all tests, so none may change it."""
    made = Synthesized(request.param, assemblies / request.param, VARIANTS[request.param]["stack"])
    yield made
    assert made.template == Synthesized(made.name, made.folder, made.stack).template, "a test has changed what it read"


@pytest.fixture(scope="session", params=[name for name, each in VARIANTS.items() if each["stack"] == "MapReduce"])
def map_reduce(request: pytest.FixtureRequest, assemblies: Path) -> Synthesized:
    """Each variant of MapReduce in turn."""
    return Synthesized(request.param, assemblies / request.param, "MapReduce")


@pytest.fixture(scope="session")
def probe(assemblies: Path) -> Synthesized:
    """A stack that must be found at fault."""
    return Synthesized("probe", assemblies / "probe", "Probe")


@pytest.fixture(scope="session")
def stranger(assemblies: Path) -> Synthesized:
    """A team's own app that uses the constructs."""
    return Synthesized("stranger", assemblies / "stranger", "Stranger")
