"""The states of a `JobWorkflow`, as documents of the Amazon States Language (JSONPath). No AWS.

What a run does is decided before it begins: the `prepare` function returns a plan, and the states only follow it.

::

    {"subject": "NA12878",                        # what the run is about, for messages
     "steps": {"align": {"run": true,             # false: its outputs exist, it is skipped
                         "jobName": "align-NA12878", "jobQueue": "arn", "jobDefinition": "arn",
                         "parameters": {"Name": "value"}, "overrides": {"Environment": [{"Name": "", "Value": ""}]},
                         "tags": {}, "attemptSeconds": 3600, "stateSeconds": 90000}},
     "gate": {}, "output": {}}                    # handed to the gate, and to the output of the run, as they are
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

States = dict[str, dict[str, Any]]


@dataclass(frozen=True)
class Branches:
    """Steps side by side: each branch is a sequence of step names."""

    branches: Sequence[Sequence[str]]


Flow = Sequence["str | Branches"]


@dataclass(frozen=True, kw_only=True)
class Names:
    """What the states call. ARNs may be tokens."""

    prepare: str
    explain: str
    topic: str
    gate: str = ""
    partition: str = "aws"
    shares: dict[str, str] = field(default_factory=dict)
    """Step to the share identifier of its jobs, where the queues have fair share."""

    def service(self, action: str) -> str:
        return f"arn:{self.partition}:states:::{action}"


@dataclass(frozen=True, kw_only=True)
class CohortPlace:
    """Where a cohort's results are written."""

    bucket: str
    prefix: str


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


def steps_of(flow: Flow) -> Iterator[str]:
    """The names of all steps, in order."""
    for part in flow:
        if isinstance(part, str):
            yield part
        else:
            for branch in part.branches:
                yield from branch


def single(flow: Flow, names: Names) -> dict[str, Any]:
    """The state machine of one run."""
    return {"Comment": "One run: prepare, jobs, gate", "StartAt": "Prepare", "States": _run(flow, names, tells=True)}


def cohort(flow: Flow, names: Names, place: CohortPlace) -> dict[str, Any]:
    """The state machine of many runs: a Distributed Map over the rows of a CSV file in S3."""
    states: States = {
        "PrepareCohort": {
            **_function(names.prepare, {"kind": "cohort", "document.$": "$", "execution.$": "$$.Execution.Name"}),
            "Catch": [_catch("Explain the cohort's failure")],
            "Next": "Runs",
        },
        "Runs": _map(flow, names, place),
        "Finished": {
            "Type": "Pass",
            "Parameters": {"results.$": "$.results.ResultWriterDetails", "mapRun.$": "$.results.MapRunArn"},
            "End": True,
        },
        "Explain the cohort's failure": _explain(names, "cohort", then="Word the failure"),
        **_failing(names, tells=True),
    }
    return {"Comment": "Many runs, from a sheet", "StartAt": "PrepareCohort", "States": states}


def _map(flow: Flow, names: Names, place: CohortPlace) -> dict[str, Any]:
    return {
        "Type": "Map",
        "Label": "Runs",
        "ItemReader": {
            "Resource": names.service("s3:getObject"),
            "ReaderConfig": {"InputType": "CSV", "CSVHeaderLocation": "FIRST_ROW"},
            "Parameters": {"Bucket.$": "$.bucket", "Key.$": "$.key"},
        },
        "ItemSelector": {"sample.$": "$$.Map.Item.Value", "common.$": "$.common"},
        "MaxConcurrencyPath": "$.maxConcurrency",
        "ToleratedFailurePercentagePath": "$.toleratedFailurePercentage",
        "ItemProcessor": {
            "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
            "StartAt": "Prepare",
            "States": _run(flow, names, tells=False),
        },
        "ResultWriter": {
            "Resource": names.service("s3:putObject"),
            "Parameters": {"Bucket": place.bucket, "Prefix": place.prefix},
        },
        "ResultPath": "$.results",
        "Catch": [_catch("Explain the cohort's failure")],
        "Next": "Finished",
    }


def _run(flow: Flow, names: Names, *, tells: bool) -> States:
    """The states of one run. `tells`: a failure is sent to the topic (in a cohort only the cohort's own is)."""
    ends = "Word the failure" if tells else "Failed"
    last = "Gate" if names.gate else "Finish"
    states: States = {
        "Prepare": {
            **_function(names.prepare, {"kind": "run", "document.$": "$", "execution.$": "$$.Execution.Name"}),
            "Catch": [_catch("Explain Prepare")],
            "Next": _first(flow[0], 1),
        },
        "Explain Prepare": _explain(names, "prepare", then=ends),
    }
    for number, part in enumerate(flow, 1):
        then = _first(flow[number], number + 1) if number < len(flow) else last
        if isinstance(part, str):
            states |= _step(names, part, then=then, fails=ends)
        else:
            states[f"Parallel {number}"] = _parallel(names, part, number, then=then, fails=ends)
    if names.gate:
        states |= _gate(names, fails=ends)
    states["Finish"] = {"Type": "Pass", "Parameters": _output(flow, gate=bool(names.gate)), "End": True}
    return states | _failing(names, tells=tells)


