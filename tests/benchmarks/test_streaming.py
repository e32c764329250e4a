"""The benchmark of streaming without its servers: what is read, what is summed, what becomes a ratio."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import asdict, replace

import pytest

from benchmarks import streaming_origins
from benchmarks.streaming_clock import age, between, clocks
from benchmarks.streaming_cpu import TICKS, Process, family
from benchmarks.streaming_figures import Measured, all_figures, beside
from benchmarks.streaming_latency import Latency, Seen, summed
from benchmarks.streaming_load import Answered, Served, parsed
from benchmarks.streaming_original import NAME, encoder
from benchmarks.streaming_origins import Shielded
from benchmarks.streaming_scene import OURS, SAME_PRESET
from benchmarks.streaming_start import Started
from benchmarks.streaming_systems import FIXTURES, HEIGHT, RUNGS, WIDTH, height_of
from benchmarks.streaming_table import figures_in, table
from benchmarks.streaming_witness import Outcome, Sample, cuts, silent, starved
from refarch.streaming.data_plane import burnt_clock
from refarch.streaming.data_plane.ladder import Source, plan

PEER = "a peer"
WRK = """Running 2s test @ http://127.0.0.1:1/hls/demo.m3u8
  1 threads and 50 connections
  Thread Stats   Avg      Stdev     Max   +/- Stdev
    Latency     7.36ms    2.07ms  22.10ms   78.41%
    Req/Sec     6.86k   601.51     7.90k    66.67%
  14040 requests in 2.10s, 16.31MB read
{further}Requests/sec:   6685.71
Transfer/sec:      7.77MB
"""


def row(milliseconds: int) -> bytes:
    """A row of pixels as the encoder draws it: white, black, then the bits, the least significant first."""
    box = WIDTH // 24
    ticks = milliseconds // burnt_clock.TICK_MS
    bits = [1, 0, *((ticks >> k) & 1 for k in range(burnt_clock.BITS))]
    return b"".join(bytes([235 * bit]) * box for bit in bits).ljust(WIDTH, b"\x10")


def test_a_picture_tells_when_it_was_drawn() -> None:
    rows = row(5_000) + bytes(WIDTH) + row(5_040)
    assert clocks(rows) == [5_000, 5_040]
    assert age(12.5, 5_000) == 7.5


def test_ages_go_on_where_the_clock_wraps() -> None:
    late = burnt_clock.PERIOD_MS - 1_000
    assert age(burnt_clock.PERIOD_MS / 1000 + 1, late) == 2
    assert between(late, 1_000) == 2
    assert between(1_000, late) == -2


def test_a_player_starts_three_segments_behind() -> None:
    seen = [Seen(number, 10.0 + 2 * number, b"") for number in range(4)]
    pictures = [[7_000 + 2_000 * number, 8_960 + 2_000 * number] for number in range(4)]
    found = summed(seen, pictures)
    assert found.newest == pytest.approx(1.04)
    assert found.start == pytest.approx(3.0 + 2 * 2)
    assert summed(seen[:2], pictures[:2]) == Latency(None, None)
    with pytest.raises(RuntimeError, match="no picture"):
        summed(seen, [[], [], [], []])


def test_cpu_is_of_the_family_with_its_ended_children() -> None:
    ticks = TICKS
    stat = "{pid} (a) b) S {parent} 0 0 0 0 0 0 0 0 0 {user} {system} {children} 0 20 0".format
    stats = {
        10: stat(pid=10, parent=1, user=ticks, system=0, children=ticks),
        11: stat(pid=11, parent=10, user=ticks, system=ticks, children=0),
        12: stat(pid=12, parent=11, user=ticks, system=0, children=0),
        13: stat(pid=13, parent=1, user=99 * ticks, system=0, children=0),
    }
    processes = {pid: Process(text) for pid, text in stats.items()}
    members = family(10, processes)
    assert (members, sum(processes[pid].seconds for pid in members)) == ([10, 11, 12], 5.0)
    assert Process(stats[10], ("1000000000 7 1", "2500000 7 1")).seconds == 2.0025, "threads tell it by the nanosecond"
    assert Process(stats[10], ("250000000 7 1",)).seconds == 2, "others have ended"
    assert family(99, processes) == []


def test_wrk_is_read_with_all_that_went_wrong() -> None:
    assert parsed(WRK.format(further="")) == Answered(14040, 2.1, 0)
    wrong = "  Socket errors: connect 1, read 2, write 0, timeout 4\n  Non-2xx or 3xx responses: 10\n"
    assert parsed(WRK.format(further=wrong)).errors == 17
    assert parsed("5 requests in 1.50m, 1MB read").seconds == 90
    with pytest.raises(ValueError, match="unable to connect"):
        parsed("unable to connect to 127.0.0.1:1 Connection refused")


def test_segments_of_different_lengths_compare_by_minutes_of_video() -> None:
    assert Served(1.0, 0.02, 2.0).cpu_per_thousand_minutes == pytest.approx(0.6)
    assert Served(1.0, 0.10, 10.0).cpu_per_thousand_minutes == pytest.approx(0.6)


def test_what_reached_an_origin_is_read_from_its_log() -> None:
    line = '127.0.0.1 - - [22/Nov/2026:10:00:00 +0000] "GET /hls/demo_src/{}.ts HTTP/1.1" 200 9 "-" "-"'.format
    lines = [line(1), line(1), line(2), '127.0.0.1 - - [x] "GET /status HTTP/1.1" 200 9', *[playlist_line()] * 5]
    paths = streaming_origins.asked(lines)
    assert paths == Counter({"/hls/demo.m3u8": 5, "/hls/demo_src/1.ts": 2, "/hls/demo_src/2.ts": 1})
    assert streaming_origins.herd(paths) == 2
    assert streaming_origins.herd(Counter()) == 0


def playlist_line() -> str:
    return '127.0.0.1 - - [x] "GET /hls/demo.m3u8 HTTP/1.0" 200 9 "-" "-"'


def sample(at: float, what: str = "playlist", *, ok: bool = True, rendition: str = "src") -> Sample:
    return Sample(at, f"http://edge/hls/demo_{rendition}/{what}", ok, what.endswith(".ts"))


def test_silence_lasts_from_one_good_answer_to_the_next() -> None:
    samples = [sample(1), sample(2), sample(7, ok=False), sample(9), sample(10)]
    assert silent(samples, 2.5, 10) == 7
    assert silent(samples[:3], 2.5, 10) == 8
    assert silent([], 2.5, 10) == 7.5


def test_new_video_is_missed_beyond_a_segments_own_length() -> None:
    even = [sample(at, f"{at}.ts") for at in (0, 2, 4, 6, 8)]
    assert starved(even, 1, 9, 2) == 0
    assert starved([each for each in even if each.at not in (4, 6)], 1, 9, 2) == 4
    assert starved(even[:2], 1, 9, 2) == 5
    lower = [sample(0.5, "0.ts", rendition="320"), sample(7.5, "1.ts", rendition="320")]
    assert starved([*even, *lower], 1, 9, 2) == 5
    assert starved([], 1, 9, 2) == 6


def test_video_is_lost_or_comes_twice_between_segments() -> None:
    assert cuts([[0, 960], [1_000, 1_960], [2_040, 2_960]]) == (0, 0)
    lost, twice = cuts([[0, 1_960], [4_000, 5_960], [4_000, 5_960]])
    assert (lost, twice) == (pytest.approx(2.0), pytest.approx(2.0))


def test_what_may_be_nothing_counts_as_the_smallest_step() -> None:
    assert beside("failed", 0, PEER, 8, "", step=1, limit=1).ratio == 0.125
    assert beside("failed", 0, PEER, 0, "", step=1, limit=1).state == "kept"
    assert beside("failed", 3, PEER, 0, "", step=1, limit=1).state == "missed"


def measured() -> Measured:
    served = {OURS: Served(6000, 0.02, 2), NAME: Served(3000, 0.03, 10), PEER: Served(500, 0.6, 2)}
    bad = Outcome(failed=4, asked=20, silent=20, starved=15, lost=3, repeated=1, went_back=2)
    good = replace(bad, failed=0, silent=1, starved=0, lost=0, repeated=0, went_back=0)
    return Measured(
        starts={OURS: [Started(6, 7)] * 3, NAME: [Started(12, 14)] * 3, PEER: [Started(5, 6)] * 3},
        cpu={OURS: [30.0], NAME: [60.0], SAME_PRESET: [15.0]},
        playlists={name: [each] for name, each in served.items()},
        segments={name: [each] for name, each in served.items()},
        crowd={OURS: Shielded(90, 4, 1, 0, 0.96), NAME: Shielded(90, 2, 5, 0, 0.98)},
        outcomes={"primary hung for 20 s": {OURS: good, NAME: bad}},
    )


def test_every_figure_stands_beside_a_peer_of_the_same_run() -> None:
    ratios = {(each.name.partition(": ")[2], each.peer): each.ratio for each in all_figures(measured())}
    assert ratios["publish to playable", NAME] == 0.5
    assert ratios["publish to playable", PEER] == 1.2
    assert ratios["CPU of a rendition, as delivered", NAME] == 0.5
    assert ratios["CPU of a rendition, ultrafast", NAME] == 0.25
    assert ratios["playlists a second at the edge", NAME] == 2
    assert ratios["CPU of video at the edge", NAME] == pytest.approx(0.02 / 2 / (0.03 / 10), abs=0.001)
    assert ratios["requests that miss the edge's cache", NAME] == pytest.approx(2)
    assert ratios["most requests for one segment", NAME] == 0.2
    assert ratios["primary hung for 20 s: failed requests", NAME] == 0.25
    assert ratios["primary hung for 20 s: video lost or twice", NAME] == 0.05
    assert {peer for _, peer in ratios} == {NAME, PEER}
    assert all(each.state in ("", "kept") for each in all_figures(measured()))


def test_the_pages_table_has_both_peers_in_a_row() -> None:
    made = all_figures(measured())
    for content in ({"figures": made}, {"benchmarks": {"benchmarks.streaming": {"figures": made}}}):
        read = figures_in(json.loads(json.dumps(content, default=asdict)))
        lines = list(table(read))
        assert "| primary hung for 20 s: failed requests |  | 0 | 4 | **0.25** | |  |" in lines
    assert next(line for line in lines if line.startswith("| CPU of a playlist")).count("|") == 8


def test_the_fixtures_have_the_originals_values() -> None:
    origin = (FIXTURES / "original_origin.nginx.conf").read_text()
    edge = (FIXTURES / "original_edge.nginx.conf").read_text()
    for value in ("hls_fragment 10s;", "hls_playlist_length 60s;", "record_max_size 128000K;", "chunk_size 4000;"):
        assert value in origin
    for value in (
        "proxy_connect_timeout 10s;",
        "proxy_read_timeout 180s;",
        "proxy_cache_lock off;",
        "fail_timeout=15s",
    ):
        assert value in edge
    assert "-crf 23 -b:v 400k" in encoder(RUNGS[0], 1935)


def test_all_servers_offer_the_same_renditions() -> None:
    ours = plan(Source(WIDTH, HEIGHT, 25.0), RUNGS)
    assert [(each.width, each.height) for each in ours[1:]] == [(each.width, height_of(each)) for each in RUNGS]
