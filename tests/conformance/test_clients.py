"""Client tools that nobody here wrote: the AWS CLI, boto3's waiters and paginators, the CDK, a TypeScript app."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from botocore.exceptions import WaiterError

from refarch.local.toolchain import require_cdk
from tests.conformance.clients import aws_command, typescript_app
from tests.conformance.declared import behaviour
from tests.conformance.observing import World, until

GROUP = "Client tools"
NAMES_FUNCTION = """\
import aws_cdk as cdk
from aws_cdk import aws_lambda as lambda_
app = cdk.App()
stack = cdk.Stack(app, "Watched")
made = lambda_.Function(stack, "Function", runtime=lambda_.Runtime.PYTHON_3_13, handler="index.handler",
    code=lambda_.Code.from_asset("source"))
cdk.CfnOutput(stack, "Name", value=made.function_name)
app.synth()
"""
TEXT = "def handler(event, context):\n    return {word!r}\n"


def aws(world: World, *arguments: str) -> Any:
    said = world.cloud.run([aws_command(), *arguments, "--output", "json"], timeout=60).stdout
    return json.loads(said) if said.strip().startswith(("{", "[", '"')) else said


@behaviour(GROUP)
def test_aws_cli(world: World) -> None:
    """The AWS CLI describes, queries, pages and waits.

    Stacks, a function's answer in a file, a DynamoDB scan in pages and `cloudformation wait` are right.
    """
    query = "Stacks[?StackStatus=='CREATE_COMPLETE'].StackName"
    assert {"Objects", "Web"} <= set(aws(world, "cloudformation", "describe-stacks", "--query", query))
    assert aws(world, "cloudformation", "wait", "stack-create-complete", "--stack-name", "Objects") == ""
    answer = world.cloud.directory / "answer.json"
    name = world.of("Functions", "Layered")
    told = aws(world, "lambda", "invoke", "--function-name", name, str(answer))
    assert (told["StatusCode"], json.loads(answer.read_text())["module"]) == (200, "from the layer")
    table = world.of("Objects", "Table")
    for number in range(5):
        world.client("dynamodb").put_item(TableName=table, Item={"id": {"S": f"cli-{number}"}})
    scan = aws(world, "dynamodb", "scan", "--table-name", table, "--page-size", "2")
    assert {"S": "cli-4"} in [item["id"] for item in scan["Items"]]


@behaviour(GROUP)
def test_aws_s3_sync(world: World, tmp_path: Path) -> None:
    """`aws s3 sync` up, down and with --delete, a large object in parts among them.

    What comes back is what went; a second run does nothing; a file deleted here is deleted there.
    """
    here, there = tmp_path / "here", tmp_path / "there"
    for name, size in (("a.txt", 3), ("deep/b c.bin", 9_000_000), ("deep/empty", 0)):
        (here / name).parent.mkdir(parents=True, exist_ok=True)
        (here / name).write_bytes(os.urandom(size))
    place = f"s3://{world.of('Objects', 'Versioned')}/{uuid4().hex}/"
    assert str(aws(world, "s3", "sync", str(here), place, "--no-progress")).count("upload:") == 3
    aws(world, "s3", "sync", place, str(there))
    found = {path.relative_to(there): path.read_bytes() for path in there.rglob("*") if path.is_file()}
    assert found == {path.relative_to(here): path.read_bytes() for path in here.rglob("*") if path.is_file()}
    assert str(aws(world, "s3", "sync", str(here), place)).strip() == ""
    (here / "a.txt").unlink()
    assert "delete:" in str(aws(world, "s3", "sync", str(here), place, "--delete"))
    assert "a.txt" not in str(aws(world, "s3", "ls", place, "--recursive"))


@behaviour(GROUP)
def test_boto3_waiters(world: World) -> None:
    """boto3's waiters of seven services.

    What exists is found at once; what does not exist ends the waiter as its definition says.
    """
    quick = {"Delay": 1, "MaxAttempts": 5}
    bucket, table = world.of("Objects", "Bucket"), world.of("Objects", "Table")
    world.client("cloudformation").get_waiter("stack_exists").wait(StackName="Objects", WaiterConfig=quick)
    world.client("s3").get_waiter("bucket_exists").wait(Bucket=bucket, WaiterConfig=quick)
    world.client("s3").get_waiter("object_not_exists").wait(Bucket=bucket, Key="none", WaiterConfig=quick)
    world.client("dynamodb").get_waiter("table_exists").wait(TableName=table, WaiterConfig=quick)
    name = world.of("Functions", "Layered")
    world.client("lambda").get_waiter("function_active_v2").wait(FunctionName=name, WaiterConfig=quick)
    balancer = world.of("Compute", "Balancer")
    world.client("elbv2").get_waiter("load_balancer_available").wait(LoadBalancerArns=[balancer], WaiterConfig=quick)
    vpcs = [row["VpcId"] for row in world.client("ec2").describe_vpcs()["Vpcs"]]
    world.client("ec2").get_waiter("vpc_available").wait(VpcIds=vpcs, WaiterConfig=quick)
    with pytest.raises(WaiterError):
        world.client("dynamodb").get_waiter("table_exists").wait(
            TableName="none", WaiterConfig={"Delay": 1, "MaxAttempts": 1}
        )


@behaviour(GROUP)
def test_boto3_paginators(world: World) -> None:
    """boto3's paginators with small pages.

    Objects, versions, parameters and stack events come whole, each once, over several pages.
    """
    s3, bucket, start = world.client("s3"), world.of("Objects", "Versioned"), uuid4().hex
    keys = [f"{start}/{number:02}" for number in range(7)]
    for key in keys:
        s3.put_object(Bucket=bucket, Key=key, Body=b"x")

    def pages(client: str, operation: str, size: int | None = 3, **asked: Any) -> list[Any]:
        small = {"PageSize": size} if size else {}
        return list(world.client(client).get_paginator(operation).paginate(PaginationConfig=small, **asked))

    listed = pages("s3", "list_objects_v2", Bucket=bucket, Prefix=start)
    assert ([row["Key"] for page in listed for row in page["Contents"]], len(listed)) == (keys, 3)
    versions = pages("s3", "list_object_versions", Bucket=bucket, Prefix=start)
    assert sorted(row["Key"] for page in versions for row in page["Versions"]) == keys
    for number in range(4):
        world.client("ssm").put_parameter(Name=f"/paged/{start}/{number}", Value="x", Type="String")
    found = pages("ssm", "get_parameters_by_path", Path=f"/paged/{start}")
    assert len({row["Name"] for page in found for row in page["Parameters"]}) == 4
    world.client("ssm").delete_parameters(Names=[f"/paged/{start}/{number}" for number in range(4)])
    events = pages("cloudformation", "describe_stack_events", None, StackName="Objects")
    ids = [event["EventId"] for page in events for event in page["StackEvents"]]
    assert len(ids) == len(set(ids)) > 40


@behaviour(GROUP)
def test_cdk_diff_and_list(world: World) -> None:
    """`cdk list` and `cdk diff` of what is deployed.

    All stacks are listed; a deployed stack has no differences.
    """
    assert {"Objects", "Permissions", "Changing3"} <= set(world.cdk("list").stdout.split())
    assert "There were no differences" in world.cdk("diff", "Messages", "Alarms").stdout


@pytest.fixture
def watched(world: World, tmp_path: Path) -> Iterator[Path]:
    """A project with a function, deployed; gone afterwards."""
    (tmp_path / "source").mkdir()
    (tmp_path / "source" / "index.py").write_text(TEXT.format(word="before"))
    (tmp_path / "app.py").write_text(NAMES_FUNCTION)
    settings = {"app": f"{sys.executable} app.py", "watch": {"include": ["source/**"]}}
    (tmp_path / "cdk.json").write_text(json.dumps(settings))
    world.cloud.cdk("deploy", "--outputs-file", "outputs.json", cwd=tmp_path, timeout=120)
    yield tmp_path
    world.client("cloudformation").delete_stack(StackName="Watched")


@behaviour(GROUP)
def test_cdk_watch(world: World, watched: Path) -> None:
    """`cdk watch` sees a changed file and swaps the function's code.

    The function answers with the new word, without another deployment by hand.
    """
    name = json.loads((watched / "outputs.json").read_text())["Watched"]["Name"]

    def answer() -> Any:
        return json.loads(world.client("lambda").invoke(FunctionName=name)["Payload"].read())

    assert answer() == "before"
    command = [str(require_cdk(Path(__file__).parent, "")), "watch", "--hotswap"]
    with (watched / "watch.log").open("wb") as log:
        watching = subprocess.Popen(
            command, cwd=watched, env=world.cloud.environment, stdout=log, stderr=log, start_new_session=True
        )
        try:
            until(lambda: "Total time" in (watched / "watch.log").read_text(), 60)
            (watched / "source" / "index.py").write_text(TEXT.format(word="after"))
            until(lambda: answer() == "after", 60)
        finally:
            os.killpg(watching.pid, signal.SIGTERM)
            watching.wait(20)


@behaviour(GROUP)
def test_typescript_app(world: World, tmp_path: Path) -> None:
    """A TypeScript app of another team: `refarch local run -- cdk deploy`, used, `cdk destroy`.

    A message in its queue reaches its Node function; afterwards nothing of it is left.
    """
    app = typescript_app(tmp_path)
    door = [sys.executable, "-m", "refarch.cli", "local", "run", "--directory", str(world.cloud.directory), "--"]

    def cdk(*arguments: str) -> None:
        done = subprocess.run([*door, "cdk", *arguments], cwd=app, capture_output=True, text=True, timeout=180)
        assert done.returncode == 0, done.stdout + done.stderr

    cdk("deploy", "--outputs-file", "outputs.json")
    told = json.loads((app / "outputs.json").read_text())["Typed"]
    mark = uuid4().hex
    world.client("sqs").send_message(QueueUrl=told["QueueUrl"], MessageBody=mark)
    until(lambda: any(mark in line for line in world.cloud.function_log(told["HandlerName"])))
    cdk("destroy", "--force")
    assert world.status("Typed") == ""
