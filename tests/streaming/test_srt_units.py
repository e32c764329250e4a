"""What an SRT encoder says: its stream, and where its key frames lie; and settings of encrypted ingest."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from refarch.streaming import OriginSettings
from refarch.streaming.data_plane import nginx_files
from refarch.streaming.data_plane.clock import PTS_MODULUS, PTS_PER_MS
from refarch.streaming.data_plane.origin import keys
from refarch.streaming.data_plane.origin.srt_stream import Alignment, Wanted, shift_ms, wanted
from refarch.streaming.data_plane.problems import InvalidSettingsError


@pytest.mark.parametrize(
    ("stream_id", "meant"),
    [
        ("live/demo?key=abc-1", Wanted("live", "demo", "abc-1")),
        ("demo?key=abc-1", Wanted("live", "demo", "abc-1")),
        ("qa/test?key=k&key=other", Wanted("qa", "test", "k")),
        ("#!::r=live/demo?key=abc-1,m=publish", Wanted("live", "demo", "abc-1")),
        ("#!::m=publish", Wanted("live", "", "")),
        ("", Wanted("live", "", "")),
    ],
)
def test_a_stream_id_is_what_rtmp_has_after_the_server(stream_id: str, meant: Wanted) -> None:
    assert wanted(stream_id) == meant


def test_who_wants_to_watch_is_told_that_this_is_no_place_for_it() -> None:
    with pytest.raises(ValueError, match="gives none"):
        wanted("#!::r=live/demo,m=request")


intervals = st.sampled_from([(1000, 2000), (2000, 2000), (500, 1000), (2000, 4000), (1000, 1000)])


@given(st.integers(0, PTS_MODULUS - 1), intervals, st.integers(0, 5000))
def test_whoever_joins_later_finds_the_same_shift(first: int, lengths: tuple[int, int], later: int) -> None:
    """And with it, key frames fall on the grid. Until MPEG-TS's clock wraps: see the page's limits."""
    interval, fragment = lengths
    ticks = interval * PTS_PER_MS
    first = min(first, PTS_MODULUS - (later + 3) * ticks)
    one = shift_ms([first, first + ticks], fragment)
    other = shift_ms([first + later * ticks, first + (later + 1) * ticks], fragment)
    assert one == other
    assert (round(first / PTS_PER_MS) + one) % interval == 0
    assert 0 <= one < interval


@pytest.mark.parametrize("stamps", [[], [90], [90, 90], [0, 180_180], [0, 3 * 90_000]])
def test_where_key_frames_do_not_divide_the_fragment_the_clock_stays(stamps: list[int]) -> None:
    assert shift_ms(stamps, 2000) == 0


def test_the_interval_is_seen_across_the_wrap_of_the_clock() -> None:
    before = PTS_MODULUS - 500 * PTS_PER_MS
    assert shift_ms([before, 500 * PTS_PER_MS], 2000) == -round(before / PTS_PER_MS) % 1000


def packet(*, marked: bool, dts: int | None, pts: int = 900_000, video: bool = True) -> bytes:
    """One MPEG-TS packet that begins a picture, as ISO 13818-1 lays it out."""

    def stamp(mark: int, time: int) -> bytes:
        first = mark << 4 | (time >> 30 & 7) << 1 | 1
        return bytes([first, time >> 22 & 255, (time >> 15 & 127) << 1 | 1, time >> 7 & 255, (time & 127) << 1 | 1])

    times = stamp(2, pts) if dts is None else stamp(3, pts) + stamp(1, dts)
    flags = 0x80 if dts is None else 0xC0
    picture = b"\x00\x00\x01" + bytes([0xE0 if video else 0xC0, 0, 0, 0x80, flags, len(times)]) + times
    adaptation = bytes([1, 0x40 if marked else 0])
    return (b"\x47\x41\x00\x30" + adaptation + picture).ljust(188, b"\xff")


def test_a_stream_starts_when_two_key_frames_are_known() -> None:
    alignment = Alignment(2000)
    ordinary = packet(marked=False, dts=None) + packet(marked=True, dts=None, video=False)
    assert not alignment.add(ordinary + packet(marked=True, dts=PTS_PER_MS * 10_300))
    assert not alignment.add(ordinary)
    assert alignment.add(packet(marked=True, dts=None, pts=PTS_PER_MS * 11_300))
    assert alignment.seen == [PTS_PER_MS * 10_300, PTS_PER_MS * 11_300]
    assert alignment.shift_ms == 2000 + 700
    assert len(b"".join(alignment.held)) == 6 * 188


def test_what_marks_no_key_frames_is_taken_as_it_is() -> None:
    alignment = Alignment(2000)
    noise = bytes(alignment.LARGEST)
    assert not alignment.add(noise)
    assert alignment.add(noise[:1316])
    assert alignment.shift_ms == 2000


def test_the_key_of_this_host_counts_from_this_host_alone(tmp_path: Path) -> None:
    assert not keys.is_local(str(tmp_path), "127.0.0.1", "")
    keys.make_local(str(tmp_path))
    key = keys.local(str(tmp_path))
    assert keys.is_local(str(tmp_path), "127.0.0.1", key)
    assert not keys.is_local(str(tmp_path), "203.0.113.7", key)
    assert not keys.is_local(str(tmp_path), "127.0.0.1", "")
    assert (tmp_path / "local-key").stat().st_mode & 0o777 == 0o600
    keys.make_local(str(tmp_path))
    assert not keys.is_local(str(tmp_path), "127.0.0.1", key)


def test_every_problem_of_encrypted_ingest_is_told_at_once() -> None:
    with pytest.raises(InvalidSettingsError) as caught:
        OriginSettings(
            rtmps_listen="443", rtmps_inner_port=0, srt_listen="host:9000", srt_latency_ms=1, certificate_file="rel; x"
        )
    for part in (
        "rtmps_listen",
        "rtmps_inner_port",
        "srt_listen",
        "srt_latency_ms",
        "certificate_file",
        "srt_passphrase",
    ):
        assert part in str(caught.value)


def test_what_comes_out_of_tls_brings_its_address_along_and_only_where_there_is_tls() -> None:
    """Otherwise every encoder would seem to come from the origin itself, which may play its streams."""
    settings = OriginSettings(rtmps_listen="0.0.0.0:443", certificate_file="/c.pem")
    assert "listen 127.0.0.1:1937 proxy_protocol;" in nginx_files.origin(settings)
    tls = nginx_files.rtmps(settings)
    assert "proxy_protocol on;" in tls
    assert "proxy_pass 127.0.0.1:1937;" in tls
    assert "ssl_protocols TLSv1.2 TLSv1.3;" in tls
    assert "proxy_protocol" not in nginx_files.origin(OriginSettings())
