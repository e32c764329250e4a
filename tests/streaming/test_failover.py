"""A viewer goes through all that befalls an origin: no failed request, nothing skipped, nothing that goes back."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from rehearsals.streaming_processes import Site, get, wait_for
from rehearsals.streaming_relay import Relay
from rehearsals.streaming_watcher import CLEAN, Watcher, served_files

pytestmark = pytest.mark.rehearsal


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, programs: None) -> Iterator[Site]:
    # Short fragments and lists, so that an origin that joins has a whole list soon. (Two seconds are tested elsewhere.)
    options = {"fragment_seconds": 1, "playlist_segments": 6}
    folder = tmp_path_factory.mktemp("failover")
    with Site(folder, origin_options=options, edge_options={"fail_seconds": 2}) as site:
        site.start_origins()
        site.start_edge()
        yield site


@pytest.fixture(scope="module")
def link(site: Site) -> Iterator[Relay]:
    """The encoder reaches the primary through this, and the backup directly."""
    with Relay(site.ports["primary-rtmp"]) as relay:
        through = site.publishing_point("primary").replace(str(site.ports["primary-rtmp"]), str(relay.port))
        site.start_source(through, site.publishing_point("backup"))
        yield relay


@pytest.fixture
def watcher(site: Site, link: Relay) -> Iterator[Watcher]:
    """Begins when both origins serve whole lists and the viewer is on the primary."""
    wait_for("both origins with whole lists", lambda: whole(site, "primary") and whole(site, "backup"), 60)
    with Watcher(site.url) as watcher:
        watcher.until_handled_by("primary")
        yield watcher


def whole(site: Site, who: str) -> bool:
    status = site.status(who)
    return bool(status) and status["serving"] and status["listed"] == 6 and status["publishing"]


def report(capsys: pytest.CaptureFixture[str], what: str, watcher: Watcher) -> None:
    with capsys.disabled():
        asked = len(watcher.answers)
        wait = watcher.longest_wait
        print(
            f"\n  {what}: {len(watcher.failures)} of {asked} requests failed, slowest {watcher.slowest:.2f} s,", end=""
        )
        print(f" longest wait for a new segment {wait:.1f} s")


def test_both_origins_emit_the_same_bytes_under_the_same_numbers(site: Site, watcher: Watcher) -> None:
    for rendition in ("src", "160"):
        ours, theirs = (served_files(Path(site.folder, who, "run"), "demo", rendition) for who in ("primary", "backup"))
        both = ours.keys() & theirs.keys()
        assert len(both) >= 6
        if rendition == "src":
            assert [name for name in both if ours[name] != theirs[name]] == []


def test_the_packager_of_the_primary_crashes(site: Site, watcher: Watcher, capsys: pytest.CaptureFixture[str]) -> None:
    os.kill(site.roles["primary"].events("packaging")[-1]["pid"], signal.SIGKILL)
    watcher.until_handled_by("backup")
    watcher.until_handled_by("primary")
    watcher.see(2)
    report(capsys, "packager crashed", watcher)
    assert watcher.verdict() == CLEAN


def test_the_primary_hangs(site: Site, watcher: Watcher, capsys: pytest.CaptureFixture[str]) -> None:
    site.roles["primary"].signal(signal.SIGSTOP)
    try:
        watcher.until_handled_by("backup")
        watcher.see(4)
    finally:
        site.roles["primary"].signal(signal.SIGCONT)
    watcher.until_handled_by("primary")
    watcher.see(2)
    report(capsys, "primary hung", watcher)
    assert watcher.verdict() == CLEAN


@pytest.mark.parametrize("how", ["cut", "freeze"])
def test_the_encoder_loses_a_primary_that_lives(
    site: Site, link: Relay, watcher: Watcher, capsys: pytest.CaptureFixture[str], how: str
) -> None:
    {"cut": link.cut, "freeze": link.freeze}[how]()
    try:
        watcher.until_handled_by("backup")
        watcher.see(4)
    finally:
        link.heal()
    watcher.until_handled_by("primary")
    watcher.see(2)
    report(capsys, f"link {how}, healed", watcher)
    assert watcher.verdict() == CLEAN


def test_the_primary_is_killed_and_comes_back(site: Site, watcher: Watcher, capsys: pytest.CaptureFixture[str]) -> None:
    primary = site.roles["primary"]
    primary.kill()
    watcher.until_handled_by("backup")
    watcher.see(2)
    primary.start()
    watcher.until_handled_by("primary")
    watcher.see(2)
    report(capsys, "primary killed, back", watcher)
    assert watcher.verdict() == CLEAN


def test_without_origins_the_edge_serves_the_old_for_its_time_and_then_says_so(
    site: Site, watcher: Watcher, capsys: pytest.CaptureFixture[str]
) -> None:
    site.roles["primary"].kill()
    site.roles["backup"].kill()
    gone = time.monotonic()
    playlist = next(iter(watcher.tracks))
    assert get(playlist)[0] == 200
    status, body, headers = wait_for("an error", lambda: (got := get(playlist))[0] != 200 and got, 30)
    after = time.monotonic() - gone
    assert (status, headers["Retry-After"], headers["Access-Control-Allow-Origin"]) == (503, "2", "*")
    assert b"neither origin can be reached" in body
    stale = [answer for _, answer in watcher.answers if answer.headers.get("x-media-cache-status") == "STALE"]
    assert stale
    assert after >= 5  # it says 6 s; the time starts with the newest answer, up to a second before
    with capsys.disabled():
        print(f"\n  both origins killed: old playlists for {after:.1f} s, then {status}")
    for who in ("primary", "backup"):
        site.roles[who].start()
    wait_for("the stream again", lambda: get(playlist)[0] == 200, 60)
