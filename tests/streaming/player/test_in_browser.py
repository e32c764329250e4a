"""The page in a real browser, before the real data plane: live, recorded, turned, switched, broken and mended."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Callable
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
from rehearsals.streaming_player import PlayerSite
from rehearsals.streaming_processes import Site, free_port
from rehearsals.streaming_processes import wait_for as wait_for_at_most
from rehearsals.streaming_relay import Relay
from tests.streaming.player.browser import (
    VOD_SECONDS,
    WATCH,
    Picture,
    burnt_clock,
    plays,
    position,
    said,
    state,
    violations,
    whole,
    yaw,
)

pytestmark = pytest.mark.rehearsal
# On a machine with much else to do, pictures without a graphics card take their time.
wait_for = partial(wait_for_at_most, seconds=90)


def test_live_picture_on_the_sphere_with_its_clock_running(
    live: webdriver.Chrome, capsys: pytest.CaptureFixture[str]
) -> None:
    first = wait_for("a clock in the picture", lambda: burnt_clock(live))
    wait_for("the clock runs", lambda: (now := burnt_clock(live)) and now[1] != first[1])
    seen = [clock for _ in range(20) if (clock := burnt_clock(live))]
    age = sorted((now - shown) % burnt.PERIOD_MS for now, shown in seen)[len(seen) // 2]
    with capsys.disabled():
        print(f"\n  glass to glass, read back from the picture in the browser: {age / 1000:.1f} s", end="")
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


def test_all_that_befalls_an_origin_and_no_viewer_notices(site: Site, link: Relay, live: webdriver.Chrome) -> None:
    """A real player through a crashed ladder, a lost link, a hang and a crash, and back to the primary each time."""
    primary = site.roles["primary"]
    live.execute_script(WATCH)
    events: dict[str, tuple[Callable[[], None], Callable[[], None]]] = {
        "ladder crashed": (lambda: os.kill(primary.events("packaging")[-1]["pid"], signal.SIGKILL), lambda: None),
        "link lost": (link.cut, link.heal),
        "hung": (lambda: primary.signal(signal.SIGSTOP), lambda: primary.signal(signal.SIGCONT)),
        "killed": (primary.kill, primary.start),
    }
    for what, (befall, mend) in events.items():
        wait_for(f"both origins before: {what}", lambda: whole(site, "primary") and whole(site, "backup"))
        befall()
        try:
            plays_on(live, 6, what)
        finally:
            mend()
        wait_for(f"the primary serves again: {what}", lambda: whole(site, "primary"))
        held = live.execute_script("return window.ahead")
        assert live.execute_script("return window.seen") == {"waiting": 0, "reloads": 0}, (what, held)
    plays_on(live, 4, "back on the primary")
    assert live.execute_script("return window.seen") == {"waiting": 0, "reloads": 0}
    assert len({each["first"] for each in primary.events("packaging")}) > 1


def plays_on(live: webdriver.Chrome, seconds: float, when: str) -> None:
    start = position(live)
    wait_for(f"{seconds} more seconds of picture: {when}", lambda: position(live) > start + seconds)


def test_encoder_comes_back_and_so_does_the_picture(site: Site, live: webdriver.Chrome) -> None:
    site.roles["source"].kill()
    try:
        wait_for("the page says so", lambda: state(live) in ("waiting", "ended", "missing"))
        assert said(live)
        wait_for("the event is over for the page", lambda: state(live) == "ended")
        assert "ended" in said(live)
    finally:
        site.roles["source"].start()
    wait_for("playing again by itself", lambda: state(live) == "playing")
    start = position(live)
    wait_for("the picture moves", lambda: position(live) != start)


def test_recording_is_found_in_time(page: PlayerSite, browser: webdriver.Chrome) -> None:
    browser.get(page.asked("/vod/talk/master.m3u8"))
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
    browser.get(page.asked("/vod/talk/master.m3u8", "&engine=native"))
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
