"""The least policy that deploys a stack: complete, within IAM's limit, and no wider than names allow."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from refarch.cli import main
from refarch.gate.deploy_policy import LIMIT, DeployPolicy, deploy_policy, size
from refarch.gate.deploy_policy.pack import pack
from refarch.gate.policy.actions import expand
from refarch.gate.schemas import schema_of

BASE: dict[str, Any] = yaml.safe_load((Path(__file__).parents[1] / "policy" / "base.yaml").read_text())


@pytest.fixture(scope="module")
def made() -> DeployPolicy:
    return deploy_policy(BASE, stack="Orders")


def statements(made: DeployPolicy) -> Iterator[dict[str, Any]]:
    return (each for document in made.documents for each in document["Statement"])


def resources_of(made: DeployPolicy, action: str) -> list[str]:
    found = [each["Resource"] for each in statements(made) if action in each["Action"]]
    return [each for value in found for each in (value if isinstance(value, list) else [value])]


def test_every_permission_of_every_handler_is_there(made: DeployPolicy) -> None:
    allowed = {action.lower() for each in statements(made) for action in each["Action"]}
    only_users_and_groups = {f"iam:{verb}{who}policy" for verb in ("get", "put", "delete") for who in ("user", "group")}
    for resource in BASE["Resources"].values():
        schema = schema_of(resource["Type"])
        assert schema is not None
        for handler in ("create", "read", "update", "delete"):
            needed = {each.strip().lower() for each in schema.permissions(handler) if expand(each.strip())}
            assert needed - allowed - only_users_and_groups == set(), resource["Type"]


def test_each_document_fits_and_none_is_empty(made: DeployPolicy) -> None:
    assert all(0 < size(each) <= LIMIT for each in made.documents)
    assert len(made.documents) <= 10


def test_only_the_stacks_roles_are_passed_and_only_to_who_they_trust(made: DeployPolicy) -> None:
    passing = [each for each in statements(made) if each["Action"] == ["iam:PassRole"]]
    assert {each["Resource"] for each in passing} == {"arn:aws:iam::*:role/Orders-*"}
    services = [each["Condition"]["StringEquals"]["iam:PassedToService"] for each in passing]
    assert sorted(services) == [["ecs-tasks.amazonaws.com"], ["lambda.amazonaws.com"], ["states.amazonaws.com"]]


def test_names_limit_what_can_be_limited(made: DeployPolicy) -> None:
    assert resources_of(made, "sqs:CreateQueue") == ["arn:aws:sqs:*:*:Orders-*"]
    assert resources_of(made, "s3:CreateBucket") == ["arn:aws:s3:::orders-*"]
    assert resources_of(made, "lambda:CreateFunction") == ["arn:aws:lambda:*:*:function:Orders-*"]
    assert resources_of(made, "cloudformation:CreateChangeSet") == ["arn:aws:cloudformation:*:*:stack/Orders/*"]
    assert resources_of(made, "lambda:CreateEventSourceMapping") == ["*"]


def test_an_explicit_name_and_another_partition_are_taken() -> None:
    template = {"Resources": {"Q": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "jobs"}}}}
    made = deploy_policy(template, stack="S", partition="aws-cn")
    assert resources_of(made, "sqs:CreateQueue") == ["arn:aws-cn:sqs:*:*:jobs"]


def test_assets_of_the_bootstrap_and_functions_of_custom_resources_are_reached() -> None:
    parameter = {"Type": "AWS::SSM::Parameter::Value<String>", "Default": "/cdk-bootstrap/abc123/version"}
    function = {"Type": "AWS::Lambda::Function"}
    custom = {"Type": "Custom::X", "Properties": {"ServiceToken": {"Fn::GetAtt": ["F", "Arn"]}}}
    template = {"Parameters": {"V": parameter}, "Resources": {"F": function, "X": custom}}
    made = deploy_policy(template, stack="S")
    assert "arn:aws:s3:::cdk-abc123-assets-*/*" in resources_of(made, "s3:PutObject")
    assert "arn:aws:lambda:*:*:function:S-*" in resources_of(made, "lambda:InvokeFunction")


def test_what_no_schema_says_is_named() -> None:
    made = deploy_policy({"Resources": {"P": {"Type": "AWS::CodeBuild::Project"}}}, stack="S")
    assert made.uncovered == ("AWS::CodeBuild::Project",)


def test_a_name_that_no_stack_has_is_refused() -> None:
    with pytest.raises(ValueError, match="allowed: letters"):
        deploy_policy(BASE, stack="my_stack")


ACTIONS = st.lists(st.from_regex(r"[a-z]{2,8}:[A-Z][a-z]{3,60}", fullmatch=True), min_size=1, max_size=150, unique=True)
STATEMENTS = st.lists(
    st.fixed_dictionaries({"Effect": st.just("Allow"), "Action": ACTIONS, "Resource": st.just("*")}), max_size=6
)


@settings(deadline=None, max_examples=50)
@given(STATEMENTS)
def test_packing_loses_nothing_and_keeps_to_the_limit(given_: list[dict[str, Any]]) -> None:
    documents = list(pack(given_))
    assert all(size(each) <= LIMIT for each in documents)
    before = sorted(action for each in given_ for action in each["Action"])
    assert sorted(a for each in documents for part in each["Statement"] for a in part["Action"]) == before


def test_the_command(tmp_path: Path) -> None:
    path = tmp_path / "Orders.template.json"
    path.write_text(json.dumps(BASE))
    result = CliRunner().invoke(main, ["gate", "deploy-policy", str(path), "--output", str(tmp_path / "out")])
    assert result.exit_code == 0, result.output
    written = sorted((tmp_path / "out").glob("deploy-policy-*.json"))
    assert [size(json.loads(each.read_text())) <= LIMIT for each in written] == [True] * len(written)
    assert "arn:aws:sqs:*:*:Orders-*" in "".join(each.read_text() for each in written)
