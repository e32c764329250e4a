"""Origins, an edge and an encoder whose link may be cut; the page, with a worker's video beside it; a browser."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import pytest
from selenium import webdriver

from rehearsals.browser import chromium
from rehearsals.programs import need
from rehearsals.streaming_player import PlayerSite
from rehearsals.streaming_processes import Site, get
from rehearsals.streaming_processes import wait_for as wait_for_at_most
from rehearsals.streaming_relay import Relay
from tests.streaming.player.browser import PLAYLIST, SIZE, VOD_SECONDS, WEBGL, plays, whole
from tests.streaming.player.recorded import record

wait_for = partial(wait_for_at_most, seconds=90)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    need("streaming", "browser")
    options = {"playlist_segments": PLAYLIST}  # a short list, so that an origin that joins has it whole soon
    with Site(tmp_path_factory.mktemp("site"), origin_options=options, edge_options={"fail_seconds": 2}) as made:
        made.start_origins()
        made.start_edge()
        yield made


@pytest.fixture(scope="module")
def link(site: Site) -> Iterator[Relay]:
    """The encoder reaches the primary through this, and the backup directly."""
    with Relay(site.ports["primary-rtmp"]) as relay:
        through = site.publishing_point("primary").replace(str(site.ports["primary-rtmp"]), str(relay.port))
        site.start_source(through, site.publishing_point("backup"))
        yield relay


CODEC = '#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=9000,CODECS="dvh1.08.09",RESOLUTION=320x160\nnone.m3u8\n'


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PlayerSite]:
    folder = tmp_path_factory.mktemp("videos")
    record(folder, VOD_SECONDS)
    (folder / "vod" / "codec.m3u8").write_text(CODEC)
    with PlayerSite(folder / "vod") as made:
        yield made


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[webdriver.Chrome]:
    need("browser")
    with chromium(tmp_path_factory.mktemp("profile"), *WEBGL, SIZE) as made:
        yield made


@pytest.fixture
def live(site: Site, link: Relay, page: PlayerSite, browser: webdriver.Chrome) -> Iterator[webdriver.Chrome]:
    """The page, playing what the edge serves. Who comes in the first seconds of a stream has no buffer: not here."""
    wait_for("both lists are whole", lambda: whole(site, "primary") and whole(site, "backup"))
    wait_for("the stream at the edge", lambda: get(site.url)[0] == 200)
    browser.get(page.asked(site.url))
    wait_for("live playing", lambda: plays(browser))
    yield browser
    browser.get("about:blank")
