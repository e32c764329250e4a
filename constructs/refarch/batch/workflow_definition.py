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

from typing import Any

from refarch.batch import workflow_calls as calls
from refarch.batch import workflow_steps as steps
from refarch.batch.workflow_names import CohortPlace, Flow, Names, States, steps_of


def single(flow: Flow, names: Names) -> dict[str, Any]:
    """The state machine of one run."""
    return {"Comment": "One run: prepare, jobs, gate", "StartAt": "Prepare", "States": _run(flow, names, tells=True)}


def cohort(flow: Flow, names: Names, place: CohortPlace) -> dict[str, Any]:
    """The state machine of many runs: a Distributed Map over the rows of a CSV file in S3.

    Nothing catches what fails the map: a state that was left by a Catch is not run again by a redrive. So it is a rule
    on the execution's end, not a state, that tells of a cohort that failed.
    """
    states: States = {
        "PrepareCohort": {
            **calls.function(names.prepare, {"kind": "cohort", "document.$": "$", "execution.$": "$$.Execution.Name"}),
            "Catch": [calls.catch("Explain the cohort's failure")],
            "Next": "Runs",
        },
        "Runs": _map(flow, names, place),
        "Finished": {
            "Type": "Pass",
            "Parameters": {"results.$": "$.results.ResultWriterDetails", "mapRun.$": "$.results.MapRunArn"},
            "End": True,
        },
        "Explain the cohort's failure": calls.explain(names, "cohort", then="Failed"),
        "Failed": calls.fail(),
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
        "Next": "Finished",
    }


def _run(flow: Flow, names: Names, *, tells: bool) -> States:
    """The states of one run. `tells`: a failure is sent to the topic (in a cohort only the cohort's own is)."""
    ends = "Word the failure" if tells else "Note the failure"
    document = "$" if tells else "$$.Execution.Input"  # when it is redriven, what the run was given is no state's input
    last = "Gate" if names.gate else "Finish"
    states: States = {
        "Prepare": {
            **calls.function(
                names.prepare, {"kind": "run", "document.$": document, "execution.$": "$$.Execution.Name"}
            ),
            "Catch": [calls.catch("Explain Prepare")],
            "Next": steps.first(flow[0], 1),
        },
        "Explain Prepare": calls.explain(names, "prepare", then=ends),
    }
    for number, part in enumerate(flow, 1):
        then = steps.first(flow[number], number + 1) if number < len(flow) else last
        if isinstance(part, str):
            states |= steps.step(names, part, then=then, fails=ends)
        else:
            states[f"Parallel {number}"] = steps.parallel(names, part, number, then=then, fails=ends)
    if names.gate:
        states |= steps.gate(names, fails=ends)
    states["Finish"] = {"Type": "Pass", "Parameters": _output(flow, gate=bool(names.gate)), "End": True}
    return states | calls.failing(names, tells=tells)


def _output(flow: Flow, *, gate: bool) -> dict[str, Any]:
    """Output of a run: what the plan says, each step's state and job, and what the gate found."""
    steps: dict[str, Any] = {}
    for number, part in enumerate(flow, 1):
        for step in steps_of([part]):
            where = "results" if isinstance(part, str) else f"parallel{number}"
            steps[f"{step}.$"] = f"$.{where}.{step}"
    found = {"subject.$": "$.subject", "output.$": "$.output", "steps": steps}
    return {**found, "qc.$": "$.gateResult"} if gate else found
