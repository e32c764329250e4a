"""A template without fault, and one defect at a time: each must be found, and nothing else may be."""

from __future__ import annotations

import copy
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

from refarch.gate.policy import Settings, check

HERE = Path(__file__).parent
BASE: dict[str, Any] = yaml.safe_load((HERE / "base.yaml").read_text())
DEFECTS: list[dict[str, Any]] = yaml.safe_load((HERE / "defects.yaml").read_text())
SETTINGS = Settings(today=date(2026, 11, 22))


def changed(section: dict[str, Any], edits: dict[str, Any]) -> None:
    """Sets what is at each dotted path; `None` takes it away."""
    for path, value in edits.items():
        *steps, last = path.split(".")
        holder: Any = section
        for step in steps:
            holder = holder[int(step)] if isinstance(holder, list) else holder[step]
        key: Any = int(last) if isinstance(holder, list) else last
        if value is None:
            del holder[key]
        else:
            holder[key] = value


def defective(defect: dict[str, Any]) -> dict[str, Any]:
    template = copy.deepcopy(BASE)
    changed(template["Resources"], defect.get("set", {}))
    changed(template["Parameters"], defect.get("parameters", {}))
    return template


def where(defect: dict[str, Any]) -> str:
    return str(defect.get("at") or next(iter(defect["set"])).split(".")[0])


def found(template: dict[str, Any]) -> set[tuple[str, str]]:
    return {(each.rule, each.resource) for each in check(template, settings=SETTINGS)}


def test_the_base_template_has_no_fault() -> None:
    assert check(BASE, settings=SETTINGS) == ()


@pytest.mark.parametrize("defect", DEFECTS, ids=lambda defect: defect["id"])
def test_each_defect_is_found_where_it_is(defect: dict[str, Any]) -> None:
    assert (defect["rule"], where(defect)) in found(defective(defect))


def test_recall_and_false_alarms(capsys: pytest.CaptureFixture[str]) -> None:
    """Printed for the record. A false alarm is a finding on a resource that the defect did not touch."""
    hits, alarms = 0, []
    for defect in DEFECTS:
        reported = found(defective(defect))
        hits += (defect["rule"], where(defect)) in reported
        touched = {path.split(".")[0] for key in ("set", "parameters") for path in defect.get(key, {})} | {
            where(defect)
        }
        alarms += [(defect["id"], *each) for each in sorted(reported) if each[1] not in touched]
    with capsys.disabled():
        print(f"\nseeded defects: {hits} of {len(DEFECTS)} found; {len(alarms)} findings elsewhere: {alarms}")
    assert len(DEFECTS) >= 40
    assert hits == len(DEFECTS)
    # What one defect breaks elsewhere, and is true there.
    consequences = {"X09 no dead letters", "X10 nobody hears of dead letters", "C06 circle"}
    assert [each for each in alarms if each[0] not in consequences] == []
