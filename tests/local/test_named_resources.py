"""With permissions on, a policy that names a volume or a stack is met by calls about it, and only by those."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from refarch.local import LocalCloud

ACCOUNT = "arn:aws:{service}:us-east-1:000000000000:{resource}"


@pytest.fixture(scope="module")
def strict(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalCloud]:
    with LocalCloud.start(directory=tmp_path_factory.mktemp("strict"), enforce_permissions=True) as cloud:
        yield cloud


def as_user(cloud: LocalCloud, service: str, action: str, resource: str) -> Any:
    """A client of a user who may do one thing to one resource."""
    iam, name = cloud.client("iam"), f"u{abs(hash((action, resource)))}"
    iam.create_user(UserName=name)
    statement = {"Effect": "Allow", "Action": action, "Resource": resource}
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    iam.put_user_policy(UserName=name, PolicyName="p", PolicyDocument=document)
    key = iam.create_access_key(UserName=name)["AccessKey"]
    named = {"aws_access_key_id": key["AccessKeyId"], "aws_secret_access_key": key["SecretAccessKey"]}
    return boto3.client(service, endpoint_url=cloud.endpoint_url, region_name="us-east-1", **named)


def refusal(call: Any, **arguments: Any) -> str:
    try:
        call(**arguments)
    except ClientError as error:
        return str(error.response["Error"]["Code"])
    return ""


def test_a_volume(strict: LocalCloud) -> None:
    admin = strict.client("ec2")
    instance = admin.run_instances(ImageId="ami-1", MinCount=1, MaxCount=1)["Instances"][0]["InstanceId"]
    zone = "us-east-1a"
    own, other = (admin.create_volume(AvailabilityZone=zone, Size=8)["VolumeId"] for _ in range(2))
    user = as_user(strict, "ec2", "ec2:AttachVolume", ACCOUNT.format(service="ec2", resource=f"volume/{own}"))
    attach = {"InstanceId": instance, "Device": "/dev/sdf"}
    assert "Unauthorized" in refusal(user.attach_volume, VolumeId=other, **attach)
    assert refusal(user.attach_volume, VolumeId=own, **attach) == ""


def test_a_stack(strict: LocalCloud) -> None:
    admin = strict.client("cloudformation")
    body = json.dumps({"Resources": {"Topic": {"Type": "AWS::SNS::Topic"}}})
    ids = [admin.create_stack(StackName=name, TemplateBody=body)["StackId"] for name in ("Own", "Other")]
    user = as_user(strict, "cloudformation", "cloudformation:DescribeStacks", ids[0])
    assert refusal(user.describe_stacks, StackName="Own") == ""
    assert refusal(user.describe_stacks, StackName=ids[0]) == ""
    assert refusal(user.describe_stacks, StackName="Other") == "AccessDenied"
