"""The ends of a task: stopping when the job is over, and committing so that exactly one attempt counts."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any
from uuid import uuid4

from refarch_lambdas.mapreduce.errors import JobCancelledError
from refarch_lambdas.mapreduce.layout import JobLayout
from refarch_lambdas.mapreduce.storage import Storage


class CancelWatch:
    """Looks whether the job's `failure` object exists, at once and then every `seconds` at most."""

    def __init__(self, storage: Storage, layout: JobLayout, *, seconds: float, now: Callable[[], float]) -> None:
        self._storage = storage
        self._layout = layout
        self._seconds = seconds
        self._now = now
        self._next = float("-inf")

    def check(self, *_: object) -> None:
        """Raises `JobCancelledError` when the job is over. Cheap: call it often."""
        if self._now() < self._next:
            return
        if self._storage.exists(self._layout.failure):
            raise JobCancelledError(f"job {self._layout.job_id} has failed or was cancelled: {self._layout.failure}")
        self._next = self._now() + self._seconds


def data_key(layout: JobLayout, name: str, attempt: int) -> str:
    """Where an attempt puts its bulk data: `<name>.<attempt>.<random>`.

    Lambda may run the same attempt twice at the same time. With one key for both, the slower one would replace the
    data under the summary of the faster one, and a job whose map is not deterministic would read garbage.
    """
    return layout.shuffle(f"{name}.{attempt}.{uuid4().hex[:8]}")


def commit(storage: Storage, key: str, summary: dict[str, Any]) -> dict[str, Any]:
    """Write the summary unless another attempt did, with the original's metadata. Adds "committed" to what it returns.

    An attempt that comes too late removes its own data.
    """
    body = json.dumps(summary, allow_nan=False).encode()
    committed = storage.put_create_only(key, body, metadata_of(summary))
    if not committed and summary["data"] is not None:
        # A lost answer can make S3 refuse the repeated PUT of the very attempt that won.
        committed = storage.get_json(key)["data"] == summary["data"]
        if not committed:
            storage.delete(summary["data"])
    return {**summary, "committed": committed}


def metadata_of(summary: Mapping[str, Any]) -> dict[str, str]:
    """What the original kept with every output: lines, seconds, and the most memory held (here in MB)."""
    return {
        "linecount": str(summary["rows"]),
        "processingtime": f"{summary['milliseconds'] / 1000:.3f}",
        "memoryusage": str(summary["maxRssMb"]),
    }
