"""One viewer's connection: HTTP with keep-alive, standard library only."""

from __future__ import annotations

import http.client
import socket
import time
import urllib.parse
from collections.abc import Mapping
from dataclasses import dataclass, field

FAILED = 0
"""The status of a request that got no answer at all."""
CACHED = frozenset({"HIT", "STALE", "UPDATING", "REVALIDATED"})


@dataclass(frozen=True)
class Answer:
    """`status` is `FAILED` where there was no answer; `problem` then says why. `seconds`: until the last byte."""

    url: str
    status: int
    seconds: float
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    problem: str = ""

    @property
    def ok(self) -> bool:
        return self.status == 200

    @property
    def from_cache(self) -> bool | None:
        """Whether the cache in front had it: our edge, or CloudFront. None where no cache said so."""
        said = self.headers.get("x-media-cache-status", "") or self.headers.get("x-cache", "")
        return said.upper() in CACHED or said.startswith("Hit from cloudfront") if said else None


class Client:
    """Keeps one connection to each host. Not for several threads."""

    def __init__(self, timeout: float = 5.0) -> None:
        self._timeout = timeout
        self._connections: dict[str, http.client.HTTPConnection] = {}

    def get(self, url: str) -> Answer:
        """Fetch `url`. Never raises for what a network or a server may do."""
        parts = urllib.parse.urlsplit(url)
        began = time.monotonic()
        for fresh in (False, True):
            try:
                status, body, headers = self._ask(parts, fresh)
                return Answer(url, status, time.monotonic() - began, body, headers)
            except (OSError, http.client.HTTPException) as error:
                self._drop(parts)
                # A server may close an idle connection at any time: that alone is no failure, so once again.
                closed = isinstance(error, (http.client.RemoteDisconnected, ConnectionResetError, BrokenPipeError))
                if fresh or not closed:
                    why = f"{type(error).__name__}: {error}"
                    return Answer(url, FAILED, time.monotonic() - began, problem=why)
        raise AssertionError("two tries, and each returns")

    def close(self) -> None:
        for connection in self._connections.values():
            connection.close()
        self._connections = {}

    def _ask(self, parts: urllib.parse.SplitResult, fresh: bool) -> tuple[int, bytes, dict[str, str]]:
        connection = self._connection(parts, fresh)
        target = f"{parts.path}?{parts.query}" if parts.query else parts.path
        connection.request("GET", target, headers={"User-Agent": "refarch-viewer"})
        answer = connection.getresponse()
        body = answer.read()
        return answer.status, body, {name.lower(): value for name, value in answer.getheaders()}

    def _connection(self, parts: urllib.parse.SplitResult, fresh: bool) -> http.client.HTTPConnection:
        where = f"{parts.scheme}://{parts.netloc}"
        if fresh or where not in self._connections:
            kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
            connection = kind(parts.netloc, timeout=self._timeout)
            connection.connect()
            # Without this a request waits for the acknowledgement of the last one, 40 ms.
            connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._connections[where] = connection
        return self._connections[where]

    def _drop(self, parts: urllib.parse.SplitResult) -> None:
        connection = self._connections.pop(f"{parts.scheme}://{parts.netloc}", None)
        if connection is not None:
            connection.close()
