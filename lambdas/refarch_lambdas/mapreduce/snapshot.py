"""What S3 holds of a job right now, from one listing of its folder."""

from __future__ import annotations

import json
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from refarch_lambdas.mapreduce.layout import JobLayout, ParsedKey, parse_key
from refarch_lambdas.mapreduce.state import MAPPER, REDUCER, JobData, StageState
from refarch_lambdas.mapreduce.storage import Storage

_READERS = 16


@dataclass(frozen=True)
class StoredStage:
    """A stage's state as read, with the ETag that a replacement must match, and its committed tasks."""

    state: StageState
    key: str
    etag: str
    done: frozenset[int]


@dataclass
class JobSnapshot:
    """One job: its document, its newest stage, and how it ended if it did. `objects` counts the job's small objects."""

    layout: JobLayout
    job: JobData
    document: dict[str, Any]
    stage: StoredStage | None = None
    failure: dict[str, Any] | None = None
    has_report: bool = False
    objects: int = 0
    commits: list[str] = field(default_factory=list)
    states: list[str] = field(default_factory=list)


def load_snapshot(storage: Storage, layout: JobLayout) -> JobSnapshot | None:
    """The job as it stands; None when there is no such job (any more)."""
    stored = storage.get_json_with_etag(layout.jobdata)
    if stored is None:
        return None
    snapshot = JobSnapshot(layout, JobData.from_json(stored[0]), stored[0])
    keys = [(key, parsed) for key in storage.list_keys(layout.root) if (parsed := parse_key(layout.prefix, key))]
    kinds = {parsed.kind for _, parsed in keys}
    snapshot.objects = len(keys)
    snapshot.has_report = "report" in kinds
    snapshot.commits = [key for key, parsed in keys if parsed.kind in (MAPPER, REDUCER)]
    snapshot.states = [key for key, parsed in keys if parsed.kind in ("mapperstate", "reducerstate")]
    if "failure" in kinds and (failure := storage.get_json_with_etag(layout.failure)):
        snapshot.failure = failure[0]
    snapshot.stage = _newest_stage(storage, layout, [parsed for _, parsed in keys])
    return snapshot


def read_documents(storage: Storage, keys: Iterable[str]) -> list[Any]:
    """Many small JSON objects at once, in the order of `keys`."""
    with ThreadPoolExecutor(_READERS) as pool:
        return list(pool.map(storage.get_json, keys))


def to_body(document: dict[str, Any]) -> bytes:
    return json.dumps(document, separators=(",", ":")).encode()


def _newest_stage(storage: Storage, layout: JobLayout, keys: list[ParsedKey]) -> StoredStage | None:
    steps = [parsed.step or 0 for parsed in keys if parsed.kind == "reducerstate"]
    if steps:
        step, key = max(steps), layout.reducerstate(max(steps))
    elif any(parsed.kind == "mapperstate" for parsed in keys):
        step, key = 0, layout.mapperstate
    else:
        return None
    stored = storage.get_json_with_etag(key)
    if stored is None:
        return None
    stage = REDUCER if step else MAPPER
    done = frozenset(
        parsed.task_id
        for parsed in keys
        if parsed.kind == stage and (parsed.step or 0) == step and parsed.task_id is not None
    )
    return StoredStage(StageState.from_json(stored[0]), key, stored[1], done)
