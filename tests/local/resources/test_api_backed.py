"""Every type that is made through an API of the emulator: it is made there, read back there, and gone there."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from refarch.local.resources import backed_moto
from refarch.local.resources.api_backed import CURATED

CASES = json.loads(Path(__file__).with_name("backed_templates.json").read_text("utf-8"))


@pytest.mark.parametrize("name", sorted(CASES))
def test_a_backed_type_is_made_through_its_api(stacks: Any, name: str) -> None:
    made = {"Type": name, "Properties": CASES[name]["properties"]}
    stack = stacks.create({**CASES[name]["others"], "X": made})
    assert stacks.status(stack) == "CREATE_COMPLETE", stacks.failures(stack)
    found = [one for one in stacks.recorded() if one["type"] == name and one["id"] == stacks.ids(stack)["X"]]
    assert [one["real"] for one in found] == ["API-backed"]
    stacks.delete(stack)


def test_every_backed_type_is_tested() -> None:
    assert set(CASES) == set(CURATED) - set(backed_moto.BACKED)  # those are tested in tests/local/moto_services


def test_describe_calls_see_what_a_stack_made(stacks: Any) -> None:
    stack = stacks.create(
        {
            "Vpc": {"Type": "AWS::EC2::VPC", "Properties": {"CidrBlock": "10.0.0.0/16"}},
            "Subnet": {"Type": "AWS::EC2::Subnet", "Properties": {"VpcId": {"Ref": "Vpc"}, "CidrBlock": "10.0.0.0/24"}},
            "Address": {"Type": "AWS::EC2::EIP", "Properties": {"Tags": [{"Key": "purpose", "Value": "test"}]}},
            "Gateway": {
                "Type": "AWS::EC2::NatGateway",
                "Properties": {
                    "SubnetId": {"Ref": "Subnet"},
                    "AllocationId": {"Fn::GetAtt": ["Address", "AllocationId"]},
                },
            },
            "Door": {
                "Type": "AWS::EC2::Instance",
                "Properties": {"InstanceType": "t3.micro", "SubnetId": {"Ref": "Subnet"}},
            },
        },
        {"Allocation": {"Fn::GetAtt": ["Address", "AllocationId"]}},
    )
    ids, ec2 = stacks.ids(stack), stacks.bench.cloud.client("ec2")
    allocation = stacks.outputs(stack)["Allocation"]
    address = ec2.describe_addresses(AllocationIds=[allocation])["Addresses"][0]
    assert address["PublicIp"] == ids["Address"]
    assert {"Key": "purpose", "Value": "test"} in address["Tags"]
    gateway = ec2.describe_nat_gateways(NatGatewayIds=[ids["Gateway"]])["NatGateways"][0]
    assert gateway["SubnetId"] == ids["Subnet"]
    stacks.delete(stack)
    states = [
        one["State"] for one in ec2.describe_nat_gateways()["NatGateways"] if one["NatGatewayId"] == ids["Gateway"]
    ]
    assert states in ([], ["deleted"])
    assert ids["Address"] not in {one["PublicIp"] for one in ec2.describe_addresses()["Addresses"]}


def test_a_change_reaches_the_api_or_is_said_to_be_recorded_only(stacks: Any) -> None:
    def address(*tags: str, **more: Any) -> dict[str, Any]:
        return {"Type": "AWS::EC2::EIP", "Properties": {"Tags": [{"Key": tag, "Value": "v"} for tag in tags], **more}}

    def volume(size: int) -> dict[str, Any]:
        return {"Type": "AWS::EC2::Volume", "Properties": {"AvailabilityZone": "us-east-1a", "Size": size}}

    def files(*addresses: str) -> dict[str, Any]:
        scope = {"IPAddressVersion": "IPV4", "Scope": "REGIONAL", "Addresses": list(addresses)}
        return {"Type": "AWS::WAFv2::IPSet", "Properties": {"Name": "listed", **scope}}

    stack = stacks.create({"Address": address("a"), "Volume": volume(8), "Set": files("10.0.0.0/8")})
    before = stacks.ids(stack)
    changed = {"Address": address("b"), "Volume": volume(16), "Set": files("10.1.0.0/16")}
    assert stacks.update(stack, changed) == "UPDATE_COMPLETE", stacks.failures(stack)
    assert stacks.ids(stack) == before
    found = stacks.bench.cloud.client("ec2").describe_addresses(PublicIps=[before["Address"]])["Addresses"][0]
    assert [tag["Key"] for tag in found["Tags"]] == ["b"]
    name, identifier, scope = before["Set"].split("|")
    listed = stacks.bench.cloud.client("wafv2").get_ip_set(Name=name, Id=identifier, Scope=scope)["IPSet"]
    assert listed["Addresses"] == ["10.1.0.0/16"]
    real = {one["id"]: one["real"] for one in stacks.recorded()}
    assert [real[before[key]] for key in changed] == ["API-backed", "recorded only", "API-backed"]
