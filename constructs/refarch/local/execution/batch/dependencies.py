"""What a job waits for. Pure; source: "Job dependencies" and "Array jobs" in the AWS Batch guide."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

Verdict = Literal["ready", "waiting", "failed"]
MOST = 20


def problems(depends_on: Sequence[Mapping[str, Any]], is_array: bool, known: Callable[[str], int | None]) -> list[str]:
    """What is wrong with the dependencies of a submission. `known` tells the array size of a job (0: no array job),
    None for a job that does not exist."""
    found = [f"dependsOn has {len(depends_on)} entries; allowed are {MOST}"] if len(depends_on) > MOST else []
    for entry in depends_on:
        kind, job = entry.get("type"), entry.get("jobId")
        if kind not in (None, "N_TO_N", "SEQUENTIAL"):
            found.append(f"dependency type is {kind!r}; allowed are N_TO_N and SEQUENTIAL")
        elif kind and not is_array:
            found.append(f"a dependency of type {kind} is for array jobs only")
        elif kind == "SEQUENTIAL" and job:
            found.append("a SEQUENTIAL dependency is of an array job on itself and takes no jobId")
        elif kind != "SEQUENTIAL" and not job:
            found.append("a dependency needs a jobId")
        elif job and known(str(job)) is None:
            found.append(f"job {job} of dependsOn does not exist")
        elif kind == "N_TO_N" and not known(str(job)):
            found.append(f"job {job} of the N_TO_N dependency is no array job")
    return found


def awaited(depends_on: Sequence[Mapping[str, Any]], job_id: str, index: int | None) -> list[str]:
    """The ids of the jobs that this one waits for; `index` is that of an array's child (else None).

    For the array job itself there is nothing to wait for of the kinds that hold child by child.
    """
    found = []
    for entry in depends_on:
        kind = entry.get("type")
        if kind is None:
            found.append(str(entry["jobId"]))
        elif index is not None and kind == "N_TO_N":
            found.append(f"{entry['jobId']}:{index}")
        elif index is not None and kind == "SEQUENTIAL" and index > 0:
            found.append(f"{job_id.rpartition(':')[0]}:{index - 1}")
    return found


def verdict(states: Sequence[str | None]) -> Verdict:
    """From the states of all jobs that it waits for; None is a job that is not known any more."""
    if any(state == "FAILED" for state in states):
        return "failed"
    return "ready" if all(state in ("SUCCEEDED", None) for state in states) else "waiting"
