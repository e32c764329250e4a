"""What templates read of where they are deployed: pseudo parameters in conditions, attributes of networks."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from refarch.local import LocalCloud

PSEUDO = {
    "AWS::AccountId": "000000000000",
    "AWS::Partition": "aws",
    "AWS::Region": "us-east-1",
    "AWS::URLSuffix": "amazonaws.com",
}


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalCloud]:
    with LocalCloud.start(directory=tmp_path_factory.mktemp("cloud")) as cloud:
        yield cloud


def template() -> str:
    """A topic for each pseudo parameter that has its value, and one for one that has not."""
    conditions: dict[str, Any] = {
        f"Is{name[5:]}": {"Fn::Equals": [{"Ref": name}, value]} for name, value in PSEUDO.items()
    }
    conditions["IsElsewhere"] = {"Fn::Equals": [{"Ref": "AWS::Region"}, "eu-west-1"]}
    topics = {f"In{name[2:]}": {"Type": "AWS::SNS::Topic", "Condition": name} for name in conditions}
    return json.dumps({"Conditions": conditions, "Resources": {**topics, "Always": {"Type": "AWS::SNS::Topic"}}})


def made(cloud: LocalCloud, stack: str) -> set[str]:
    found = cloud.client("cloudformation").list_stack_resources(StackName=stack)["StackResourceSummaries"]
    return {each["LogicalResourceId"] for each in found}


WANTED = {"Always", *(f"In{name[5:]}" for name in PSEUDO)}


def test_a_stack(cloud: LocalCloud) -> None:
    client = cloud.client("cloudformation")
    client.create_stack(StackName="Plain", TemplateBody=template())
    client.get_waiter("stack_create_complete").wait(StackName="Plain", WaiterConfig={"Delay": 1})
    assert made(cloud, "Plain") == WANTED


def test_a_change_set(cloud: LocalCloud) -> None:
    client = cloud.client("cloudformation")
    names = {"StackName": "Changed", "ChangeSetName": "first"}
    client.create_change_set(**names, ChangeSetType="CREATE", TemplateBody=template())
    client.get_waiter("change_set_create_complete").wait(**names, WaiterConfig={"Delay": 1})
    client.execute_change_set(**names)
    client.get_waiter("stack_create_complete").wait(StackName="Changed", WaiterConfig={"Delay": 1})
    assert made(cloud, "Changed") == WANTED


def test_a_network_tells_its_addresses(cloud: LocalCloud) -> None:
    """`vpc.vpc_cidr_block` of the CDK: an attribute, though it is no read-only property of the schema."""
    wanted = {"Vpc": ["CidrBlock"], "Subnet": ["CidrBlock", "AvailabilityZone", "VpcId"]}
    outputs = {
        f"{name}{each}": {"Value": {"Fn::GetAtt": [name, each]}} for name, all_ in wanted.items() for each in all_
    }
    subnet = {"VpcId": {"Ref": "Vpc"}, "CidrBlock": "10.3.1.0/24", "AvailabilityZone": "us-east-1b"}
    resources = {
        "Vpc": {"Type": "AWS::EC2::VPC", "Properties": {"CidrBlock": "10.3.0.0/16"}},
        "Subnet": {"Type": "AWS::EC2::Subnet", "Properties": subnet},
    }
    client = cloud.client("cloudformation")
    client.create_stack(StackName="Net", TemplateBody=json.dumps({"Resources": resources, "Outputs": outputs}))
    client.get_waiter("stack_create_complete").wait(StackName="Net", WaiterConfig={"Delay": 1})
    told = client.describe_stacks(StackName="Net")["Stacks"][0]["Outputs"]
    found = {each["OutputKey"]: each["OutputValue"] for each in told}
    assert found["VpcCidrBlock"] == "10.3.0.0/16"
    assert found["SubnetCidrBlock"] == "10.3.1.0/24"
    assert found["SubnetAvailabilityZone"] == "us-east-1b"
    assert found["SubnetVpcId"].startswith("vpc-")
