"""app.py finds the right interpreter and the checkout's sources, however it is started."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import source_roots

ROOT = Path(__file__).resolve().parents[2]
APP = """import source_roots
source_roots.use_checkout()
import sys, refarch
print(sys.executable, sys.argv[1:], refarch.__file__)
"""


@pytest.mark.parametrize(
    ("active", "usable", "has_venv", "anew"),
    [
        (True, True, True, False),  # the user's own environment is kept
        (True, True, False, False),
        (True, False, True, True),  # an environment of another project
        (False, True, True, True),  # aws_cdk in the system's Python: of which version?
        (False, True, False, False),  # a container image without environments
        (False, False, True, True),  # the usual shell
        (False, False, False, False),
    ],
)
def test_which_interpreter_runs(active: bool, usable: bool, has_venv: bool, anew: bool) -> None:
    assert source_roots.should_start_anew(active, usable, has_venv) is anew


def checkout(folder: Path) -> Path:
    """A checkout with the real source_roots.py and an app that tells what runs it."""
    (folder / "constructs" / "refarch").mkdir(parents=True)
    (folder / "constructs" / "refarch" / "__init__.py").touch()
    (folder / "source_roots.py").write_text((ROOT / "source_roots.py").read_text())
    (folder / "app.py").write_text(APP)
    return folder


def start(folder: Path, python: str, **variables: str) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": os.defpath, **variables}
    command = [python, "app.py", "an argument"]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)


def test_a_plain_python_starts_anew_with_the_venv_and_keeps_its_arguments(tmp_path: Path) -> None:
    folder = checkout(tmp_path / "a check out")
    (folder / ".venv" / "bin").mkdir(parents=True)
    (folder / ".venv" / "bin" / "python").symlink_to(sys.executable)
    (folder / ".venv" / "pyvenv.cfg").write_text(f"home = {Path(sys._base_executable).parent}\n")  # type: ignore[attr-defined]
    (folder / ".venv" / "lib" / "python" / "site-packages").mkdir(parents=True)
    fake = folder / "packages" / "aws_cdk"
    fake.mkdir(parents=True)
    (fake / "__init__.py").touch()
    result = start(folder, getattr(sys, "_base_executable", sys.executable), PYTHONPATH=str(fake.parent))
    assert result.returncode == 0, result.stderr
    executable, rest = result.stdout.split(" ['an argument'] ")
    assert executable == str(folder / ".venv" / "bin" / "python")
    assert rest.strip() == str(folder / "constructs" / "refarch" / "__init__.py")


def test_the_active_environment_is_kept_and_the_checkout_goes_first(tmp_path: Path) -> None:
    folder = checkout(tmp_path)
    result = start(folder, sys.executable)
    assert result.returncode == 0, result.stderr
    assert result.stdout.split()[0] == sys.executable
    assert result.stdout.split()[-1] == str(folder / "constructs" / "refarch" / "__init__.py")


def test_without_aws_cdk_the_advice_names_both_ways(tmp_path: Path) -> None:
    folder = checkout(tmp_path)
    result = subprocess.run([sys.executable, "-S", "app.py"], cwd=folder, capture_output=True, text=True)
    assert result.returncode == 1
    assert "python3 bootstrap.py" in result.stderr
    assert "pip install -r requirements.txt" in result.stderr


def test_it_starts_anew_only_once(tmp_path: Path) -> None:
    folder = checkout(tmp_path)
    (folder / ".venv" / "bin").mkdir(parents=True)
    (folder / ".venv" / "bin" / "python").symlink_to(sys.executable)
    environment = {"PATH": os.defpath, source_roots.STARTED_ANEW: "1"}
    command = [sys.executable, "-S", "app.py"]
    result = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=30)
    assert "aws_cdk is not installed" in result.stderr


def test_source_roots_go_on_the_path_once(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(sys, "path", ["elsewhere"])
    source_roots.add_source_roots(tmp_path)
    source_roots.add_source_roots(tmp_path)
    assert sys.path == [str(tmp_path / "constructs"), str(tmp_path / "lambdas"), "elsewhere"]
