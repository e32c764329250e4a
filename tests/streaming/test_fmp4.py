"""Fragmented MP4: truthful, alike on both origins, played by a browser while the primary dies and comes back."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import pytest
from selenium import webdriver

from refarch.streaming import hls_rules
from refarch.streaming.data_plane import playlists
from rehearsals.browser import chromium
from rehearsals.programs import need
from rehearsals.streaming_player import PlayerSite
from rehearsals.streaming_processes import Site, get
from rehearsals.streaming_processes import wait_for as wait_for_at_most
from rehearsals.streaming_watcher import CLEAN, Watcher, served_files
from tests.streaming.player.browser import SIZE, WATCH, WEBGL, burnt_clock, plays, position

pytestmark = pytest.mark.rehearsal
wait_for = partial(wait_for_at_most, seconds=90)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    need("streaming", "browser")
    options = {"segment_format": "fmp4", "playlist_segments": 5}
    with Site(tmp_path_factory.mktemp("fmp4"), origin_options=options, edge_options={"fail_seconds": 2}) as site:
        site.start_origins()
        site.start_edge()
        site.start_source()
        for who in ("primary", "backup"):
            wait_for("a whole list", partial(whole, site, who))
        yield site


def whole(site: Site, who: str) -> bool:
    status = site.status(who)
    return bool(status) and status["serving"] and status["listed"] == 5


def test_playlists_keep_the_rules_and_tell_the_truth(site: Site, tmp_path: Path) -> None:
    master = get(site.url)[1].decode()
    assert hls_rules.broken_in_master(master) == []
    for uri, attributes in hls_rules.variants(master).items():
        url = urljoin(site.url, uri)
        text = get(url)[1].decode()
        assert hls_rules.broken_in_media(text) == []
        newest = playlists.parse(text)[-1]
        answers = [get(urljoin(url, name)) for name in (newest.init, newest.file)]
        assert [(status, headers["Content-Type"]) for status, _, headers in answers] == [(200, "video/mp4")] * 2
        (tmp_path / "joined.mp4").write_bytes(b"".join(body for _, body, _ in answers))
        video, audio = probe(tmp_path / "joined.mp4")
        assert attributes["RESOLUTION"] == f"{video['width']}x{video['height']}"
        assert attributes["CODECS"] == f"{codec(answers[0][1])},mp4a.40.2"
        assert (video["codec_name"], audio["profile"]) == ("h264", "LC")
        # The time of day, and the number by it: no media time ever comes twice.
        assert abs(float(video["start_time"]) - newest.number * 2) < 0.5
        assert len(answers[1][1]) * 8 / newest.seconds <= int(attributes["BANDWIDTH"])


def probe(file: Path) -> list[dict[str, Any]]:
    command = ["ffprobe", "-v", "error", "-show_streams", "-of", "json", str(file)]
    found: list[dict[str, Any]] = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)["streams"]
    return sorted(found, key=lambda each: str(each["codec_type"]), reverse=True)


def codec(init: bytes) -> str:
    """From the parameter set itself, not from where our parser looks for it."""
    at = init.index(b"avcC") + 4 + 8
    return f"avc1.{init[at + 1 : at + 4].hex()}"


def alike(site: Site, rendition: str) -> set[str]:
    """The files that both origins have up. The assertion: with the same bytes."""
    ours, theirs = (served_files(Path(site.folder, who, "run"), "demo", rendition) for who in ("primary", "backup"))
    both = ours.keys() & theirs.keys()
    assert [name for name in both if ours[name] != theirs[name]] == []
    return both


def test_both_origins_emit_the_same_bytes_and_initialization_segments(site: Site) -> None:
    """In every rendition where they started together, in the passed-through one always."""
    for rendition in ("src", "160") if site.started_together() else ("src",):
        both = alike(site, rendition)
        assert len(both) >= 5
        assert len([name for name in both if name.startswith("init")]) == 1


def test_the_primary_dies_and_comes_back_and_the_browser_plays_on(
    site: Site, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with (
        PlayerSite(tmp_path) as page,
        chromium(tmp_path / "profile", *WEBGL, SIZE) as browser,
        Watcher(site.url) as seen,
    ):
        seen.until_handled_by("primary")
        browser.get(page.asked(site.url))
        wait_for("live playing", lambda: plays(browser))
        browser.execute_script(WATCH)
        primary = site.roles["primary"]
        primary.kill()
        seen.until_handled_by("backup")
        goes_on(browser, 4)
        primary.start()
        seen.until_handled_by("primary")
        seen.see(2)
        goes_on(browser, 4)
        watched = browser.execute_script("return window.seen")
    with capsys.disabled():
        print(f"\n  fragmented MP4, primary killed, back: {watched['waiting']} waits of the browser", end="")
    assert watched["reloads"] == 0
    assert seen.verdict() == CLEAN


def goes_on(browser: webdriver.Chrome, seconds: float) -> None:
    """The position moves on, and so does the clock in the picture."""
    start, first = position(browser), wait_for("a clock in the picture", lambda: burnt_clock(browser))
    wait_for("more of the picture", lambda: position(browser) > start + seconds)
    wait_for("the clock runs", lambda: (now := burnt_clock(browser)) and now[1] != first[1])


def test_after_the_primary_came_back_both_are_alike_again(site: Site) -> None:
    """Its packager began later: what is cut, and how it is stamped, hangs on the stream's own times alone."""
    wait_for("a whole list", lambda: whole(site, "primary") and len(alike(site, "src")) >= 5)
