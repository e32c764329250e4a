"""A template's `Ref` of a secret is the ARN that a policy can name, from its creation to its end."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from refarch.local import LocalCloud
from refarch.local.repairs.secret_identities import name_of


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalCloud]:
    with LocalCloud.start(directory=tmp_path_factory.mktemp("cloud")) as cloud:
        yield cloud


def template(**properties: Any) -> str:
    secret = {"Type": "AWS::SecretsManager::Secret", "Properties": properties}
    return json.dumps({"Resources": {"Secret": secret}, "Outputs": {"Ref": {"Value": {"Ref": "Secret"}}}})


def test_the_reference_is_the_arn_through_update_and_deletion(cloud: LocalCloud) -> None:
    stacks, secrets = cloud.client("cloudformation"), cloud.client("secretsmanager")
    stacks.create_stack(StackName="Kept", TemplateBody=template(SecretString="one"))
    stacks.get_waiter("stack_create_complete").wait(StackName="Kept", WaiterConfig={"Delay": 1})
    arn = stacks.describe_stacks(StackName="Kept")["Stacks"][0]["Outputs"][0]["OutputValue"]
    assert secrets.describe_secret(SecretId=arn)["ARN"] == arn

    stacks.update_stack(StackName="Kept", TemplateBody=template(SecretString="two"))
    stacks.get_waiter("stack_update_complete").wait(StackName="Kept", WaiterConfig={"Delay": 1})
    assert secrets.get_secret_value(SecretId=arn)["SecretString"] == "two"
    assert stacks.describe_stacks(StackName="Kept")["Stacks"][0]["Outputs"][0]["OutputValue"] == arn

    stacks.delete_stack(StackName="Kept")
    stacks.get_waiter("stack_delete_complete").wait(StackName="Kept", WaiterConfig={"Delay": 1})
    assert [each["ARN"] for each in secrets.list_secrets()["SecretList"]] == []


@pytest.mark.parametrize("name", ["plain", "a-b-c", "team/database"])
def test_the_name_is_read_back_from_the_arn(name: str) -> None:
    assert name_of(f"arn:aws:secretsmanager:us-east-1:000000000000:secret:{name}-1a2b3c") == name
    assert name_of(name) == name
