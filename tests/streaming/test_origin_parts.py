"""The post's RTMP loopback as a packager, and what befalls single programs of an origin."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from refarch.streaming import hls_rules
from refarch.streaming.data_plane.playlists import parse
from rehearsals.streaming_processes import Site, get, wait_for
from rehearsals.streaming_watcher import CLEAN, Watcher, served_files

pytestmark = pytest.mark.rehearsal


@pytest.fixture
def site(tmp_path: Path, programs: None) -> Iterator[Site]:
    with Site(
        tmp_path, origin_options={"packager": "rtmp-loopback", "fragment_seconds": 1, "playlist_segments": 5}
    ) as site:
        site.start_origins()
        site.start_edge()
        site.start_source()
        yield site


def test_the_loopback_numbers_alike_and_outlives_crashes(site: Site) -> None:
    with Watcher(site.url) as watcher:
        assert hls_rules.broken_in_master(get(site.url)[1].decode()) == []
        watcher.see(2)
        same_pictures(site)
        # The control program dies: the playlists' lease runs out, the backup takes over, and a new one goes on.
        control = next(each for each in site.roles["primary"].events("started") if each["program"] == "control")
        os.kill(control["pid"], signal.SIGKILL)
        wait_for("the new control program", lambda: site.roles["primary"].events("adopted"))
        wait_for("the primary to serve again", lambda: site.status("primary").get("serving"))
        watcher.see(2)
    assert watcher.verdict() == CLEAN


def same_pictures(site: Site) -> None:
    for rendition in ("src", "160") if site.started_together() else ("src",):
        ours, theirs = (served_files(Path(site.folder, who, "run"), "demo", rendition) for who in ("primary", "backup"))
        both = ours.keys() & theirs.keys()
        assert len(both) >= 2
        assert [name for name in both if ours[name] != theirs[name]] == []


def test_key_frames_that_do_not_fit_are_told_and_still_play(tmp_path: Path, programs: None) -> None:
    """Without a peer, too: one origin alone serves."""
    options = {"fragment_seconds": 1}
    with Site(tmp_path, origin_options=options, source_options={"keyframe_seconds": 2}) as site:
        site.start("primary", site.origin_settings("primary", peer=""))
        site.wait_until_up("primary")
        site.start_source(site.publishing_point("primary"))
        playlist = f"{site.base('primary')}/hls/demo_160/index.m3u8"
        text = wait_for("two segments", lambda: len(parse(got := get(playlist)[1].decode())) >= 2 and got)
        assert hls_rules.broken_in_media(text) == []
        assert {round(each.seconds) for each in parse(text)} == {2}
        assert site.status("primary")["key_frames_irregular"]
