"""The states of one run: steps that are needed or skipped, steps side by side, and the gate. No AWS."""

from __future__ import annotations

from typing import Any

from refarch.batch import workflow_calls as calls
from refarch.batch.workflow_names import Branches, Names, States, title


def step(names: Names, step: str, *, then: str, fails: str) -> States:
    """A job that is needed or skipped. `then` is "" at the end of a branch, and `fails` a Fail state's name there."""
    name = title(step)
    onward: dict[str, Any] = {"Next": then} if then else {"End": True}
    return {
        f"{name}?": {
            "Type": "Choice",
            "Choices": [{"Variable": f"$.steps.{step}.run", "BooleanEquals": True, "Next": name}],
            "Default": f"{name} skipped",
        },
        f"{name} skipped": {
            "Type": "Pass",
            "Result": {"state": "SKIPPED"},
            "ResultPath": f"$.results.{step}",
            **onward,
        },
        name: {
            **calls.job(names, step),
            "ResultPath": f"$.results.{step}",
            "Catch": [calls.catch(f"Explain {name}")],
            **onward,
        },
        f"Explain {name}": calls.explain(names, step, then=fails),
    }


def parallel(names: Names, part: Branches, number: int, *, then: str, fails: str) -> dict[str, Any]:
    """Branches side by side. When one fails, Step Functions stops the others and their jobs."""
    branches, chosen = [], {}
    for index, branch in enumerate(part.branches):
        states: States = {"Failed": calls.fail()}
        for place, each in enumerate(branch, 1):
            following = f"{title(branch[place])}?" if place < len(branch) else ""
            states |= step(names, each, then=following, fails="Failed")
            chosen[f"{each}.$"] = f"$[{index}].results.{each}"
        branches.append({"StartAt": f"{title(branch[0])}?", "States": states})
    return {
        "Type": "Parallel",
        "Branches": branches,
        "ResultSelector": chosen,
        "ResultPath": f"$.parallel{number}",
        "Catch": [{"ErrorEquals": ["States.ALL"], "ResultPath": "$.failure", "Next": fails}],
        "Next": then,
    }


def gate(names: Names, *, fails: str) -> States:
    """The function that looks at the results, and the choice that it makes."""
    return {
        "Gate": {
            **calls.function(names.gate, {"gate.$": "$.gate", "subject.$": "$.subject"}),
            "ResultPath": "$.gateResult",
            "Catch": [calls.catch("Explain Gate")],
            "Next": "Good enough?",
        },
        "Explain Gate": calls.explain(names, "gate", then=fails),
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


def first(part: str | Branches, number: int) -> str:
    """The name of the first state of a part of the flow."""
    return f"{title(part)}?" if isinstance(part, str) else f"Parallel {number}"
