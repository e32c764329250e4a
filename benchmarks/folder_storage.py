"""The engine's storage on a folder: a mapper runs without S3, on input of any size."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from refarch_lambdas.mapreduce.body import ByteStream, RequestCounter
from refarch_lambdas.mapreduce.storage import StoredObject


class RepeatedFile:
    """The bytes [start, end) of endless copies of a file, as a stream."""

    def __init__(self, path: Path, start: int, end: int) -> None:
        self._file = path.open("rb")
        self._size = path.stat().st_size
        self._position, self._end = start, end

    def read(self, size: int, /) -> bytes:
        self._file.seek(self._position % self._size)
        block = self._file.read(min(size, self._end - self._position))
        self._position += len(block)
        return block

    def close(self) -> None:
        self._file.close()


class FolderStorage:
    """The engine's storage on a folder. An input of any size is made by reading its file again and again."""

    bucket = "bench"

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.requests = RequestCounter()

    def path(self, key: str) -> Path:
        return self._folder / key.replace("/", "~")

    def get(self, key: str) -> bytes:
        return self.path(key).read_bytes()

    def get_json(self, key: str) -> Any:
        return json.loads(self.get(key))

    def get_json_with_etag(self, key: str) -> tuple[Any, str] | None:
        return (self.get_json(key), '""') if self.exists(key) else None

    def open_range(
        self, key: str, start: int, end: int, *, bucket: str | None = None, etag: str | None = None
    ) -> ByteStream:
        return RepeatedFile(self.path(key), start, end)

    def put(self, key: str, body: bytes, metadata: Mapping[str, str] | None = None) -> None:
        self.path(key).write_bytes(body)

    def put_create_only(self, key: str, body: bytes, metadata: Mapping[str, str] | None = None) -> bool:
        if self.exists(key):
            return False
        self.put(key, body)
        return True

    def put_if_match(self, key: str, body: bytes, etag: str) -> str | None:
        self.put(key, body)
        return etag

    def upload_file(self, path: Path, key: str, metadata: Mapping[str, str] | None = None) -> None:
        path.rename(self.path(key))

    def list_objects(self, prefix: str, *, bucket: str | None = None) -> Iterator[StoredObject]:
        for path in sorted(self._folder.iterdir()):
            yield StoredObject(path.name.replace("~", "/"), path.stat().st_size, '""')

    def list_keys(self, prefix: str) -> Iterator[str]:
        return (found.key for found in self.list_objects(prefix))

    def exists(self, key: str) -> bool:
        return self.path(key).exists()

    def delete(self, key: str) -> None:
        self.path(key).unlink(missing_ok=True)
