"""The LiveOrigin construct: two origins that replace themselves, who may reach them, and what they may do."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from aws_cdk import Stack
from aws_cdk import aws_ec2 as ec2

from refarch._shared.checks import InvalidPropsError
from refarch.streaming import LiveOrigin, LiveOriginProps


def build(bench: Any, **values: Any) -> LiveOrigin:
    network = ec2.Vpc(bench.stack, "Vpc", max_azs=2, nat_gateways=0)
    return LiveOrigin(bench.stack, "Origin", props=LiveOriginProps(vpc=network, **values))


def scripts(stack: Stack, bench: Any) -> list[str]:
    """The user data of each launch template, with references as words."""
    found = []
    for template in bench.resources("AWS::EC2::LaunchTemplate").values():
        parts = template["LaunchTemplateData"]["UserData"]["Fn::Base64"]["Fn::Join"][1]
        found.append("".join(each if isinstance(each, str) else "TOKEN" for each in parts))
    return found


def test_two_groups_of_one_in_two_zones_replace_their_instance(bench: Any) -> None:
    build(bench)
    groups = bench.resources("AWS::AutoScaling::AutoScalingGroup")
    assert len(groups) == 2
    assert {(each["MinSize"], each["MaxSize"]) for each in groups.values()} == {("1", "1")}
    subnets = [json.dumps(each["VPCZoneIdentifier"]) for each in groups.values()]
    assert len(set(subnets)) == 2
    assert len(bench.resources("AWS::EC2::EIP")) == 2
    for each in bench.template()["Resources"].values():
        if each["Type"] == "AWS::AutoScaling::AutoScalingGroup":
            assert each["CreationPolicy"]["ResourceSignal"] == {"Count": 1, "Timeout": "PT15M"}
            assert each["UpdatePolicy"]["AutoScalingRollingUpdate"]["WaitOnResourceSignals"]


def test_a_deployment_never_replaces_both_at_once(bench: Any) -> None:
    origin = build(bench)
    name = [bench.stack.get_logical_id(each.group.node.default_child) for each in (origin.primary, origin.backup)]
    assert name[0] in bench.template()["Resources"][name[1]]["DependsOn"]


@pytest.mark.parametrize(("capacity", "percentage"), [("on-demand", 100), ("spot", 0)])
def test_on_demand_or_spot_from_several_types(bench: Any, capacity: str, percentage: int) -> None:
    build(bench, capacity=capacity)
    for group in bench.resources("AWS::AutoScaling::AutoScalingGroup").values():
        policy = group["MixedInstancesPolicy"]
        assert policy["InstancesDistribution"]["OnDemandPercentageAboveBaseCapacity"] == percentage
        assert len(policy["LaunchTemplate"]["Overrides"]) == 6
        assert "SpotMaxPrice" not in policy["InstancesDistribution"]


def test_instances_are_debian_with_version_2_of_metadata_and_encrypted_disks(bench: Any) -> None:
    build(bench, architecture="x86_64")
    for template in bench.resources("AWS::EC2::LaunchTemplate").values():
        data = template["LaunchTemplateData"]
        assert data["MetadataOptions"]["HttpTokens"] == "required"
        assert data["BlockDeviceMappings"][0]["Ebs"]["Encrypted"] is True
        assert data["BlockDeviceMappings"][0]["Ebs"]["VolumeType"] == "gp3"
    parameters = bench.template()["Parameters"].values()
    assert "/aws/service/debian/release/12/latest/amd64" in {each.get("Default") for each in parameters}


def test_nobody_publishes_from_outside_unless_asked_and_http_is_for_groups_alone(bench: Any) -> None:
    origin = build(bench)
    edges = ec2.SecurityGroup(bench.stack, "Edges", vpc=origin.props.vpc)
    origin.allow_edges(edges)
    [group] = [
        each for each in bench.resources("AWS::EC2::SecurityGroup").values() if "RTMP" in each["GroupDescription"]
    ]
    assert "SecurityGroupIngress" not in group
    rules = bench.resources("AWS::EC2::SecurityGroupIngress").values()
    assert {each["FromPort"] for each in rules} == {80}
    assert all("SourceSecurityGroupId" in each and "CidrIp" not in each for each in rules)


def test_encoders_publish_from_their_networks(bench: Any) -> None:
    build(bench, encoders_from=["192.0.2.0/24"])
    [group] = [
        each for each in bench.resources("AWS::EC2::SecurityGroup").values() if "RTMP" in each["GroupDescription"]
    ]
    [rule] = group["SecurityGroupIngress"]
    assert (rule["CidrIp"], rule["FromPort"], rule["ToPort"]) == ("192.0.2.0/24", 1935, 1935)


def test_the_role_has_its_own_address_key_program_and_folder(bench: Any) -> None:
    build(bench)
    allowed = bench.actions(bench.resources("AWS::IAM::Policy"), "OriginPrimaryRole")
    assert {each for each in allowed if not each.startswith(("ssm", "ec2messages"))} == {
        "s3:GetObject",
        "secretsmanager:GetSecretValue",
        "ec2:AssociateAddress",
        "s3:PutObject",
        "s3:AbortMultipartUpload",
        "cloudformation:SignalResource",
        "logs:CreateLogStream",
        "logs:PutLogEvents",
    }
    assert "/recordings/*" in json.dumps(allowed["s3:PutObject"])
    policy = json.dumps(bench.named(bench.resources("AWS::IAM::Policy"), "OriginPrimaryRole"))
    assert "ec2:ResourceTag/refarch:streaming-role" in policy


def test_user_data_mask_nginx_install_from_debian_and_hold_no_secret(bench: Any, tmp_path: Path) -> None:
    build(bench)
    found = scripts(bench.stack, bench)
    assert len(found) == 2
    for script in found:
        assert "systemctl mask nginx.service" in script
        assert script.index("mask nginx") < script.index("apt-get")
        assert "libnginx-mod-rtmp" in script
        assert "resolve:secretsmanager" not in script
        for relic in ("curl -k", "git clone", "yum ", "rpmbuild", "cfn-signal"):
            assert relic not in script
        file = tmp_path / "user-data.sh"
        file.write_text(script)
        subprocess.run(["bash", "-n", str(file)], check=True)


def test_the_recordings_stay_and_are_private(bench: Any) -> None:
    build(bench)
    [bucket] = [each for each in bench.template()["Resources"].values() if each["Type"] == "AWS::S3::Bucket"]
    assert bucket["DeletionPolicy"] == "Retain"
    assert all(bucket["Properties"]["PublicAccessBlockConfiguration"].values())


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"instance_types": ["c7g.xlarge", "m6g.large"]}, "m6g.large for 3840x1920@30 in .*: types with 3 processors"),
        ({"largest_source": "3840x1920@120"}, "allowed: fewer pictures a second"),
    ],
)
def test_types_that_cannot_encode_the_ladder_in_time_are_refused(bench: Any, values: Any, told: str) -> None:
    with pytest.raises(InvalidPropsError, match=told):
        build(bench, **values)


def test_for_smaller_pictures_smaller_types_do(bench: Any) -> None:
    build(bench, instance_types=["m6g.large"], largest_source="1920x960@30")


def test_everything_wrong_is_said_at_once(bench: Any) -> None:
    with pytest.raises(InvalidPropsError) as caught:
        build(
            bench,
            encoders_from=["everywhere"],
            capacity="reserved",
            instance_types=["c7i.xlarge"],
            root_volume_gb=8,
            rungs="wide",
            preset="placebo",
            fragment_seconds=11,
            largest_source="4k",
        )
    said = str(caught.value)
    for name in (
        "encoders_from",
        "capacity",
        "instance_types",
        "root_volume_gb",
        "rungs",
        "preset",
        "fragment_seconds",
        "largest_source",
    ):
        assert name in said, said
