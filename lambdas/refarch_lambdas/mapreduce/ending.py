"""How a job ends: its report, written once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from refarch_lambdas.mapreduce.report import CANCELLED, FAILED, SUCCEEDED, build_report
from refarch_lambdas.mapreduce.snapshot import JobSnapshot, read_documents, to_body
from refarch_lambdas.mapreduce.storage import Storage

__all__ = ["CANCELLED", "FAILED", "SUCCEEDED", "Place", "give_up", "succeed"]

# A coordinator that finds nothing to do writes nothing, so its time is not measured but assumed.
IDLE_MILLISECONDS = 50


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where the functions run and how large they are: what their price depends on."""

    region: str
    architecture: str
    memory_mb: int
    reducer_memory_mb: int
    coordinator_memory_mb: int


class Reporting(Protocol):
    """What ending a job asks of the world outside S3."""

    @property
    def clock(self) -> Callable[[], float]: ...

    @property
    def metric(self) -> Callable[[str, float], None]: ...


def succeed(storage: Storage, snapshot: JobSnapshot, place: Place, seams: Reporting) -> None:
    """Every task has committed: the report makes the job SUCCEEDED."""
    report = _report(storage, snapshot, place, seams, state=SUCCEEDED, reason=None)
    if storage.put_create_only(snapshot.layout.report, to_body(report)):
        seams.metric("JobsSucceeded", 1)
        seams.metric("JobDollars", report["cost"]["total"])


def give_up(storage: Storage, snapshot: JobSnapshot, place: Place, seams: Reporting) -> None:
    """The job has a `failure`: its report says why, and what it has cost all the same."""
    failure = snapshot.failure or {}
    state = CANCELLED if failure.get("state") == CANCELLED else FAILED
    report = _report(storage, snapshot, place, seams, state=state, reason=failure.get("reason"))
    if storage.put_create_only(snapshot.layout.report, to_body(report)) and state == FAILED:
        seams.metric("JobsFailed", 1)


def _report(
    storage: Storage, snapshot: JobSnapshot, place: Place, seams: Reporting, *, state: str, reason: str | None
) -> dict[str, Any]:
    states = read_documents(storage, snapshot.states)
    sizes = {found.key: found.size for found in storage.list_objects(snapshot.layout.result)}
    return build_report(
        snapshot.document,
        read_documents(storage, snapshot.commits),
        [failure for each in states for failure in each["failures"]],
        _coordinator_usage([each["coordinator"] for each in states], snapshot.objects, place),
        state=state,
        now=seams.clock(),
        result_bytes=sum(sizes.values()),
        region=place.region,
        memory_mb=place.memory_mb,
        reducer_memory_mb=place.reducer_memory_mb,
        architecture=place.architecture,
        reason=reason,
    )


def _coordinator_usage(measured: list[dict[str, int]], events: int, place: Place) -> dict[str, Any]:
    """The runs that changed something, as measured, and as many idle ones as there can have been at the most:
    every object in the job's folder is one event, and an event wakes one coordinator at the most."""
    total: Counter[str] = Counter()
    for each in measured:
        total.update(each)
    idle = max(0, events - total["invocations"])
    return {
        "invocations": total["invocations"] + idle,
        "milliseconds": total["milliseconds"] + idle * IDLE_MILLISECONDS,
        "memoryMb": place.coordinator_memory_mb,
        "requests": {
            "get": total["get"] + idle * 3,
            "put": total["put"],
            "list": total["list"] + idle,
        },
    }
