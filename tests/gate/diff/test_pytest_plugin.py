"""The fixture `gate`, in a project of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

TESTS = """
TEMPLATE = {template}

class Synthesized:
    def to_json(self):
        return TEMPLATE

def test_call(gate):
    gate.assert_contract(Synthesized(), "contracts/orders.json")

def test_equal(gate):
    assert TEMPLATE == gate.contract("contracts/orders.json", fail_on=["data-loss"])
"""


def pytest_in(folder: Path, name: str, *options: str) -> subprocess.CompletedProcess[str]:
    template = {"Resources": {"Q": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": name}}}}
    (folder / "test_stack.py").write_text(TESTS.replace("{template}", json.dumps(template)))
    (folder / "pytest.ini").write_text("[pytest]\n")
    command = [sys.executable, "-m", "pytest", "-p", "refarch.gate.pytest_plugin", "-p", "no:cacheprovider", *options]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True)


def test_a_contract_is_stored_held_and_broken(tmp_path: Path) -> None:
    missing = pytest_in(tmp_path, "a")
    assert "does not exist" in missing.stdout
    assert pytest_in(tmp_path, "a", "--gate-update").returncode == 0
    assert (tmp_path / "contracts" / "orders.json").exists()
    assert pytest_in(tmp_path, "a").returncode == 0
    broken = pytest_in(tmp_path, "b")
    assert "2 failed" in broken.stdout
    assert broken.stdout.count("replace with loss of data") >= 2
    assert "pytest --gate-update writes orders.json anew" in broken.stdout


def test_the_plugin_costs_other_projects_nothing() -> None:
    """It is loaded by every pytest of an environment that has refarch."""
    code = (
        "import sys, refarch.gate.pytest_plugin\n"
        "heavy = ('yaml', 'rich', 'click', 'cfnlint', 'aws_cdk', 'refarch.gate.diff')\n"
        "print([name for name in heavy if name in sys.modules])"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = json.loads(result.stdout.replace("'", '"'))
    assert set(loaded) <= {"rich", "yaml"}  # pytest's own, in some versions
