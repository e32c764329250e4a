"""One mapper: read its slices, map, group, and leave one sorted run for every reducer."""

from __future__ import annotations

import gc
import json
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, nullcontext
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Final

from refarch_lambdas.mapreduce.aggregate import Aggregator, memory_budget
from refarch_lambdas.mapreduce.bad_records import BadRecords
from refarch_lambdas.mapreduce.commit import CancelWatch, commit, data_key
from refarch_lambdas.mapreduce.contract import Job
from refarch_lambdas.mapreduce.errors import PermanentError
from refarch_lambdas.mapreduce.events import MapEvent, TaskSettings
from refarch_lambdas.mapreduce.lines import LineRules
from refarch_lambdas.mapreduce.records import RecordMapper
from refarch_lambdas.mapreduce.runs import Run, Tally
from refarch_lambdas.mapreduce.slices import InputSlice, slice_lines
from refarch_lambdas.mapreduce.storage import Storage
from refarch_lambdas.mapreduce.usage import Measurement

if TYPE_CHECKING:
    from refarch_lambdas.mapreduce.query.mapper import QueryMapper

QUERY_CHUNK_BYTES: Final = 256 * 2**10  # lines of a declarative job are not taken apart in Python


def run_map_task(
    event: MapEvent | Mapping[str, Any], job: Job, storage: Storage, settings: TaskSettings | None = None
) -> dict[str, Any]:
    """Run one attempt of a mapper and commit it. Gives its summary, with "committed" (False: another was first).

    Memory does not depend on the size of the input: lines are streamed, and grouped pairs are spilled to disk.
    Raises the classes of `errors.py`; anything else may go away when the task is tried again.
    """
    event = event if isinstance(event, MapEvent) else MapEvent.from_json(event)
    settings = settings or TaskSettings()
    measurement = Measurement(
        storage.requests, memory_mb=settings.memory_mb, request_id=settings.request_id, now=settings.now
    )
    with TemporaryDirectory(prefix="refarch-map-", dir=settings.scratch) as scratch:
        return _MapTask(event, job, storage, settings, measurement, Path(scratch)).run()


class _MapTask:
    def __init__(
        self,
        event: MapEvent,
        job: Job,
        storage: Storage,
        settings: TaskSettings,
        measurement: Measurement,
        scratch: Path,
    ) -> None:
        self._event, self._job, self._storage = event, job, storage
        self._settings, self._measurement, self._scratch = settings, measurement, scratch
        self._watch = CancelWatch(storage, event.layout, seconds=settings.cancel_seconds, now=settings.now)
        self._bad = BadRecords(event.tolerance)
        self._records = RecordMapper(job, self._bad)
        budget = settings.memory_budget or memory_budget(settings.memory_mb)
        self._groups = Aggregator(
            job,
            event.reducer_count,
            budget=budget // 2 if job.query else budget,  # the other half is the engine's
            scratch=scratch,
            fan_in=settings.fan_in,
        )
        self._query = self._query_mapper(job)

    def _query_mapper(self, job: Job) -> QueryMapper | None:
        if job.query is None:
            return None
        from refarch_lambdas.mapreduce.query.mapper import QueryMapper  # a job in Python does without

        return QueryMapper(
            job.query, self._bad, self._groups, memory_mb=self._settings.memory_mb, scratch=self._scratch
        )

    @property
    def _rows(self) -> int:
        return self._query.rows if self._query else self._records.rows

    def run(self) -> dict[str, Any]:
        self._watch.check()
        slices, path = self._slices(), self._scratch / "data"
        with closing(self._query) if self._query else nullcontext():
            for part in slices:
                self._map_slice(part)
            self._bad.check(self._rows)
            with _resting_collector():
                runs, tally = self._finish(path)
        self._watch.check()
        data = self._upload(path, tally)
        summary = self._summary(slices, data, runs, tally)
        return commit(self._storage, self._event.layout.mapper_commit(self._event.task_id), summary)

    def _finish(self, path: Path) -> tuple[list[Run], Tally]:
        if self._query:
            return self._query.finish(self._event.reducer_count, path)
        return self._groups.finish(path)

    def _slices(self) -> list[InputSlice]:
        """This task's line of the plan."""
        offset, length = self._event.plan
        with closing(self._storage.open_range(self._event.layout.plan, offset, offset + length)) as stream:
            line = json.loads(stream.read(length))
        if line["id"] != self._event.task_id:
            raise PermanentError(f"the plan holds task {line['id']} at byte {offset}, not task {self._event.task_id}")
        return [InputSlice.from_json(part) for part in line["slices"]]

    def _map_slice(self, part: InputSlice) -> None:
        rules = LineRules(
            name=part.name,
            header_lines=self._job.header_lines,
            chunk_bytes=max(self._settings.chunk_bytes, QUERY_CHUNK_BYTES if self._query else 0),
            max_line_bytes=self._settings.max_line_bytes,
        )
        if self._query:
            self._query.map_slice(self._storage, part, rules, self._watch.check)
            return
        for chunk in slice_lines(self._storage, part, rules):
            with _resting_collector():
                self._groups.add(*self._records.pairs(chunk, part.key))
            self._watch.check()

    def _upload(self, path: Path, tally: Tally) -> str | None:
        if not tally.pairs:
            return None
        key = data_key(self._event.layout, f"mapper/{self._event.task_id}", self._event.attempt)
        self._storage.upload_file(path, key)
        return key

    def _summary(self, slices: list[InputSlice], data: str | None, runs: list[Run], tally: Tally) -> dict[str, Any]:
        return {
            "jobId": self._event.job_id,
            "stage": "mapper",
            "step": 0,
            "taskId": self._event.task_id,
            "attempt": self._event.attempt,
            "data": data,
            "segments": [[run.offset, run.length, run.pairs] for run in runs],
            "rows": self._rows,
            "bad": self._bad.count,
            "badSamples": self._bad.samples,
            "bytes": sum(part.end - part.start for part in slices),
            "pairs": tally.pairs,
            "keys": tally.keys,
            **self._measurement.fields(),
        }


@contextmanager
def _resting_collector() -> Iterator[None]:
    """No garbage collection within a chunk: its pairs are many, young and about to go, so looking at them is waste."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
