"""The load generator: its numbers, its viewers against a small server, its command line."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from refarch.cli.streaming import streaming
from refarch.streaming.data_plane.playlists import Segment, Variant, master, media
from refarch.streaming.load.client import Client
from refarch.streaming.load.crowd import POST, Load, run
from refarch.streaming.load.report import Sample, percentile, summarize
from rehearsals.streaming_processes import free_port


@given(st.lists(st.floats(0, 100), min_size=1), st.floats(0.1, 100))
def test_a_percentile_is_a_value_that_so_many_do_not_exceed(values: list[float], percent: float) -> None:
    found = percentile(values, percent)
    assert found in values
    assert sum(each <= found for each in values) >= len(values) * percent / 100 - 1e-6
    assert percentile(values, 100) == max(values)


def test_a_report_counts_every_answer_but_200_as_an_error() -> None:
    samples = [
        Sample("playlist", 200, 0.1, 1000, True),
        Sample("segment", 404, 0.2, 0, False),
        Sample("segment", 0, 5.0, 0, None, "TimeoutError: timed out"),
    ]
    report = summarize(samples, viewers=2, seconds=10, skipped=3, regressions=1)
    assert (report.requests, report.errors, report.hit_ratio, report.slowest) == (3, 2, 0.5, 5.0)
    assert report.problems == {"HTTP 404": 1, "TimeoutError: timed out": 1}
    assert "2; 1 x HTTP 404" in report.text()


class Stream:
    """A live stream that lists three segments, the first of which the test moves."""

    def __init__(self) -> None:
        self.first, self.ended, self.segments = 100, False, 0
        stream = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                body = stream.answer(self.path)
                self.send_response(200 if body else 404)
                self.send_header("X-Media-Cache-Status", "HIT" if self.path.endswith(".ts") else "MISS")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *arguments: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/hls/demo.m3u8"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def answer(self, path: str) -> bytes:
        if path.endswith("demo.m3u8"):
            variants = [Variant(f"demo_{n}/index.m3u8", 1000, 2, 2, 10, ("avc1.42c01e",)) for n in ("src", "160")]
            return master(variants).encode()
        if path.endswith(".m3u8"):
            segments = [Segment(n, 2.0, f"{n}.ts") for n in range(self.first, self.first + 3)]
            return media(segments, target_seconds=2, fragment_ms=2000, ended=self.ended).encode()
        self.segments += 1
        return b"segment" * 10


@pytest.fixture
def stream() -> Iterator[Stream]:
    stream = Stream()
    yield stream
    stream.server.shutdown()
    stream.server.server_close()


def test_viewers_fetch_each_segment_once_and_see_gaps_and_steps_back(stream: Stream) -> None:
    def go_on() -> None:
        for stream.first, stream.ended in ((101, False), (110, False), (105, True)):
            time.sleep(0.5)

    other = threading.Thread(target=go_on)
    other.start()
    report = run(stream.url, Load(viewers=4, seconds=20, every=0.1))
    other.join()
    assert report.seconds < 15  # all viewers leave when the event has ended
    assert report.errors == 0
    # Up to 103, then 110 to 112: six skipped for each viewer; then a list that begins five earlier.
    assert (report.skipped_segments, report.sequence_regressions) == (4 * 6, 4)
    assert stream.segments in (4 * 6, 4 * 7)
    assert report.hit_ratio == stream.segments / report.requests


def test_a_server_that_is_gone_is_an_error_not_an_exception() -> None:
    answer = Client(timeout=1).get(f"http://127.0.0.1:{free_port()}/x")
    assert (answer.status, answer.ok, answer.from_cache) == (0, False, None)
    assert "ConnectionRefusedError" in answer.problem


def test_the_preset_is_the_lab_of_the_post() -> None:
    assert (POST.viewers, POST.ramp_seconds, POST.seconds) == (150, 15, 180)


def test_the_command_line_reports(stream: Stream) -> None:
    stream.ended = True
    result = CliRunner().invoke(streaming, ["load", stream.url, "--viewers", "3", "--ramp", "0", "--json"])
    assert result.exit_code == 0, result.output
    report = json.loads(result.stdout)
    assert (report["viewers"], report["errors"], report["skipped_segments"]) == (3, 0, 0)


def test_the_command_line_says_when_there_is_no_stream(stream: Stream) -> None:
    url = f"http://127.0.0.1:{free_port()}/hls/demo.m3u8"
    result = CliRunner().invoke(streaming, ["load", url, "--viewers", "1", "--seconds", "1", "--ramp", "0"])
    assert result.exit_code == 1
    assert "not one request" in result.output


def test_the_command_line_signs(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("a-signing-key-of-the-tests\n")
    result = CliRunner().invoke(streaming, ["sign", "/hls/demo.m3u8", "--key-file", str(tmp_path / "key")])
    assert result.output.startswith("/signed/")
    assert result.output.endswith("/hls/demo.m3u8\n")
    wrong = CliRunner().invoke(streaming, ["sign", "/etc/passwd", "--key-file", str(tmp_path / "key")])
    assert wrong.exit_code == 1
    assert "allowed: /hls/" in wrong.output
