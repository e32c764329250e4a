"""The timeline as data: bars with times relative to the job's start. Pure; from a report, or from a running job."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from refarch.mapreduce.snapshot import JobFolder, make_snapshot

Json = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Bar:
    """One attempt of one task. `start` and `end` in seconds since the job's start; `error` only where it failed."""

    task_id: int
    attempt: int
    start: float
    end: float
    cold_start: bool = False
    rows: int = 0
    bytes: int = 0
    max_rss_mb: float | None = None
    error: str | None = None


@dataclass(frozen=True, kw_only=True)
class Stage:
    """One stage: `name` is map, reduce or merge; `unit` names its tasks."""

    name: str
    unit: str
    bars: tuple[Bar, ...]

    @property
    def start(self) -> float:
        return min(bar.start for bar in self.bars)

    @property
    def end(self) -> float:
        return max(bar.end for bar in self.bars)

    @property
    def tasks(self) -> int:
        return len({bar.task_id for bar in self.bars})


@dataclass(frozen=True, kw_only=True)
class Timeline:
    """A job to draw. Totals are None while nobody knows them (a job that runs has no bill yet)."""

    job_id: str
    state: str
    reason: str | None
    seconds: float
    stages: tuple[Stage, ...]
    rows: int
    input_bytes: int
    gb_seconds: float | None = None
    dollars: float | None = None
    prices_as_of: str | None = None

    @property
    def failures(self) -> list[tuple[Stage, Bar]]:
        return [(stage, bar) for stage in self.stages for bar in stage.bars if bar.error]


def timeline_of_report(report: Json) -> Timeline:
    """The timeline of a job that has ended."""
    return Timeline(
        job_id=report["jobId"],
        state=report["state"],
        reason=report["reason"],
        seconds=report["seconds"],
        stages=_stages(report["tasks"], report["failures"], report["startTime"]),
        rows=report["rows"],
        input_bytes=report["inputBytes"],
        gb_seconds=report["usage"]["gbSeconds"]["total"],
        dollars=report["cost"]["total"],
        prices_as_of=report["cost"]["pricesAsOf"],
    )


def timeline_of_folder(folder: JobFolder, now: float) -> Timeline:
    """The timeline of a job so far, from what its tasks have committed."""
    snapshot = make_snapshot(folder, now)
    tasks = [{**commit, "id": commit["taskId"]} for commit in folder.commits]
    return Timeline(
        job_id=snapshot.job_id,
        state=snapshot.state,
        reason=snapshot.reason,
        seconds=snapshot.elapsed,
        stages=_stages(tasks, snapshot.failures, folder.jobdata["startTime"]),
        rows=snapshot.rows,
        input_bytes=snapshot.bytes_done,
    )


def _stages(tasks: Sequence[Json], failures: Iterable[Json], start_time: float) -> tuple[Stage, ...]:
    rows = [(task, None) for task in tasks]
    rows += [(failure, f"{failure['errorType']}: {failure['error']}") for failure in failures]  # type: ignore[misc]
    by_stage: dict[tuple[int, int], list[Bar]] = {}
    for row, error in rows:
        place = (0 if row["stage"] == "mapper" else 1, row.get("step") or 0)
        by_stage.setdefault(place, []).append(_bar(row, error, start_time))
    order = sorted(by_stage)
    return tuple(_stage(place, by_stage[place]) for place in order)


def _stage(place: tuple[int, int], bars: list[Bar]) -> Stage:
    is_reducer, step = place
    name = "map" if not is_reducer else "reduce" if step <= 1 else "merge"
    ordered = sorted(bars, key=lambda bar: (bar.task_id, bar.start, bar.attempt))
    return Stage(name=name, unit="reducer" if is_reducer else "mapper", bars=tuple(ordered))


def _bar(row: Json, error: str | None, start_time: float) -> Bar:
    """A bar never starts before the job: the clocks of the driver and of Lambda may differ by a little."""
    begin = row["start"] if error is None else row.get("startedAt") or row["at"]
    end = row["end"] if error is None else row["at"]
    start = max(0.0, begin - start_time)
    return Bar(
        task_id=row["id"],
        attempt=row["attempt"],
        start=start,
        end=max(start, end - start_time),
        cold_start=bool(row.get("coldStart")),
        rows=row.get("rows") or 0,
        bytes=row.get("bytes") or 0,
        max_rss_mb=row.get("maxRssMb"),
        error=error,
    )
