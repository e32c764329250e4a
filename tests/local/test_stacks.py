"""CloudFormation and the CDK: the bootstrap stack, answers that come when the work is done, a real deployment."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path
from typing import Any

import pytest

from refarch.local import LocalCloud, LocalCloudError, toolchain
from refarch.local.cdk_bootstrap import TEMPLATE, bootstrap_template, create_toolkit, is_bootstrapped

BUCKET = json.dumps({"Resources": {"Bucket": {"Type": "AWS::S3::Bucket"}}})
TOOLKIT = """
Parameters:
  CloudFormationExecutionPolicies: {Type: CommaDelimitedList}
  FileAssetsBucketKmsKeyId: {Type: String}
  PublicAccessBlockConfiguration: {Type: String}
Resources:
  Version: {Type: "AWS::SSM::Parameter", Properties: {Type: String, Name: /cdk-bootstrap/test/version, Value: "33"}}
"""


def test_a_change_is_made_when_its_request_is_answered(bench: Any) -> None:
    cloudformation, name = bench.cloud.client("cloudformation"), bench.name("stack")
    cloudformation.create_stack(StackName=name, TemplateBody=BUCKET)
    assert cloudformation.describe_stacks(StackName=name)["Stacks"][0]["StackStatus"] == "CREATE_COMPLETE"
    cloudformation.delete_stack(StackName=name)
    with pytest.raises(cloudformation.exceptions.ClientError, match="does not exist"):
        cloudformation.describe_stacks(StackName=name)


def test_the_toolkit_is_made_once_and_failures_have_reasons(bench: Any, tmp_path: Path) -> None:
    with LocalCloud.start(directory=tmp_path) as cloud:
        cloudformation = cloud.client("cloudformation")
        assert not is_bootstrapped(cloudformation)
        create_toolkit(cloudformation, TOOLKIT)
        assert is_bootstrapped(cloudformation)
        assert cloud.client("ssm").get_parameter(Name="/cdk-bootstrap/test/version")["Parameter"]["Value"] == "33"
        cloudformation.delete_stack(StackName="CDKToolkit")
        with pytest.raises(LocalCloudError, match="the bootstrap stack is"):
            create_toolkit(cloudformation, TOOLKIT.replace("Type: String, Name", "Type: Nonsense, Name"))


def test_the_template_is_the_one_of_the_package_that_cdk_is_from(tmp_path: Path) -> None:
    package = tmp_path / "node_modules" / "aws-cdk"
    (package / TEMPLATE).parent.mkdir(parents=True)
    (package / TEMPLATE).write_text("Resources: {}")
    (package / "bin").mkdir()
    (package / "bin" / "cdk").touch()
    linked = tmp_path / "node_modules" / ".bin" / "cdk"
    linked.parent.mkdir()
    linked.symlink_to(package / "bin" / "cdk")
    shim = tmp_path / ".venv" / "bin" / "cdk"
    shim.parent.mkdir(parents=True)
    shim.touch()
    assert bootstrap_template(linked, {}) == bootstrap_template(shim, {}) == "Resources: {}"


@pytest.mark.parametrize(("says", "works"), [("echo Resources: {}", True), ("echo no >&2; exit 1", False)])
def test_without_a_package_the_command_is_asked(tmp_path: Path, says: str, works: bool) -> None:
    command = tmp_path / "cdk"
    command.write_text(f"#!/bin/sh\n{says}\n")
    command.chmod(command.stat().st_mode | stat.S_IXUSR)
    if works:
        assert "Resources:" in bootstrap_template(command, dict(os.environ))
    else:
        with pytest.raises(LocalCloudError, match="no"):
            bootstrap_template(command, dict(os.environ))


APP = """
import os
import aws_cdk as cdk
from aws_cdk import aws_lambda as aws_lambda, aws_s3 as s3, aws_s3_notifications as notifications, aws_sqs as sqs

app = cdk.App(context={"@aws-cdk/aws-s3:keepNotificationInImportedBucket": True})
where = cdk.Environment(account=os.environ["CDK_DEFAULT_ACCOUNT"], region=os.environ["CDK_DEFAULT_REGION"])
stack = cdk.Stack(app, "Foreign", env=where)
queue = sqs.Queue(stack, "Queue", enforce_ssl=True)
for bucket in (s3.Bucket(stack, "Own", enforce_ssl=True), s3.Bucket.from_bucket_name(stack, "Theirs", "theirs")):
    bucket.add_event_notification(
        s3.EventType.OBJECT_CREATED,
        notifications.SqsDestination(queue),
        s3.NotificationKeyFilter(prefix="jobs/"),
    )
aws_lambda.Function(
    stack,
    "Function",
    runtime=aws_lambda.Runtime.PYTHON_3_13,
    handler="index.handler",
    code=aws_lambda.Code.from_asset("function"),
    environment={"WORD": app.node.try_get_context("word") or "first"},
    function_name="spoken",
)
app.synth()
"""


@pytest.mark.rehearsal
def test_a_foreign_application_is_deployed_updated_and_destroyed(bench: Any, tmp_path: Path) -> None:
    if toolchain.find_cdk(Path(__file__).parent, os.environ["PATH"]) is None:
        pytest.skip("no cdk command")
    (tmp_path / "app.py").write_text(APP)
    (tmp_path / "cdk.json").write_text('{"app": "python app.py"}')
    (tmp_path / "function").mkdir()
    (tmp_path / "function" / "index.py").write_text("import os\ndef handler(e, c): return os.environ['WORD']")
    cdk = str(toolchain.require_cdk(Path(__file__).parent, os.environ["PATH"]))
    with LocalCloud.start(directory=tmp_path, enforce_permissions=True) as cloud:
        assert cloud.bootstrap(start=Path(__file__).parent)
        s3, topic = cloud.client("s3"), cloud.client("sns").create_topic(Name="theirs")["TopicArn"]
        s3.create_bucket(Bucket="theirs")
        before = {"TopicConfigurations": [{"Id": "kept", "TopicArn": topic, "Events": ["s3:ObjectRemoved:*"]}]}
        s3.put_bucket_notification_configuration(Bucket="theirs", NotificationConfiguration=before)
        for word in ("first", "second"):
            cloud.run([cdk, "deploy", "Foreign", "-c", f"word={word}"])
            answer = cloud.client("lambda").invoke(FunctionName="spoken")
            assert json.loads(answer["Payload"].read()) == word
        during = s3.get_bucket_notification_configuration(Bucket="theirs")
        assert during["TopicConfigurations"] == before["TopicConfigurations"]
        assert len(during["QueueConfigurations"]) == 1
        cloud.run([cdk, "destroy", "Foreign", "--force"])
        after = s3.get_bucket_notification_configuration(Bucket="theirs")
        assert "QueueConfigurations" not in after
        assert after["TopicConfigurations"] == before["TopicConfigurations"]
        left = cloud.client("cloudformation").describe_stacks()["Stacks"]
        assert [stack["StackName"] for stack in left] == ["CDKToolkit"]
