"""Functions with layers, versions, aliases, addresses, destinations and limits."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_lambda_destinations as destinations
from aws_cdk import aws_logs as logs

from tests.conformance.app.group import DESTROY, Group

LAYERED = """\
import shared_words
def handler(event, context):
    return {"module": shared_words.GREETING, "file": open("/opt/python/words.txt").read().strip()}
"""
SURROUNDINGS = """\
import os
def handler(event, context):
    return {"word": os.environ["WORD"], "region": os.environ["AWS_REGION"], "memory": context.memory_limit_in_mb,
            "name": context.function_name, "arn": context.invoked_function_arn, "request": context.aws_request_id,
            "left": context.get_remaining_time_in_millis(), "leaked": os.environ.get("CONFORMANCE_SECRET")}
"""
VERSION = "import os\ndef handler(event, context):\n    return context.function_version\n"
ADDRESS = """\
def handler(event, context):
    http = event["requestContext"]["http"]
    body = http["method"] + " " + event["rawPath"] + " " + event["rawQueryString"]
    return {"statusCode": 201, "headers": {"x-seen": "yes"}, "body": body}
"""
FAILING = """\
class OutOfStock(Exception):
    pass
def handler(event, context):
    if event.get("fail"):
        raise OutOfStock("nothing left of " + event["fail"])
    return {"done": event["id"]}
"""
SLOW = "import time\ndef handler(event, context):\n    time.sleep(event['seconds'])\n    return 'slept'\n"
NODE = """\
const { S3Client, ListBucketsCommand } = require("@aws-sdk/client-s3");
exports.handler = async (event) => {
  const answer = await new S3Client({}).send(new ListBucketsCommand({}));
  return { buckets: answer.Buckets.length, node: process.version, given: event.word };
};
"""


class Functions(Group):
    def __init__(self, scope: Any, name: str) -> None:
        super().__init__(scope, name)
        layer = lambda_.LayerVersion(
            self, "Layer", code=lambda_.Code.from_asset(str(Path(__file__).with_name("assets") / "layer"))
        )
        self.function("Layered", LAYERED, layers=[layer])
        self.function("Surroundings", SURROUNDINGS, environment={"WORD": "given"}, memory_size=320)
        self.aliased()
        self.address()
        self.destinations()
        self.limits()
        node = {"runtime": lambda_.Runtime.NODEJS_22_X, "code": lambda_.Code.from_inline(NODE)}
        self.function("Node", **node)
        group = logs.LogGroup(self, "Kept", retention=logs.RetentionDays.ONE_WEEK, removal_policy=DESTROY)
        self.function("Logging", log_group=group)
        self.out(LogGroup=group.log_group_name)

    def aliased(self) -> None:
        function = self.function("Aliased", VERSION)
        alias = lambda_.Alias(self, "Alias", alias_name="live", version=function.current_version)
        self.out(Alias=alias.alias_name, FirstVersion=function.current_version.version)

    def address(self) -> None:
        function = self.function("Addressed", ADDRESS)
        address = function.add_function_url(auth_type=lambda_.FunctionUrlAuthType.NONE)
        self.out(Address=address.url)

    def destinations(self) -> None:
        self.function(
            "Destined",
            FAILING,
            retry_attempts=0,
            on_success=destinations.SqsDestination(self.queue("Succeeded")),
            on_failure=destinations.SqsDestination(self.queue("Failed")),
        )
        self.function("Mourned", FAILING, retry_attempts=0, dead_letter_queue=self.queue("Dead"))
        self.function("Retried", 'def handler(event, context):\n    print("SEEN " + event["id"])\n    1 / 0\n')

    def limits(self) -> None:
        self.function("Brief", SLOW, timeout=cdk.Duration.seconds(1))
        self.function("Single", SLOW, reserved_concurrent_executions=1)
