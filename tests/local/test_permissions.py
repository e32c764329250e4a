"""With enforced permissions a missing grant fails, and loopback counts as secure transport."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from refarch.local import LocalCloud

WRITE = """
import boto3
def handler(event, context):
    boto3.client("s3").put_object(Bucket=event["bucket"], Key="k", Body=b"")
"""


@pytest.fixture(scope="module")
def strict(bench: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    with LocalCloud.start(directory=tmp_path_factory.mktemp("strict"), enforce_permissions=True) as cloud:
        yield type(bench)(cloud)


def role(strict: Any, *statements: dict[str, Any]) -> str:
    iam, name = strict.cloud.client("iam"), strict.name("role")
    trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    made = iam.create_role(RoleName=name, AssumeRolePolicyDocument=document(trust))
    if statements:
        iam.put_role_policy(RoleName=name, PolicyName="p", PolicyDocument=document(*statements))
    return made["Role"]["Arn"]  # type: ignore[no-any-return]


def document(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def invoke(strict: Any, name: str, bucket: str) -> dict[str, Any] | None:
    answer = strict.cloud.client("lambda").invoke(FunctionName=name, Payload=json.dumps({"bucket": bucket}))
    return json.loads(answer["Payload"].read())  # type: ignore[no-any-return]


def test_a_missing_grant_fails_and_a_given_one_works(strict: Any) -> None:
    bucket = strict.bucket()
    grant = {"Effect": "Allow", "Action": "s3:PutObject", "Resource": f"arn:aws:s3:::{bucket}/*"}
    without, granted = (strict.function(WRITE, Role=made) for made in (role(strict), role(strict, grant)))
    failed = invoke(strict, without, bucket)
    assert failed is not None
    assert "s3:PutObject" in failed["errorMessage"]
    assert invoke(strict, granted, bucket) is None


def test_a_bucket_that_refuses_plain_http_is_reached(strict: Any) -> None:
    bucket = strict.bucket()
    plain = {"Bool": {"aws:SecureTransport": "false"}}
    deny = {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": f"arn:aws:s3:::{bucket}/*"}
    strict.cloud.client("s3").put_bucket_policy(Bucket=bucket, Policy=document(deny | {"Condition": plain}))
    strict.cloud.client("s3").put_object(Bucket=bucket, Key="k", Body=b"")
    assert strict.keys(bucket) == ["k"]


def test_an_outcome_is_delivered_with_the_functions_own_permissions(strict: Any, until: Any) -> None:
    (url, arn), aws_lambda = strict.queue(), strict.cloud.client("lambda")
    send = {"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": arn}
    fails = "def handler(event, context): raise ValueError(event['who'])"
    for who, made in (("silent", role(strict)), ("heard", role(strict, send))):
        name = strict.function(fails, Role=made)
        destination = {"OnFailure": {"Destination": arn}}
        aws_lambda.put_function_event_invoke_config(
            FunctionName=name, MaximumRetryAttempts=0, DestinationConfig=destination
        )
        aws_lambda.invoke(FunctionName=name, InvocationType="Event", Payload=json.dumps({"who": who}))
        if who == "silent":
            log = strict.cloud.folder.log_file
            until(lambda log=log, name=name: f"the outcome of {name} could not be delivered" in log.read_text())
    assert strict.receive(url)["requestPayload"] == {"who": "heard"}


def test_reading_a_log_takes_a_grant_on_its_streams(strict: Any) -> None:
    logs, group = strict.cloud.client("logs"), strict.name("group")
    logs.create_log_group(logGroupName=group)
    logs.create_log_stream(logGroupName=group, logStreamName="one")
    arn = f"arn:aws:logs:us-east-1:000000000000:log-group:{group}"
    reads = "import boto3\ndef handler(event, context):\n    boto3.client('logs').get_log_events(logGroupName="
    code = f"{reads}'{group}', logStreamName='one')\n"
    # `…:*` is the ARN that CloudFormation gives for a group.
    granted, denied = (
        strict.function(code, Role=role(strict, {"Effect": "Allow", "Action": "logs:GetLogEvents", "Resource": each}))
        for each in (f"{arn}:*", arn)
    )
    assert invoke(strict, granted, "") is None
    failed = invoke(strict, denied, "")
    assert failed is not None
    assert f"log-group:{group}:log-stream:one" in failed["errorMessage"]


def test_making_a_stream_takes_a_grant_on_streams_like_it(strict: Any) -> None:
    """AWS's refusals name the stream: "…not authorized to perform: logs:CreateLogStream on …:log-stream:<name>"."""
    logs, group = strict.cloud.client("logs"), strict.name("group")
    logs.create_log_group(logGroupName=group)
    arn = f"arn:aws:logs:us-east-1:000000000000:log-group:{group}:log-stream:mine/*"
    made = role(strict, {"Effect": "Allow", "Action": "logs:CreateLogStream", "Resource": arn})
    code = "import boto3\ndef handler(event, context):\n    boto3.client('logs').create_log_stream("
    mine, other = (
        strict.function(f"{code}logGroupName='{group}', logStreamName='{name}')\n", Role=made)
        for name in ("mine/one", "other/one")
    )
    assert invoke(strict, mine, "") is None
    failed = invoke(strict, other, "")
    assert failed is not None
    assert f"log-group:{group}:log-stream:other/one" in failed["errorMessage"]
    assert [each["logStreamName"] for each in logs.describe_log_streams(logGroupName=group)["logStreams"]] == [
        "mine/one"
    ]
