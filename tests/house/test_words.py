"""The words a person types are the same in README.md, in CONTRIBUTING.md, in the Makefile and in CI."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FENCED = re.compile(r"^```(?:console|bash|sh)\n(.*?)^```", re.MULTILINE | re.DOTALL)
TARGET = re.compile(r"^([a-z]+):.*## ", re.MULTILINE)


def commands(name: str) -> list[str]:
    """The command lines in a page's fenced blocks, without prompt and comment."""
    lines = "\n".join(FENCED.findall((ROOT / name).read_text())).splitlines()
    return [re.sub(r"\s+#.*$", "", line.removeprefix("$ ")).strip() for line in lines]


def ci_commands() -> list[str]:
    """What .ci/run does, without what it says and how it is set up."""
    own = ("#", "set ", "cd ", "say", "export ")
    lines = (ROOT / ".ci" / "run").read_text().splitlines()
    return [line for line in lines if line.strip() and not line.startswith(own)]


def test_ci_runs_set_up_and_check_and_nothing_else() -> None:
    assert ci_commands() == ["python3 bootstrap.py", "make check"]


@pytest.mark.parametrize("page", ["README.md", "CONTRIBUTING.md"])
def test_a_newcomer_types_what_ci_runs(page: str) -> None:
    assert set(ci_commands()) <= set(commands(page))


def test_the_readme_shows_the_demo() -> None:
    assert "make demo" in commands("README.md")


@pytest.mark.parametrize("page", ["README.md", "CONTRIBUTING.md"])
def test_every_word_of_a_page_is_in_the_makefile(page: str) -> None:
    typed = {line.split()[1] for line in commands(page) if line.startswith("make ")}
    assert typed <= set(TARGET.findall((ROOT / "Makefile").read_text()))


def test_ci_is_executable_and_valid() -> None:
    assert os.access(ROOT / ".ci" / "run", os.X_OK)
    subprocess.run(["bash", "-n", str(ROOT / ".ci" / "run")], check=True)


def test_make_alone_lists_the_words() -> None:
    result = subprocess.run(["make"], cwd=ROOT, capture_output=True, text=True, check=True)
    listed = {line.split()[1] for line in result.stdout.splitlines() if line.startswith("  make ")}
    assert {"bootstrap", "demo", "check"} <= listed
