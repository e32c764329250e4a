"""What must not slip into the repository, and what must stay in step with each other."""

from __future__ import annotations

import json
import re
import subprocess
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
# The lock names a package as `name==version \` or `name==version ; marker \`.
PINNED = re.compile(r"^([a-z0-9-]+)==(\S+?)(?: ;.*)? \\$", re.MULTILINE)
MACHINE = re.compile(r"(/home/(?!me/)[a-z]|/root/|/Users/[A-Za-z]|/opt/(pypi|wheels)|/tmp/probe|/work/(main|shared))")
REGISTRY = re.compile(
    r"https?://[^\s\"')]*(/simple\b|/artifactory/|registry\.npm|files\.pythonhosted|pypi\.org/simple)"
)


def tracked() -> list[Path]:
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    if result.returncode:
        pytest.skip("not a git checkout")
    return [ROOT / name for name in result.stdout.split("\0") if name and (ROOT / name).is_file()]


def text_of(path: Path) -> str:
    try:
        return path.read_text()
    except UnicodeDecodeError:
        return ""


@pytest.mark.parametrize("pattern", [MACHINE, REGISTRY], ids=["machine paths", "registry hosts"])
def test_no_tracked_file_names_a_machine(pattern: re.Pattern[str]) -> None:
    found = {
        str(path.relative_to(ROOT)): match.group()
        for path in tracked()
        if path != Path(__file__) and (match := pattern.search(text_of(path)))
    }
    assert found == {}


def pins(name: str) -> dict[str, str]:
    return dict(PINNED.findall((ROOT / name).read_text()))


def test_the_locks_agree() -> None:
    """A user synthesises with the very versions that the tests ran on."""
    user, full = pins("requirements.txt"), pins("requirements-dev.txt")
    assert "aws-cdk-lib" in user
    assert user.items() <= full.items()


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt"])
def test_every_locked_package_has_a_hash(name: str) -> None:
    blocks = re.split(r"^(?=[a-z0-9-]+==)", (ROOT / name).read_text(), flags=re.MULTILINE)[1:]
    assert len(blocks) >= len(pins(name)) > 10
    assert [block for block in blocks if "--hash=sha256:" not in block] == []


def test_the_lock_knows_every_requirement_of_the_project() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    wanted = [*project["project"]["dependencies"], *project["project"]["optional-dependencies"]["local"]]
    wanted += project["dependency-groups"]["dev"]
    names = {re.split(r"[^A-Za-z0-9-]", line)[0].lower() for line in wanted}
    assert names - set(pins("requirements-dev.txt")) == set()


def test_the_cdk_command_line_is_locked_without_an_address() -> None:
    wanted = json.loads((ROOT / "package.json").read_text())["devDependencies"]["aws-cdk"]
    locked = json.loads((ROOT / "package-lock.json").read_text())["packages"]["node_modules/aws-cdk"]
    assert locked["version"] == wanted
    assert "integrity" in locked
    assert "resolved" not in locked


def test_cdk_json_has_every_recommended_flag() -> None:
    """A new flag is a decision: taken as recommended, or written down here with its reason."""
    recommended = ROOT / "node_modules" / "aws-cdk" / "lib" / "init-templates" / ".recommended-feature-flags.json"
    if not recommended.exists():
        pytest.skip("the CDK command line is not installed: python3 bootstrap.py")
    context = json.loads((ROOT / "cdk.json").read_text())["context"]
    assert json.loads(recommended.read_text()).items() <= context.items()


def test_cdk_json_names_no_reserved_key() -> None:
    """The command line warns of each `aws:` key there at every run; app_factory sets those that it needs."""
    context = json.loads((ROOT / "cdk.json").read_text())["context"]
    assert [key for key in context if key.startswith("aws:")] == []
