"""A template's `Ref` of a secret is the ARN that a policy can name, from its creation to its end."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from refarch.local import LocalCloud
from refarch.local.repairs.secret_identities import generated, name_of


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


@pytest.mark.parametrize(
    ("asked", "pattern"),
    [
        ({}, r"[!-~]{32}"),
        ({"ExcludePunctuation": True, "PasswordLength": 20}, r"[A-Za-z0-9]{20}"),
        ({"ExcludePunctuation": "true", "ExcludeUppercase": "true", "ExcludeCharacters": "abc"}, r"[d-z0-9]{32}"),
        ({"ExcludeLowercase": True, "ExcludeUppercase": True, "ExcludePunctuation": True}, r"[0-9]{32}"),
    ],
)
def test_what_is_generated_keeps_to_what_was_asked_for(asked: dict[str, Any], pattern: str) -> None:
    for _ in range(50):
        assert re.fullmatch(pattern, generated(asked))


def test_each_kind_is_there_once_at_least_unless_told_not_to() -> None:
    kinds = (str.islower, str.isupper, str.isdigit)
    assert all(any(map(kind, generated({"PasswordLength": 4}))) for kind in kinds for _ in range(50))
    assert len(generated({"PasswordLength": 4, "RequireEachIncludedType": False})) == 4


def test_a_template_takes_the_text_in(cloud: LocalCloud) -> None:
    asked = {"SecretStringTemplate": '{"username":"admin"}', "GenerateStringKey": "password", "PasswordLength": 40}
    cloud.client("cloudformation").create_stack(StackName="Made", TemplateBody=template(GenerateSecretString=asked))
    waiter = cloud.client("cloudformation").get_waiter("stack_create_complete")
    waiter.wait(StackName="Made", WaiterConfig={"Delay": 1})
    client = cloud.client("secretsmanager")
    arn = next(each["ARN"] for each in client.list_secrets()["SecretList"] if each["Name"].startswith("Made"))
    found = json.loads(client.get_secret_value(SecretId=arn)["SecretString"])
    assert found["username"] == "admin"
    assert len(found["password"]) == 40
