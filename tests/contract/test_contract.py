"""The contract of each stack, one line a resource, under snapshot: `<room>[.<variant>].contract.txt`."""

from __future__ import annotations

import difflib
import json
from pathlib import Path
from typing import Any

import pytest
from syrupy.assertion import SnapshotAssertion
from syrupy.data import SnapshotCollections
from syrupy.extensions.single_file import SingleFileSnapshotExtension, WriteMode

from refarch.gate.contract import render
from stacks.catalogue import CATALOGUE

CHANGED = """the contract of {name} changed.
Look at each line: another logical id or another value in fixed(...) replaces what is deployed; a line that lost `keep`
loses data; `allow` widens. Where all of it is meant, write it down with
    pytest tests/contract --snapshot-update
commit the file, and name changed logical ids in CHANGELOG.md."""


class ContractFile(SingleFileSnapshotExtension):
    """One text file beside this test, named after the variant."""

    _write_mode = WriteMode.TEXT
    file_extension = "contract.txt"

    @classmethod
    def dirname(cls, *, test_location: Any) -> str:
        return str(Path(test_location.filepath).parent)

    @classmethod
    def get_snapshot_name(cls, *, test_location: Any, index: int | str = 0) -> str:
        return str(index)

    def discover_snapshots(self, **_: Any) -> SnapshotCollections:
        """None to clean up. Syrupy would take every other file of this folder for a left-over, and delete it."""
        return SnapshotCollections()


@pytest.fixture
def contract_file(snapshot: SnapshotAssertion) -> SnapshotAssertion:
    return snapshot.use_extension(ContractFile)


@pytest.mark.filterwarnings("ignore:[\\s\\S]*Can not relate snapshot")
def test_the_contract_is_the_one_that_was_agreed(synthesized: Any, contract_file: SnapshotAssertion) -> None:
    contract = render(synthesized.template)
    path = Path(__file__).with_name(f"{synthesized.name}.contract.txt")
    agreed = path.read_text().splitlines() if path.exists() else []
    if contract != contract_file(name=synthesized.name):
        # Every changed line and its resource's, and nothing of pytest's own, which cuts a diff short.
        changes = "\n".join(difflib.unified_diff(agreed, contract.splitlines(), "agreed", "now", lineterm="", n=1))
        pytest.fail(f"{CHANGED.format(name=synthesized.name)}\n\n{changes}", pytrace=False)


def test_there_is_a_contract_for_each_stack_and_none_besides() -> None:
    here = Path(__file__).parent
    names = {path.name.removesuffix(".contract.txt") for path in here.glob("*.contract.txt")}
    assert {each.module for each in CATALOGUE} <= names
    assert names == set(json.loads((here / "variants.json").read_text()))
