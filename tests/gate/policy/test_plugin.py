"""The rules inside a synthesis of the CDK: one line turns them on, and acknowledgements count where they are given."""

from __future__ import annotations

from pathlib import Path

import aws_cdk as cdk
import pytest
from aws_cdk import aws_s3 as s3

from refarch.gate.plugin import GateChecks
from refarch.gate.policy import Settings

REASON = "A probe of the tests, which holds nothing and is never deployed"
PLAIN = ("S3-PUBLIC-ACCESS", "S3-TLS", "S3-ENCRYPTION")


def acknowledge(scope: cdk.Resource | cdk.Stack, *rules: str) -> None:
    given = [cdk.Acknowledgment(id=f"Gates::{rule}", reason=REASON) for rule in rules]
    cdk.Validations.of(scope).acknowledge(*given)


@pytest.fixture
def app(tmp_path: Path) -> cdk.App:
    app = cdk.App(outdir=str(tmp_path / "cdk.out"), builtin_cloud_formation_validation=False)
    GateChecks.add_to(app)
    return app


def test_a_finding_ends_the_synthesis_and_says_how_to_answer(app: cdk.App) -> None:
    s3.Bucket(cdk.Stack(app, "Probe"), "Bucket")
    with pytest.raises(RuntimeError) as error:
        app.synth()
    assert all(rule in str(error.value) for rule in PLAIN)
    assert "BlockPublicAcls" in str(error.value)


def test_an_acknowledgement_counts_in_its_scope_only(app: cdk.App) -> None:
    stack = cdk.Stack(app, "Probe")
    acknowledge(s3.Bucket(stack, "One"), *PLAIN)
    other = s3.Bucket(stack, "Two")
    with pytest.raises(RuntimeError) as error:
        app.synth()
    assert "Probe/Two" in str(error.value)
    assert '"constructPath": "Probe/One' not in str(error.value).split("suppressedViolations")[0]
    assert other.node.path == "Probe/Two"


def test_what_is_acknowledged_passes(app: cdk.App) -> None:
    stack = cdk.Stack(app, "Probe")
    acknowledge(s3.Bucket(stack, "One"), *PLAIN)
    # A parameter is no construct that the CDK finds: it is answered for at its stack.
    cdk.CfnParameter(stack, "DbPassword")
    acknowledge(stack, "SECRET-PARAMETER")
    assert app.synth().get_stack_by_name("Probe").template["Resources"]


def test_the_profile_and_the_settings_are_taken() -> None:
    assert len(GateChecks("regulated").rule_ids) > len(GateChecks("baseline").rule_ids) > 80
    assert GateChecks("baseline", Settings(mandatory_tags=("owner",))).name == "Gates"
    with pytest.raises(ValueError, match="allowed: baseline, regulated"):
        GateChecks("strict")  # type: ignore[arg-type]


def test_warnings_may_be_let_through(tmp_path: Path) -> None:
    app = cdk.App(outdir=str(tmp_path), builtin_cloud_formation_validation=False)
    subnet = {"VpcId": "vpc-1", "CidrBlock": "10.0.0.0/24", "MapPublicIpOnLaunch": True}
    cdk.CfnResource(cdk.Stack(app, "Probe"), "Subnet", type="AWS::EC2::Subnet", properties=subnet)
    cdk.Validations.of(app).add_plugins(GateChecks(fail_on="error"))
    assert app.synth().stacks[0].template["Resources"]
