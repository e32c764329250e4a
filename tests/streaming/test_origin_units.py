"""The small parts of an origin, each alone: keys, leases, recordings, what nginx says, what a segment says."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from refarch.streaming.data_plane import transport_stream
from refarch.streaming.data_plane.ladder import Source
from refarch.streaming.data_plane.origin import keys, peer, recordings, statistics
from refarch.streaming.data_plane.origin.shelf import LEASE_SECONDS, Shelf
from refarch.streaming.data_plane.playlists import parse

KEYS = {"*": ["any-key"], "gala": ["gala-key", "gala-next"]}


@pytest.mark.parametrize(
    ("application", "name", "key", "why"),
    [
        ("live", "demo", "any-key", None),
        ("live", "gala", "gala-next", None),
        ("qa", "test", "any-key", None),
        ("live", "demo", "gala-key", "publish key"),
        ("live", "demo", "", "publish key"),
        ("live", "demo", "any-key ", "publish key"),
        ("show", "demo", "any-key", "application"),
        ("live", "De_mo", "any-key", "lowercase"),
        ("live", "../x", "any-key", "lowercase"),
        ("live", "x" * 41, "any-key", "lowercase"),
    ],
)
def test_who_may_publish(application: str, name: str, key: str, why: str | None) -> None:
    refused = keys.refusal(application, name, key, KEYS)
    assert (why is None) == (refused is None)
    assert why is None or why in str(refused)


def test_a_keys_file_that_cannot_be_read_lets_nobody_in(tmp_path: Path) -> None:
    file = tmp_path / "keys.json"
    for text in (None, "", "[]", '{"*": 7}'):
        if text is not None:
            file.write_text(text)
        assert keys.refusal("live", "demo", "any-key", keys.read(str(file))) == "wrong or missing publish key"
    file.write_text(json.dumps({"*": [""]}))
    assert keys.refusal("live", "demo", "", keys.read(str(file))) is not None
    assert keys.refusal("live", "demo", "", keys.read("")) is None


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    for name in ("www", "lease"):
        (tmp_path / name).mkdir()
    return Shelf(tmp_path, "hls", "demo")


def leases(folder: Path) -> set[int]:
    return {int(path.suffix[1:]) for path in (folder / "lease").iterdir()}


def test_a_lease_ends_by_itself(shelf: Shelf, tmp_path: Path) -> None:
    shelf.renew_lease()
    now = int(time.time())
    assert now in leases(tmp_path)
    assert max(leases(tmp_path)) < now + LEASE_SECONDS + 1
    shelf.end_lease()
    assert leases(tmp_path) == set()


def fill(shelf: Shelf, folder: Path, rendition: str, numbers: range) -> None:
    for number in numbers:
        (folder / f"{rendition}{number}").write_bytes(b"x")
        shelf.add(rendition, number, 2.0, folder / f"{rendition}{number}")


def test_only_what_every_rendition_has_is_listed(shelf: Shelf, tmp_path: Path) -> None:
    fill(shelf, tmp_path, "src", range(5, 12))
    fill(shelf, tmp_path, "160", range(5, 10))
    assert shelf.common(["src", "160"], 3) == [7, 8, 9]
    shelf.list(["src", "160"], [7, 8, 9], 2000)
    text = (tmp_path / "www/hls/demo_160/index.m3u8").read_text()
    assert [(each.number, each.file) for each in parse(text)] == [(7, "7.ts"), (8, "8.ts"), (9, "9.ts")]


def test_old_segments_go_and_a_new_event_starts_empty(shelf: Shelf, tmp_path: Path) -> None:
    fill(shelf, tmp_path, "src", range(1, 40))
    shelf.list(["src"], shelf.common(["src"], 5), 2000)
    kept = sorted(int(path.stem) for path in (tmp_path / "www/hls/demo_src").glob("*.ts"))
    assert kept == list(range(25, 40))
    shelf.clear()
    assert list((tmp_path / "www/hls").iterdir()) == []


def test_an_initialization_segment_is_named_by_its_content(shelf: Shelf, tmp_path: Path) -> None:
    """Caches keep it for an hour: the name of another content is another, and both origins give the same one."""
    (tmp_path / "segment").write_bytes(b"pictures")
    (tmp_path / "init.mp4").write_bytes(b"one")
    for number in (1, 2):
        shelf.add("src", number, 2.0, tmp_path / "segment", tmp_path / "init.mp4")
    (tmp_path / "init.mp4").write_bytes(b"another")
    shelf.add("src", 3, 2.0, tmp_path / "segment", tmp_path / "init.mp4")
    shelf.list(["src"], [1, 2, 3], 2000)
    folder = tmp_path / "www/hls/demo_src"
    first, again, other = parse((folder / "index.m3u8").read_text())
    assert first.init == again.init != other.init
    assert [(folder / each.init).read_bytes() for each in (first, other)] == [b"one", b"another"]


def test_a_finished_recording_moves_with_its_description(tmp_path: Path) -> None:
    (tmp_path / "demo-1795000000.flv").write_bytes(b"flv")
    done = recordings.finish(tmp_path / "demo-1795000000.flv", tmp_path, "primary")
    assert done == tmp_path / "finished" / "demo-1795000000.flv"
    about = json.loads(done.with_suffix(".json").read_text())
    assert about == {"stream": "demo", "start": 1795000000, "origin": "primary", "bytes": 3}


@pytest.mark.parametrize("name", ["demo.flv", "de mo-1795000000.flv", "demo-1795000000.mp4", "../demo-1795000000.flv"])
def test_what_is_no_recording_of_ours_stays(tmp_path: Path, name: str) -> None:
    folder = tmp_path / "recordings"
    folder.mkdir()
    (folder / name).write_bytes(b"flv")
    assert recordings.finish(folder / name, folder, "primary") is None
    assert (folder / name).exists()


def test_what_a_crash_left_is_swept_up(tmp_path: Path) -> None:
    for name in ("a-1795000000.flv", "b-1795000001.flv", "notes.txt"):
        (tmp_path / name).write_bytes(b"x")
    assert [path.name for path in recordings.sweep(tmp_path, "backup")] == ["a-1795000000.flv", "b-1795000001.flv"]
    assert recordings.sweep(tmp_path, "backup") == []


STATISTICS = """<?xml version="1.0" encoding="utf-8" ?><rtmp><server><application><name>live</name><live>
<stream><name>demo</name><client><id>1</id><timestamp>7000</timestamp><active/></client>
<client><id>2</id><timestamp>2121</timestamp><publishing/><active/></client>
<meta><video><width>640</width><height>320</height><frame_rate>25</frame_rate></video>{audio}</meta><publishing/></stream>
<stream><name>early</name><client><timestamp>0</timestamp><publishing/></client><publishing/></stream>
<stream><name>idle</name><client><timestamp>5</timestamp></client></stream></live></application></server></rtmp>"""


def test_the_publisher_is_found_among_the_clients() -> None:
    sound = STATISTICS.replace("{audio}", "<audio><codec>AAC</codec></audio>")
    assert statistics.publisher(sound, "live", "demo") == statistics.Publisher(Source(640, 320, 25.0, True), 2121)
    silent = statistics.publisher(STATISTICS.replace("{audio}", ""), "live", "demo")
    assert silent is not None
    assert not silent.source.has_audio
    for name in ("early", "idle", "nobody"):
        assert statistics.publisher(sound, "live", name) is None
    assert statistics.publishing(sound) == {("live", "demo"), ("live", "early")}


def test_an_answer_of_a_newer_peer_is_understood() -> None:
    views = peer.parse(b'{"live/demo": {"publishing": true, "last": 7, "invented_later": 1}}')
    assert (views["live/demo"].publishing, views["live/demo"].last, views["live/demo"].serving) == (True, 7, False)


def packet(stream_id: int, payload: bytes, pts: int) -> bytes:
    """A transport packet that begins a PES packet, as ISO/IEC 13818-1 lays it out."""
    stamp = bytes(
        [0x21 | pts >> 29 & 0xE, pts >> 22 & 0xFF, pts >> 14 & 0xFE | 1, pts >> 7 & 0xFF, pts << 1 & 0xFE | 1]
    )
    body = b"\x00\x00\x01" + bytes([stream_id]) + b"\x00\x00\x80\x80\x05" + stamp + payload
    stuffing = 188 - 5 - len(body)
    return b"\x47\x41\x00\x30" + bytes([stuffing]) + b"\x00" + b"\xff" * (stuffing - 1) + body


@pytest.mark.parametrize("pts", [0, 1, 90_000, 2_475_541_890, (1 << 33) - 1])
def test_a_segment_tells_its_time_and_its_codecs(pts: int) -> None:
    audio = packet(0xC0, b"\xff\xf1\x4c\x80\x01\x02", 5)
    video = packet(0xE0, b"\x00\x00\x00\x01\x09\xf0\x00\x00\x00\x01\x67\x42\xc0\x1e\xd9", pts)
    assert transport_stream.first_pts(audio + video) == pts
    assert transport_stream.video_codec(audio + video) == "avc1.42c01e"
    assert transport_stream.audio_codec(audio + video) == "mp4a.40.2"


@pytest.mark.parametrize("data", [b"", b"\x47" * 188, b"\x00" * 376, packet(0xC0, b"\xff\xf1\x4c", 5)])
def test_a_segment_without_a_picture_tells_nothing(data: bytes) -> None:
    assert transport_stream.first_pts(data) is None
    assert transport_stream.video_codec(data) is None
