"""Stacks that change: the same stack in several versions, for updates, failures and ends."""

from __future__ import annotations

from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sqs as sqs
from aws_cdk import aws_ssm as ssm

from tests.conformance.app.group import DESTROY, Group

RETAIN = cdk.RemovalPolicy.RETAIN


class Changing(Group):
    """`version` 1 is the start, 2 changes in place, 3 replaces, 4 cannot be deployed."""

    def __init__(self, scope: Any, name: str, version: int) -> None:
        super().__init__(scope, name, stack_name="Changing")
        # The versions are stacks of their own in this app: their paths would be changes of every resource.
        self.node.set_context("aws:cdk:enable-path-metadata", False)
        self.queue("Queue", visibility_timeout=cdk.Duration.seconds(30 if version == 1 else 45))
        key = {"name": "other" if version >= 3 else "id", "type": dynamodb.AttributeType.STRING}
        table = dynamodb.Table(self, "Table", partition_key=key, removal_policy=DESTROY)
        self.out(Table=table.table_name)
        ssm.StringParameter(self, "Pointing", string_value=table.table_arn)
        ec2.CfnVPC(self, "Network", cidr_block="10.3.0.0/16" if version >= 3 else "10.1.0.0/16")
        if version == 1:
            ssm.StringParameter(self, "Leaving", string_value="x", parameter_name="/conformance/leaving")
        if version == 4:
            broken = ssm.CfnParameter(self, "Broken", type="Nonsense", value="x")
            broken.node.add_dependency(ssm.StringParameter(self, "Before", string_value="x"))


class Doomed(Group):
    """Cannot be created at all: what was made before the failure goes again."""

    def __init__(self, scope: Any, name: str) -> None:
        super().__init__(scope, name)
        before = sqs.Queue(self, "Before", queue_name="conformance-doomed")
        broken = cdk.CfnResource(
            self, "Broken", type="AWS::SQS::Queue", properties={"VisibilityTimeout": 30, "Colour": "blue"}
        )
        broken.node.add_dependency(before)


class Leaving(Group):
    """Destroyed in a test; one bucket and what is in it stay."""

    def __init__(self, scope: Any, name: str) -> None:
        super().__init__(scope, name)
        kept = s3.Bucket(self, "Kept", removal_policy=RETAIN)
        gone = s3.Bucket(self, "Gone", removal_policy=DESTROY, auto_delete_objects=True)
        self.out(Kept=kept.bucket_name, Gone=gone.bucket_name)


class Exporting(Group):
    def __init__(self, scope: Any, name: str) -> None:
        super().__init__(scope, name)
        queue = sqs.Queue(self, "Queue", removal_policy=DESTROY)
        cdk.CfnOutput(self, "Exported", value=queue.queue_name, export_name="conformance-queue")


class Importing(Group):
    def __init__(self, scope: Any, name: str) -> None:
        super().__init__(scope, name)
        value = cdk.Fn.import_value("conformance-queue")
        ssm.StringParameter(self, "Holds", string_value=value, parameter_name="/conformance/imported")


def add_to(app: cdk.App) -> None:
    for version in (1, 2, 3, 4):
        Changing(app, f"Changing{version}", version)
    Doomed(app, "Doomed")
    Leaving(app, "Leaving")
    exporting = Exporting(app, "Exporting")
    Importing(app, "Importing").add_dependency(exporting)
