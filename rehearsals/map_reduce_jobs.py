"""Driving jobs of a deployed MapReduce from outside, as its rehearsal and the demo do."""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from refarch.local import LocalCloud
from refarch.mapreduce.driver import JobHandle, submit
from refarch.mapreduce.progress import JobWatcher, wait
from refarch.mapreduce.snapshot import Snapshot
from refarch.mapreduce.workspace import Workspace, find_workspace
from rehearsals.uservisits import InputObject

STACK = "MapReduce"


@dataclass(frozen=True)
class DeployedMapReduce:
    """A deployed stack, its workspace, and the clients that drive it."""

    cloud: LocalCloud
    workspace: Workspace
    input_bucket: str

    @classmethod
    def find(cls, cloud: LocalCloud) -> DeployedMapReduce:
        cloudformation = cloud.client("cloudformation")
        outputs = cloudformation.describe_stacks(StackName=STACK)["Stacks"][0]["Outputs"]
        bucket = next(each["OutputValue"] for each in outputs if each["OutputKey"] == "InputBucketName")
        return cls(cloud, find_workspace(STACK, cloudformation=cloudformation), bucket)

    @property
    def s3(self) -> Any:
        return self.cloud.client("s3")

    def upload(self, found: Iterable[InputObject]) -> int:
        """The bytes that were put into the input bucket."""

        def put(each: InputObject) -> int:
            self.s3.put_object(Bucket=self.input_bucket, Key=each.key, Body=each.body)
            return len(each.body)

        with ThreadPoolExecutor(4) as pool:
            return sum(pool.map(put, found))

    def submit(self, folder: str, **options: Any) -> JobHandle:
        return submit(self.workspace, [f"s3://{self.input_bucket}/{folder}"], s3=self.s3, **options)

    def watcher(self, job_id: str) -> JobWatcher:
        return JobWatcher(self.workspace, job_id, s3=self.s3)

    def finish(self, job_id: str, *, within: float = 120) -> Snapshot:
        """The last snapshot of a job. Raises `JobStalledError` when it has not moved for `within` seconds."""
        *_, last = wait(self.watcher(job_id), poll_seconds=0.3, stall_seconds=within)
        return last

    def result(self, job_id: str) -> dict[str, Any]:
        document: dict[str, Any] = json.loads(self.read(f"jobs/{job_id}/result.json"))
        return document

    def read(self, key: str) -> bytes:
        body: bytes = self.s3.get_object(Bucket=self.workspace.job_bucket, Key=self.workspace.prefix + key)[
            "Body"
        ].read()
        return body

    def state(self, job_id: str, name: str) -> dict[str, Any]:
        document: dict[str, Any] = json.loads(self.read(f"jobs/{job_id}/{name}"))
        return document

    def failed_attempts(self, job_id: str) -> int:
        """How many attempts of mappers the coordinator has noted as failed; 0 before the job has begun."""
        state = self.state_or_none(job_id, "mapperstate")
        return len(state["failures"]) if state else 0

    def state_or_none(self, job_id: str, name: str) -> dict[str, Any] | None:
        try:
            return self.state(job_id, name)
        except self.s3.exceptions.NoSuchKey:
            return None

    def keys(self, prefix: str) -> list[str]:
        pages = self.s3.get_paginator("list_objects_v2").paginate(Bucket=self.workspace.job_bucket, Prefix=prefix)
        return [each["Key"] for page in pages for each in page.get("Contents", ())]

    def send_events(self, keys: Iterable[str]) -> int:
        """S3's own event messages once more, in the order given; how many."""
        bodies = [json.dumps(_s3_event(self.workspace.job_bucket, key)) for key in keys]
        for body in bodies:
            self.cloud.client("sqs").send_message(QueueUrl=self.workspace.queue_url, MessageBody=body)
        return len(bodies)

    def task_runs(self, job_id: str) -> Counter[str]:
        """How often each task of a job began to run, by `stage/step/id`, as the functions' own logs tell."""
        runs: Counter[str] = Counter()
        for function in (self.workspace.mapper, self.workspace.reducer):
            for line in self.cloud.function_log(function):
                entry = _json(line)
                if entry.get("message") == "task begins" and entry.get("job_id") == job_id:
                    runs[f"{entry['stage']}/{entry['step']}/{entry['task_id']}"] += 1
        return runs


class Killer:
    """Kills the worker processes of a Lambda function, busy or idle, again and again until `enough` is true."""

    def __init__(self, cloud: LocalCloud, function: str, enough: Callable[[], object], *, every: float = 0.3) -> None:
        self.killed = 0
        self._cloud, self._function, self._enough, self._every = cloud, function, enough, every
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._hunt, daemon=True)

    def __enter__(self) -> Killer:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _hunt(self) -> None:
        while not self._enough() and not self._stop.wait(self._every):
            self.killed += self._cloud.kill_function_workers(self._function)


def _s3_event(bucket: str, key: str) -> dict[str, Any]:
    record = {
        "eventVersion": "2.1",
        "eventSource": "aws:s3",
        "eventName": "ObjectCreated:Put",
        "s3": {"bucket": {"name": bucket}, "object": {"key": key}},
    }
    return {"Records": [record]}


def _json(line: str) -> dict[str, Any]:
    try:
        entry = json.loads(line)
    except ValueError:
        return {}
    return entry if isinstance(entry, dict) else {}
