"""Low-latency HLS for real: parts that both origins cut alike, requests that wait, hls.js close to the picture."""

from __future__ import annotations

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import pytest
from selenium import webdriver

from refarch.streaming import hls_rules
from refarch.streaming.data_plane import burnt_clock as burnt
from refarch.streaming.load.client import Answer, Client
from rehearsals.browser import chromium
from rehearsals.programs import need
from rehearsals.streaming_player import PlayerSite
from rehearsals.streaming_processes import Site, get
from rehearsals.streaming_processes import wait_for as wait_for_at_most
from rehearsals.streaming_watcher import served_files
from tests.streaming.player.browser import SIZE, WATCH, WEBGL, burnt_clock, plays, position

pytestmark = pytest.mark.rehearsal
wait_for = partial(wait_for_at_most, seconds=90)
VIEWERS, UPDATES = 20, 8


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    need("streaming", "browser")
    origin = {"segment_format": "fmp4", "part_ms": 500}
    with Site(tmp_path_factory.mktemp("parts"), origin_options=origin, edge_options={"low_latency": True}) as site:
        site.start_origins()
        site.start_edge()
        site.start_source()
        for who in ("primary", "backup"):
            wait_for("some segments", partial(serves, site, who))
        yield site


def serves(site: Site, who: str) -> bool:
    status = site.status(who)
    return bool(status) and status["serving"] and status["listed"] >= 3


def media_url(site: Site) -> str:
    return site.url.replace(".m3u8", "_src/index.m3u8")


def coming(text: str) -> tuple[int, int]:
    """The part that a playlist announces: its segment and its place in it."""
    found = re.search(r'#EXT-X-PRELOAD-HINT:TYPE=PART,URI="([0-9]+)p([0-9]+).m4s"', text)
    assert found is not None
    return int(found[1]), int(found[2])


def after(client: Client, url: str, text: str, answers: list[Answer]) -> str:
    """The playlist with the part that `text` announces. A part that is late on a busy machine is asked for again."""
    number, part = coming(text)

    def asked() -> str | None:
        answers.append(client.get(f"{url}?_HLS_msn={number}&_HLS_part={part}"))
        found = answers[-1].body.decode()
        return found if answers[-1].ok and coming(found) > (number, part) else None

    return str(wait_for("the next part", asked))


def test_a_request_waits_for_the_next_part(site: Site) -> None:
    url, client, answers = media_url(site), Client(), list[Answer]()
    text = client.get(url).body.decode()
    for _ in range(5):
        text = after(client, url, text, answers)
        assert hls_rules.broken_in_media(text) == []
    client.close()
    # A server that answers at once would have been asked ten times for each part.
    assert len(answers) <= 3 * 5
    hint = url.replace("index.m3u8", "{}p{}.m4s".format(*coming(text)))
    status, part, headers = wait_for("the part in the hint", lambda: (got := get(hint))[0] == 200 and got)
    assert (status, headers["Content-Type"], part[4:8]) == (200, "video/mp4", b"moof")
    made_up = ["999999999999", f"{coming(text)[0]}&_HLS_part=9999"]
    assert [get(f"{url}?_HLS_msn={each}")[0] for each in made_up] == [400, 400]


def test_both_origins_cut_the_same_parts_and_parts_make_up_segments(site: Site) -> None:
    for rendition in ("src", "160") if site.started_together() else ("src",):
        ours, theirs = (served_files(Path(site.folder, who, "run"), "demo", rendition) for who in ("primary", "backup"))
        both = ours.keys() & theirs.keys()
        assert [name for name in both if ours[name] != theirs[name]] == []
        numbers = [name.removesuffix(".m4s") for name in both]
        whole = {number: parts for number in numbers if (parts := parts_of(number)) <= ours.keys()}
        assert whole
        for number, parts in whole.items():
            assert ours[f"{number}.m4s"] == b"".join(ours[name] for name in sorted(parts))


def parts_of(number: str) -> set[str]:
    return {f"{number}p{index}.m4s" for index in range(4)}


def test_one_request_waits_for_many_viewers(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    answers: list[Answer] = []
    before = playlists_of_origins(site)
    with ThreadPoolExecutor(VIEWERS) as pool:
        advanced = list(pool.map(lambda _: follow(media_url(site), answers), range(VIEWERS)))
    reached = playlists_of_origins(site) - before
    with capsys.disabled():
        late = sum(not each.ok for each in answers)
        print(
            f"\n  {VIEWERS} viewers: {len(answers)} waiting requests ({late} in vain), {reached} at an origin", end=""
        )
    assert min(advanced) >= UPDATES
    assert 0 < reached < len(answers)


def follow(url: str, answers: list[Answer]) -> int:
    """How many parts a viewer came forward."""
    client = Client()
    texts = [client.get(url).body.decode()]
    for _ in range(UPDATES):
        texts.append(after(client, url, texts[-1], answers))
    client.close()
    return len({coming(text) for text in texts}) - 1


def playlists_of_origins(site: Site) -> int:
    logs = [(site.folder / who / "log" / "origin-access.log").read_text() for who in ("primary", "backup")]
    return sum(log.count("GET /hls/demo_src/index.m3u8 ") for log in logs)


def test_the_page_stays_close_to_the_picture_and_survives_the_primary(
    site: Site, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with PlayerSite(tmp_path) as page, chromium(tmp_path / "profile", *WEBGL, SIZE) as browser:
        browser.get(page.asked(site.url))
        wait_for("live playing", lambda: plays(browser))
        asked = "return performance.getEntriesByType('resource').map(each => each.name)"
        wait_for("requests that wait", lambda: any("_HLS_part=" in each for each in browser.execute_script(asked)))
        wait_for("parts", lambda: any(re.search("/[0-9]+p[0-9]+.m4s", each) for each in browser.execute_script(asked)))
        browser.execute_script(WATCH)
        plays_on(browser, 4)
        seen = sorted(
            (now - shown) % burnt.PERIOD_MS for now, shown in filter(None, (burnt_clock(browser) for _ in range(9)))
        )
        site.roles["primary"].kill()
        plays_on(browser, 6)
        watched = browser.execute_script("return window.seen")
    with capsys.disabled():
        age = f"{seen[len(seen) // 2] / 1000:.1f} s" if seen else "not read"
        print(f"\n  low-latency HLS: glass to glass {age}; the primary killed: {watched['waiting']} waits", end="")
    assert watched["reloads"] == 0


def plays_on(browser: webdriver.Chrome, seconds: float) -> None:
    start = position(browser)
    wait_for("more of the picture", lambda: position(browser) > start + seconds)
