"""What a job looks like at one moment: plain data, made from what lies in its folder. No AWS in here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

RUNNING: Final = "RUNNING"
ENDED: Final = frozenset({"SUCCEEDED", "FAILED", "CANCELLED"})

Json = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class JobFolder:
    """What was read from the job's folder. `states` in the order of the stages."""

    jobdata: Json
    commits: Sequence[Json]
    states: Sequence[Json] = ()
    report: Json | None = None
    failure: Json | None = None


@dataclass(frozen=True, kw_only=True)
class Snapshot:
    """A job's progress. Bytes and rows are those of committed mappers; `elapsed` in seconds.

    `state`: RUNNING, SUCCEEDED, FAILED or CANCELLED. `stage`: starting, map, reduce, merge or done.
    `complete`: the report is there, so nothing will change any more.
    """

    job_id: str
    state: str
    stage: str
    mappers_done: int
    mappers_total: int
    reducers_done: int
    reducers_total: int
    bytes_done: int
    input_bytes: int
    rows: int
    bad_records: int
    elapsed: float
    failures: Sequence[Json] = ()
    reason: str | None = None
    report: Json | None = field(default=None, repr=False)

    @property
    def ended(self) -> bool:
        return self.state in ENDED

    @property
    def complete(self) -> bool:
        return self.report is not None


def make_snapshot(folder: JobFolder, now: float) -> Snapshot:
    """The progress that a job's folder shows at `now` (epoch seconds)."""
    jobdata, end = folder.jobdata, folder.report or folder.failure
    mappers = [commit for commit in folder.commits if commit["stage"] == "mapper"]
    return Snapshot(
        job_id=jobdata["jobId"],
        state=str(end.get("state", "FAILED")) if end else RUNNING,
        stage="done" if end else _stage(folder.states),
        mappers_done=len(mappers),
        mappers_total=jobdata["mapCount"],
        reducers_done=len(folder.commits) - len(mappers),
        reducers_total=_reducers(folder),
        bytes_done=sum(commit["bytes"] for commit in mappers),
        input_bytes=jobdata["inputBytes"],
        rows=sum(commit["rows"] for commit in mappers),
        bad_records=sum(commit.get("bad", 0) for commit in mappers),
        elapsed=float(folder.report["seconds"]) if folder.report else max(0.0, now - jobdata["startTime"]),
        failures=_failures(folder),
        reason=end.get("reason") if end else None,
        report=folder.report,
    )


def _failures(folder: JobFolder) -> list[Json]:
    if folder.report:
        return list(folder.report["failures"])
    return [failure for state in folder.states for failure in state.get("failures", ())]


def _stage(states: Sequence[Json]) -> str:
    if not states:
        return "starting"
    latest = states[-1]
    if latest["stage"] == "mapper":
        return "map"
    return "reduce" if latest.get("reduce", True) else "merge"


def _reducers(folder: JobFolder) -> int:
    """Reduce tasks in all: known for the stages that have begun, else one a partition and one to merge them."""
    partitions = int(folder.jobdata["reducerCount"]) if folder.jobdata["mapCount"] else 1
    expected = partitions + (1 if partitions > 1 else 0)
    begun = sum(len(state["attempt"]) for state in folder.states if state["stage"] == "reducer")
    return max(expected, begun)
