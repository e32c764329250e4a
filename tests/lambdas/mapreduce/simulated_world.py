"""A world around the coordinator, in memory and with a clock of its own, in which everything that can go wrong does.

Events come late, twice and out of order; coordinators and tasks die at any write; some tasks vanish without a word.
The engine, the coordinator and the messages are the real ones.
"""

from __future__ import annotations

import heapq
import json
import random
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from refarch_lambdas.mapreduce.contract import Job
from refarch_lambdas.mapreduce.coordinator import Coordinator, CoordinatorSettings, Seams
from refarch_lambdas.mapreduce.ending import Place
from refarch_lambdas.mapreduce.events import TaskSettings
from refarch_lambdas.mapreduce.map_task import run_map_task
from refarch_lambdas.mapreduce.plan import ObjectInfo, plan_tasks, serialise_plan
from refarch_lambdas.mapreduce.reduce_task import run_reduce_task
from refarch_lambdas.mapreduce.signals import read_messages
from tests.lambdas.mapreduce.memory_storage import MemoryStorage

JOB = "job-1"
COORDINATOR_SECONDS = 20.0
TASK_SECONDS = 30
PLACE = Place(region="us-east-1", architecture="arm64", memory_mb=512, reducer_memory_mb=512, coordinator_memory_mb=256)


class Died(Exception):
    """A process was killed."""


@dataclass(frozen=True)
class Dangers:
    """Probabilities, each of one event, task or coordinator run."""

    doubled: float = 0.0
    overlap: float = 0.0
    coordinator_dies: float = 0.0
    task_dies: float = 0.0
    task_vanishes: float = 0.0
    task_runs_twice: float = 0.0


