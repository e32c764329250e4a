"""Public parameters: the names that CDK-made templates read have values, made up and stable; others have none."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from refarch.local.parameters.public import value_of

IMAGES = [
    "ami-amazon-linux-latest/al2023-ami-kernel-6.1-arm64",
    "ami-amazon-linux-latest/amzn2-ami-kernel-5.10-hvm-x86_64-gp2",
    "ami-windows-latest/Windows_Server-2022-English-Full-Base",
    "ecs/optimized-ami/amazon-linux-2023/arm64/recommended/image_id",
    "ecs/optimized-ami/amazon-linux-2/gpu/recommended/image_id",
    "eks/optimized-ami/1.33/amazon-linux-2023/x86_64/standard/recommended/image_id",
    "bottlerocket/aws-ecs-2/x86_64/latest/image_id",
    "canonical/ubuntu/server/24.04/stable/current/amd64/hvm/ebs-gp3/ami-id",
    "debian/release/12/latest/amd64",
    "deeplearning/ami/x86_64/base-oss-nvidia-driver-gpu-ubuntu-22.04/latest/ami-id",
]
VALUES = {
    "bottlerocket/aws-k8s-1.33/arm64/latest/image_version": "1.49.0-00000000",
    "powertools/python/arm64/python3.13/latest": (
        "arn:aws:lambda:eu-west-1:017000801446:layer:AWSLambdaPowertoolsPythonV3-python313-arm64:27"
    ),
    "aws-for-fluent-bit/stable": "906394416424.dkr.ecr.eu-west-1.amazonaws.com/aws-for-fluent-bit:stable",
    "global-infrastructure/regions/eu-central-1/longName": "Europe (Frankfurt)",
    "global-infrastructure/regions/cn-north-1/partition": "aws-cn",
    "global-infrastructure/regions/cn-north-1/domain": "amazonaws.com.cn",
    "global-infrastructure/services/s3": "s3",
    "global-infrastructure/regions/nowhere-1/longName": None,
    "global-infrastructure/services/nothing": None,
    "something/else": None,
}


@pytest.mark.parametrize("name", IMAGES)
def test_images_are_made_up_and_stable(name: str) -> None:
    image = value_of(f"/aws/service/{name}", "us-east-1")
    assert re.fullmatch(r"ami-[0-9a-f]{17}", image or "")
    assert image == value_of(f"/aws/service/{name}", "us-east-1")


@pytest.mark.parametrize("name", VALUES)
def test_values(name: str) -> None:
    assert value_of(f"/aws/service/{name}", "eu-west-1") == VALUES[name]


def test_a_recommended_image_is_described_as_a_document() -> None:
    name = "/aws/service/ecs/optimized-ami/amazon-linux-2023/recommended"
    about = json.loads(value_of(name, "us-east-1") or "")
    assert about["image_id"] == value_of(f"{name}/image_id", "us-east-1")
    assert about["os"] == "Amazon Linux 2023"


def test_a_template_reads_them_and_what_is_unknown_fails(bench: Any) -> None:
    cloudformation, name = bench.cloud.client("cloudformation"), bench.name("stack")
    template = {
        "Parameters": {
            "Image": {
                "Type": "AWS::SSM::Parameter::Value<AWS::EC2::Image::Id>",
                "Default": f"/aws/service/{IMAGES[0]}",
            }
        },
        "Resources": {"Queue": {"Type": "AWS::SQS::Queue"}},
        "Outputs": {"Image": {"Value": {"Ref": "Image"}}},
    }
    cloudformation.create_stack(StackName=name, TemplateBody=json.dumps(template))
    output = cloudformation.describe_stacks(StackName=name)["Stacks"][0]["Outputs"][0]["OutputValue"]
    assert output == value_of(f"/aws/service/{IMAGES[0]}", "us-east-1")
    cloudformation.delete_stack(StackName=name)
    ssm = bench.cloud.client("ssm")
    with pytest.raises(ssm.exceptions.ParameterNotFound):
        ssm.get_parameter(Name="/aws/service/something/else")


def test_the_image_behind_a_parameter_is_described(bench: Any) -> None:
    ssm, ec2 = bench.cloud.client("ssm"), bench.cloud.client("ec2")
    for name, kind in ((IMAGES[0], "arm64"), (IMAGES[3], "arm64"), (IMAGES[7], "x86_64")):
        image = ssm.get_parameter(Name=f"/aws/service/{name}")["Parameter"]["Value"]
        (found,) = ec2.describe_images(ImageIds=[image])["Images"]
        assert (found["ImageId"], found["Architecture"]) == (image, kind)
        made = ec2.run_instances(ImageId=image, MinCount=1, MaxCount=1)["Instances"][0]
        assert made["ImageId"] == image
        ec2.terminate_instances(InstanceIds=[made["InstanceId"]])
    owned = ec2.describe_images(Owners=["amazon"], Filters=[{"Name": "architecture", "Values": ["arm64"]}])["Images"]
    assert owned
