"""Step Functions: a state machine for each behaviour."""

from __future__ import annotations

import json
from typing import Any

from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_stepfunctions as sfn

from tests.conformance.app.group import DESTROY, Group

DOUBLE = "def handler(event, context):\n    return {'doubled': event['number'] * 2}\n"
FLAKY = """\
class NotYet(Exception):
    pass
class Forbidden(Exception):
    pass
def handler(event, context):
    if event.get("kind") == "forbidden":
        raise Forbidden("no entry")
    if event["tries"] < 2:
        raise NotYet("try again")
    return {"tries": event["tries"]}
"""
DOING = ["lambda:InvokeFunction", "s3:*", "sqs:SendMessage", "states:*", "events:*", "dynamodb:PutItem"]


class Workflows(Group):
    def __init__(self, scope: Any, name: str) -> None:
        super().__init__(scope, name)
        self.double = self.function("Double", DOUBLE).function_arn
        self.flaky = self.function("Flaky", FLAKY).function_arn
        self.tokens = self.queue("Tokens")
        self.role = iam.Role(self, "Role", assumed_by=iam.ServicePrincipal("states.amazonaws.com"))
        self.role.add_to_policy(iam.PolicyStatement(actions=DOING, resources=["*"]))
        self.flow()
        self.failures()
        self.distributed()
        self.others()

    def machine(self, name: str, first: str, *, kind: Any = None, language: str = "JSONPath", **states: Any) -> Any:
        definition = json.dumps({"QueryLanguage": language, "StartAt": first, "States": states})
        made = sfn.StateMachine(
            self,
            name,
            definition_body=sfn.DefinitionBody.from_string(definition),
            role=self.role,
            state_machine_type=kind,
        )
        self.out(**{f"{name}Machine": made.state_machine_arn})
        return made

    def task(self, arn: str, **more: Any) -> dict[str, Any]:
        return {"Type": "Task", "Resource": arn} | more

    def flow(self) -> None:
        each = {"StartAt": "Double", "States": {"Double": self.task(self.double, End=True)}}
        self.machine("Map", "Each", Each={"Type": "Map", "ItemsPath": "$.numbers", "ItemProcessor": each, "End": True})
        left = {"StartAt": "L", "States": {"L": {"Type": "Pass", "Result": "left", "End": True}}}
        right = {"StartAt": "R", "States": {"R": {"Type": "Pass", "Parameters": {"said.$": "$.word"}, "End": True}}}
        self.machine("Parallel", "Both", Both={"Type": "Parallel", "Branches": [left, right], "End": True})
        choices = [
            {"Variable": "$.size", "NumericGreaterThan": 10, "Next": "Large"},
            {"And": [{"Variable": "$.tag", "StringMatches": "a*"}], "Next": "Tagged"},
        ]
        self.machine(
            "Choice",
            "Which",
            Which={"Type": "Choice", "Choices": choices, "Default": "Small"},
            Large={"Type": "Pass", "Result": "large", "End": True},
            Tagged={"Type": "Pass", "Parameters": {"text.$": "States.Format('tag {}', $.tag)"}, "End": True},
            Small={"Type": "Fail", "Error": "TooSmall", "Cause": "nothing fits"},
        )

    def failures(self) -> None:
        retry = {"ErrorEquals": ["NotYet"], "IntervalSeconds": 1, "MaxAttempts": 3, "BackoffRate": 1}
        given = {"tries.$": "$$.State.RetryCount"}
        self.machine("Retry", "Try", Try=self.task(self.flaky, Parameters=given, Retry=[retry], End=True))
        catch = {"ErrorEquals": ["Forbidden"], "ResultPath": "$.error", "Next": "Caught"}
        self.machine(
            "Catch",
            "Enter",
            Enter=self.task(self.flaky, Parameters={"kind": "forbidden", "tries": 0}, Catch=[catch], End=True),
            Caught={"Type": "Pass", "End": True},
        )
        slow = {"Type": "Wait", "Seconds": 30, "End": True}
        self.machine("Stopped", "Slow", Slow=slow)

    def distributed(self) -> None:
        bucket = s3.Bucket(self, "Bucket", removal_policy=DESTROY, auto_delete_objects=True)
        self.out(Bucket=bucket.bucket_name)
        each = {
            "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
            "StartAt": "Key",
            "States": {"Key": {"Type": "Pass", "Parameters": {"key.$": "$.Key"}, "End": True}},
        }
        place = {"Bucket": bucket.bucket_name, "Prefix": "items/"}
        self.machine(
            "Distributed",
            "Objects",
            Objects={
                "Type": "Map",
                "ItemReader": {"Resource": "arn:aws:states:::s3:listObjectsV2", "Parameters": place},
                "ItemProcessor": each,
                "MaxConcurrency": 5,
                "ResultWriter": {
                    "Resource": "arn:aws:states:::s3:putObject",
                    "Parameters": {"Bucket": bucket.bucket_name, "Prefix": "results"},
                },
                "End": True,
            },
        )

    def others(self) -> None:
        message = {"QueueUrl": self.tokens.queue_url, "MessageBody": {"token.$": "$$.Task.Token", "id.$": "$.id"}}
        wait = self.task("arn:aws:states:::sqs:sendMessage.waitForTaskToken", Parameters=message, End=True)
        self.machine("Callback", "Ask", Ask=wait)
        child = self.machine("Child", "Say", Say={"Type": "Pass", "Parameters": {"heard.$": "$.word"}, "End": True})
        nested = {"StateMachineArn": child.state_machine_arn, "Input": {"word.$": "$.word"}}
        start = self.task("arn:aws:states:::states:startExecution.sync:2", Parameters=nested, End=True)
        self.machine("Parent", "Start", Start=start)
        say = {"Type": "Pass", "Output": {"sum": "{% $sum($states.input.numbers) %}"}, "End": True}
        self.machine("Jsonata", "Sum", language="JSONata", Sum=say)
        quick = {"Type": "Pass", "Parameters": {"quick.$": "$.word"}, "End": True}
        self.machine("Express", "Quick", kind=sfn.StateMachineType.EXPRESS, Quick=quick)
        self.records()
        ended = events.EventPattern(
            source=["aws.states"],
            detail_type=["Step Functions Execution Status Change"],
            detail={"status": ["SUCCEEDED"], "stateMachineArn": [child.state_machine_arn]},
        )
        events.Rule(self, "Ended", event_pattern=ended).add_target(targets.LambdaFunction(self.function("OnEnded")))

    def records(self) -> None:
        table = dynamodb.Table(
            self,
            "Table",
            partition_key={"name": "id", "type": dynamodb.AttributeType.STRING},
            removal_policy=DESTROY,
        )
        item = {"TableName": table.table_name, "Item": {"id": {"S.$": "$.id"}, "by": {"S": "workflow"}}}
        self.machine(
            "Direct", "Put", Put=self.task("arn:aws:states:::aws-sdk:dynamodb:putItem", Parameters=item, End=True)
        )
        self.out(Table=table.table_name)
