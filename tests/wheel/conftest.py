"""The wheel as a stranger gets it: built once, installed where no checkout can be seen."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import venv
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
APP = '''\
"""An app of somebody else, in another folder."""

import sys
from pathlib import Path

import aws_cdk as cdk
from refarch.mapreduce import JobCode, MapReduce, MapReduceProps


class Analytics(cdk.Stack):
    def __init__(self, scope: cdk.App, id: str) -> None:
        super().__init__(scope, id)
        self.revenue = MapReduce(self, "Revenue", props=MapReduceProps())
        job = JobCode.from_path(Path("jobs/word_count.py"))
        self.custom = MapReduce(self, "Custom", props=MapReduceProps(job=job, memory_mb=1024))


app = cdk.App(outdir=sys.argv[1], context={"@aws-cdk/core:validateAgainstDefaultRules": True})
Analytics(app, "Analytics")
app.synth()
'''
WORD_COUNT = """\
def map(record):
    for word in record.split():
        yield word, 1


def reduce(key, values):
    return sum(values)
"""


@dataclass(frozen=True)
class Stranger:
    """A folder with an app, and a Python that has the wheel."""

    folder: Path
    python: Path

    def run(self, *arguments: str, python: Path | None = None) -> subprocess.CompletedProcess[str]:
        """Run a Python (by default the one with the wheel) in the stranger's folder, without the settings here."""
        settings = {"CDK_VALIDATION": "true", "PYTHONSAFEPATH": ""}
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "MYPY", "PYTEST"))}
        command = [str(python or self.python), *arguments]
        return subprocess.run(command, cwd=self.folder, env={**kept, **settings}, capture_output=True, text=True)


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="session")
def stranger(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Stranger:
    """The wheel from its file; what it depends on from here, without a download.

    A folder named in a .pth file is searched, but its own .pth files are not read: so the dependencies are found, and
    the editable install of this checkout, which is such a file, is not.
    """
    home = tmp_path_factory.mktemp("a stranger")
    venv.create(home / "venv", symlinks=True)
    python = home / "venv" / "bin" / "python"
    install = [sys.executable, "-m", "pip", "--python", str(python), "install", "--no-deps", "--no-index", str(wheel)]
    subprocess.run(install, check=True, capture_output=True)
    packages = next((home / "venv").glob("lib/python3*/site-packages"))
    (packages / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")
    folder = home / "app"
    (folder / "jobs").mkdir(parents=True)
    (folder / "app.py").write_text(APP)
    (folder / "jobs" / "word_count.py").write_text(WORD_COUNT)
    return Stranger(folder, python)
