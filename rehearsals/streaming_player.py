"""Serve the player's page on this machine, as CloudFront would: its files, its headers, and recordings beside it.

`python -m rehearsals.streaming_player` runs origins, edge, test source and page until Ctrl-C, and says where to look.
"""

from __future__ import annotations

import contextlib
import functools
import http.server
import json
import sys
import tempfile
import threading
from pathlib import Path
from types import TracebackType
from typing import Any
from urllib.parse import quote, urlsplit

from refarch.streaming.player import client_log
from refarch.streaming.player.policy import headers
from refarch.streaming.player.vendored import PAGE
from rehearsals.programs import need
from rehearsals.streaming_processes import Site

LOOPBACK = ("http://127.0.0.1:*",)


class Pages(http.server.SimpleHTTPRequestHandler):
    """The page's files; what lies below /vod/ comes from the folder of recordings; settings are the test's own."""

    def __init__(self, *arguments: Any, vod: Path, settings: dict[str, str], **options: Any) -> None:
        self.vod, self.settings = vod, settings
        super().__init__(*arguments, **options)

    def translate_path(self, path: str) -> str:
        name = urlsplit(path).path.lstrip("/")
        folder, name = (self.vod, name.removeprefix("vod/")) if name.startswith("vod/") else (PAGE, name)
        return str(folder / (name or "index.html")) if ".." not in name else ""

    def do_GET(self) -> None:
        if urlsplit(self.path).path == "/settings.json":
            return self._json(json.dumps(self.settings).encode())
        return super().do_GET()

    def _json(self, body: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def end_headers(self) -> None:
        for name, value in headers(LOOPBACK).items():
            self.send_header(name, value)
        super().end_headers()

    def log_message(self, format: str, *arguments: Any) -> None:
        return None


class PlayerSite:
    """The page at `url` while the block runs; `asked` builds the address that plays a stream."""

    def __init__(self, vod: Path, **settings: str) -> None:
        told = {"stream": "", "beacon": "/beacon", "cmcd": "query"} | settings
        handler = functools.partial(Pages, vod=vod, settings=told)
        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def asked(self, stream: str, further: str = "") -> str:
        return f"{self.url}/?url={quote(stream, safe='')}{further}"

    def __enter__(self) -> PlayerSite:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._server.shutdown()
        self._server.server_close()


def main() -> int:
    need("streaming")
    with tempfile.TemporaryDirectory() as folder, Site(Path(folder) / "site") as site, PlayerSite(Path(folder)) as page:
        site.start_origins()
        site.start_edge()
        site.start_source()
        print(f"The picture comes after some ten seconds. Look at {page.asked(site.url)}\nCtrl-C ends it.", flush=True)
        with contextlib.suppress(KeyboardInterrupt):
            threading.Event().wait()
        lines = (Path(folder) / "site" / "edge" / "log" / "edge-access.log").read_text().splitlines()
        print(client_log.report(client_log.sessions(lines)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
