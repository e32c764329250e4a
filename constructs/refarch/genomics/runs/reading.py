"""Reads a run from what Step Functions and AWS Batch say of it. Pure.

Only what every history has is used: the plan that the first state returns, and the job descriptions in the results
and causes of `batch:submitJob.sync`. So it reads a run that failed, was stopped, or still goes on.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from refarch.genomics.runs.model import DONE, STEPS, UPSTREAM, Attempt, SampleRun, StepRun

Json = Mapping[str, Any]
_RESULTS = (
    ("taskSucceededEventDetails", "output"),
    ("taskFailedEventDetails", "cause"),
    ("lambdaFunctionSucceededEventDetails", "output"),
)
SECONDS_OF_A_MILLISECOND = 0.001
_FACT = re.compile(r'"(JobId|JobName|Status)": ?"([^"]*)"')


def sample_run(description: Json, events: Iterable[Json], jobs: Iterable[Json] = ()) -> SampleRun:
    """One sample from DescribeExecution, its history, and descriptions of jobs that still run."""
    documents = [found for event in events if (found := _result(event)) is not None]
    subject = next((found["subject"] for found in documents if isinstance(found.get("steps"), Mapping)), "")
    quality = next(
        (found for found in documents if str(found.get("schema", "")).startswith("refarch.genomics.qc/")), {}
    )
    seen = [lowered(found) for found in (*jobs, *documents) if "JobId" in found or "jobId" in found]
    ended = description["status"] != "RUNNING"
    return SampleRun(
        sample=subject or _sample_of(description),
        execution=description["executionArn"],
        state=description["status"],
        start=seconds(description["startDate"]),
        end=seconds(description["stopDate"]) if description.get("stopDate") else None,
        steps=_steps(_plan(documents), seen, ended=ended),
        error=description.get("error") or "",
        cause=_worded(description.get("cause") or ""),
        quality=quality,
    )


def _worded(cause: str) -> str:
    """The message in the cause of a function that failed: a cohort's run ends in one. Other causes as they are."""
    try:
        found = json.loads(cause)
    except ValueError:
        return cause
    return str(found.get("errorMessage") or cause) if isinstance(found, dict) else cause


def waiting_jobs(description: Json, events: Iterable[Json]) -> list[tuple[str, str]]:
    """(queue, job name) of the jobs that may run now: planned, not ended, and what they need is there."""
    events = list(events)
    run = sample_run(description, events)
    plan = _plan(found for event in events if (found := _result(event)) is not None)
    submitted = [name for name, step in run.steps.items() if step.state == "SUBMITTED"]
    return [(plan[name]["jobQueue"], plan[name]["jobName"]) for name in submitted]


def _plan(documents: Iterable[Json]) -> Mapping[str, Any]:
    """Step to what was planned for it, the last time where a run was redriven; empty where there is no plan."""
    steps = (found["steps"] for found in documents if isinstance(found.get("steps"), Mapping))
    return next(reversed([*steps]), {})


def _steps(plan: Json, jobs: Sequence[Json], *, ended: bool) -> dict[str, StepRun]:
    found: dict[str, StepRun] = {}
    for name in STEPS:
        planned = plan.get(name, {})
        mine = [job for job in jobs if planned and job.get("jobName") == planned.get("jobName")]
        if planned and not planned.get("run", True):
            found[name] = StepRun(name=name, state="SKIPPED")
        elif mine:
            found[name] = step_run(name, mine[-1])
        else:
            before = UPSTREAM.get(name)
            ready = planned and (before is None or found[before].state in DONE)
            state = "NOT_RUN" if ended else "SUBMITTED" if ready else "WAITING"
            found[name] = StepRun(name=name, state=state)
    return found


def step_run(name: str, job: Json) -> StepRun:
    """A step from the description of its job."""
    container = job.get("container") or {}
    needs = {each["type"]: float(each["value"]) for each in container.get("resourceRequirements") or ()}
    attempts = [_attempt(each) for each in job.get("attempts") or ()]
    return StepRun(
        name=name,
        state=str(job["status"]),
        job_id=str(job["jobId"]),
        log_stream=str(container.get("logStreamName") or ""),
        vcpus=needs.get("VCPU", float(container.get("vcpus") or 0)),
        memory_mib=needs.get("MEMORY", float(container.get("memory") or 0)),
        attempts=attempts,
    )


def _attempt(record: Json) -> Attempt:
    container = record.get("container") or {}
    start, end = (float(record.get(key) or 0) * SECONDS_OF_A_MILLISECOND for key in ("startedAt", "stoppedAt"))
    reason = container.get("reason") or record.get("statusReason") or ""
    return Attempt(start=start or end, end=end, exit_code=container.get("exitCode"), reason=str(reason))


def _result(event: Json) -> dict[str, Any] | None:
    """The document that a task ended with, if it is one."""
    for details, name in _RESULTS:
        text = (event.get(details) or {}).get(name)
        if isinstance(text, str) and text.startswith("{"):
            try:
                found = json.loads(text)
            except ValueError:
                return _salvaged(text)
            return found if isinstance(found, dict) else None
    return None


def _salvaged(text: str) -> dict[str, Any] | None:
    """What can be read of a job's description that was cut off: a cause has at most 32,768 characters."""
    facts = dict(_FACT.findall(text))
    return facts if {"JobId", "JobName", "Status"} <= set(facts) else None


def _sample_of(description: Json) -> str:
    """The sample's name from the input, where the run never got a plan."""
    try:
        document = json.loads(description.get("input") or "{}")
    except ValueError:
        document = {}
    given = document.get("sampleId") or (document.get("sample") or {}).get("sampleId")
    return str(given or description["executionArn"].rpartition(":")[2])


def lowered(document: Any) -> Any:
    """Keys with a small first letter: Step Functions writes AWS Batch's names with a capital one."""
    if isinstance(document, Mapping):
        return {key[:1].lower() + key[1:]: lowered(value) for key, value in document.items()}
    return [lowered(each) for each in document] if isinstance(document, list) else document


def seconds(moment: Any) -> float:
    """Seconds since 1970 of a date as the SDK or a recording has it."""
    return (datetime.fromisoformat(moment) if isinstance(moment, str) else moment).timestamp()
