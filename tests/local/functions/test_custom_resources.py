"""CDK's own custom resources, by the real command: those in Node, and BucketDeployment with its layer's AWS CLI."""

from __future__ import annotations

import sys
from typing import Any

import pytest

from refarch.local import LocalCloud

APP = """
import aws_cdk as cdk
from aws_cdk import aws_lambda as lambda_, aws_logs as logs, aws_s3 as s3, aws_s3_deployment as deployment
from aws_cdk import custom_resources as custom

app = cdk.App()
stack = cdk.Stack(app, "Custom")
bucket = s3.Bucket(stack, "Bucket", auto_delete_objects=True, removal_policy=cdk.RemovalPolicy.DESTROY)
deployment.BucketDeployment(
    stack,
    "Files",
    destination_bucket=bucket,
    destination_key_prefix="site",
    sources=[
        deployment.Source.data("hello.txt", "Hello"),
        deployment.Source.json_data("config.json", {"bucket": bucket.bucket_name}),
    ],
)
call = custom.AwsSdkCall(
    service="SSM",
    action="putParameter",
    parameters={"Name": "/made", "Value": "by node", "Type": "String"},
    physical_resource_id=custom.PhysicalResourceId.of("made"),
)
away = custom.AwsSdkCall(service="SSM", action="deleteParameter", parameters={"Name": "/made"})
anywhere = custom.AwsCustomResourcePolicy.from_sdk_calls(resources=["*"])
custom.AwsCustomResource(
    stack, "Parameter", on_create=call, on_delete=away, policy=anywhere, install_latest_aws_sdk=False
)
code = lambda_.Code.from_inline("def handler(event, context): return 1")
lambda_.Function(
    stack,
    "Function",
    runtime=lambda_.Runtime.PYTHON_3_13,
    handler="index.handler",
    code=code,
    log_retention=logs.RetentionDays.ONE_WEEK,
)
cdk.CfnOutput(stack, "Name", value=bucket.bucket_name)
app.synth()
"""


@pytest.mark.rehearsal
def test_the_cdk_s_own_custom_resources_work_and_go(tmp_path_factory: pytest.TempPathFactory) -> None:
    project = tmp_path_factory.mktemp("custom")
    (project / "app.py").write_text(APP)
    (project / "cdk.json").write_text("{}")
    with LocalCloud.start(directory=project, enforce_permissions=True) as cloud:
        program = f"{sys.executable} app.py"
        cloud.cdk("deploy", "Custom", "--app", program, timeout=120)
        stacks, storage = cloud.client("cloudformation"), cloud.client("s3")
        [output] = stacks.describe_stacks(StackName="Custom")["Stacks"][0]["Outputs"]
        bucket = output["OutputValue"]
        assert read(storage, bucket, "site/hello.txt") == "Hello"
        assert bucket in read(storage, bucket, "site/config.json")
        assert cloud.client("ssm").get_parameter(Name="/made")["Parameter"]["Value"] == "by node"
        groups = cloud.client("logs").describe_log_groups()["logGroups"]
        assert 7 in {group.get("retentionInDays") for group in groups}
        cloud.cdk("destroy", "Custom", "--force", "--app", str(project / "cdk.out"), timeout=120)
        assert bucket not in {found["Name"] for found in storage.list_buckets()["Buckets"]}
        assert not cloud.client("ssm").get_parameters(Names=["/made"])["Parameters"]


def read(storage: Any, bucket: str, key: str) -> str:
    return str(storage.get_object(Bucket=bucket, Key=key)["Body"].read().decode())
