"""A property that does not fit fails the deploy, with its path, and everything is rolled back."""

from __future__ import annotations

import itertools
from types import ModuleType
from typing import Any

import pytest

from refarch.local.resources import schemas
from refarch.local.resources.inventory import without_cloud
from refarch.local.resources.schemas import ResourceType

WANTED = 160
RECORDED = [name for name, real in without_cloud().items() if real == "recorded only"]
# An even pick over all services; a type of the emulator's own, of each service, comes on top.
PICKED = RECORDED[:: len(RECORDED) // WANTED][:WANTED]
OWN = {
    "AWS::DynamoDB::Table": ({"KeySchema": [{"AttributeName": "a", "KeyType": "HASHED"}]}, "#/KeySchema/0/KeyType"),
    "AWS::EC2::VPC": ({"CidrBlock": "10.0.0.0/16", "Cidr": "x"}, "#: extraneous key [Cidr] is not permitted"),
    "AWS::ECS::Service": ({"DesiredCount": "some"}, "#/DesiredCount: expected type: Integer, found: String"),
    "AWS::IAM::Role": ({}, "#: required key [AssumeRolePolicyDocument] not found"),
    "AWS::KMS::Key": ({"KeySpec": "ROT13"}, "#/KeySpec: ROT13 is not a valid enum value"),
    "AWS::Kinesis::Stream": ({"ShardCount": 0}, "#/ShardCount: 0 is not greater or equal to 1"),
    "AWS::Lambda::Function": ({"Role": "r", "Code": {"Zip": "x"}}, "#/Code: extraneous key [Zip] is not permitted"),
    "AWS::S3::Bucket": ({"Tags": {"a": "b"}}, "#/Tags: expected type: JSONArray, found: JSONObject"),
    "AWS::SNS::Topic": ({"TopicArn": "x"}, "extraneous key [TopicArn] is not permitted"),
    "AWS::SQS::Queue": ({"DelaySeconds": "soon"}, "#/DelaySeconds: expected type: Integer, found: String"),
}


def mistaken(kind: ResourceType, fitting: dict[str, Any], turn: int) -> tuple[dict[str, Any], str]:
    """One mistake, another one each turn where the type offers it."""
    texts = [
        name for name, value in fitting.items() if isinstance(value, str) and kind.node((name,)).get("type") == "string"
    ]
    short = [name for name in kind.properties if "maxLength" in kind.node((name,)) and name not in kind.settled]
    if turn % 4 == 0 and kind.required & fitting.keys():
        name = sorted(kind.required & fitting.keys())[0]
        return {key: value for key, value in fitting.items() if key != name}, f"required key [{name}] not found"
    if turn % 4 == 1 and texts:
        return {**fitting, texts[0]: ["a", "list"]}, f"#/{texts[0]}: expected type: String, found: JSONArray"
    if turn % 4 == 2 and short:
        most = kind.node((short[0],))["maxLength"]
        return {**fitting, short[0]: "x" * (most + 1)}, f"#/{short[0]}: expected maxLength: {most}, actual: {most + 1}"
    return {**fitting, "Unheard0f": True}, "#: extraneous key [Unheard0f] is not permitted"


@pytest.mark.parametrize("part", range(4))
def test_a_mistake_fails_the_deploy_of_each_of_many_types(generated: ModuleType, stacks: Any, part: int) -> None:
    missed, before = [], stacks.recorded("AWS::FSx::")
    for turn, name in itertools.islice(enumerate(PICKED), part, None, 4):
        kind = schemas.find(name)
        fitting = generated.minimal(kind)
        if kind is None or fitting is None:
            continue
        properties, message = mistaken(kind, fitting, turn // 4)
        stack = stacks.create(
            {
                "Before": {
                    "Type": "AWS::FSx::FileSystem",
                    "Properties": {"FileSystemType": "LUSTRE", "SubnetIds": ["subnet-1"]},
                },
                "Wrong": {"Type": name, "Properties": properties, "DependsOn": "Before"},
            }
        )
        failures = stacks.failures(stack)
        start = "Properties validation failed for resource Wrong with message: ["
        if stacks.status(stack) != "ROLLBACK_COMPLETE" or start not in failures[0] or message not in failures[0]:
            missed.append((name, message, stacks.status(stack), failures))
        stacks.delete(stack)
    assert not missed
    assert stacks.recorded("AWS::FSx::") == before


@pytest.mark.parametrize("name", OWN)
def test_a_mistake_fails_types_of_the_emulators_own(stacks: Any, name: str) -> None:
    properties, message = OWN[name]
    stack = stacks.create({"Wrong": {"Type": name, "Properties": properties}})
    assert stacks.status(stack) == "ROLLBACK_COMPLETE"
    assert message in stacks.failures(stack)[0]


def test_a_type_that_does_not_exist_is_refused(stacks: Any) -> None:
    with pytest.raises(
        stacks.cloudformation.exceptions.ClientError, match=r"Unrecognized resource types: \[AWS::S3::Bin\]"
    ):
        stacks.cloudformation.create_stack(
            StackName="unknown", TemplateBody='{"Resources": {"A": {"Type": "AWS::S3::Bin"}}}'
        )


def test_scalars_are_taken_as_cloudformation_takes_them(stacks: Any) -> None:
    stack = stacks.create(
        {
            "Queue": {"Type": "AWS::SQS::Queue", "Properties": {"DelaySeconds": "5", "FifoQueue": "true"}},
            "Files": {
                "Type": "AWS::FSx::FileSystem",
                "Properties": {"FileSystemType": "LUSTRE", "SubnetIds": ["subnet-1"], "StorageCapacity": "1200"},
            },
        }
    )
    assert stacks.status(stack) == "CREATE_COMPLETE", stacks.failures(stack)


def test_a_refused_update_rolls_back_to_what_was(stacks: Any) -> None:
    def files(capacity: Any) -> dict[str, Any]:
        given = {"FileSystemType": "LUSTRE", "SubnetIds": ["subnet-1"], "StorageCapacity": capacity}
        return {"Files": {"Type": "AWS::FSx::FileSystem", "Properties": given}}

    stack = stacks.create(files(1200))
    before = stacks.ids(stack)
    assert stacks.update(stack, files("plenty")) == "UPDATE_ROLLBACK_COMPLETE"
    assert "#/StorageCapacity: expected type: Integer, found: String" in stacks.failures(stack)[-1]
    assert stacks.ids(stack) == before
    kept = next(one for one in stacks.recorded("AWS::FSx::") if one["id"] == before["Files"])
    assert kept["properties"]["StorageCapacity"] == 1200
