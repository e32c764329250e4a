"""Runs a whole job in this process: what the coordinator would do, without any of its decisions."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

from refarch_lambdas.mapreduce.contract import Job
from refarch_lambdas.mapreduce.events import TaskSettings
from refarch_lambdas.mapreduce.layout import JobLayout
from refarch_lambdas.mapreduce.map_task import run_map_task
from refarch_lambdas.mapreduce.reduce_task import run_reduce_task
from tests.lambdas.mapreduce.memory_storage import MemoryStorage

INPUT_BUCKET = "input-bucket"


def slices_of(storage: MemoryStorage, key: str, body: bytes, cuts: Sequence[int] = ()) -> list[dict[str, Any]]:
    """Seed an input object and cut it at `cuts`."""
    etag = storage.seed(key, body, bucket=INPUT_BUCKET)
    bounds = [0, *sorted(cuts), len(body)]
    return [
        {"bucket": INPUT_BUCKET, "key": key, "etag": etag, "start": start, "end": end, "size": len(body)}
        for start, end in pairwise(bounds)
    ]


@dataclass
class LocalJob:
    """One job on a `MemoryStorage`."""

    job: Job
    reducers: int = 1
    tolerance: dict[str, float] = field(default_factory=lambda: {"count": 0, "fraction": 0.0})
    settings: TaskSettings = field(default_factory=TaskSettings)
    storage: MemoryStorage = field(default_factory=MemoryStorage)
    layout: JobLayout = field(default_factory=lambda: JobLayout("team/", "job-1"))

    def plan(self, tasks: Sequence[Sequence[dict[str, Any]]]) -> list[dict[str, Any]]:
        """Write the plan; gives the mapper events."""
        plan, events = b"", []
        for number, slices in enumerate(tasks):
            line = json.dumps({"id": number, "slices": list(slices)}).encode() + b"\n"
            events.append(self.map_event(number, [len(plan), len(line)]))
            plan += line
        self.storage.seed(self.layout.plan, plan)
        return events

    def map_event(self, number: int, plan: list[int], attempt: int = 1) -> dict[str, Any]:
        return {
            "jobBucket": self.storage.bucket,
            "prefix": self.layout.prefix,
            "jobId": self.layout.job_id,
            "stage": "mapper",
            "taskId": number,
            "attempt": attempt,
            "plan": plan,
            "reducerCount": self.reducers,
            "tolerance": self.tolerance,
        }

    def map(self, event: dict[str, Any]) -> dict[str, Any]:
        return run_map_task(event, self.job, self.storage, self.settings)

    def map_all(self, tasks: Sequence[Sequence[dict[str, Any]]]) -> list[dict[str, Any]]:
        return [self.map(event) for event in self.plan(tasks)]

    def reduce_event(
        self, segments: list[list[Any]], *, step: int, task: int, final: bool, reduce: bool, attempt: int = 1
    ) -> dict[str, Any]:
        key = self.layout.shuffle(f"reducer/{step}/{task}.input")
        self.storage.seed(key, json.dumps({"segments": segments}).encode())
        return {
            "jobBucket": self.storage.bucket,
            "prefix": self.layout.prefix,
            "jobId": self.layout.job_id,
            "stage": "reducer",
            "step": step,
            "taskId": task,
            "attempt": attempt,
            "input": key,
            "final": final,
            "reduce": reduce,
        }

    def reduce(self, event: dict[str, Any]) -> dict[str, Any]:
        return run_reduce_task(event, self.job, self.storage, self.settings)

    def segments(self, summaries: Sequence[dict[str, Any]], partition: int) -> list[list[Any]]:
        return [[each["data"], *each["segments"][partition][:2]] for each in summaries]

    def reduce_all(self, mapped: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
        """Step 1 by partition; with more than one of them step 2 merges."""
        single = self.reducers == 1
        first = [
            self.reduce(self.reduce_event(self.segments(mapped, part), step=1, task=part, final=single, reduce=True))
            for part in range(self.reducers)
        ]
        if single:
            return first
        merged = [[each["data"], *each["segments"][0][:2]] for each in first]
        return [*first, self.reduce(self.reduce_event(merged, step=2, task=0, final=True, reduce=False))]

    def run(self, tasks: Sequence[Sequence[dict[str, Any]]]) -> dict[str, Any]:
        """The whole job; gives the result object."""
        self.reduce_all(self.map_all(tasks))
        result: dict[str, Any] = self.storage.get_json(self.layout.result_json)
        return result

    @property
    def result_csv(self) -> str:
        return self.storage.get(self.layout.result).decode()


def write_module(folder: Path, text: str) -> str:
    path = folder / "job_module.py"
    path.write_text(text)
    return str(path)
