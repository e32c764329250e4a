"""What the stacks of the suite have in common: small functions, and names for the tests as outputs."""

from __future__ import annotations

from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sqs as sqs

# Prints what it is given, and returns it: a test sees an invocation from outside, in the function's log.
RECORD = """\
import json
def handler(event, context):
    print("SEEN " + json.dumps(event))
    return event
"""
DESTROY = cdk.RemovalPolicy.DESTROY


class Group(cdk.Stack):
    """One stack of the suite."""

    def out(self, **names: str) -> None:
        for name, value in names.items():
            cdk.CfnOutput(self, f"Out{name}", value=value).override_logical_id(name)

    def function(self, name: str, source: str = RECORD, **settings: Any) -> lambda_.Function:
        """A Python function with inline code; its name is an output."""
        made = lambda_.Function(
            self,
            f"{name}Function",
            **{
                "code": lambda_.Code.from_inline(source),
                "handler": "index.handler",
                "runtime": lambda_.Runtime.PYTHON_3_13,
                "timeout": cdk.Duration.seconds(20),
            }
            | settings,
        )
        self.out(**{name: made.function_name})
        return made

    def queue(self, name: str, **settings: Any) -> sqs.Queue:
        made = sqs.Queue(self, f"{name}Queue", removal_policy=DESTROY, **settings)
        self.out(**{name: made.queue_url})
        return made
