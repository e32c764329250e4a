"""Resources that functions make: the CDK's own custom resources, and one written here."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_s3_deployment as deployment
from aws_cdk import custom_resources as custom

from tests.conformance.app.group import DESTROY, Group

STARTS = """\
def handler(event, context):
    if event["RequestType"] == "Delete":
        return {}
    word = event["ResourceProperties"]["Word"]
    return {"PhysicalResourceId": "made-" + word, "Data": {"Word": word.upper()}}
"""
COMPLETES = """\
import time
def handler(event, context):
    done = event["RequestType"] == "Delete" or time.time() % 10 >= 0
    return {"IsComplete": done, "Data": {"Checked": "yes"}} if done else {"IsComplete": False}
"""


class Custom(Group):
    def __init__(self, scope: Any, name: str) -> None:
        super().__init__(scope, name)
        provider = custom.Provider(
            self,
            "Provider",
            on_event_handler=self.function("Starts", STARTS),
            is_complete_handler=self.function("Completes", COMPLETES),
            query_interval=cdk.Duration.seconds(1),
        )
        made = cdk.CustomResource(
            self,
            "Made",
            service_token=provider.service_token,
            resource_type="Custom::Made",
            properties={"Word": "loud"},
        )
        self.out(Made=made.ref, Word=made.get_att_string("Word"), Checked=made.get_att_string("Checked"))
        self.calling()
        self.website()

    def calling(self) -> None:
        """Calls an API of AWS while it deploys, and takes it back when it is destroyed."""
        put = custom.AwsSdkCall(
            service="SSM",
            action="PutParameter",
            parameters={"Name": "/conformance/called", "Value": "by AwsCustomResource", "Type": "String"},
            physical_resource_id=custom.PhysicalResourceId.of("called"),
        )
        remove = custom.AwsSdkCall(service="SSM", action="DeleteParameter", parameters={"Name": "/conformance/called"})
        everything = custom.AwsCustomResourcePolicy.from_sdk_calls(
            resources=custom.AwsCustomResourcePolicy.ANY_RESOURCE
        )
        made = custom.AwsCustomResource(self, "Called", on_create=put, on_delete=remove, policy=everything)
        self.out(CalledVersion=made.get_response_field("Version"))

    def website(self) -> None:
        bucket = s3.Bucket(self, "Site", removal_policy=DESTROY, auto_delete_objects=True)
        folder = str(Path(__file__).with_name("assets") / "site")
        deployment.BucketDeployment(
            self, "Upload", destination_bucket=bucket, sources=[deployment.Source.asset(folder)]
        )
        self.out(Site=bucket.bucket_name)
