"""The one seam to S3: everything the engine and the coordinator ask of it, and nothing else.

A storage is bound to the job bucket; input objects may lie in other buckets (`bucket=`).
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol
from weakref import WeakKeyDictionary

import boto3
from botocore.exceptions import ClientError

from refarch_lambdas.mapreduce.body import ATTEMPTS, BROKEN, ByteStream, RequestCounter, ResumingStream
from refarch_lambdas.mapreduce.errors import InputChangedError, InputNotFoundError

_MISSING: Final = frozenset({"NoSuchKey", "404", "NotFound"})
_PRECONDITION: Final = frozenset({"PreconditionFailed", "412"})
_CONFLICT: Final = frozenset({"ConditionalRequestConflict", "409"})
_CHANGED: Final = _PRECONDITION | {"InvalidRange", "416"}


@dataclass(frozen=True)
class StoredObject:
    """One object of a listing. `etag` with its quotes, `size` in bytes."""

    key: str
    size: int
    etag: str


class Storage(Protocol):
    """What S3 does for a job. Keys lie in the job bucket unless `bucket` says otherwise."""

    @property
    def bucket(self) -> str: ...

    @property
    def requests(self) -> RequestCounter: ...

    def get(self, key: str) -> bytes:
        """The whole object. Raises `InputNotFoundError`."""
        ...

    def get_json(self, key: str) -> Any:
        """The object as JSON. Raises `InputNotFoundError`."""
        ...

    def get_json_with_etag(self, key: str) -> tuple[Any, str] | None:
        """The object as JSON and its ETag, for `put_if_match`; None when there is no such object."""
        ...

    def open_range(
        self, key: str, start: int, end: int, *, bucket: str | None = None, etag: str | None = None
    ) -> ByteStream:
        """The bytes [start, end) as a stream. Raises `InputChangedError` when the ETag is another one by now."""
        ...

    def put(self, key: str, body: bytes, metadata: Mapping[str, str] | None = None) -> None:
        """Write, whatever was there."""
        ...

    def put_create_only(self, key: str, body: bytes, metadata: Mapping[str, str] | None = None) -> bool:
        """Write unless the object exists. False: it did. (Also when a lost answer made S3 see our own PUT twice.)"""
        ...

    def put_if_match(self, key: str, body: bytes, etag: str) -> str | None:
        """Replace the object if its ETag is still `etag`. The new ETag, or None when somebody else was faster."""
        ...

    def upload_file(self, path: Path, key: str, metadata: Mapping[str, str] | None = None) -> None:
        """Write a file of any size, in parts when it is large."""
        ...

    def list_objects(self, prefix: str, *, bucket: str | None = None) -> Iterator[StoredObject]:
        """All objects whose key begins with `prefix`, in key order, page after page."""
        ...

    def list_keys(self, prefix: str) -> Iterator[str]:
        """The keys that begin with `prefix`, in order."""
        ...

    def exists(self, key: str) -> bool: ...

    def delete(self, key: str) -> None:
        """Remove the object; no error when there is none."""
        ...


_counters: WeakKeyDictionary[Any, RequestCounter] = WeakKeyDictionary()


def _counter_of(client: Any) -> RequestCounter:
    """One counter a client: a warm Lambda makes a new storage each time but keeps its client."""
    counter = _counters.get(client)
    if counter is None:
        counter = _counters[client] = RequestCounter()
        client.meta.events.register("before-send.s3", counter.before_send)
    return counter


class S3Storage:
    """`Storage` on S3. `client`: a boto3 S3 client (default: a new one). `sleep` waits between retries."""

    def __init__(self, bucket: str, client: Any = None, *, sleep: Callable[[float], None] = time.sleep) -> None:
        self._bucket = bucket
        self._client = client if client is not None else boto3.client("s3")
        self._requests = _counter_of(self._client)
        self._sleep = sleep

    @property
    def bucket(self) -> str:
        return self._bucket

    @property
    def requests(self) -> RequestCounter:
        """Counts every request of the client since it was made; take differences of snapshots."""
        return self._requests

    def get(self, key: str) -> bytes:
        body, _ = self._whole(key)
        return body

    def get_json(self, key: str) -> Any:
        return json.loads(self.get(key))

    def get_json_with_etag(self, key: str) -> tuple[Any, str] | None:
        try:
            body, etag = self._whole(key)
        except InputNotFoundError:
            return None
        return json.loads(body), etag

    def _whole(self, key: str) -> tuple[bytes, str]:
        """A small object in one piece; a connection that breaks within it means asking again."""
        for attempt in range(ATTEMPTS):
            try:
                answer = self._client.get_object(Bucket=self._bucket, Key=key)
                return answer["Body"].read(), answer["ETag"]
            except ClientError as error:
                raise _input_error(error, self._bucket, key, None) from error
            except BROKEN:
                if attempt + 1 == ATTEMPTS:
                    raise
                self._sleep(0.1 * 2**attempt)
        raise AssertionError("unreachable: the last attempt returns or raises")

    def open_range(
        self, key: str, start: int, end: int, *, bucket: str | None = None, etag: str | None = None
    ) -> ByteStream:
        source = bucket or self._bucket

        def open_at(first: int, after: int) -> ByteStream:
            match = {"IfMatch": etag} if etag else {}
            try:
                answer = self._client.get_object(Bucket=source, Key=key, Range=f"bytes={first}-{after - 1}", **match)
            except ClientError as error:
                raise _input_error(error, source, key, etag) from error
            body: ByteStream = answer["Body"]
            return body

        return ResumingStream(open_at, start, end, sleep=self._sleep)

    def put(self, key: str, body: bytes, metadata: Mapping[str, str] | None = None) -> None:
        self._client.put_object(Bucket=self._bucket, Key=key, Body=body, Metadata=dict(metadata or {}))

    def put_create_only(self, key: str, body: bytes, metadata: Mapping[str, str] | None = None) -> bool:
        return self._conditional_put(key, body, {"IfNoneMatch": "*", "Metadata": dict(metadata or {})}) is not None

    def put_if_match(self, key: str, body: bytes, etag: str) -> str | None:
        return self._conditional_put(key, body, {"IfMatch": etag})

    def _conditional_put(self, key: str, body: bytes, condition: dict[str, Any]) -> str | None:
        """The ETag written; None when the condition does not hold. S3 says 409 while two writers race: ask again."""
        for attempt in range(ATTEMPTS):
            try:
                answer = self._client.put_object(Bucket=self._bucket, Key=key, Body=body, **condition)
            except ClientError as error:
                code = error.response["Error"]["Code"]
                if code in _PRECONDITION or code in _MISSING:
                    return None
                if code not in _CONFLICT or attempt + 1 == ATTEMPTS:
                    raise
                self._sleep(0.1 * 2**attempt)
            else:
                return str(answer["ETag"])
        raise AssertionError("unreachable: the last attempt returns or raises")

    def upload_file(self, path: Path, key: str, metadata: Mapping[str, str] | None = None) -> None:
        self._client.upload_file(str(path), self._bucket, key, ExtraArgs={"Metadata": dict(metadata or {})})

    def list_objects(self, prefix: str, *, bucket: str | None = None) -> Iterator[StoredObject]:
        pages = self._client.get_paginator("list_objects_v2").paginate(Bucket=bucket or self._bucket, Prefix=prefix)
        for page in pages:
            for entry in page.get("Contents", []):
                yield StoredObject(entry["Key"], entry["Size"], entry["ETag"])

    def list_keys(self, prefix: str) -> Iterator[str]:
        return (found.key for found in self.list_objects(prefix))

    def exists(self, key: str) -> bool:
        try:
            self._client.head_object(Bucket=self._bucket, Key=key)
        except ClientError as error:
            if error.response["Error"]["Code"] in _MISSING:
                return False
            raise
        return True

    def delete(self, key: str) -> None:
        self._client.delete_object(Bucket=self._bucket, Key=key)


def _input_error(error: ClientError, bucket: str, key: str, etag: str | None) -> Exception:
    code: str = error.response["Error"]["Code"]
    if code in _MISSING:
        return InputNotFoundError(f"s3://{bucket}/{key} does not exist (any more)")
    if code in _CHANGED:
        return InputChangedError(
            f"s3://{bucket}/{key} is not the object that was planned (ETag {etag}): it was replaced or shortened "
            "while the job ran; start the job again"
        )
    unchanged: Exception = error
    return unchanged
