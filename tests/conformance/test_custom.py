"""Custom resources."""

from __future__ import annotations

import json

from tests.conformance.declared import behaviour
from tests.conformance.observing import World

GROUP = "Custom resources"


@behaviour(GROUP)
def test_custom_provider(world: World) -> None:
    """The CDK's Provider framework, with an isComplete handler that is asked until it says yes.

    Physical id and attributes of both handlers are outputs of the stack.
    """
    told = [world.of("Custom", name) for name in ("Made", "Word", "Checked")]
    assert told == ["made-loud", "LOUD", "yes"]


@behaviour(GROUP)
def test_custom_sdk_call(world: World) -> None:
    """AwsCustomResource calls an API at deployment.

    The parameter that it put is there, and the answer's field is an output.
    """
    told = world.client("ssm").get_parameter(Name="/conformance/called")["Parameter"]
    assert told["Value"] == "by AwsCustomResource"
    assert world.of("Custom", "CalledVersion") == "1"


@behaviour(GROUP)
def test_bucket_deployment(world: World) -> None:
    """BucketDeployment uploads a folder of the app.

    Both files are in the bucket with their content types.
    """
    s3, bucket = world.client("s3"), world.of("Custom", "Site")
    page = s3.get_object(Bucket=bucket, Key="index.html")
    assert (page["Body"].read(), page["ContentType"]) == (b"<h1>Conformance</h1>\n", "text/html")
    data = s3.get_object(Bucket=bucket, Key="deep/data.json")
    assert json.loads(data["Body"].read()) == {"deep": True}
