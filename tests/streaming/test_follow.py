"""An origin is replaced and has another address under the same name: the edge's own programs find it.

Names are those of a hosts file that nginx and the following program alone see, in a mount namespace of their own.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from refarch.streaming.data_plane.settings import EdgeSettings, dump
from rehearsals.streaming_processes import SMALL, free_port, get, wait_for

pytestmark = pytest.mark.rehearsal
NAME = "origin.refarch.test"
OWN_HOSTS = 'mount --bind "$0" /etc/hosts && exec "$@"'


def may_have_own_hosts() -> bool:
    """Root may, where the kernel and its guards let it."""
    if os.geteuid() != 0 or shutil.which("unshare") is None:
        return False
    probe = ["unshare", "--mount", "sh", "-c", OWN_HOSTS, "/etc/hosts", "true"]
    return subprocess.run(probe, capture_output=True, check=False).returncode == 0


@contextmanager
def origin(address: str, port: int, word: str) -> Iterator[None]:
    """Answers everything with one word."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Cache-Control", "max-age=1, stale-while-revalidate=2, stale-if-error=6")
            self.send_header("Content-Length", str(len(word)))
            self.end_headers()
            self.wfile.write(word.encode())

        def log_message(self, format: str, *arguments: object) -> None:
            pass

    server = ThreadingHTTPServer((address, port), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()


@contextmanager
def program(hosts: Path, *words: str) -> Iterator[Path]:
    """One of the edge's programs with names of its own; where it logs."""
    log = hosts.with_name(f"{words[0].rpartition('.')[2]}.jsonl")
    command = ["unshare", "--mount", "sh", "-c", OWN_HOSTS, str(hosts), sys.executable, "-m", *words]
    with log.open("wb") as out:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=out, start_new_session=True)
    try:
        yield log
    finally:
        process.terminate()
        try:
            process.wait(20)
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)


@pytest.mark.skipif(not may_have_own_hosts(), reason="takes root that may mount a file over /etc/hosts for itself")
def test_an_edge_finds_a_replaced_origin_by_its_name(tmp_path: Path, programs: None) -> None:
    hosts, settings = tmp_path / "hosts", tmp_path / "edge.json"
    port, backup, edge = free_port(), free_port(), free_port()
    made = EdgeSettings(
        primary=f"{NAME}:{port}",
        backup=f"127.0.0.1:{backup}",
        http_listen=f"127.0.0.1:{edge}",
        fail_seconds=1,
        workers="1",
        run=str(tmp_path / "run"),
        log=str(tmp_path / "log"),
        nginx_user=SMALL["nginx_user"],
    )
    settings.write_text(dump(made))
    hosts.write_text(f"127.0.0.1 {NAME}\n")
    seen: list[tuple[int, bytes]] = []

    def asked() -> bytes:
        """Each time another segment, which no cache has."""
        seen.append(get(f"http://127.0.0.1:{edge}/hls/demo_src/{len(seen)}.ts")[:2])
        return seen[-1][1]

    with (
        origin("127.0.0.1", backup, "backup"),
        program(hosts, "refarch.streaming.data_plane", "edge", str(settings)),
        program(hosts, "refarch.streaming.instance", "follow", str(settings)) as log,
    ):
        wait_for("the edge", lambda: get(f"http://127.0.0.1:{edge}/healthz")[0] == 200)
        with origin("127.0.0.1", port, "old"):
            assert asked() == b"old"
            wait_for("the names are followed", lambda: '"following"' in log.read_text())
        assert asked() == b"backup"
        with origin("127.0.0.2", port, "new"):
            hosts.write_text(f"127.0.0.2 {NAME}\n")
            wait_for("the new origin is asked", lambda: asked() == b"new", 60)
    assert {status for status, _ in seen} == {200}
    events = [json.loads(line) for line in log.read_text().splitlines() if line.startswith("{")]
    [moved] = [each for each in events if each["event"] == "origins_moved"]
    assert (moved["before"][NAME], moved["after"][NAME], moved["reloaded"]) == (["127.0.0.1"], ["127.0.0.2"], True)
