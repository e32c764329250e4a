"""The edge: real nginx in front of two origins that are a few lines of Python, so that every request is counted."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from refarch.streaming.edge_signing import sign
from rehearsals.streaming_processes import Site, get, wait_for

KEY = "a-signing-key-of-the-tests"
PLAYLIST_LIFE = "max-age=1, stale-while-revalidate=2, stale-if-error=6"


class Origin:
    """Answers what `says` returns for a path (None: 404), after `pause` seconds, and counts."""

    def __init__(self, says: Callable[[str], str | None], pause: float = 0.0) -> None:
        self.asked: list[str] = []
        self.says, self.pause = says, pause
        origin = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                origin.asked.append(self.path)
                time.sleep(origin.pause)
                text = origin.says(self.path)
                body = (text or "").encode()
                self.send_response(200 if text is not None else 404)
                life = PLAYLIST_LIFE if self.path.endswith(".m3u8") else "public, max-age=3600, immutable"
                if text is not None:
                    self.send_header("Cache-Control", life)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *arguments: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self.server.server_port
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture
def origins() -> Iterator[tuple[Origin, Origin]]:
    pair = (Origin(lambda path: f"primary {path}"), Origin(lambda path: f"backup {path}"))
    yield pair
    for each in pair:
        each.server.shutdown()
        each.server.server_close()


@pytest.fixture
def edge(tmp_path: Path, origins: tuple[Origin, Origin], programs: None) -> Iterator[Site]:
    with Site(tmp_path) as site:
        site.ports |= {"primary-http": origins[0].port, "backup-http": origins[1].port}
        site.start_edge()
        yield site


@pytest.fixture
def signed_edge(tmp_path: Path, origins: tuple[Origin, Origin], programs: None) -> Iterator[Site]:
    (tmp_path / "key").write_text(KEY + "\n")
    with Site(tmp_path, edge_options={"signing_key_file": str(tmp_path / "key")}) as site:
        site.ports |= {"primary-http": origins[0].port, "backup-http": origins[1].port}
        site.start_edge()
        yield site


def test_a_hundred_viewers_cost_one_request(edge: Site, origins: tuple[Origin, Origin]) -> None:
    origins[0].pause = 0.15
    url = f"{edge.base('edge')}/hls/demo_src/1.ts"
    with ThreadPoolExecutor(50) as pool:
        answers = list(pool.map(lambda _: get(url), range(100)))
    assert {status for status, _, _ in answers} == {200}
    assert origins[0].asked == ["/hls/demo_src/1.ts"]
    assert {headers["X-Media-Cache-Status"] for _, _, headers in answers} == {"MISS", "HIT"}


def test_the_primary_is_asked_first_and_404_goes_to_the_backup(edge: Site, origins: tuple[Origin, Origin]) -> None:
    base = edge.base("edge")
    assert get(f"{base}/hls/demo.m3u8")[1] == b"primary /hls/demo.m3u8"
    assert origins[1].asked == []
    origins[0].says = lambda path: None
    for number in range(10):
        assert get(f"{base}/hls/demo_src/{number}.ts")[1].startswith(b"backup")
    # 404 is no failure of the origin: it is asked every time, and is the first again at once.
    assert len(origins[0].asked) == 11
    origins[0].says = lambda path: "primary again"
    assert get(f"{base}/hls/demo_src/99.ts")[1] == b"primary again"


def test_one_answer_allows_every_page_and_no_credentials(edge: Site) -> None:
    """The original sent `*` together with Allow-Credentials, which browsers refuse, and cached POST."""
    _, _, headers = get(f"{edge.base('edge')}/hls/demo.m3u8")
    assert headers["Access-Control-Allow-Origin"] == "*"
    assert "Access-Control-Allow-Credentials" not in headers
    assert headers["Cache-Control"] == PLAYLIST_LIFE
    conf = (edge.folder / "edge" / "run" / "edge.nginx.conf").read_text()
    assert "proxy_cache_methods GET HEAD;" in conf


def test_a_draining_edge_serves_on_and_fails_its_health_check(edge: Site) -> None:
    base = edge.base("edge")
    assert get(f"{base}/healthz")[0] == 200
    (edge.folder / "edge" / "run" / "draining").touch()
    assert get(f"{base}/healthz")[0] == 503
    assert get(f"{base}/hls/demo.m3u8")[0] == 200


def test_a_signed_address_opens_one_stream_for_its_time(signed_edge: Site, origins: tuple[Origin, Origin]) -> None:
    base, soon = signed_edge.base("edge"), int(time.time()) + 600
    good = sign("/hls/demo.m3u8", key=KEY, expires=soon)
    assert get(base + good)[:2] == (200, b"primary /hls/demo.m3u8")
    # A relative address inside the playlist keeps the signature, and viewers share one copy.
    segment = good.replace("demo.m3u8", "demo_src/7.ts")
    later = sign("/hls/demo_src/7.ts", key=KEY, expires=soon + 1)
    assert [get(base + each)[2]["X-Media-Cache-Status"] for each in (segment, later)] == ["MISS", "HIT"]
    assert origins[0].asked == ["/hls/demo.m3u8", "/hls/demo_src/7.ts"]


def test_playlists_that_are_waited_for_are_one_each_and_signed_too(
    tmp_path: Path, origins: tuple[Origin, Origin], programs: None
) -> None:
    (tmp_path / "key").write_text(KEY + "\n")
    options = {"signing_key_file": str(tmp_path / "key"), "low_latency": True}
    with Site(tmp_path, edge_options=options) as site:
        site.ports |= {"primary-http": origins[0].port, "backup-http": origins[1].port}
        site.start_edge()
        base, listed = site.base("edge"), "/hls/demo_src/index.m3u8"
        signed = sign(listed, key=KEY, expires=int(time.time()) + 600)
        asked = [f"?_HLS_msn=7&_HLS_part={part}" for part in (0, 1)]
        for query in asked * 2:
            assert get(base + signed + query)[:2] == (200, f"primary {listed}{query}".encode())
        assert get(base + signed.replace("index.m3u8", "7p1.m4s"))[:2] == (200, b"primary /hls/demo_src/7p1.m4s")
        assert {get(f"{base}{path}")[0] for path in (listed + asked[0], "/hls/demo_src/7p1.m4s")} == {403}
    assert set(origins[0].asked) == {*(listed + query for query in asked), "/hls/demo_src/7p1.m4s"}


def test_without_a_good_signature_nothing_opens(signed_edge: Site, origins: tuple[Origin, Origin]) -> None:
    base, soon = signed_edge.base("edge"), int(time.time()) + 600
    good = sign("/hls/demo.m3u8", key=KEY, expires=soon)
    refused = {
        "unsigned": "/hls/demo.m3u8",
        "unsigned segment": "/hls/demo_src/7.ts",
        "another stream": good.replace("demo.m3u8", "other.m3u8"),
        "a longer time": good.replace(str(soon), str(soon + 1)),
        "another key": sign("/hls/demo.m3u8", key="not-the-key-of-the-edge", expires=soon),
        "another place": good.replace("/hls/", "/testhls/"),
        "a stream that only begins alike": good.replace("demo.m3u8", "demo2.m3u8"),
    }
    assert {what: get(base + path)[0] for what, path in refused.items()} == dict.fromkeys(refused, 403)
    old = sign("/hls/demo.m3u8", key=KEY, expires=int(time.time()) - 1)
    assert get(base + old)[0] == 410
    assert origins[0].asked == []


def test_a_server_that_dies_is_started_again_and_all_stop_together(edge: Site) -> None:
    role, url = edge.roles["edge"], f"{edge.base('edge')}/healthz"
    master = role.events("started")[-1]["pid"]
    os.kill(master, signal.SIGKILL)
    wait_for("another nginx", lambda: role.events("started")[-1]["pid"] != master and get(url)[0] == 200)
    assert role.stop() == 0
    assert role.events("stopped")
    with pytest.raises(OSError, match="refused"):
        get(url)


def test_nothing_outlives_a_supervisor_that_was_killed(edge: Site) -> None:
    role, url = edge.roles["edge"], f"{edge.base('edge')}/healthz"
    assert role.process is not None
    os.kill(role.process.pid, signal.SIGKILL)
    role.process.wait()
    wait_for("the port to close", lambda: closed(url), 10)


def closed(url: str) -> bool:
    try:
        get(url, timeout=1)
    except OSError:
        return True
    return False
