"""Permissions, in a cloud that enforces them."""

from __future__ import annotations

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from tests.conformance.declared import behaviour
from tests.conformance.observing import World

GROUP = "Permissions"


@behaviour(GROUP)
def test_permission_granted(guarded: World) -> None:
    """A function uses what its role grants.

    It writes below the granted prefix; the bucket's policy that asks for TLS does not stand in the way.
    """
    told = guarded.invoke("Permissions", "Granted", {"key": "mine/a"})
    assert (told["error"], told["value"]) == (None, "written")


@behaviour(GROUP)
def test_permission_outside_of_the_grant(guarded: World) -> None:
    """A grant for one prefix is none for another.

    Writing elsewhere is AccessDenied.
    """
    told = guarded.invoke("Permissions", "Granted", {"key": "yours/a"})
    assert told["error"] == "Unhandled"
    assert "AccessDenied" in told["value"]["errorMessage"]


@behaviour(GROUP)
def test_permission_missing(guarded: World) -> None:
    """A function whose role lacks the grant.

    The same code is refused; the message names s3:PutObject.
    """
    told = guarded.invoke("Permissions", "Lacking", {"key": "mine/a"})
    assert "AccessDenied" in told["value"]["errorMessage"]
    assert "s3:PutObject" in told["value"]["errorMessage"]


@behaviour(GROUP)
def test_permission_of_a_workflow(guarded: World) -> None:
    """The role of a state machine.

    With the grant the function is invoked, without it the execution fails and names lambda:InvokeFunction.
    """
    assert guarded.run("May", {"a": 1}, stack="Permissions")["value"] == {"a": 1}
    failed = guarded.run("MayNot", {"a": 1}, stack="Permissions")
    assert (failed["status"], failed["error"]) == ("FAILED", "Lambda.AWSLambdaException")
    assert "lambda:InvokeFunction" in failed["cause"]


@behaviour(GROUP)
def test_permission_denied_explicitly(guarded: World) -> None:
    """A user with a grant to read and an explicit denial.

    One prefix can be read with the user's own key, the denied one cannot, and nothing can be written.
    """
    bucket = guarded.of("Permissions", "Bucket")
    for key in ("open/a", "secret/a"):
        guarded.client("s3").put_object(Bucket=bucket, Key=key, Body=b"x")
    session = boto3.session.Session(
        aws_access_key_id=guarded.of("Permissions", "AccessKey"),
        aws_secret_access_key=guarded.of("Permissions", "SecretKey"),
        region_name="us-east-1",
    )
    plain = Config(ignore_configured_endpoint_urls=True, retries={"total_max_attempts": 1})
    s3 = session.client("s3", endpoint_url=guarded.cloud.endpoint_url, config=plain)
    assert s3.get_object(Bucket=bucket, Key="open/a")["Body"].read() == b"x"
    with pytest.raises(ClientError, match="AccessDenied"):
        s3.get_object(Bucket=bucket, Key="secret/a")
    with pytest.raises(ClientError, match="AccessDenied"):
        s3.put_object(Bucket=bucket, Key="open/b", Body=b"x")
