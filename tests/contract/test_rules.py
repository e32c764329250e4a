"""The templates under three rule packs (the CDK's own, cdk-nag and the gate), as the synth itself reports them."""

from __future__ import annotations

from typing import Any

import pytest

# Characters; less is no reason that a reviewer could judge.
SHORTEST_REASON = 40
# The CDK itself acknowledges its use of Fn::GetAZs, in every stack that has a VPC, whether the rule finds it or not.
ACKNOWLEDGED_BY_THE_CDK = {"CloudFormation-Validate::W3010"}
# The constructs in the stranger's stack that are this project's.
OURS = ("One", "Two", "Runner", "Responder", "EveryAction", "Queues", "Genomes", "OnePlayer", "OtherPlayer")
# What the CDK puts beside them in the stack: handlers of bucket notifications and of files for a page.
BESIDE_OURS = ("Notifications", "Custom::")


def violations(synthesized: Any) -> dict[str, list[str]]:
    """Rule to the constructs that break it: errors and warnings alike."""
    return {
        f"{report['pluginName']}: {found['ruleName']}": [each["constructPath"] for each in found["violatingConstructs"]]
        for report in synthesized.reports
        for found in report["violations"]
    }


def test_no_rule_finds_anything_that_is_not_answered(synthesized: Any) -> None:
    assert violations(synthesized) == {}


def test_a_stranger_who_uses_the_constructs_gets_no_finding_either(stranger: Any) -> None:
    ours = {
        rule: paths
        for rule, paths in violations(stranger).items()
        if any(path.split("/")[1] in OURS or any(each in path for each in BESIDE_OURS) for path in paths)
    }
    assert ours == {}


def test_the_rules_do_bite(probe: Any) -> None:
    found = " ".join(violations(probe))
    assert "CloudFormation Validate: E2531" in found  # python3.7
    assert "AwsSolutions: AwsSolutions-S1" in found
    assert "AwsSolutions: AwsSolutions-S10" in found  # plain HTTP


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
