"""The full templates under three rule packs: cfn-lint, the CDK's own rules and cdk-nag; and what was answered how."""

from __future__ import annotations

import hashlib
import json
import os
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
from cfnlint.api import lint
from cfnlint.config import ManualArgs

from refarch._shared.acknowledge import SHORTEST_REASON

KEPT = Path(__file__).resolve().parents[2] / ".refarch" / "cfn-lint"
# Different in what they offer: the oldest, one with an opt-in, a small one, and the other partitions.
REGIONS = ["us-east-1", "eu-central-2", "ap-southeast-5", "us-gov-west-1", "cn-north-1"]
# The CDK writes a DependsOn beside each reference to a role (W3005).
CAUSED_BY_THE_CDK = ["W3005"]
# Some of these regions have no such service: a setting leaves it out, or the page of the stack says so.
NOT_EVERYWHERE = ("AWS::FIS::ExperimentTemplate", "AWS::CloudFront::")
# The CDK itself acknowledges its use of Fn::GetAZs, in every stack that has a VPC, whether the rule finds it or not.
ACKNOWLEDGED_BY_THE_CDK = {"CloudFormation-Validate::W3010"}
# The constructs in the stranger's stack that are this project's.
OURS = ("One", "Two", "Runner", "Responder", "EveryAction", "Queues", "Genomes")


def violations(synthesized: Any) -> dict[str, list[str]]:
    """Rule to the constructs that break it: errors and warnings alike."""
    return {
        f"{report['pluginName']}: {found['ruleName']}": [each["constructPath"] for each in found["violatingConstructs"]]
        for report in synthesized.reports
        for found in report["violations"]
    }


def lint_findings(template: dict[str, Any]) -> list[str]:
    """What cfn-lint finds. Seconds for each template, so what it found is kept, except in CI."""
    text = json.dumps(template)
    key = repr((version("cfn-lint"), REGIONS, CAUSED_BY_THE_CDK, NOT_EVERYWHERE, Path(__file__).read_text(), text))
    kept = KEPT / f"{hashlib.sha256(key.encode()).hexdigest()}.json"
    if kept.exists() and not os.environ.get("CI"):
        found: list[str] = json.loads(kept.read_text())
        return found
    found = _lint(text)
    KEPT.mkdir(parents=True, exist_ok=True)
    unfinished = kept.with_suffix(f".{os.getpid()}")
    unfinished.write_text(json.dumps(found))
    unfinished.replace(kept)
    return found


def _lint(template: str) -> list[str]:
    config = ManualArgs(regions=REGIONS, ignore_checks=CAUSED_BY_THE_CDK)
    found = [f"{match.rule.id} {match.path}: {match.message}" for match in lint(template, config=config)]
    return [each for each in found if not (each.startswith("E3006") and any(kind in each for kind in NOT_EVERYWHERE))]


def test_no_rule_finds_anything_that_is_not_answered(synthesized: Any) -> None:
    assert violations(synthesized) == {}


def test_a_stranger_who_uses_the_constructs_gets_no_finding_either(stranger: Any) -> None:
    ours = {
        rule: paths
        for rule, paths in violations(stranger).items()
        if any(path.split("/")[1] in OURS or "Notifications" in path for path in paths)
    }
    assert ours == {}


def test_the_rules_do_bite(probe: Any) -> None:
    found = " ".join(violations(probe))
    assert "CloudFormation Validate: E2531" in found  # python3.7
    assert "AwsSolutions: AwsSolutions-S1" in found
    assert "AwsSolutions: AwsSolutions-S10" in found  # plain HTTP
    assert any(finding.startswith("E2531") for finding in lint_findings(probe.template))


def test_cfn_lint_finds_nothing_in_any_region(synthesized: Any) -> None:
    assert lint_findings(synthesized.template) == []


def test_every_acknowledgement_has_a_reason_that_can_be_judged(synthesized: Any) -> None:
    assert synthesized.acknowledgements
    assert {at: why for at, why in synthesized.acknowledgements.items() if len(why) < SHORTEST_REASON} == {}


def test_every_acknowledgement_is_needed_and_leaves_a_record(synthesized: Any) -> None:
    """One that answers nothing hides the next finding; one without the pack's name is not in the audit record."""
    recorded = {
        (each["acknowledgedAt"], each["acknowledgedId"])
        for report in synthesized.reports
        for each in report.get("suppressedViolations", ())
    }
    given = {(path, rule) for path, rule in synthesized.acknowledgements if rule not in ACKNOWLEDGED_BY_THE_CDK}
    assert given - recorded == set()


@pytest.mark.parametrize("scope", ["", "MapReduce", "MapReduce/MapReduce"])
def test_nothing_is_acknowledged_for_a_whole_stack(synthesized: Any, scope: str) -> None:
    given = {rule for path, rule in synthesized.acknowledgements if path == scope}
    assert given <= ACKNOWLEDGED_BY_THE_CDK
