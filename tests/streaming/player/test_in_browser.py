"""The page in a real browser, before the real data plane: live, recorded, turned, switched, broken and mended."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from selenium import webdriver
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import Select

from refarch.streaming.data_plane import burnt_clock as burnt
from refarch.streaming.player import client_log
from rehearsals.browser import chromium
from rehearsals.programs import need
from rehearsals.streaming_player import PlayerSite
from rehearsals.streaming_processes import Site, free_port, get
from rehearsals.streaming_processes import wait_for as wait_for_at_most
from tests.streaming.player.browser import (
    SIZE,
    WATCH,
    WEBGL,
    Picture,
    burnt_clock,
    plays,
    position,
    said,
    state,
    violations,
    yaw,
)

pytestmark = pytest.mark.rehearsal
VOD_SECONDS = 8
# On a machine with much else to do, pictures without a graphics card take their time.
wait_for = partial(wait_for_at_most, seconds=90)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    need("streaming", "browser")
    with Site(tmp_path_factory.mktemp("site")) as made:
        made.start_origins()
        made.start_edge()
        made.start_source()
        yield made


CODEC = '#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=9000,CODECS="dvh1.08.09",RESOLUTION=320x160\nnone.m3u8\n'


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PlayerSite]:
    folder = tmp_path_factory.mktemp("vod")
    record(folder)
    (folder / "codec.m3u8").write_text(CODEC)
    with PlayerSite(folder) as made:
        yield made


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[webdriver.Chrome]:
    need("browser")
    with chromium(tmp_path_factory.mktemp("profile"), *WEBGL, SIZE) as made:
        yield made


@pytest.fixture
def live(site: Site, page: PlayerSite, browser: webdriver.Chrome) -> Iterator[webdriver.Chrome]:
    """The page, playing what the edge serves."""
    wait_for("the stream at the edge", lambda: get(site.url)[0] == 200)
    browser.get(page.asked(site.url))
    wait_for("live playing", lambda: plays(browser))
    yield browser
    browser.get("about:blank")


def record(folder: Path) -> None:
    """A recording in two qualities, the picture that of the test source."""
    font = "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf"
    graph = burnt.graph(width=320, height=160, fps=10, font=font, burnt_clock=False)
    encode = ["-c:v", "libx264", "-preset", "ultrafast", "-g", "20", "-pix_fmt", "yuv420p", "-b:v:0", "300k"]
    ladder = ["-map", "0:v", "-map", "0:v", "-s:v:1", "160x80", "-b:v:1", "100k", "-var_stream_map", "v:0 v:1"]
    hls = ["-f", "hls", "-hls_time", "2", "-hls_playlist_type", "vod", "-master_pl_name", "master.m3u8"]
    source = ["-f", "lavfi", "-i", graph, "-t", str(VOD_SECONDS)]
    command = ["ffmpeg", "-v", "error", *source, *encode, *ladder, *hls, str(folder / "v%v.m3u8")]
    subprocess.run(command, check=True, capture_output=True)


def test_live_picture_on_the_sphere_with_its_clock_running(live: webdriver.Chrome) -> None:
    first = wait_for("a clock in the picture", lambda: burnt_clock(live))
    wait_for("the clock runs", lambda: (now := burnt_clock(live)) and now[1] != first[1])
    seen = [clock for _ in range(20) if (clock := burnt_clock(live))]
    age = sorted((now - shown) % burnt.PERIOD_MS for now, shown in seen)[len(seen) // 2]
    print(f"glass to glass: {age / 1000:.1f} s")
    assert 0 < age < 60_000  # of a clock that wraps after hours
    assert Picture.taken(live).contrast() > 100
    assert live.find_element(By.ID, "live").is_displayed()
    assert not live.find_element(By.ID, "position").is_displayed()
    assert violations(live) == []


def test_drag_and_arrows_turn_the_sphere(live: webdriver.Chrome) -> None:
    live.find_element(By.ID, "play").click()
    wait_for("paused", lambda: live.execute_script("return video.paused"))
    before = wait_for("the picture", lambda: (seen := Picture.taken(live)).contrast() > 100 and seen)
    view = live.find_element(By.ID, "view")
    ActionChains(live, duration=50).move_to_element(view).click_and_hold().move_by_offset(-60, 0).release().perform()
    wait_for("turned", lambda: abs(yaw(live)) > 5)
    assert yaw(live) == pytest.approx(-60 * 0.002 * 57.3, abs=1.5)  # A-Frame's 2 mrad a pixel; the picture is grabbed
    after = Picture.taken(live)
    assert after.contrast() > 100
    moved = before.shift(after)
    assert moved < -2, "what was in the middle lies further left"
    assert before.difference(after, moved) < before.difference(after) / 2
    turned = yaw(live)
    ActionChains(live).send_keys_to_element(view, Keys.ARROW_LEFT).perform()
    wait_for("turned by the key", lambda: yaw(live) == pytest.approx(turned + 10, abs=0.5))
    ActionChains(live).send_keys_to_element(view, Keys.HOME).perform()
    wait_for("straight again", lambda: yaw(live) == pytest.approx(0, abs=0.5))


def test_quality_is_the_viewers_choice(live: webdriver.Chrome) -> None:
    menu = Select(live.find_element(By.ID, "quality"))
    texts = [each.text for each in menu.options]
    assert texts[0].startswith("Auto")
    assert [text.split(" ")[0] for text in texts[1:]] == ["320×160", "160×80"]
    menu.select_by_index(2)
    wait_for("the small picture", lambda: live.execute_script("return video.videoWidth") == 160)
    assert live.execute_script("return document.body.dataset.level") == "160x80"
    Select(live.find_element(By.ID, "quality")).select_by_index(1)
    wait_for("the large picture", lambda: live.execute_script("return video.videoWidth") == 320)
    assert Picture.taken(live).contrast() > 100


def test_sound_is_off_until_the_viewer_asks(live: webdriver.Chrome) -> None:
    button = live.find_element(By.ID, "mute")
    assert live.execute_script("return video.muted")
    assert button.text == "Unmute"
    button.click()
    assert not live.execute_script("return video.muted")
    assert button.text == "Mute"


def test_origin_fails_and_no_viewer_notices(site: Site, live: webdriver.Chrome) -> None:
    wait_for("both origins serve", lambda: get(f"{site.base('backup')}/hls/{site.stream}.m3u8")[0] == 200)
    live.execute_script(WATCH)
    start = position(live)
    site.roles["primary"].kill()
    try:
        wait_for("ten more seconds of picture", lambda: position(live) > start + 10)
        assert live.execute_script("return window.seen") == {"waiting": 0, "reloads": 0}
    finally:
        site.roles["primary"].start()
        wait_for("the primary serves again", lambda: get(f"{site.base('primary')}/healthz")[0] == 200)


def test_encoder_comes_back_and_so_does_the_picture(site: Site, live: webdriver.Chrome) -> None:
    site.roles["source"].kill()
    try:
        wait_for("the page says so", lambda: state(live) in ("waiting", "ended", "missing"))
        assert said(live)
        wait_for("the event is over for the page", lambda: state(live) == "ended")
        assert "ended" in said(live)
    finally:
        site.start_source()
    wait_for("playing again by itself", lambda: state(live) == "playing")
    start = position(live)
    wait_for("the picture moves", lambda: position(live) != start)


def test_recording_is_found_in_time(page: PlayerSite, browser: webdriver.Chrome) -> None:
    browser.get(page.asked("/vod/master.m3u8"))
    wait_for("the recording", lambda: plays(browser))
    assert not browser.find_element(By.ID, "live").is_displayed()
    wait_for("its length", lambda: browser.find_element(By.ID, "time").text.endswith(f"0:0{VOD_SECONDS}"))
    browser.execute_script("seek.value = 6; seek.dispatchEvent(new Event('input'))")
    wait_for("its end", lambda: "end" in said(browser))
    assert state(browser) == "finished"
    assert Picture.taken(browser).contrast() > 100


def test_browsers_own_hls(page: PlayerSite, browser: webdriver.Chrome) -> None:
    """What older iPhones use. This Chromium has it too."""
    if not browser.execute_script("return document.createElement('video').canPlayType(arguments[0])", client_log.HLS):
        pytest.skip("this browser has no HLS of its own")
    browser.get(page.asked("/vod/master.m3u8", "&engine=native"))
    wait_for("the recording", lambda: plays(browser))
    assert not browser.find_element(By.ID, "rungs").is_displayed()


@pytest.mark.parametrize(
    ("address", "key"),
    [
        ("", "none"),
        ("javascript:alert(1)", "bad"),
        ("https://user:secret@example.com/a.m3u8", "bad"),
        ("http://127.0.0.1:{free}/hls/a.m3u8", "dead"),
        ("http://127.0.0.1:{edge}/hls/nobody.m3u8", "missing"),
        ("{page}/player.css", "not-hls"),
        ("{page}/vod/codec.m3u8", "codec"),
        ("https://elsewhere.example/a.m3u8", "policy"),
    ],
)
def test_trouble_is_said_in_words(
    site: Site, page: PlayerSite, browser: webdriver.Chrome, address: str, key: str
) -> None:
    browser.get(page.asked(address.format(free=free_port(), edge=site.ports["edge"], page=page.url)))
    wait_for(f"the message {key}", lambda: state(browser) == key)
    assert len(said(browser)) > 20


def test_server_without_cors_is_named(page: PlayerSite, browser: webdriver.Chrome, tmp_path: Path) -> None:
    """Another port is another origin, and the page's own server sends no CORS header."""
    with PlayerSite(tmp_path) as other:
        browser.get(page.asked(f"{other.url}/vod/master.m3u8"))
        wait_for("the message", lambda: state(browser) == "cors")


def test_what_viewers_live_through_lands_in_the_edges_log(site: Site, live: webdriver.Chrome) -> None:
    log = Path(site.roles["edge"].folder / "log" / "edge-access.log")
    session = live.execute_script(
        "return performance.getEntriesByType('resource').map(e => new URL(e.name).searchParams.get('CMCD'))"
        '.filter(Boolean).map(v => v.match(/sid="([^"]+)"/)).filter(Boolean)[0][1]'
    )
    wait_for("the start", lambda: started(log, session))
    assert client_log.sessions(log.read_text().splitlines())[session].content == site.stream
    assert client_log.sessions(log.read_text().splitlines())[session].requests > 0
    told = [json.loads(line) for line in log.read_text().splitlines() if '"path":"/beacon"' in line]
    assert {each["status"] for each in told} == {204}


def started(log: Path, session: str) -> bool:
    found = client_log.sessions(log.read_text().splitlines()).get(session)
    return found is not None and found.start_ms is not None
