"""The contract of a template: what it shows, what it leaves out, and that order makes no difference."""

from __future__ import annotations

from typing import Any

import pytest

from refarch.gate.contract import render
from refarch.gate.schemas import create_only
from refarch.gate.values import show

ASSET = "0123456789abcdef" * 4


def resource(kind: str, properties: dict[str, Any] | None = None, **more: str) -> dict[str, Any]:
    return {"Type": kind, "Properties": properties or {}, **more}


def contract(**resources: dict[str, Any]) -> list[str]:
    return render({"Resources": resources}).splitlines()


def test_one_line_a_resource_by_type_and_id() -> None:
    lines = contract(B=resource("AWS::SQS::Queue"), A=resource("AWS::SQS::Queue"), C=resource("AWS::Batch::JobQueue"))
    assert lines == ["AWS::Batch::JobQueue C", "AWS::SQS::Queue A", "AWS::SQS::Queue B"]


@pytest.mark.parametrize(
    ("policies", "shown"),
    [
        ({"DeletionPolicy": "Retain", "UpdateReplacePolicy": "Retain"}, " keep"),
        ({"DeletionPolicy": "RetainExceptOnCreate", "UpdateReplacePolicy": "Snapshot"}, " keep"),
        ({"DeletionPolicy": "Delete", "UpdateReplacePolicy": "Delete"}, ""),
        ({}, ""),
        ({"DeletionPolicy": "Retain"}, " deletion=Retain replacement=Delete"),
    ],
)
def test_what_happens_to_the_data(policies: dict[str, str], shown: str) -> None:
    assert contract(A=resource("AWS::S3::Bucket", **policies)) == [f"AWS::S3::Bucket A{shown}"]


def test_what_a_change_would_replace_is_fixed() -> None:
    [line] = contract(Q=resource("AWS::SQS::Queue", {"QueueName": "mine", "FifoQueue": True, "DelaySeconds": 5}))
    assert line == "AWS::SQS::Queue Q fixed(FifoQueue=true QueueName=mine)"


def test_fixed_properties_below_others_are_found() -> None:
    assert ("DnsOptions", "PrivateDnsPreference") in create_only("AWS::EC2::VPCEndpoint")
    dns = {"DnsOptions": {"PrivateDnsPreference": "ALL", "DnsRecordIpType": "ipv4"}}
    assert contract(E=resource("AWS::EC2::VPCEndpoint", dns)) == [
        "AWS::EC2::VPCEndpoint E fixed(DnsOptions.PrivateDnsPreference=ALL)"
    ]


def test_what_the_schemas_leave_out_is_fixed_too() -> None:
    assert ("ObjectLockEnabled",) in create_only("AWS::S3::Bucket")


def test_a_type_without_a_schema_has_nothing_fixed() -> None:
    assert create_only("Custom::Thing") == ()


def test_who_may_reach_it_is_shown_and_other_properties_are_not() -> None:
    properties = {"MapPublicIpOnLaunch": True, "Tags": [{"Key": "a", "Value": "b"}]}
    assert contract(S=resource("AWS::EC2::Subnet", properties)) == ["AWS::EC2::Subnet S MapPublicIpOnLaunch=true"]


ALLOW = {"Effect": "Allow", "Action": ["s3:PutObject", "s3:GetObject"], "Resource": {"Fn::GetAtt": ["B", "Arn"]}}
DENY = {
    "Effect": "Deny",
    "Principal": {"AWS": "*"},
    "NotAction": "s3:Get*",
    "NotResource": ["b", "a"],
    "Condition": {"Bool": {"aws:SecureTransport": "false"}},
}


def policy(*statements: dict[str, Any]) -> dict[str, Any]:
    return resource("AWS::IAM::Policy", {"PolicyDocument": {"Statement": list(statements)}})


def test_one_line_a_statement_wherever_the_document_is() -> None:
    assert contract(P=policy(DENY, ALLOW))[1:] == [
        "  allow s3:GetObject, s3:PutObject on B.Arn",
        "  deny {AWS=*}: not(s3:Get*) on not(a, b) if {Bool={aws:SecureTransport=false}}",
    ]
    nested = {"Policies": [{"PolicyName": "p", "PolicyDocument": {"Statement": ALLOW}}]}
    assert contract(R=resource("AWS::IAM::Role", nested))[1:] == ["  allow s3:GetObject, s3:PutObject on B.Arn"]


def test_the_order_of_statements_and_actions_makes_no_difference() -> None:
    turned = {**ALLOW, "Action": list(reversed(ALLOW["Action"]))}
    assert contract(P=policy(ALLOW, DENY)) == contract(P=policy(DENY, turned))


def test_asset_hashes_are_no_part_of_a_contract() -> None:
    assert contract(P=resource("AWS::IAM::Role", {"Principal": f"x/{ASSET}.zip"})) == [
        "AWS::IAM::Role P Principal=x/<asset>.zip"
    ]


def test_names_that_others_use_are_part_of_it() -> None:
    assert render({"Outputs": {"B": {}, "A": {}}, "Parameters": {"C": {}}}) == "Parameter C\nOutput A\nOutput B\n"


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("text", "text"),
        (True, "true"),
        (5, "5"),
        (None, "null"),
        ({"Ref": "Data"}, "Data"),
        ({"Ref": "AWS::Region"}, "<AWS::Region>"),
        ({"Fn::GetAtt": ["Data", "Arn"]}, "Data.Arn"),
        (
            {"Fn::Join": ["", ["arn:", {"Ref": "AWS::Partition"}, ":s3:::", {"Ref": "B"}]]},
            "arn:<AWS::Partition>:s3:::B",
        ),
        ({"Fn::Sub": "${AWS::StackName}-x"}, "<AWS::StackName>-x"),
        ({"Fn::Sub": ["${A}", {"A": {"Ref": "B"}}]}, "Sub([${A}, {A=B}])"),
        ({"Fn::If": ["C", {"Ref": "A"}, {"Ref": "AWS::NoValue"}]}, "If([C, A, <AWS::NoValue>])"),
        ({"b": 1, "a": [2, {"Ref": "C"}]}, "{a=[2, C], b=1}"),
    ],
)
def test_values_on_one_line(value: Any, shown: str) -> None:
    assert show(value) == shown
