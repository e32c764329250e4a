"""Reading a range of an S3 object as a stream that survives broken connections, and counting what S3 is asked."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import Any, Final, Protocol, Self

from botocore.exceptions import (
    ConnectionError as BotocoreConnectionError,
)
from botocore.exceptions import (
    HTTPClientError,
    IncompleteReadError,
    ReadTimeoutError,
    ResponseStreamingError,
)
from urllib3.exceptions import HTTPError as Urllib3Error

ATTEMPTS: Final = 5
FIRST_PAUSE_SECONDS: Final = 0.2
BROKEN: Final = (
    BotocoreConnectionError,
    HTTPClientError,
    IncompleteReadError,
    ReadTimeoutError,
    ResponseStreamingError,
    Urllib3Error,
    OSError,
)
_KINDS: Final = {
    "GetObject": "get",
    "HeadObject": "get",
    "PutObject": "put",
    "CopyObject": "put",
    "CreateMultipartUpload": "put",
    "UploadPart": "put",
    "CompleteMultipartUpload": "put",
    "ListObjectsV2": "list",
}


class ByteStream(Protocol):
    """What can be read once from front to back. `read(n)` gives n bytes unless the stream ends; b"" at its end."""

    def read(self, size: int, /) -> bytes: ...

    def close(self) -> None: ...


class RequestCounter:
    """How many S3 requests were sent, by kind: get, put, list. Deleting costs nothing and is not counted.

    Counts in botocore's `before-send`, so the parts of a multipart upload and every retry are in it.
    """

    def __init__(self) -> None:
        self._counts = {"get": 0, "put": 0, "list": 0}
        self._lock = threading.Lock()

    def add(self, kind: str, count: int = 1) -> None:
        with self._lock:
            self._counts[kind] += count

    def snapshot(self) -> dict[str, int]:
        with self._lock:
            return dict(self._counts)

    def before_send(self, *, event_name: str, **_: Any) -> None:
        """The botocore event handler; returning None lets the request go out."""
        kind = _KINDS.get(event_name.rpartition(".")[2])
        if kind:
            self.add(kind)


class ResumingStream:
    """The bytes [start, end) of one object. A broken connection is opened again where it broke.

    `open_at(start, end)` sends one request. Five failures in a row without one byte of progress give up with the
    last error. The range must exist: a body that ends early counts as broken.
    """

    def __init__(
        self,
        open_at: Callable[[int, int], ByteStream],
        start: int,
        end: int,
        *,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._open_at = open_at
        self._position = start
        self._end = end
        self._sleep = sleep
        self._failures = 0
        self._body: ByteStream | None = None

    def read(self, size: int, /) -> bytes:
        """`size` bytes, fewer only at the end of the range."""
        wanted = min(size, self._end - self._position)
        pieces: list[bytes] = []
        while wanted > 0:
            piece = self._some(wanted)
            pieces.append(piece)
            wanted -= len(piece)
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def _some(self, wanted: int) -> bytes:
        """At least one byte: opens, reads, and when that breaks waits and returns nothing for the next round."""
        try:
            if self._body is None:
                self._body = self._open_at(self._position, self._end)
            piece = self._body.read(wanted)
            if not piece:
                raise ConnectionResetError(f"the body ended at byte {self._position} of {self._end}")
        except BROKEN:
            self._broken()
            return b""
        self._failures = 0
        self._position += len(piece)
        return piece

    def _broken(self) -> None:
        self.close()
        self._failures += 1
        if self._failures > ATTEMPTS:
            raise  # called from the except clause above
        self._sleep(FIRST_PAUSE_SECONDS * 2 ** (self._failures - 1))

    def close(self) -> None:
        body, self._body = self._body, None
        if body is not None:
            body.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
