"""How the tests look at what was deployed: from outside, through APIs, HTTP and logs."""

from __future__ import annotations

import http.client
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from refarch.local import LocalCloud
from rehearsals.account import crowding

MARK = "SEEN "


def until(look: Callable[[], Any], seconds: float = 20) -> Any:
    """The first true answer. A deadline, not an expectation of speed."""
    deadline = time.monotonic() + seconds * crowding()
    while not (seen := look()):
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds} s; last seen: {seen!r}")
        time.sleep(0.05)
    return seen


@dataclass(frozen=True)
class Reply:
    status: int
    headers: Mapping[str, str]
    text: str

    @property
    def document(self) -> Any:
        return json.loads(self.text)


@dataclass
class World:
    """A cloud into which stacks were deployed; `outputs` of each stack name what its tests need."""

    cloud: LocalCloud
    assembly: Path
    outputs: dict[str, dict[str, str]] = field(default_factory=dict)

    def client(self, service: str) -> Any:
        return self.cloud.client(service)

    def of(self, stack: str, name: str) -> str:
        return self.outputs[stack][name]

    def resources(self, stack: str) -> dict[str, str]:
        """Logical to physical id."""
        rows = self.client("cloudformation").describe_stack_resources(StackName=stack)["StackResources"]
        return {row["LogicalResourceId"]: row.get("PhysicalResourceId", "") for row in rows}

    def seen(self, stack: str, function: str) -> list[Any]:
        """What a recording function was given so far."""
        lines = self.cloud.function_log(self.of(stack, function))
        return [json.loads(line.partition(MARK)[2]) for line in lines if MARK in line]

    def saw(self, stack: str, function: str, mark: str, seconds: float = 20) -> Any:
        """The first thing a recording function was given in which `mark` stands."""

        def look() -> list[Any]:
            return [one for one in self.seen(stack, function) if mark in json.dumps(one)]

        return until(look, seconds)[0]

    def invoke(self, stack: str, function: str, payload: Any = None, **more: Any) -> dict[str, Any]:
        """`value` and `error` of a synchronous invocation."""
        name = self.of(stack, function)
        answer: dict[str, Any] = self.client("lambda").invoke(FunctionName=name, Payload=json.dumps(payload), **more)
        text = answer["Payload"].read()
        return {"value": json.loads(text) if text else None, "error": answer.get("FunctionError")} | answer

    def receive(self, url: str, mark: str = "", seconds: float = 20) -> dict[str, Any]:
        """The next message in which `mark` stands, taken from the queue; others go back."""
        sqs = self.client("sqs")

        def look() -> Any:
            told = sqs.receive_message(
                QueueUrl=url, WaitTimeSeconds=1, MaxNumberOfMessages=10, VisibilityTimeout=5, AttributeNames=["All"]
            )
            found = [one for one in told.get("Messages", []) if mark in one["Body"]]
            for one in told.get("Messages", []):
                if one not in found[:1]:
                    sqs.change_message_visibility(QueueUrl=url, ReceiptHandle=one["ReceiptHandle"], VisibilityTimeout=0)
            return found[0] if found else None

        message = until(look, seconds)
        sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        return dict(message)

    def run(self, machine: str, given: Any = None, *, stack: str = "Workflows", seconds: float = 30) -> dict[str, Any]:
        """A finished execution, with `value` its output."""
        states = self.client("stepfunctions")
        arn = states.start_execution(
            stateMachineArn=self.of(stack, f"{machine}Machine"), input=json.dumps(given or {})
        )["executionArn"]
        done = until(lambda: self._ended(arn), seconds)
        return dict(done) | {"value": json.loads(done["output"]) if done.get("output") else None}

    def _ended(self, arn: str) -> Any:
        told = self.client("stepfunctions").describe_execution(executionArn=arn)
        return told if told["status"] != "RUNNING" else None

    def http(self, host: str, method: str, path: str, body: Any = None, **headers: str) -> Reply:
        """A request to a host name of AWS's, sent to the local cloud."""
        place = urlsplit(self.cloud.endpoint_url)
        connection = http.client.HTTPConnection("127.0.0.1", place.port or 80, timeout=30)
        text = body if isinstance(body, str) or body is None else json.dumps(body)
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        given = {"Content-Type": "application/json"} if text is not None else {}
        try:
            connection.request(method, path, body=text, headers={"Host": f"{host}:{place.port}"} | given | named)
            answer = connection.getresponse()
            return Reply(answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read().decode())
        finally:
            connection.close()

    def control(self, name: str, document: Any) -> Any:
        """POST to the local cloud's own interface."""
        return self.http("127.0.0.1", "POST", f"/_refarch/{name}", document).document

    def cdk(self, *arguments: str, check: bool = True, **environment: str) -> Any:
        """The real CDK command on what was synthesized once."""
        return self.cloud.cdk(
            *arguments, "--app", str(self.assembly), check=check, timeout=180, environment=environment
        )

    def status(self, stack: str) -> str:
        """CloudFormation's word for the state of a stack; empty when there is none."""
        cloudformation = self.client("cloudformation")
        try:
            return str(cloudformation.describe_stacks(StackName=stack)["Stacks"][0]["StackStatus"])
        except cloudformation.exceptions.ClientError:
            return ""
