"""Where an asynchronous invocation's outcome goes: the record that AWS sends, and its delivery."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any


def invocation_record(
    *,
    request_id: str,
    function_arn: str,
    condition: str,
    attempts: int,
    event: Any,
    result: dict[str, Any],
    now: datetime | None = None,
) -> str:
    """The JSON document of a destination, `condition` one of Success, RetriesExhausted, EventAgeExceeded.

    Source: "Capturing records of Lambda asynchronous invocations" in the AWS Lambda guide.
    """
    context: dict[str, Any] = {"statusCode": 200, "executedVersion": "$LATEST"}
    if result.get("error"):
        context["functionError"] = result.get("function_error") or "Unhandled"
    record = {
        "version": "1.0",
        "timestamp": (now or datetime.now(UTC)).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z",
        "requestContext": {
            "requestId": request_id,
            "functionArn": qualified(function_arn),
            "condition": condition,
            "approximateInvokeCount": attempts,
        },
        "requestPayload": event,
        "responseContext": context,
        "responsePayload": result.get("body"),
    }
    return json.dumps(record, default=str)


def qualified(function_arn: str) -> str:
    """The name with its version; an unqualified invocation is one of `$LATEST`."""
    return function_arn if function_arn.count(":") > 6 else f"{function_arn}:$LATEST"


def dead_letter_attributes(request_id: str, result: dict[str, Any]) -> dict[str, dict[str, str]]:
    """The message attributes of a dead-letter queue, whose body is the event itself."""
    raw_body = result.get("body")
    body: dict[str, Any] = raw_body if isinstance(raw_body, dict) else {}
    return {
        "RequestID": {"DataType": "String", "StringValue": request_id},
        "ErrorCode": {"DataType": "Number", "StringValue": "200"},
        "ErrorMessage": {"DataType": "String", "StringValue": str(body.get("errorMessage") or "unknown")[:1024]},
    }


class Delivery:
    """Sends as the function's own role: with enforced permissions a missing grant loses the record, as on AWS."""

    def __init__(self, endpoint_url: str) -> None:
        self._endpoint_url = endpoint_url

    def send(
        self,
        target: str,
        body: str,
        credentials: dict[str, str],
        attributes: dict[str, dict[str, str]] | None = None,
    ) -> None:
        """Deliver `body` to an SQS queue, SNS topic, function or event bus; botocore's errors pass through."""
        _, _, service, region, account, resource = target.split(":", 5)
        client = self._client(service, region, credentials)
        more = {"MessageAttributes": attributes} if attributes else {}
        if service == "sqs":
            url = f"{self._endpoint_url}/{account}/{resource}"
            client.send_message(QueueUrl=url, MessageBody=body, **more)
        elif service == "sns":
            client.publish(TopicArn=target, Message=body, **more)
        elif service == "lambda":
            client.invoke(FunctionName=target, InvocationType="Event", Payload=body)
        elif service == "events":
            kind = "Success" if '"condition": "Success"' in body else "Failure"
            detail = f"Lambda Function Invocation Result - {kind}"
            entry = {"Source": "lambda", "DetailType": detail, "Detail": body, "EventBusName": target}
            client.put_events(Entries=[entry])
        else:
            raise ValueError(f"a destination in the service {service!r} is not delivered locally: {target}")

    def _client(self, service: str, region: str, credentials: dict[str, str]) -> Any:
        import boto3  # only an emulator that delivers pays for it

        session = boto3.session.Session(
            aws_access_key_id=credentials["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=credentials["AWS_SECRET_ACCESS_KEY"],
            aws_session_token=credentials.get("AWS_SESSION_TOKEN") or None,
            region_name=region,
        )
        return session.client(service, endpoint_url=self._endpoint_url)
