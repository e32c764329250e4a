"""What a person types often must not wait for jsii: aws_cdk costs a second, and a Node process."""

from __future__ import annotations

import subprocess
import sys

import pytest

REPORT = "import sys; print([name for name in ('jsii', 'aws_cdk') if name in sys.modules])"


def python(code: str) -> str:
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    return result.stdout.splitlines()[-1]


@pytest.mark.parametrize(
    "module",
    [
        "refarch",
        "refarch_lambdas",
        "refarch.cli",
        "refarch.local",
        "refarch.streaming",
        "refarch.fast",
        "stacks.catalogue",
    ],
)
def test_an_import_loads_no_cdk(module: str) -> None:
    assert python(f"import {module}; {REPORT}") == "[]"


def test_the_help_of_the_command_line_loads_no_cdk() -> None:
    """What was loaded is looked at when the help has been shown and the program has ended."""
    report = f"import atexit\natexit.register(exec, {REPORT!r}, {{}})"
    assert python(f"{report}\nfrom refarch.cli import main\nmain(['--help'])") == "[]"


def test_the_help_names_the_program() -> None:
    command = [sys.executable, "-m", "refarch.cli", "--help"]
    result = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "Usage: refarch" in result.stdout
