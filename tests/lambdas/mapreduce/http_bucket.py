"""A tiny S3 over HTTP, so that `S3Storage` is tested with real boto3, real sockets and real broken connections."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit
from xml.sax.saxutils import escape

import boto3
from botocore.config import Config


def etag_of(body: bytes) -> str:
    return f'"{hashlib.md5(body).hexdigest()}"'


class HttpBucket(ThreadingHTTPServer):
    """`objects` by key. `break_after`: how many bytes of the next bodies to send before hanging up, one entry a body.
    `answers`: status codes to give to the next PUTs instead of doing them. `page`: keys in a listing's page."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.objects: dict[str, bytes] = {}
        self.metadata: dict[str, dict[str, str]] = {}
        self.parts: dict[int, bytes] = {}
        self.break_after: list[int] = []
        self.answers: list[int] = []
        self.page = 1000
        self.log: list[str] = []

    def client(self) -> Any:
        config = Config(s3={"addressing_style": "path"}, retries={"total_max_attempts": 1}, read_timeout=5)
        url = f"http://127.0.0.1:{self.server_address[1]}"
        keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
        return boto3.client("s3", endpoint_url=url, region_name="us-east-1", config=config, **keys)


@contextmanager
def running_bucket() -> Iterator[HttpBucket]:
    server = HttpBucket()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    server: HttpBucket
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None:
        """Tests are quiet."""

    @property
    def key(self) -> str:
        return unquote(urlsplit(self.path).path).split("/", 2)[2:][0] if self.path.count("/") > 1 else ""

    def _answer(self, status: int, body: bytes = b"", **headers: str) -> None:
        self.server.log.append(f"{self.command} {status}")
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        cut = self.server.break_after.pop(0) if self.command == "GET" and body and self.server.break_after else None
        self.wfile.write(body if cut is None else body[:cut])
        if cut is not None:
            self.close_connection = True

    def _error(self, status: int, code: str) -> None:
        body = b"" if self.command == "HEAD" else f"<Error><Code>{code}</Code><Message>no</Message></Error>".encode()
        self.server.log.append(code)
        self._answer(status, body)

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_GET(self) -> None:
        query = parse_qs(urlsplit(self.path).query)
        if "list-type" in query:
            return self._list(query)
        body = self.server.objects.get(self.key)
        if body is None:
            return self._error(404, "NoSuchKey")
        if self.headers.get("If-Match", etag_of(body)) != etag_of(body):
            return self._error(412, "PreconditionFailed")
        if self.command == "HEAD":
            return self._answer(200)
        if "Range" not in self.headers:
            return self._answer(200, body, ETag=etag_of(body))
        first, last = map(int, self.headers["Range"].removeprefix("bytes=").split("-"))
        if first >= len(body):
            return self._error(416, "InvalidRange")
        return self._answer(206, body[first : last + 1], ETag=etag_of(body))

    def _list(self, query: dict[str, list[str]]) -> None:
        prefix, after = query.get("prefix", [""])[0], query.get("continuation-token", [""])[0]
        keys = [key for key in sorted(self.server.objects) if key.startswith(prefix) and key > after]
        page, more = keys[: self.server.page], len(keys) > self.server.page
        rows = "".join(
            f"<Contents><Key>{escape(key)}</Key><Size>{len(self.server.objects[key])}</Size>"
            f"<ETag>{escape(etag_of(self.server.objects[key]))}</ETag></Contents>"
            for key in page
        )
        token = f"<NextContinuationToken>{escape(page[-1])}</NextContinuationToken>" if more else ""
        truncated = str(more).lower()
        body = f"<ListBucketResult><IsTruncated>{truncated}</IsTruncated>{token}{rows}</ListBucketResult>"
        self._answer(200, body.encode())

    def _body(self) -> bytes:
        if "chunked" not in self.headers.get("Transfer-Encoding", ""):
            data = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            return _plain(data) if "aws-chunked" in self.headers.get("Content-Encoding", "") else data
        data = b""
        while size := int(self.rfile.readline().split(b";")[0], 16):
            data += self.rfile.read(size)
            self.rfile.readline()
        while self.rfile.readline().strip():
            pass
        return data

    def do_PUT(self) -> None:
        body, query = self._body(), parse_qs(urlsplit(self.path).query)
        if "partNumber" in query:
            self.server.parts[int(query["partNumber"][0])] = body
            return self._answer(200, ETag=etag_of(body))
        if self.server.answers and (status := self.server.answers.pop(0)) != 200:
            return self._error(status, {409: "ConditionalRequestConflict", 500: "InternalError"}[status])
        stored = self.server.objects.get(self.key)
        if self.headers.get("If-None-Match") == "*" and stored is not None:
            return self._error(412, "PreconditionFailed")
        if "If-Match" in self.headers and (stored is None or self.headers["If-Match"] != etag_of(stored)):
            return self._error(404 if stored is None else 412, "NoSuchKey" if stored is None else "PreconditionFailed")
        self.server.objects[self.key] = body
        self.server.metadata[self.key] = {
            name.lower().removeprefix("x-amz-meta-"): value
            for name, value in self.headers.items()
            if name.lower().startswith("x-amz-meta-")
        }
        return self._answer(200, ETag=etag_of(body))

    def do_POST(self) -> None:
        self._body()
        if "uploads" in urlsplit(self.path).query:
            self._answer(200, b"<InitiateMultipartUploadResult><UploadId>1</UploadId></InitiateMultipartUploadResult>")
        else:
            self.server.objects[self.key] = b"".join(part for _, part in sorted(self.server.parts.items()))
            self._answer(200, b"<CompleteMultipartUploadResult><ETag>x</ETag></CompleteMultipartUploadResult>")

    def do_DELETE(self) -> None:
        self.server.objects.pop(self.key, None)
        self._answer(204)


def _plain(data: bytes) -> bytes:
    """The body without the signed chunks' framing."""
    size, _, rest = data.partition(b"\r\n")
    length = int(size.split(b";")[0], 16)
    return rest[:length] + (_plain(rest[length + 2 :]) if length else b"")
