"""Every verdict of the corpus, and how many right ones were found and wrong ones raised, printed with `-s` or `-rP`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from refarch.gate.diff import StackDiff, Verdict, compare
from refarch.gate.templates import Template

CASES: list[dict[str, Any]] = yaml.safe_load(Path(__file__).with_name("corpus.yaml").read_text())
QUIET = (Verdict.NO_OP, Verdict.ADD)


def template(short: dict[str, Any]) -> Template:
    """A case's short form as a template."""
    content = dict(short) if "Resources" in short else {"Resources": short}
    content["Resources"] = {name: whole(*each) for name, each in content["Resources"].items()}
    return Template("case.json", content)


def whole(kind: str, properties: dict[str, Any] | None = None, more: dict[str, Any] | None = None) -> dict[str, Any]:
    return {"Type": kind, "Properties": properties or {}, **(more or {})}


def said(diff: StackDiff) -> set[tuple[str, str]]:
    """Everything that the diff claims, as (what, of which)."""
    found = {
        (each.verdict.name.lower().replace("_", "-"), each.logical_id)
        for each in diff.changes
        if each.verdict not in QUIET
    }
    found |= {("broadened", each.resource) for each in diff.broadened}
    found |= {("export", each.name) for each in diff.exports}
    return found | {(f"renamed to {each.renamed_to}", each.logical_id) for each in diff.changes if each.renamed_to}


def right(case: dict[str, Any]) -> set[tuple[str, str]]:
    found = {(verdict, name) for name, verdict in case["expect"].items()}
    found |= {("broadened", name) for name in case.get("broadened", ())}
    found |= {("export", name) for name in case.get("exports", ())}
    return found | {(f"renamed to {new}", old) for old, new in case.get("renamed", {}).items()}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"].replace(" ", "-"))
def test_the_verdict_is_the_documented_one(case: dict[str, Any]) -> None:
    diff = compare(template(case["old"]), template(case["new"]))
    assert said(diff) == right(case), case["because"]


def test_recall_and_false_alarms() -> None:
    pairs = [(right(case), said(compare(template(case["old"]), template(case["new"])))) for case in CASES]
    wanted, found = sum(len(each) for each, _ in pairs), sum(len(each & got) for each, got in pairs)
    alarms = sum(len(got - each) for each, got in pairs)
    print(f"{len(CASES)} pairs: recall {found}/{wanted}, false alarms {alarms}")
    assert len(CASES) >= 60
    assert len({case["name"] for case in CASES}) == len(CASES)
    assert (found, alarms) == (wanted, 0)
