"""`--persist`: what was there before a stop is there after the next start, and a crash takes only what came since."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from refarch.local import LocalCloud, lifecycle
from refarch.local.persistence import Snapshots

ROLE = "arn:aws:iam::000000000000:role/test"
TEMPLATE = {
    "Resources": {
        "Topic": {"Type": "AWS::SNS::Topic"},
        "Recorded": {"Type": "AWS::LakeFormation::Tag", "Properties": {"TagKey": "a", "TagValues": ["b"]}},
        "Parameter": {"Type": "AWS::SSM::Parameter", "Properties": {"Type": "String", "Value": "kept"}},
    },
    "Outputs": {"Name": {"Value": {"Ref": "Parameter"}}},
}
CODE = "def handler(event, context):\n    print('it ran')\n    return 'answer to ' + event\n"


@pytest.fixture
def start(tmp_path: Path) -> Any:
    """Starts the cloud of one project, again and again; the last is stopped."""
    (tmp_path / "cdk.json").touch()
    started: list[LocalCloud] = []

    def again(**options: Any) -> LocalCloud:
        started.append(LocalCloud.start(directory=tmp_path, persist=True, **options))
        return started[-1]

    yield again
    started[-1].stop()


def fill(cloud: LocalCloud) -> None:
    """One of each: bucket with objects and versions, queue with a message, table, function, stack."""
    s3 = cloud.client("s3")
    s3.create_bucket(Bucket="bucket")
    s3.put_bucket_versioning(Bucket="bucket", VersioningConfiguration={"Status": "Enabled"})
    for body in (b"first", b"second"):
        s3.put_object(
            Bucket="bucket", Key="a folder/key ä", Body=body, ContentType="text/x-test", Metadata={"who": "me"}
        )
    s3.put_object(Bucket="bucket", Key="binary", Body=bytes(range(256)))
    url = cloud.client("sqs").create_queue(QueueName="queue")["QueueUrl"]
    cloud.client("sqs").send_message(QueueUrl=url, MessageBody="waiting")
    tables = cloud.client("dynamodb")
    keys = {"KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}], "BillingMode": "PAY_PER_REQUEST"}
    tables.create_table(TableName="table", AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}], **keys)
    tables.put_item(TableName="table", Item={"id": {"S": "1"}, "blob": {"B": b"\x00\xff"}})
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as content:
        content.writestr("index.py", CODE)
    cloud.client("lambda").create_function(
        FunctionName="function",
        Handler="index.handler",
        Code={"ZipFile": archive.getvalue()},
        Role=ROLE,
        Runtime="python3.13",
    )
    cloud.client("cloudformation").create_stack(StackName="stack", TemplateBody=json.dumps(TEMPLATE))
    cloud.client("cloudformation").get_waiter("stack_create_complete").wait(StackName="stack")


def check(cloud: LocalCloud) -> None:
    s3 = cloud.client("s3")
    found = s3.get_object(Bucket="bucket", Key="a folder/key ä")
    assert (found["Body"].read(), found["ContentType"], found["Metadata"]) == (b"second", "text/x-test", {"who": "me"})
    versions = s3.list_object_versions(Bucket="bucket", Prefix="a folder/")["Versions"]
    oldest = next(version for version in versions if not version["IsLatest"])
    version = s3.get_object(Bucket="bucket", Key="a folder/key ä", VersionId=oldest["VersionId"])
    assert version["Body"].read() == b"first"
    assert s3.get_object(Bucket="bucket", Key="binary")["Body"].read() == bytes(range(256))
    sqs = cloud.client("sqs")
    url = sqs.get_queue_url(QueueName="queue")["QueueUrl"]
    assert sqs.receive_message(QueueUrl=url, VisibilityTimeout=0)["Messages"][0]["Body"] == "waiting"
    item = cloud.client("dynamodb").get_item(TableName="table", Key={"id": {"S": "1"}})["Item"]
    assert item["blob"]["B"] == b"\x00\xff"
    answer = cloud.client("lambda").invoke(FunctionName="function", Payload=b'"me"')["Payload"].read()
    assert json.loads(answer) == "answer to me"
    assert "it ran" in cloud.function_log("function")
    stack = cloud.client("cloudformation").describe_stacks(StackName="stack")["Stacks"][0]
    assert stack["StackStatus"] == "CREATE_COMPLETE"
    name = stack["Outputs"][0]["OutputValue"]
    assert cloud.client("ssm").get_parameter(Name=name)["Parameter"]["Value"] == "kept"


def test_a_stop_keeps_everything_and_a_crash_what_was_kept(
    start: Callable[..., LocalCloud], until: Callable[..., Any]
) -> None:
    cloud = start()
    fill(cloud)
    cloud.stop()
    kept = Snapshots(cloud.folder.kept).current()
    assert kept is not None
    assert kept.lost == ()
    again = start()
    assert again.started
    assert again.state.port == cloud.state.port  # addresses in the state hold it
    check(again)
    again.client("s3").put_object(Bucket="bucket", Key="after", Body=b"")
    os.kill(again.state.pid, signal.SIGKILL)
    until(lambda: lifecycle.status(again.folder).condition == "crashed")
    after_crash = start()
    check(after_crash)
    listed = after_crash.client("s3").list_objects_v2(Bucket="bucket")["Contents"]
    assert [entry["Key"] for entry in listed] == ["a folder/key ä", "binary"]
    update_and_delete(after_crash)


def update_and_delete(cloud: LocalCloud) -> None:
    """A stack that was kept can be worked with."""
    cloudformation = cloud.client("cloudformation")
    changed = json.loads(json.dumps(TEMPLATE).replace("kept", "changed"))
    cloudformation.update_stack(StackName="stack", TemplateBody=json.dumps(changed))
    cloudformation.get_waiter("stack_update_complete").wait(StackName="stack")
    name = cloudformation.describe_stacks(StackName="stack")["Stacks"][0]["Outputs"][0]["OutputValue"]
    assert cloud.client("ssm").get_parameter(Name=name)["Parameter"]["Value"] == "changed"
    cloudformation.delete_stack(StackName="stack")
    cloudformation.get_waiter("stack_delete_complete").wait(StackName="stack")
    assert cloud.client("sns").list_topics()["Topics"] == []


def test_the_command_says_what_it_keeps(tmp_path: Path) -> None:
    (tmp_path / "cdk.json").touch()

    def refarch(*arguments: str) -> str:
        command = [sys.executable, "-m", "refarch.cli", "local", *arguments, "--directory", str(tmp_path)]
        return subprocess.run(command, capture_output=True, text=True, check=False).stdout

    try:
        assert "started" in refarch("start", "--persist")
        assert "a stop keeps everything" in refarch("status")
    finally:
        stopped = refarch("stop")
    assert stopped == "local cloud stopped\nits state is kept; `refarch local start --persist` takes it up\n"
    assert refarch("stop") == "no local cloud is running\n"


def test_without_the_option_nothing_is_taken_up(start: Callable[..., LocalCloud], tmp_path: Path) -> None:
    cloud = start()
    cloud.client("sqs").create_queue(QueueName="queue")
    cloud.stop()
    with LocalCloud.start(directory=tmp_path) as plain:
        assert plain.client("sqs").list_queues().get("QueueUrls", []) == []
        plain.client("sqs").create_queue(QueueName="other")
    queues = start().client("sqs").list_queues()["QueueUrls"]
    assert [url.rpartition("/")[2] for url in queues] == ["queue"]
