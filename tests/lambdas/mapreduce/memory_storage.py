"""S3 in memory, for tests: the same answers as `S3Storage`, and hooks that break things on purpose."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any

from refarch_lambdas.mapreduce.body import ByteStream, RequestCounter, ResumingStream
from refarch_lambdas.mapreduce.errors import InputChangedError, InputNotFoundError
from refarch_lambdas.mapreduce.storage import StoredObject


@dataclass
class Faults:
    """`break_after`: every body breaks after so many bytes, `breaks` times in all. `fail_put(key)` may raise.
    `after_put(key)` runs when an object was written: a good moment for a rival. `lose_answers`: the next so many
    conditional PUTs take effect but are answered as if somebody else had been first."""

    break_after: int | None = None
    breaks: int = 0
    fail_put: Callable[[str], None] = lambda key: None
    after_put: Callable[[str], None] = lambda key: None
    lose_answers: int = 0


@dataclass
class _Stored:
    body: bytes
    metadata: dict[str, str] = field(default_factory=dict)

    @property
    def etag(self) -> str:
        return f'"{hashlib.md5(self.body).hexdigest()}"'


class _BreakingBody:
    """A body whose connection is reset after some bytes."""

    def __init__(self, body: bytes, after: int) -> None:
        self._inner, self._left = BytesIO(body), after

    def read(self, size: int, /) -> bytes:
        if self._left <= 0:
            raise ConnectionResetError("broken on purpose")
        block = self._inner.read(min(size, self._left))
        self._left -= len(block)
        return block

    def close(self) -> None:
        self._inner.close()


class MemoryStorage:
    """Buckets in a dict. `bucket` is the job bucket; `buckets[name]` are all of them."""

    def __init__(self, bucket: str = "jobs-bucket") -> None:
        self.bucket = bucket
        self.requests = RequestCounter()
        self.buckets: dict[str, dict[str, _Stored]] = {bucket: {}}
        self.faults = Faults()
        self.deleted: list[str] = []
        self._lock = threading.RLock()

    @property
    def objects(self) -> dict[str, _Stored]:
        return self.buckets[self.bucket]

    def seed(self, key: str, body: bytes, *, bucket: str | None = None) -> str:
        """Put an object there without a request; gives its ETag."""
        self.buckets.setdefault(bucket or self.bucket, {})[key] = stored = _Stored(body)
        return stored.etag

    def metadata(self, key: str) -> dict[str, str]:
        return self.objects[key].metadata

    def get(self, key: str) -> bytes:
        self.requests.add("get")
        return self._find(self.bucket, key).body

    def get_json(self, key: str) -> Any:
        return json.loads(self.get(key))

    def get_json_with_etag(self, key: str) -> tuple[Any, str] | None:
        self.requests.add("get")
        stored = self.objects.get(key)
        return None if stored is None else (json.loads(stored.body), stored.etag)

    def open_range(
        self, key: str, start: int, end: int, *, bucket: str | None = None, etag: str | None = None
    ) -> ByteStream:
        def open_at(first: int, after: int) -> ByteStream:
            self.requests.add("get")
            stored = self._find(bucket or self.bucket, key)
            if (etag and stored.etag != etag) or first >= len(stored.body):
                raise InputChangedError(f"s3://{bucket or self.bucket}/{key} is not the object that was planned")
            if self.faults.break_after is not None and self.faults.breaks > 0:
                self.faults.breaks -= 1
                return _BreakingBody(stored.body[first:after], self.faults.break_after)
            return BytesIO(stored.body[first:after])

        return ResumingStream(open_at, start, end, sleep=lambda seconds: None)

    def put(self, key: str, body: bytes, metadata: Mapping[str, str] | None = None) -> None:
        self.requests.add("put")
        self.faults.fail_put(key)
        with self._lock:
            self.objects[key] = _Stored(body, dict(metadata or {}))
        self.faults.after_put(key)

    def put_create_only(self, key: str, body: bytes, metadata: Mapping[str, str] | None = None) -> bool:
        with self._lock:
            if key in self.objects:
                self.requests.add("put")
                return False
            self.put(key, body, metadata)
        return not self._answer_is_lost()

    def put_if_match(self, key: str, body: bytes, etag: str) -> str | None:
        with self._lock:
            stored = self.objects.get(key)
            if stored is None or stored.etag != etag:
                self.requests.add("put")
                return None
            self.put(key, body, stored.metadata)
            return None if self._answer_is_lost() else self.objects[key].etag

    def _answer_is_lost(self) -> bool:
        self.faults.lose_answers -= 1
        return self.faults.lose_answers >= 0

    def upload_file(self, path: Path, key: str, metadata: Mapping[str, str] | None = None) -> None:
        self.put(key, path.read_bytes(), metadata)

    def list_objects(self, prefix: str, *, bucket: str | None = None) -> Iterator[StoredObject]:
        self.requests.add("list")
        for key, stored in sorted(self.buckets[bucket or self.bucket].items()):
            if key.startswith(prefix):
                yield StoredObject(key, len(stored.body), stored.etag)

    def list_keys(self, prefix: str) -> Iterator[str]:
        return (found.key for found in self.list_objects(prefix))

    def exists(self, key: str) -> bool:
        self.requests.add("get")
        return key in self.objects

    def delete(self, key: str) -> None:
        self.objects.pop(key, None)
        self.deleted.append(key)

    def _find(self, bucket: str, key: str) -> _Stored:
        stored = self.buckets.get(bucket, {}).get(key)
        if stored is None:
            raise InputNotFoundError(f"s3://{bucket}/{key} does not exist (any more)")
        return stored
