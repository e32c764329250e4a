"""The states of a workflow that call something, and those that end it. No AWS."""

from __future__ import annotations

from typing import Any

from refarch.batch.workflow_names import Names, States

_LONGEST_FUNCTION = 900
_LAMBDA_RETRY = {
    "ErrorEquals": [
        "Lambda.ServiceException",
        "Lambda.AWSLambdaException",
        "Lambda.SdkClientException",
        "Lambda.TooManyRequestsException",
    ],
    "IntervalSeconds": 2,
    "MaxAttempts": 6,
    "BackoffRate": 2,
}
# Of the submission. A job that failed is not submitted again here: Batch itself repeats what is worth repeating.
_SUBMIT_RETRY = {
    "ErrorEquals": ["Batch.AWSBatchException", "Batch.ServerException", "Batch.TooManyRequestsException"],
    "IntervalSeconds": 3,
    "MaxAttempts": 4,
    "BackoffRate": 2,
    "JitterStrategy": "FULL",
}
_JOB = {
    "jobId.$": "$.JobId",
    "jobName.$": "$.JobName",
    "jobQueue.$": "$.JobQueue",
    "createdAt.$": "$.CreatedAt",
    "startedAt.$": "$.StartedAt",
    "stoppedAt.$": "$.StoppedAt",
    "attempts.$": "$.Attempts",
    "resources.$": "$.Container.ResourceRequirements",
}


def job(names: Names, step: str) -> dict[str, Any]:
    """A job that is submitted as its plan says, and waited for."""
    plan = f"$.steps.{step}"
    parameters: dict[str, Any] = {
        "JobName.$": f"{plan}.jobName",
        "JobQueue.$": f"{plan}.jobQueue",
        "JobDefinition.$": f"{plan}.jobDefinition",
        "Parameters.$": f"{plan}.parameters",
        "ContainerOverrides.$": f"{plan}.overrides",
        "Timeout": {"AttemptDurationSeconds.$": f"{plan}.attemptSeconds"},
        "Tags.$": f"{plan}.tags",
    }
    if step in names.shares:
        parameters["ShareIdentifier"] = names.shares[step]
    return {
        "Type": "Task",
        "Resource": names.service("batch:submitJob.sync"),
        "Parameters": parameters,
        "TimeoutSecondsPath": f"{plan}.stateSeconds",
        "ResultSelector": {"state": "SUCCEEDED", "job": _JOB},
        "Retry": [_SUBMIT_RETRY],
    }


def function(arn: str, payload: dict[str, Any]) -> dict[str, Any]:
    """A Lambda function; what Lambda itself could not do is tried again."""
    return {
        "Type": "Task",
        "Resource": arn,
        "Parameters": payload,
        # A function ends by itself after 15 minutes at most; a state that waits longer waits for nothing.
        "TimeoutSeconds": _LONGEST_FUNCTION,
        "Retry": [_LAMBDA_RETRY],
    }


def explain(names: Names, step: str, *, then: str) -> dict[str, Any]:
    """Why a step failed, in one line. Should even that fail, the failure of the explaining is told instead."""
    return {
        **function(names.explain, {"step": step, "error.$": "$.error"}),
        "ResultPath": "$.failure",
        "Catch": [{"ErrorEquals": ["States.ALL"], "ResultPath": "$.failure", "Next": then}],
        "Next": then,
    }


def catch(then: str) -> dict[str, Any]:
    """Every error, kept beside the input."""
    return {"ErrorEquals": ["States.ALL"], "ResultPath": "$.error", "Next": then}


def failing(names: Names, *, tells: bool) -> States:
    """The end of what failed: the topic is told (`tells`), then the execution fails with error and cause. Where the
    topic is not told, in a cohort, a redrive begins the run again, which skips what is done."""
    if not tells:
        return _redrivable(names)
    notice = {"execution.$": "$$.Execution.Id", "error.$": "$.failure.Error", "cause.$": "$.failure.Cause"}
    word = {
        "Type": "Pass",
        "Parameters": notice,
        "ResultPath": "$.notice",
        "Next": "Tell the failure",
    }
    tell = {
        "Type": "Task",
        "Resource": names.service("sns:publish"),
        "Parameters": {
            "TopicArn": names.topic,
            "Subject": "A run has failed",
            "Message.$": "States.JsonToString($.notice)",
        },
        "TimeoutSeconds": 60,
        # Not null ("discard"): the CDK leaves nulls out of a definition, and the result would take the input's place.
        "ResultPath": "$.told",
        "Retry": [{"ErrorEquals": ["States.ALL"], "IntervalSeconds": 2, "MaxAttempts": 3, "BackoffRate": 2}],
        # That nobody can be told must not hide what failed.
        "Catch": [{"ErrorEquals": ["States.ALL"], "ResultPath": "$.told", "Next": "Failed"}],
        "Next": "Failed",
    }
    return {"Word the failure": word, "Tell the failure": tell, "Failed": fail()}


def _redrivable(names: Names) -> States:
    """A task that fails: redriven, it is run again, while a Fail state would fail again."""
    redrives = "$$.Execution.RedriveCount"
    note = {"Type": "Pass", "Parameters": {"redrives.$": redrives}, "ResultPath": "$.noted", "Next": "Failed"}
    payload = {"failure.$": "$.failure", "noted.$": "$.noted.redrives", "redrives.$": redrives}
    return {
        "Note the failure": note,
        "Failed": {**function(names.explain, payload), "ResultPath": "$.redriven", "Next": "Prepare"},
    }


def fail() -> dict[str, Any]:
    """Fails with what was found out."""
    return {"Type": "Fail", "ErrorPath": "$.failure.Error", "CausePath": "$.failure.Cause"}
