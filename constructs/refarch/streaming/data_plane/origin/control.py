"""The control program: answers nginx (may this one publish? a recording is done) and the other origin.

Run with `python3 -m refarch.streaming.data_plane.origin.control <settings.json>`; on loopback, behind nginx.
"""

from __future__ import annotations

import json
import sys
import threading
import time
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from refarch.streaming.data_plane.origin import keys, recordings, statistics, waiting
from refarch.streaming.data_plane.origin.live_stream import LiveStream
from refarch.streaming.data_plane.origin.peer import Peer
from refarch.streaming.data_plane.settings import OriginSettings, load
from refarch.streaming.data_plane.supervisor import log

ADOPT_SECONDS = 10.0


class Control:
    """All streams of this origin."""

    def __init__(self, settings: OriginSettings) -> None:
        self.settings = settings
        self._peer = Peer(settings.peer_url)
        self._streams: dict[str, LiveStream] = {}
        self._lock = threading.Lock()
        self.acts = {"/publish": self.publish, "/publish-done": self.publish_done, "/record-done": self.record_done}
        self.shows = {"/peer/": self.peer_views, "/status": self.status, "/healthz": self.health}
        self._peer.watch()

    def publish(self, asked: dict[str, str]) -> int:
        application, name = asked.get("app", ""), asked.get("name", "")
        key = asked.get("key", "")
        ours = keys.is_local(self.settings.run, asked.get("addr", ""), key)
        why = keys.refusal(application, name, key, None if ours else keys.read(self.settings.publish_keys_file))
        log(
            "refused" if why else "publishing", application=application, stream=name, address=asked.get("addr"), why=why
        )
        if why:
            return 403
        self._came(application, name)
        return 204

    def publish_done(self, asked: dict[str, str]) -> int:
        key = f"{asked.get('app')}/{asked.get('name')}"
        log("encoder left", stream=key)
        if stream := self._streams.get(key):
            stream.encoder_left()
        return 204

    def record_done(self, asked: dict[str, str]) -> int:
        done = recordings.finish(Path(asked.get("path", "")), Path(self.settings.recordings), self.settings.name)
        log("recorded", file=done.name if done else None)
        return 204

    def peer_views(self) -> dict[str, object]:
        return {key: stream.peer_view() for key, stream in self._alive()}

    def status(self) -> dict[str, object]:
        return {"origin": self.settings.name, "streams": {key: stream.status() for key, stream in self._alive()}}

    def health(self) -> dict[str, object]:
        return {"origin": self.settings.name, "ok": True}

    def wait(self, path: str, asked: dict[str, str]) -> int:
        """200: the answer lies at `path`, as new as it can be had."""
        wanted = waiting.wanted(path, asked)
        stream = self._streams.get(wanted.stream) if wanted else None
        if wanted is None or stream is None or not self.settings.part_ms:
            return 404
        # What nobody can know of would keep a thread waiting for each number that somebody makes up.
        most = 2 * self.settings.fragment_seconds * 1000 // self.settings.part_ms
        if stream.beyond(wanted.number) or (wanted.part or 0) > most:
            return 404 if wanted.is_part else 400
        there = stream.wait_for(wanted.number, wanted.part, waiting.LONGEST)
        return 200 if there or not wanted.is_part else 404

    def _alive(self) -> list[tuple[str, LiveStream]]:
        return [(key, stream) for key, stream in list(self._streams.items()) if stream.is_alive()]

    def _came(self, application: str, name: str) -> None:
        key = f"{application}/{name}"
        with self._lock:
            stream = self._streams.get(key)
            if stream is None or not stream.encoder_came():
                stream = self._streams[key] = LiveStream(self.settings, application, name, self._peer)
                stream.encoder_came()
                stream.start()

    def adopt(self) -> None:
        """Take up the encoders that were there before this program, which has crashed and been started again."""
        port = int(self.settings.http_listen.rpartition(":")[2])
        until = time.monotonic() + ADOPT_SECONDS
        while time.monotonic() < until:
            try:
                found = statistics.publishing(statistics.fetch(port))
            except OSError:
                time.sleep(0.2)
                continue
            for application, name in sorted(found):
                if application in keys.APPLICATIONS and f"{application}/{name}" not in self._streams:
                    log("adopted", stream=f"{application}/{name}")
                    self._came(application, name)
            return


def handler(control: Control) -> type[BaseHTTPRequestHandler]:
    """Requests of nginx-rtmp (its own arguments come first, so a publisher cannot overwrite them) and of peers."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.0"

        def do_GET(self) -> None:
            url = urllib.parse.urlsplit(self.path)
            asked = {name: values[0] for name, values in urllib.parse.parse_qs(url.query).items()}
            act, show = control.acts, control.shows
            if url.path in act:
                self._answer(act[url.path](asked), b"")
            elif url.path in show:
                self._answer(200, json.dumps(show[url.path](), indent=1).encode() + b"\n")
            else:
                self._wait(url.path, asked)

        def _wait(self, path: str, asked: dict[str, str]) -> None:
            """nginx serves the file, now that it is there, or says why it does not."""
            code = control.wait(path, asked)
            self.send_response(code)
            if code == 200:
                self.send_header("X-Accel-Redirect", path)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def _answer(self, code: int, body: bytes) -> None:
            self.send_response(code)
            self.send_header("Content-Type", "application/json")
            self.send_header("Cache-Control", "no-store")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *arguments: object) -> None:
            """Not every request: keys are in them."""

    return Handler


def main(path: str) -> None:
    settings = load(OriginSettings, Path(path))
    control = Control(settings)
    server = ThreadingHTTPServer(("127.0.0.1", settings.control_port), handler(control))
    threading.Thread(target=control.adopt, daemon=True, name="adopt").start()
    server.daemon_threads = True
    log("control", port=settings.control_port)
    server.serve_forever()


if __name__ == "__main__":
    main(sys.argv[1])
