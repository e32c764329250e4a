"""Settings and configuration: every problem at once, names that fit, and no key that nginx could misread."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from refarch.streaming import EdgeSettings, OriginSettings, TestSourceSettings, edge_signing
from refarch.streaming.data_plane import burnt_clock, nginx_files
from refarch.streaming.data_plane.problems import InvalidSettingsError
from refarch.streaming.data_plane.render import TemplateError, render
from refarch.streaming.data_plane.settings import dump, load
from refarch.streaming.data_plane.supervisor import LONGEST_PAUSE, pause_after


@pytest.mark.parametrize(
    "settings", [OriginSettings(), EdgeSettings(primary="a:80"), TestSourceSettings(urls_file="/u")]
)
def test_settings_survive_their_file(
    settings: OriginSettings | EdgeSettings | TestSourceSettings, tmp_path: Path
) -> None:
    (tmp_path / "s.json").write_text(dump(settings))
    assert load(type(settings), tmp_path / "s.json") == settings


def test_every_problem_is_told_at_once() -> None:
    with pytest.raises(InvalidSettingsError) as caught:
        OriginSettings(
            rtmp_listen="1935",
            peer_sources=("everyone",),
            peer_url="file:///etc/passwd",
            fragment_seconds=0,
            rungs="960",
            packager="magic",
            run="relative; rm",
        )
    for part in ("rtmp_listen", "everyone", "peer_url", "fragment_seconds", "'960'", "magic", "run is"):
        assert part in str(caught.value)


def test_unknown_and_missing_names_are_told(tmp_path: Path) -> None:
    (tmp_path / "s.json").write_text(json.dumps({"backupp": "b:80"}))
    with pytest.raises(InvalidSettingsError, match=r"did you mean backup\?.*primary|primary.*did you mean backup\?"):
        load(EdgeSettings, tmp_path / "s.json")


def test_a_template_and_its_values_must_fit() -> None:
    assert render("a @X@ b", {"X": "@Y@"}) == "a @Y@ b"
    with pytest.raises(TemplateError, match="A, B"):
        render("@A@", {"B": 1})


def test_the_posts_packager_writes_no_fragmented_mp4() -> None:
    allowed = "segment_format is 'fmp4', allowed: mpegts with the packager rtmp-loopback"
    with pytest.raises(InvalidSettingsError, match=allowed):
        OriginSettings(packager="rtmp-loopback", segment_format="fmp4")
    with pytest.raises(InvalidSettingsError, match="segment_format is 'mov', allowed: one of fmp4, mpegts"):
        OriginSettings(segment_format="mov")


def test_recordings_have_no_size_limit_and_packagers_no_constant_quality() -> None:
    """At its limit of 128000K the original lost the rest of the event; its rates were no upper bounds."""
    for packager in ("ffmpeg", "rtmp-loopback"):
        text = nginx_files.origin(OriginSettings(packager=packager))
        assert "record_max_size" not in text
        assert "record_unique on;" in text
        assert ("application show" in text) == (packager == "rtmp-loopback")


def test_the_backup_is_a_backup_and_the_cache_is_locked() -> None:
    """The original gave the primary a weight of two thousand million, and switched the lock off."""
    text = nginx_files.edge(EdgeSettings(primary="10.0.0.1:80", backup="10.0.1.1:80"))
    assert "server 10.0.1.1:80 backup;" in text
    assert "proxy_cache_lock on;" in text
    assert "weight" not in text
    assert "backup;" not in nginx_files.edge(EdgeSettings(primary="10.0.0.1:80"))


@pytest.mark.parametrize("key", ["short", 'with"quote-and-more', "with space and more", "$variable_in_nginx"])
def test_a_signing_key_that_nginx_could_misread_is_refused(key: str) -> None:
    with pytest.raises(nginx_files.WeakKeyError, match="16 to 128"):
        nginx_files.edge(EdgeSettings(primary="a:80"), signing_key=key)


@pytest.mark.parametrize("path", ["hls/demo.m3u8", "/other/demo.m3u8", "/hls/De.m3u8", "/hls/../x"])
def test_only_streams_are_signed(path: str) -> None:
    with pytest.raises(ValueError, match="allowed: /hls/"):
        edge_signing.sign(path, key="k" * 16, expires=1)


def test_a_process_that_keeps_ending_waits_longer() -> None:
    pauses = [0.0]
    for _ in range(8):
        pauses.append(pause_after(0.1, pauses[-1]))
    assert pauses == sorted(pauses)
    assert pauses[-1] == LONGEST_PAUSE
    assert pause_after(60.0, LONGEST_PAUSE) < 1


@pytest.mark.parametrize("ticks", [0, 1, 0b10101010101010101010, (1 << 20) - 1])
@pytest.mark.parametrize("width", [320, 640, 3840])
def test_the_burnt_clock_is_read_back(ticks: int, width: int) -> None:
    box = width // 24
    levels = [235, 16, *(235 if ticks >> bit & 1 else 16 for bit in range(20))]
    row = bytes(level for level in levels for _ in range(box)).ljust(width, b"\x10")
    assert burnt_clock.read(row) == ticks * burnt_clock.TICK_MS


def test_a_picture_without_a_clock_gives_none() -> None:
    assert burnt_clock.read(b"\x10" * 320) is None
    assert burnt_clock.read(b"\xeb" * 320) is None
    assert burnt_clock.read(b"") is None