@dataclass
class World:
    """One deployment with one job. `run` lets time pass until nothing is left to happen."""

    dangers: Dangers = field(default_factory=Dangers)
    seed: int = 0
    concurrent: int = 4
    now: float = 1_000.0
    storage: MemoryStorage = field(default_factory=MemoryStorage)
    metrics: Counter[str] = field(default_factory=Counter)
    created: Counter[str] = field(default_factory=Counter)
    invoked: Counter[tuple[str, int, int, int]] = field(default_factory=Counter)
    _queue: list[tuple[float, int, str, Any]] = field(default_factory=list)
    _number: int = 0

    def __post_init__(self) -> None:
        self.random = random.Random(self.seed)
        self.storage.faults.after_put = self._s3_event
        self.storage.faults.fail_put = self._write
        self._writes_left: float = float("inf")
        self._coordinators = 0
        self._read_state = self.storage.get_json_with_etag
        self.storage.get_json_with_etag = self._read_while_others_run  # type: ignore[method-assign]

    def submit(self, text: str, *, split_bytes: int, reducers: int, max_attempts: int = 3) -> None:
        """Plan and start the job over one object that holds `text`."""
        etag = self.storage.seed("in/data", text.encode(), bucket="input")
        found = [ObjectInfo("input", "in/data", len(text.encode()), etag)] if text else []
        tasks = plan_tasks(found, split_bytes=split_bytes)
        plan, index = serialise_plan(tasks)
        self.storage.put(f"jobs/{JOB}/plan", plan)
        document = {
            "version": 1,
            "jobId": JOB,
            "startTime": self.now,
            "input": ["s3://input/in/"],
            "mapCount": len(tasks),
            "totalS3Files": len(found),
            "inputBytes": len(text.encode()),
            "reducerCount": reducers,
            "concurrentLambdas": self.concurrent,
            "maxAttempts": max_attempts,
            "taskTimeout": TASK_SECONDS,
            "badRecordTolerance": {"count": 0, "fraction": 0.0},
            "tasks": index,
        }
        self.storage.put(f"jobs/{JOB}/jobdata", json.dumps(document).encode())

    def run(self, job: Job, *, for_seconds: float = 100_000.0) -> None:
        """Deliver messages and run tasks in the order of their times."""
        self.job = job
        deadline = self.now + for_seconds
        while self._queue and self.now < deadline:
            when, _, kind, payload = heapq.heappop(self._queue)
            self.now = max(self.now, when)
            self._deliver(payload) if kind == "message" else self._run_task(payload)
        assert not self._queue, "the world has not come to rest"

    def document(self, name: str) -> Any:
        stored = self.storage.objects.get(f"jobs/{JOB}/{name}")
        return None if stored is None else json.loads(stored.body)

    def message(self, body: dict[str, Any], *, after: float) -> None:
        self._push(after, "message", {"messageId": str(self._number), "body": json.dumps(body)})

    def _push(self, after: float, kind: str, payload: Any) -> None:
        self._number += 1
        heapq.heappush(self._queue, (self.now + after, self._number, kind, payload))

    def _chance(self, probability: float) -> bool:
        return self.random.random() < probability

    def _write(self, key: str) -> None:
        """Called before every write: whoever has used up its writes dies here."""
        self._writes_left -= 1
        if self._writes_left < 0:
            raise Died(key)

    def _s3_event(self, key: str) -> None:
        self.created[key] += 1
        if key.startswith("jobs/"):
            event = {"Records": [{"s3": {"bucket": {"name": self.storage.bucket}, "object": {"key": key}}}]}
            for _ in range(2 if self._chance(self.dangers.doubled) else 1):
                self.message(event, after=self.random.uniform(0.0, 3.0))

    def _read_while_others_run(self, key: str) -> tuple[Any, str] | None:
        """What a coordinator reads may be old before it acts on it: another one runs in between."""
        found = self._read_state(key)
        waiting = self._coordinators == 1 and self._queue and self._queue[0][2] == "message"
        if waiting and self._chance(self.dangers.overlap):
            left, self._writes_left = self._writes_left, float("inf")
            self._deliver(heapq.heappop(self._queue)[3])
            self._writes_left = left
        return found

    def _deliver(self, message: dict[str, Any]) -> None:
        """One run of the coordinator. One that dies leaves its message to come again after the visibility timeout."""
        jobs, unknown = read_messages([message], bucket=self.storage.bucket, prefix="", now=self.now)
        assert not unknown
        if self._chance(self.dangers.coordinator_dies):
            self._writes_left = self.random.randrange(6)
        self._number += 1
        coordinator = Coordinator(self.storage, self._seams(), self._settings(), run=f"run-{self._number}")
        self._coordinators += 1
        try:
            for job_id, signals in jobs.items():
                coordinator.handle(job_id, signals)
        except Died:
            self._push(COORDINATOR_SECONDS + 5, "message", message)
        finally:
            self._writes_left = float("inf")
            self._coordinators -= 1

    def _settings(self) -> CoordinatorSettings:
        return CoordinatorSettings(
            prefix="",
            concurrent=self.concurrent,
            watchdog_seconds=60,
            lease=COORDINATOR_SECONDS + 1,
            lost_after=2 * TASK_SECONDS + 60,
            place=PLACE,
        )

    def _seams(self) -> Seams:
        def invoke(stage: str, payload: dict[str, Any]) -> None:
            self._write("invoke")
            self.invoked[stage, payload["step"], payload["taskId"], payload["attempt"]] += 1
            for _ in range(2 if self._chance(self.dangers.task_runs_twice) else 1):
                self._push(self.random.uniform(0.1, 5.0), "task", payload)

        return Seams(
            invoke=invoke,
            wake=lambda body, delay: self.message(body, after=delay),
            metric=lambda name, value: self.metrics.update({name: value}),
            clock=lambda: self.now,
        )

    def _run_task(self, event: dict[str, Any]) -> None:
        if self._chance(self.dangers.task_vanishes):
            return
        if self._chance(self.dangers.task_dies):
            self._writes_left = self.random.randrange(3)
        run: Any = run_map_task if event["stage"] == "mapper" else run_reduce_task
        try:
            run(event, self.job, self.storage, TaskSettings(now=lambda: self.now, download_threads=2))
        except Exception as error:
            self._task_failed(event, error)
        finally:
            self._writes_left = float("inf")

    def _task_failed(self, event: dict[str, Any], error: Exception) -> None:
        record = {
            "requestContext": {"condition": "RetriesExhausted"},
            "requestPayload": event,
            "responsePayload": {"errorType": type(error).__name__, "errorMessage": str(error)},
        }
        for _ in range(2 if self._chance(self.dangers.doubled) else 1):
            self.message(record, after=self.random.uniform(0.0, 2.0))
