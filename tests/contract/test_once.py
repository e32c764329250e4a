"""The contract suite costs one synth: each variant is synthesized once a session, and its tests read what that left."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

HERE = Path(__file__).parent
SYNTH = HERE / "synthesize.py"
# The last two are modules of ours that load aws_cdk, and with it start Node.
COSTLY = re.compile(r"aws_cdk|build_app|from_stack|jsii|cdk_nag|refarch\._shared|refarch\.gate\.plugin")


def test_every_variant_is_there_once_from_one_start(assemblies: Path, starts: Path) -> None:
    variants = json.loads((HERE / "variants.json").read_text())
    assert {path.name for path in assemblies.iterdir()} == {*variants, "probe", "stranger"}
    assert len(starts.read_text().splitlines()) == 1, "two processes of one session each synthesized everything"


@pytest.mark.parametrize("path", sorted({*HERE.rglob("*.py")} - {SYNTH, Path(__file__)}), ids=lambda path: path.stem)
def test_no_test_here_synthesizes_anything_itself(path: Path) -> None:
    """`Template.from_stack` walks the whole app at each call; a file that was written is read in half a millisecond."""
    assert COSTLY.findall(path.read_text()) == []
