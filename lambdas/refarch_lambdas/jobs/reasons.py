"""Why a step of a workflow failed, in one line. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

# Of a state machine's Fail state: 32,768 characters. A line that a person reads is far shorter.
LONGEST_CAUSE = 2_000
MARK = "refarch: "


@dataclass(frozen=True)
class Stream:
    """Where a job's output is."""

    group: str
    name: str


def job_of(cause: str) -> dict[str, Any]:
    """The description of the job in a state's `Cause`; empty where there is none."""
    document = _document(cause)
    return document if "JobId" in document else {}


def stream_of(job: Mapping[str, Any]) -> Stream | None:
    """Where the last attempt of a job wrote its output, if one began."""
    container = job.get("Container") or {}
    options = (container.get("LogConfiguration") or {}).get("Options") or {}
    name = container.get("LogStreamName")
    return Stream(str(options.get("awslogs-group") or "/aws/batch/job"), str(name)) if name else None


def explain(step: str, error: Mapping[str, Any], last_lines: Sequence[str] = ()) -> dict[str, str]:
    """`Error` and `Cause` of the run: the step that failed, and the job's own reason before that of Batch.

    `error` is what a Catch hands on (`Error`, `Cause`); `last_lines` are the last ones that the job wrote.
    """
    cause = str(error.get("Cause") or "")
    job = job_of(cause)
    text = _of_job(job, last_lines) if job else _of_other(str(error.get("Error") or ""), cause)
    return {"Error": f"{step[:1].upper()}{step[1:]}Failed", "Cause": text[:LONGEST_CAUSE]}


def _of_job(job: Mapping[str, Any], last_lines: Sequence[str]) -> str:
    container = job.get("Container") or {}
    status, own = str(job.get("StatusReason") or ""), str(container.get("Reason") or "")
    facts = [
        _own_words(last_lines),
        f"exit code {container['ExitCode']}" if container.get("ExitCode") is not None else "",
        "" if own in status else own,
        status,
        f"{len(job.get('Attempts') or ())} attempt(s)",
        f"job {job['JobId']} ({job.get('JobName', '')})",
        f"log {container['LogStreamName']}" if container.get("LogStreamName") else "",
    ]
    return " ".join("; ".join(fact for fact in facts if fact).split())


def _own_words(lines: Sequence[str]) -> str:
    """The job's own reason if it gave one (a line that begins `refarch: `), else the last thing that it said."""
    said = [line.strip() for line in lines if line.strip()]
    marked = [line.removeprefix(MARK) for line in said if line.startswith(MARK)]
    return (marked or said or [""])[-1]


def _of_other(error: str, cause: str) -> str:
    """A function's exception, a timeout, or what a service refused."""
    message = _document(cause).get("errorMessage")
    return str(message) if message else ": ".join(part for part in (error, cause) if part)


def _document(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
