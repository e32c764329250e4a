"""Templates that nobody here wrote: what the installed packages carry, compared with itself and with edits of it."""

from __future__ import annotations

import json
import random
import sys
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from refarch.gate.diff import Verdict, compare, findings_of
from refarch.gate.templates import Template, TemplateError, parse

ROOT = Path(__file__).resolve().parents[3]
PLACES = [Path(path) for path in sys.path if path.endswith("site-packages")] + [ROOT / "node_modules"]
DATA = ("cfnlint/data", "botocore/data", "boto3/data")
NAMES = ("template.json", "template.yaml", "template.yml", ".template")


def texts() -> Iterator[tuple[str, bytes]]:
    for place in PLACES:
        for path in sorted(place.rglob("*")):
            if path.name.endswith(NAMES) and path.is_file() and not any(part in path.as_posix() for part in DATA):
                yield path.name, path.read_bytes()
        for path in sorted(place.rglob("aws-cdk-lib@*.jsii.tgz")):
            yield from packed(path)


def packed(path: Path) -> Iterator[tuple[str, bytes]]:
    with tarfile.open(path) as archive:
        for member in archive:
            if member.name.endswith(NAMES) and (file := archive.extractfile(member)):
                yield member.name.rpartition("/")[2], file.read()


@pytest.fixture(scope="module")
def foreign() -> list[Template]:
    found = []
    for name, text in texts():
        try:
            found.append(parse(text, name))
        except TemplateError:
            continue  # the names of schemas and of other tools' templates end alike
    return found


def edited(value: Any, chance: random.Random) -> Any:
    """Leaves out, lengthens and counts up, here and there."""
    if isinstance(value, dict):
        return {key: edited(each, chance) for key, each in value.items() if chance.random() > 0.02}
    if isinstance(value, list):
        return [edited(each, chance) for each in value if chance.random() > 0.02]
    if isinstance(value, str) and chance.random() < 0.05:
        return f"{value}x"
    return value + 1 if isinstance(value, int) and chance.random() < 0.1 else value


def test_there_are_some(foreign: list[Template]) -> None:
    print(f"{len(foreign)} templates, {sum(len(each.resources) for each in foreign)} resources")
    assert "bootstrap-template.yaml" in {each.name for each in foreign} or not (ROOT / "node_modules").exists()


def test_each_is_equal_to_itself(foreign: list[Template]) -> None:
    for template in foreign:
        again = {**json.loads(json.dumps(template.content)), "Description": "the same, read again"}
        diff = compare(template, Template(template.name, again))
        assert {each.verdict for each in diff.changes} == {Verdict.NO_OP}, template.name
        assert (diff.broadened, diff.exports) == ((), ()), template.name


def test_edits_never_crash(foreign: list[Template]) -> None:
    chance = random.Random(1)
    for template in foreign:
        for _ in range(20):
            resources = edited(json.loads(json.dumps(template.content["Resources"])), chance)
            kept = {name: each for name, each in resources.items() if isinstance(each, dict) and each.get("Type")}
            findings_of([compare(template, Template(template.name, {**template.content, "Resources": kept}))])


def test_verdicts_on_the_bootstrap_stack(foreign: list[Template]) -> None:
    """A spot check by hand: the stack that every CDK user has, and what CloudFormation's pages say of its parts."""
    template = next((each for each in foreign if each.name == "bootstrap-template.yaml"), None)
    if template is None:
        pytest.skip("the CDK command line is not installed: python3 bootstrap.py")
    content = json.loads(json.dumps(template.content))
    content["Resources"]["ContainerAssetsRepository"]["Properties"]["RepositoryName"] = "mine"
    content["Resources"]["StagingBucket"]["Properties"]["VersioningConfiguration"] = {"Status": "Suspended"}
    del content["Resources"]["StagingBucket"]["Properties"]["PublicAccessBlockConfiguration"]
    del content["Resources"]["CdkBootstrapVersion"]
    content["Resources"]["LookupRole"]["Properties"]["Path"] = "/x/"
    diff = compare(template, Template(template.name, content))
    verdicts = {each.logical_id: each.verdict for each in diff.changes if each.verdict is not Verdict.NO_OP}
    assert verdicts["ContainerAssetsRepository"] is Verdict.DATA_LOSS_REPLACE
    assert verdicts["StagingBucket"] is Verdict.UPDATE
    assert verdicts["CdkBootstrapVersion"] is Verdict.DATA_LOSS_DELETE
    assert verdicts["LookupRole"] is Verdict.DEPLOY_FAILS
    assert "StagingBucket" in {each.resource for each in diff.broadened}
