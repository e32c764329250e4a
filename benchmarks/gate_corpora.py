"""The corpora that the gate and its peers are measured on: those of the gate's own tests.

106 pairs of templates with the documented verdict each, and a template without fault with 76 defects seeded one at a
time. They were written by the authors of the gate, so they favour it: tests/gate/diff/test_second_witness.py and
tests/gate/diff/test_reviewed.py hold what others' data says.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

Template = dict[str, Any]
TESTS = Path(__file__).resolve().parents[1] / "tests" / "gate"


@dataclass(frozen=True)
class Pair:
    """One change. `expect`: logical id to verdict; `broadened`: who may do more."""

    name: str
    old: Template
    new: Template
    expect: dict[str, str]
    broadened: tuple[str, ...]


@dataclass(frozen=True)
class Defect:
    """One seeded fault, and the resource that it is on."""

    name: str
    template: Template
    at: str
    touched: frozenset[str]


def pairs() -> list[Pair]:
    """Every pair of tests/gate/diff/corpus.yaml, as whole templates."""
    cases = yaml.safe_load((TESTS / "diff" / "corpus.yaml").read_text())
    return [
        Pair(each["name"], _whole(each["old"]), _whole(each["new"]), each["expect"], tuple(each.get("broadened", ())))
        for each in cases
    ]


def _whole(short: Template) -> Template:
    content = dict(short) if "Resources" in short else {"Resources": short}
    content["Resources"] = {
        name: {"Type": kind, "Properties": (rest[0] if rest else None) or {}, **(rest[1] if rest[1:] else {})}
        for name, (kind, *rest) in content["Resources"].items()
    }
    return content


def clean() -> Template:
    """The template without fault."""
    found: Template = yaml.safe_load((TESTS / "policy" / "base.yaml").read_text())
    return found


def defects() -> list[Defect]:
    """The clean template with one defect each."""
    return [_defect(each) for each in yaml.safe_load((TESTS / "policy" / "defects.yaml").read_text())]


def _defect(given: Template) -> Defect:
    template = copy.deepcopy(clean())
    edits = [*_edits(given, "set"), *_edits(given, "parameters")]
    for section, path, value in edits:
        _set(template[section], path, value)
    at = str(given.get("at") or next(iter(given["set"])).split(".")[0])
    return Defect(given["id"], template, at, frozenset({at, *(path.split(".")[0] for _, path, _ in edits)}))


def _edits(given: Template, key: str) -> Iterator[tuple[str, str, Any]]:
    section = {"set": "Resources", "parameters": "Parameters"}[key]
    yield from ((section, path, value) for path, value in given.get(key, {}).items())


def _set(section: Any, path: str, value: Any) -> None:
    *steps, last = path.split(".")
    holder = section
    for step in steps:
        holder = holder[int(step)] if isinstance(holder, list) else holder[step]
    key: Any = int(last) if isinstance(holder, list) else last
    if value is None:
        del holder[key]
    else:
        holder[key] = value