def _first(part: str | Branches, number: int) -> str:
    return f"{_title(part)}?" if isinstance(part, str) else f"Parallel {number}"


def _title(step: str) -> str:
    return step[:1].upper() + step[1:]


def _step(names: Names, step: str, *, then: str, fails: str) -> States:
    """A job that is needed or skipped. `then` is "" at the end of a branch, and `fails` a Fail state's name there."""
    title = _title(step)
    onward: dict[str, Any] = {"Next": then} if then else {"End": True}
    return {
        f"{title}?": {
            "Type": "Choice",
            "Choices": [{"Variable": f"$.steps.{step}.run", "BooleanEquals": True, "Next": title}],
            "Default": f"{title} skipped",
        },
        f"{title} skipped": {
            "Type": "Pass",
            "Result": {"state": "SKIPPED"},
            "ResultPath": f"$.results.{step}",
            **onward,
        },
        title: {
            **_job(names, step),
            "ResultPath": f"$.results.{step}",
            "Catch": [_catch(f"Explain {title}")],
            **onward,
        },
        f"Explain {title}": _explain(names, step, then=fails),
    }


def _job(names: Names, step: str) -> dict[str, Any]:
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


def _parallel(names: Names, part: Branches, number: int, *, then: str, fails: str) -> dict[str, Any]:
    branches, chosen = [], {}
    for index, branch in enumerate(part.branches):
        states: States = {"Failed": _fail()}
        for place, step in enumerate(branch, 1):
            following = f"{_title(branch[place])}?" if place < len(branch) else ""
            states |= _step(names, step, then=following, fails="Failed")
            chosen[f"{step}.$"] = f"$[{index}].results.{step}"
        branches.append({"StartAt": f"{_title(branch[0])}?", "States": states})
    return {
        "Type": "Parallel",
        "Branches": branches,
        "ResultSelector": chosen,
        "ResultPath": f"$.parallel{number}",
        "Catch": [{"ErrorEquals": ["States.ALL"], "ResultPath": "$.failure", "Next": fails}],
        "Next": then,
    }


def _gate(names: Names, *, fails: str) -> States:
    return {
        "Gate": {
            **_function(names.gate, {"gate.$": "$.gate", "subject.$": "$.subject"}),
            "ResultPath": "$.gateResult",
            "Catch": [_catch("Explain Gate")],
            "Next": "Good enough?",
        },
        "Explain Gate": _explain(names, "gate", then=fails),
        "Good enough?": {
            "Type": "Choice",
            "Choices": [{"Variable": "$.gateResult.passed", "BooleanEquals": True, "Next": "Finish"}],
            "Default": "Not good enough",
        },
        "Not good enough": {
            "Type": "Pass",
            "Parameters": {"Error": "QualityGateFailed", "Cause.$": "$.gateResult.summary"},
            "ResultPath": "$.failure",
            "Next": fails,
        },
    }


def _output(flow: Flow, *, gate: bool) -> dict[str, Any]:
    """Output of a run: what the plan says, each step's state and job, and what the gate found."""
    steps: dict[str, Any] = {}
    for number, part in enumerate(flow, 1):
        for step in steps_of([part]):
            where = "results" if isinstance(part, str) else f"parallel{number}"
            steps[f"{step}.$"] = f"$.{where}.{step}"
    found = {"subject.$": "$.subject", "output.$": "$.output", "steps": steps}
    return {**found, "qc.$": "$.gateResult"} if gate else found


def _function(arn: str, payload: dict[str, Any]) -> dict[str, Any]:
    return {
        "Type": "Task",
        "Resource": arn,
        "Parameters": payload,
        # A function ends by itself after 15 minutes at most; a state that waits longer waits for nothing.
        "TimeoutSeconds": _LONGEST_FUNCTION,
        "Retry": [_LAMBDA_RETRY],
    }


def _explain(names: Names, step: str, *, then: str) -> dict[str, Any]:
    """Why a step failed, in one line. Should even that fail, the failure of the explaining is told instead."""
    return {
        **_function(names.explain, {"step": step, "error.$": "$.error"}),
        "ResultPath": "$.failure",
        "Catch": [{"ErrorEquals": ["States.ALL"], "ResultPath": "$.failure", "Next": then}],
        "Next": then,
    }


def _catch(then: str) -> dict[str, Any]:
    return {"ErrorEquals": ["States.ALL"], "ResultPath": "$.error", "Next": then}


def _failing(names: Names, *, tells: bool) -> States:
    if not tells:
        return {"Failed": _fail()}
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
    return {"Word the failure": word, "Tell the failure": tell, "Failed": _fail()}


def _fail() -> dict[str, Any]:
    return {"Type": "Fail", "ErrorPath": "$.failure.Error", "CausePath": "$.failure.Cause"}
