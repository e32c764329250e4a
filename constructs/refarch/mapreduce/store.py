"""The client's one seam to S3: read, create once, list every page, delete in batches."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

from botocore.exceptions import ClientError

from refarch.mapreduce.problems import MapReduceError

DELETE_BATCH = 1_000
"""Keys that one DeleteObjects request takes at most."""
CREATE_ATTEMPTS = 5
CHUNK_BYTES = 1024 * 1024
_ABSENT = frozenset({"NoSuchKey", "404", "NotFound"})
_TAKEN = frozenset({"PreconditionFailed", "412"})
_CONTENDED = frozenset({"ConditionalRequestConflict", "409"})


@dataclass(frozen=True, slots=True)
class Found:
    """One object in a listing. `size` in bytes."""

    key: str
    size: int
    etag: str


class JobStore:
    """A bucket, through a boto3 S3 client. Errors of the SDK pass through, except where a method says otherwise."""

    def __init__(self, s3: Any, bucket: str) -> None:
        self.s3 = s3
        self.bucket = bucket

    def read(self, key: str, *, first_bytes: int | None = None) -> bytes | None:
        """The object's bytes (or its first ones), or None where there is no such object."""
        selection = {"Range": f"bytes=0-{first_bytes - 1}"} if first_bytes else {}
        try:
            body = self.s3.get_object(Bucket=self.bucket, Key=key, **selection)["Body"]
        except ClientError as error:
            if _code(error) in _ABSENT:
                return None
            if _code(error) in {"InvalidRange", "416"}:  # an empty object has no first byte
                return b""
            raise
        return bytes(body.read())

    def read_json(self, key: str) -> Any:
        """The object as JSON, or None where there is no such object."""
        body = self.read(key)
        return None if body is None else json.loads(body)

    def chunks(self, key: str) -> Iterator[bytes]:
        """The object in pieces of at most 1 MiB, for results that do not fit in memory."""
        body = self.s3.get_object(Bucket=self.bucket, Key=key)["Body"]
        while piece := body.read(CHUNK_BYTES):
            yield piece

    def create(self, key: str, body: bytes) -> bool:
        """Write the object unless it exists. True when this call wrote it."""
        for _ in range(CREATE_ATTEMPTS):
            try:
                self.s3.put_object(Bucket=self.bucket, Key=key, Body=body, IfNoneMatch="*")
                return True
            except ClientError as error:
                if _code(error) in _TAKEN:
                    return False
                if _code(error) not in _CONTENDED:  # contended: somebody writes it at this moment, look again
                    raise
        raise MapReduceError(f"s3://{self.bucket}/{key} is being written by somebody else: try again")

    def create_json(self, key: str, document: Any) -> bool:
        """`create` with a JSON document."""
        return self.create(key, json.dumps(document, separators=(",", ":")).encode())

    def list(self, prefix: str) -> Iterator[Found]:
        """Every object whose key starts with `prefix`, page by page."""
        for page in self._pages(Prefix=prefix):
            for item in page.get("Contents", ()):
                yield Found(item["Key"], item["Size"], item["ETag"])

    def folders(self, prefix: str) -> Iterator[str]:
        """The names directly below `prefix`, without their slash."""
        for page in self._pages(Prefix=prefix, Delimiter="/"):
            for item in page.get("CommonPrefixes", ()):
                yield item["Prefix"].removeprefix(prefix).rstrip("/")

    def delete(self, keys: Iterable[str]) -> int:
        """Delete in batches of 1,000; the number deleted. Raises `MapReduceError` naming what S3 would not delete."""
        remaining, deleted = iter(keys), 0
        while batch := list(islice(remaining, DELETE_BATCH)):
            wanted = {"Objects": [{"Key": key} for key in batch], "Quiet": True}
            refused = self.s3.delete_objects(Bucket=self.bucket, Delete=wanted).get("Errors", [])
            if refused:
                raise MapReduceError(f"S3 refused to delete {len(refused)} objects, first {_refusal(refused[0])}")
            deleted += len(batch)
        return deleted

    def _pages(self, **selection: str) -> Iterator[dict[str, Any]]:
        token: dict[str, str] = {}
        while True:
            page = self._page(**selection, **token)
            yield page
            if not page.get("IsTruncated"):
                return
            token = {"ContinuationToken": page["NextContinuationToken"]}

    def _page(self, **selection: str) -> dict[str, Any]:
        try:
            return dict(self.s3.list_objects_v2(Bucket=self.bucket, **selection))
        except ClientError as error:
            if _code(error) == "NoSuchBucket":
                raise MapReduceError(f"there is no bucket {self.bucket!r}") from error
            raise


def _code(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code", ""))


def _refusal(error: dict[str, Any]) -> str:
    return f"{error.get('Key')}: {error.get('Code')} {error.get('Message', '')}".rstrip()
