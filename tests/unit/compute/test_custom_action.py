"""Actions of a team's own: their file in the function's code, their permissions in its role, and what is no action."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from aws_cdk import aws_autoscaling as autoscaling
from aws_cdk import aws_iam as iam

from refarch._shared.checks import InvalidPropsError
from refarch.compute import CustomAction, InterruptionResponder, InterruptionResponderProps, InvalidActionError

RUN = "def run(case, clients):\n    return None\n"


def action(folder: Path, name: str = "roster", text: str = RUN, **values: Any) -> CustomAction:
    file = folder / f"{name}.py"
    file.write_text(text)
    return CustomAction(file=file, **values)


def settings_of(bench: Any) -> str:
    [function] = bench.resources("AWS::Lambda::Function").values()
    value = function["Environment"]["Variables"]["RESPONDER_SETTINGS"]
    return "".join(part if isinstance(part, str) else json.dumps(part) for part in value["Fn::Join"][1])


def test_an_action_is_in_the_code_the_settings_and_the_role(bench: Any, tmp_path: Path) -> None:
    statement = iam.PolicyStatement(sid="Roster", actions=["s3:PutObject"], resources=["arn:aws:s3:::roster/*"])
    props = InterruptionResponderProps(actions=[action(tmp_path, statements=[statement])])
    InterruptionResponder(bench.stack, "R", props=props)
    assert '"custom_actions":["roster"]' in settings_of(bench).replace("\\", "")
    allowed = bench.actions(bench.resources("AWS::IAM::Policy"), "RRole")
    assert allowed["s3:PutObject"] == ["arn:aws:s3:::roster/*"]
    staged = [*Path(bench.app.outdir).glob("asset.*/responder_actions/roster.py")]
    assert [each.read_text() for each in staged] == [RUN]


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("roster", "def walk(case, clients): ...", "it defines no function run"),
        ("roster", "def run(case): ...", "it defines no function run"),
        ("drain", RUN, "drain is an action of the responder's own"),
        ("my-roster", RUN, "no such Python file with a name of"),
    ],
)
def test_what_is_no_action_is_said(tmp_path: Path, name: str, text: str, said: str) -> None:
    with pytest.raises(InvalidActionError, match=said):
        action(tmp_path, name, text)


def test_two_of_one_name_are_not_allowed(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    with pytest.raises(InvalidPropsError, match=r"actions is .*, allowed: each name once"):
        InterruptionResponderProps(actions=[action(tmp_path), action(tmp_path / "other")])


def test_only_own_hooks_are_completed_and_only_of_these_groups(bench: Any) -> None:
    group = autoscaling.AutoScalingGroup.from_auto_scaling_group_name(bench.stack, "G", "fleet")
    props = InterruptionResponderProps(auto_scaling_groups=[group], lifecycle_hooks=True)
    InterruptionResponder(bench.stack, "R", props=props)
    [hook] = bench.resources("AWS::AutoScaling::LifecycleHook")
    assert hook in settings_of(bench)
    [resource] = bench.actions(bench.resources("AWS::IAM::Policy"), "RRole")["autoscaling:CompleteLifecycleAction"]
    assert json.dumps(resource).endswith('autoScalingGroup:*:autoScalingGroupName/fleet"]]}')
