"""The plan of a run: which jobs, where, with what, how long. Pure; the states of the workflow only follow it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from refarch_lambdas.genomics.input_problems import InvalidInput
from refarch_lambdas.genomics.outputs import World, fingerprints, inputs_of, missing_inputs, outputs_of, steps_to_run
from refarch_lambdas.genomics.requests import SampleRequest, StepRequest
from refarch_lambdas.genomics.settings import Settings, StepSettings
from refarch_lambdas.genomics.timeouts import attempt_seconds, state_seconds


def make_plan(request: SampleRequest, settings: Settings, world: World) -> dict[str, Any]:
    """The document that the state machine follows. Raises `InvalidInput` with every problem.

    `world` is what S3 has at `outputs.looked_at(request)`.
    """
    problems = [*missing_inputs(request, world), *_unknown(request, settings)]
    if problems:
        raise InvalidInput(problems)
    prints = fingerprints(request, settings, world)
    needed = steps_to_run(request, prints, world)
    size = sum(seen.size for name, uri in inputs_of(request).items() if name in _FASTQ and (seen := world[uri]))
    steps = {name: {"run": needed[name], **_job(name, request, settings, prints[name], size)} for name in request.steps}
    return {
        "subject": request.sample_id,
        "steps": steps,
        "gate": _gate(request, settings),
        "output": {"sampleId": request.sample_id, "resultsS3Path": request.results},
    }


_FASTQ = ("FastQ1S3Path", "FastQ2S3Path")


def _unknown(request: SampleRequest, settings: Settings) -> list[str]:
    """Queues and definitions that this stack does not have: its state machine may not use them."""
    found = []
    for name, step in request.steps.items():
        definition = settings.steps[name].definition
        if step.job_queue and _queue(step.job_queue, settings) is None:
            known = ", ".join(_last(arn) for arn in settings.queues)
            found.append(f"{name}.jobQueue is {step.job_queue!r}, allowed: one of {known}")
        if step.job_definition and _family(step.job_definition) != _family(definition):
            found.append(f"{name}.jobDefinition is {step.job_definition!r}, allowed: {_last(definition)}")
    return [*found, *_outside(request, settings)]


def _outside(request: SampleRequest, settings: Settings) -> list[str]:
    """Outputs where this stack may not write: said now, not after the alignment."""
    allowed = f"{settings.results.rstrip('/')}/"
    places = {"resultsS3Path": f"{request.results}/"}
    places |= {
        f"{name} output": uri for name, step in request.steps.items() for uri in outputs_of(name, step.parameters)
    }
    return [
        f"{field} is {uri!r}, allowed: below {allowed}" for field, uri in places.items() if not uri.startswith(allowed)
    ]


def _queue(asked: str, settings: Settings) -> str | None:
    return next((arn for arn in settings.queues if asked in (arn, _last(arn))), None)


def _last(arn: str) -> str:
    return arn.rpartition("/")[2]


def _family(definition: str) -> str:
    """A definition's name, be it given as an ARN or a name, with a revision or without."""
    return _last(definition).partition(":")[0]


def _job(name: str, request: SampleRequest, settings: Settings, fingerprint: str, size: int) -> dict[str, Any]:
    asked, deployed = request.steps[name], settings.steps[name]
    attempt = attempt_seconds(deployed, size, asked.vcpus)
    return {
        "jobName": re.sub(r"[^A-Za-z0-9_-]", "-", f"{name}-{request.sample_id}")[:128],
        "jobQueue": (_queue(asked.job_queue, settings) if asked.job_queue else None) or deployed.queue,
        "jobDefinition": _definition(asked, deployed),
        "parameters": dict(asked.parameters),
        "overrides": _overrides(name, request, asked, fingerprint),
        "tags": {"refarch-sample": request.sample_id, "refarch-step": name},
        "attemptSeconds": attempt,
        "stateSeconds": state_seconds(attempt, deployed.attempts, settings.waiting_seconds),
    }


def _definition(asked: StepRequest, deployed: StepSettings) -> str:
    """A revision that was asked for; otherwise the one that is deployed."""
    revision = _last(asked.job_definition).partition(":")[2]
    return f"{deployed.definition.rpartition(':')[0]}:{revision}" if revision else deployed.definition


def _overrides(name: str, request: SampleRequest, asked: StepRequest, fingerprint: str) -> dict[str, Any]:
    """What the job is told, and what it gets if the input asked for other sizes than the definition's."""
    environment = {"REFARCH_SAMPLE_ID": request.sample_id, "REFARCH_STEP": name, "REFARCH_FINGERPRINT": fingerprint}
    resources: dict[str, str] = {}
    if asked.memory_mib is not None:
        resources["MEMORY"] = environment["REFARCH_MEMORY_MIB"] = str(asked.memory_mib)
    if asked.vcpus is not None:
        resources["VCPU"] = environment["REFARCH_VCPUS"] = str(asked.vcpus)
    return {
        "Environment": _pairs("Name", environment),
        **({"ResourceRequirements": _pairs("Type", resources)} if resources else {}),
    }


def _pairs(key: str, values: Mapping[str, str]) -> list[dict[str, str]]:
    return [{key: name, "Value": value} for name, value in values.items()]


def _gate(request: SampleRequest, settings: Settings) -> dict[str, Any]:
    call = request.steps["call"].parameters
    index = call["ReferenceIndexS3Path"].strip() or f"{call['ReferenceS3Path']}.fai"
    return {
        "sampleId": request.sample_id,
        "bamStatsS3Path": request.steps["statistics"].parameters["BAMStatsS3Path"],
        "vcfS3Path": outputs_of("call", call)[0],
        "referenceIndexS3Path": index,
        "thresholds": {**settings.thresholds, **request.thresholds},
        "qcS3Path": f"{request.results}/qc/qc.json",
    }
