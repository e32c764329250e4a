"""For a cloud that enforces permissions: each role lacks one grant and has another."""

from __future__ import annotations

import json
from typing import Any

from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_stepfunctions as sfn

from tests.conformance.app.group import DESTROY, Group

WRITES = """\
import os, boto3
def handler(event, context):
    boto3.client("s3").put_object(Bucket=os.environ["BUCKET"], Key=event["key"], Body=b"written")
    return "written"
"""


class Permissions(Group):
    def __init__(self, scope: Any, name: str) -> None:
        super().__init__(scope, name)
        bucket = s3.Bucket(self, "Bucket", removal_policy=DESTROY, auto_delete_objects=True, enforce_ssl=True)
        self.out(Bucket=bucket.bucket_name)
        given = {"environment": {"BUCKET": bucket.bucket_name}}
        bucket.grant_put(self.function("Granted", WRITES, **given), "mine/*")
        self.function("Lacking", WRITES, **given)
        invoked = self.function("Invoked")
        for machine, allowed in (("May", True), ("MayNot", False)):
            role = iam.Role(self, f"{machine}Role", assumed_by=iam.ServicePrincipal("states.amazonaws.com"))
            if allowed:
                invoked.grant_invoke(role)
            task = {"Type": "Task", "Resource": invoked.function_arn, "End": True}
            definition = json.dumps({"StartAt": "Invoke", "States": {"Invoke": task}})
            made = sfn.StateMachine(
                self, machine, definition_body=sfn.DefinitionBody.from_string(definition), role=role
            )
            self.out(**{f"{machine}Machine": made.state_machine_arn})
        self.reader(bucket)

    def reader(self, bucket: s3.Bucket) -> None:
        """A user who may read one prefix, and to whom another is denied in so many words."""
        user = iam.User(self, "Reader")
        bucket.grant_read(user)
        deny = {"effect": iam.Effect.DENY, "actions": ["s3:GetObject"]}
        user.add_to_policy(iam.PolicyStatement(resources=[bucket.arn_for_objects("secret/*")], **deny))
        key = iam.AccessKey(self, "AccessKey", user=user)
        self.out(AccessKey=key.access_key_id, SecretKey=key.secret_access_key.unsafe_unwrap())
