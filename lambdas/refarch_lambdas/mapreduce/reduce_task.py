"""One reducer: fetch its sorted runs, merge them, reduce each key, and leave a run or the job's result."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from refarch_lambdas.mapreduce.commit import CancelWatch, commit, data_key, metadata_of
from refarch_lambdas.mapreduce.contract import Job
from refarch_lambdas.mapreduce.errors import PermanentError
from refarch_lambdas.mapreduce.events import ReduceEvent, TaskSettings
from refarch_lambdas.mapreduce.merge import Merger
from refarch_lambdas.mapreduce.results import write_results
from refarch_lambdas.mapreduce.runs import Run, Tally, write_run
from refarch_lambdas.mapreduce.storage import Storage
from refarch_lambdas.mapreduce.usage import Measurement
from refarch_lambdas.mapreduce.user_code import Pair, reduced

_COPY_BYTES: Final = 1024 * 1024
Segment = tuple[str, int, int]


def run_reduce_task(
    event: ReduceEvent | Mapping[str, Any], job: Job, storage: Storage, settings: TaskSettings | None = None
) -> dict[str, Any]:
    """Run one attempt of a reducer and commit it. Gives its summary, with "committed" (False: another was first).

    Neither the input nor the result must fit into memory; both need room on disk, packed as they are in S3 (and the
    result plain). Raises `UserCodeError` that names the key when reduce fails, and the other classes of `errors.py`.
    """
    event = event if isinstance(event, ReduceEvent) else ReduceEvent.from_json(event)
    settings = settings or TaskSettings()
    measurement = Measurement(
        storage.requests, memory_mb=settings.memory_mb, request_id=settings.request_id, now=settings.now
    )
    with TemporaryDirectory(prefix="refarch-reduce-", dir=settings.scratch) as scratch:
        return _ReduceTask(event, job, storage, settings, measurement, Path(scratch)).run()


class _ReduceTask:
    def __init__(
        self,
        event: ReduceEvent,
        job: Job,
        storage: Storage,
        settings: TaskSettings,
        measurement: Measurement,
        scratch: Path,
    ) -> None:
        self._event, self._job, self._storage = event, job, storage
        self._settings, self._measurement, self._scratch = settings, measurement, scratch
        self._watch = CancelWatch(storage, event.layout, seconds=settings.cancel_seconds, now=settings.now)
        # Values that were reduced are results; only what mappers emitted may be combined on the way.
        combine = job.combine if event.reduce else None
        self._merger = Merger(scratch, combine=combine, fan_in=settings.fan_in)
        self._numbers = count()
        self._rows = 0

    def run(self) -> dict[str, Any]:
        self._watch.check()
        listed = self._storage.get_json(self._event.input)["segments"]
        segments = [(key, offset, length) for key, offset, length in listed if length]
        pairs = self._pairs(self._fetch(segments))
        size = sum(length for _, _, length in segments)
        summary = self._write_result(pairs, size) if self._event.final else self._write_run(pairs, size)
        layout = self._event.layout
        return commit(self._storage, layout.reducer_commit(self._event.step, self._event.task_id), summary)

    def _fetch(self, segments: list[Segment]) -> list[Run]:
        """All runs on disk. More than can be merged at a time are merged in waves as they come, to save files."""
        fan_in = self._merger.fan_in
        if len(segments) <= fan_in:
            return self._download(segments)
        waves = [segments[begin : begin + fan_in] for begin in range(0, len(segments), fan_in)]
        return [self._merger.merge_to_run(self._download(wave), self._on_read) for wave in waves]

    def _download(self, segments: list[Segment]) -> list[Run]:
        with ThreadPoolExecutor(self._settings.download_threads) as pool:
            return list(pool.map(self._download_one, segments))

    def _download_one(self, segment: Segment) -> Run:
        key, offset, length = segment
        path = self._scratch / f"segment-{next(self._numbers)}"
        with closing(self._storage.open_range(key, offset, offset + length)) as stream, path.open("wb") as file:
            while block := stream.read(_COPY_BYTES):
                file.write(block)
        return Run(path, 0, length, 0, temporary=True)

    def _on_read(self, pairs: int) -> None:
        self._rows += pairs
        self._watch.check()

    def _pairs(self, runs: list[Run]) -> Iterator[Pair]:
        if any(run.path.name.startswith("merged-") for run in runs):
            merged = self._merger.merge(runs, self._watch.check)  # their pairs were counted when they were merged
        else:
            merged = self._merger.merge(runs, self._on_read)
        return reduced(self._job.reduce, merged) if self._event.reduce else _unique(merged)

    def _write_run(self, pairs: Iterator[Pair], size: int) -> dict[str, Any]:
        path = self._scratch / "data"
        tally = Tally()
        with path.open("wb") as file:
            run = write_run(file, path, pairs, tally)
        data = None
        if tally.pairs:
            name = f"reducer/{self._event.step}/{self._event.task_id}"
            data = data_key(self._event.layout, name, self._event.attempt)
            self._storage.upload_file(path, data)
        return self._summary(tally, size, data, [[0, run.length, run.pairs]])

    def _write_result(self, pairs: Iterator[Pair], size: int) -> dict[str, Any]:
        table, document = self._scratch / "result", self._scratch / "result.json"
        tally = write_results(pairs, table, document, self._job.result_header, self._job.key_columns)
        self._watch.check()
        layout = self._event.layout
        metadata = metadata_of(self._summary(tally, size, None, []))
        self._storage.upload_file(document, layout.result_json, metadata)
        self._storage.upload_file(table, layout.result, metadata)  # last: who sees it may take the job as done
        return self._summary(tally, size, None, [])

    def _summary(self, tally: Tally, size: int, data: str | None, segments: list[list[int]]) -> dict[str, Any]:
        return {
            "jobId": self._event.job_id,
            "stage": "reducer",
            "step": self._event.step,
            "taskId": self._event.task_id,
            "attempt": self._event.attempt,
            "data": data,
            "segments": segments,
            "rows": self._rows,
            "bad": 0,
            "badSamples": [],
            "bytes": size,
            "pairs": tally.pairs,
            "keys": tally.keys,
            **self._measurement.fields(),
        }


def _unique(pairs: Iterator[Pair]) -> Iterator[Pair]:
    """The pairs as they are. A key that comes twice means that runs of an earlier step were mixed up."""
    last: str | None = None
    for key, value in pairs:
        if key == last:
            raise PermanentError(f"the key {key!r} came twice although its values were reduced already")
        last = key
        yield key, value
