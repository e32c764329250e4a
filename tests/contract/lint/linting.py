"""What cfn-lint finds: its rules are loaded once for all templates, and what it found is kept, except in CI."""

from __future__ import annotations

import gc
import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Final

from cfnlint.config import ConfigMixIn
from cfnlint.runner import Runner

KEPT: Final = Path(__file__).resolve().parents[3] / ".refarch" / "cfn-lint"
# Different in what they offer: the oldest, one with an opt-in, a small one, and the other partitions.
REGIONS: Final = ["us-east-1", "eu-central-2", "ap-southeast-5", "us-gov-west-1", "cn-north-1"]
# The CDK writes a DependsOn beside each reference to a role (W3005).
CAUSED_BY_THE_CDK: Final = ["W3005"]
# Some of these regions have no such service: a setting leaves it out, or the page of the stack says so.
NOT_EVERYWHERE: Final = ("AWS::FIS::ExperimentTemplate", "AWS::CloudFront::")


def findings(templates: Mapping[str, Path]) -> dict[str, list[str]]:
    """Name to what is found in the template, of all at once: a run costs seconds before it looks at the first."""
    places = {name: _kept(path) for name, path in templates.items()}
    new = {name: path for name, path in templates.items() if os.environ.get("CI") or not places[name].exists()}
    for name, found in _lint(new).items() if new else ():
        _keep(places[name], found)
    return {name: json.loads(place.read_text()) for name, place in places.items()}


def _lint(templates: Mapping[str, Path]) -> dict[str, list[str]]:
    files = [str(path) for path in templates.values()]
    config = ConfigMixIn([], templates=files, regions=REGIONS, ignore_checks=CAUSED_BY_THE_CDK)
    found: dict[str, list[str]] = {file: [] for file in files}
    with _without_collector():
        for match in Runner(config).run():
            found[match.filename].append(f"{match.rule.id} {match.path}: {match.message}")
    return {name: [each for each in found[str(path)] if _counts(each)] for name, path in templates.items()}


def _counts(finding: str) -> bool:
    return not (finding.startswith("E3006") and any(kind in finding for kind in NOT_EVERYWHERE))


@contextmanager
def _without_collector() -> Iterator[None]:
    """cfn-lint makes millions of small objects; looking for circles among them takes a fifth of its time."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def _kept(template: Path) -> Path:
    rules = (version("cfn-lint"), REGIONS, CAUSED_BY_THE_CDK, NOT_EVERYWHERE, Path(__file__).read_text())
    return KEPT / f"{hashlib.sha256(repr((rules, template.read_text())).encode()).hexdigest()}.json"


def _keep(place: Path, found: list[str]) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    unfinished = place.with_suffix(f".{os.getpid()}")
    unfinished.write_text(json.dumps(found))
    unfinished.replace(place)
