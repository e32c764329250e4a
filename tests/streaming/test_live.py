"""A stream from the encoder to the edge: playable, truthful, in time; who has no key stays out; an event ends well."""

from __future__ import annotations

import json
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from refarch.streaming import hls_rules
from refarch.streaming.data_plane import burnt_clock, playlists
from refarch.streaming.load.crowd import Load, run
from refarch.streaming.logs.redaction import redact
from rehearsals.streaming_processes import KEY, Site, get, wait_for
from rehearsals.streaming_watcher import CLEAN, Watcher, served_files

pytestmark = pytest.mark.rehearsal
VIEWERS = 200
TOOK: dict[str, float] = {}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, programs: None) -> Iterator[Site]:
    with Site(tmp_path_factory.mktemp("live")) as site:
        site.start_origins()
        site.start_edge()
        began = time.monotonic()
        site.start_source()
        wait_for("the master playlist at the edge", lambda: get(site.url)[0] == 200)
        TOOK["publish to playable"] = time.monotonic() - began
        yield site


def media_url(site: Site, rendition: str) -> str:
    return site.url.replace(".m3u8", f"_{rendition}/index.m3u8")


def listed(site: Site, rendition: str) -> list[playlists.Segment]:
    return playlists.parse(get(media_url(site, rendition))[1].decode())


def segment(site: Site, rendition: str, name: str, folder: Path) -> Path:
    file = folder / f"{rendition}-{name}"
    status, body, _ = get(media_url(site, rendition).replace("index.m3u8", name))
    assert status == 200
    file.write_bytes(body)
    return file


def probe(file: Path) -> dict[str, dict[str, Any]]:
    command = ["ffprobe", "-v", "error", "-count_frames", "-show_streams", "-of", "json", str(file)]
    found = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)["streams"]
    return {each["codec_type"]: each for each in found}


def age(file: Path, width: int, height: int) -> float:
    """Seconds since the first picture of a segment was drawn, by the clock burnt into it."""
    row = burnt_clock.clock_row(width, height)
    command = ["ffmpeg", "-v", "error", "-i", str(file), "-frames:v", "1", "-vf", f"format=gray,crop={width}:1:0:{row}"]
    raw = subprocess.run([*command, "-f", "rawvideo", "-"], capture_output=True, check=True).stdout
    drawn = burnt_clock.read(raw)
    assert drawn is not None
    return (time.time() * 1000 - drawn) % burnt_clock.PERIOD_MS / 1000


def test_the_master_playlist_is_truthful(site: Site, tmp_path: Path) -> None:
    text = get(site.url)[1].decode()
    assert hls_rules.broken_in_master(text) == []
    found = hls_rules.variants(text)
    assert list(found) == ["demo_src/index.m3u8", "demo_160/index.m3u8"]
    for uri, attributes in found.items():
        rendition = uri.partition("/")[0].removeprefix("demo_")
        newest = listed(site, rendition)[-1]
        file = segment(site, rendition, newest.file, tmp_path)
        streams = probe(file)
        video = streams["video"]
        assert attributes["RESOLUTION"] == f"{video['width']}x{video['height']}"
        assert int(video["nb_read_frames"]) == round(newest.seconds * float(attributes["FRAME-RATE"]))
        assert codec_of(video) == attributes["CODECS"].split(",")[0][:7] + attributes["CODECS"].split(",")[0][9:11]
        assert streams["audio"]["profile"] == "LC"
        bits = file.stat().st_size * 8 / newest.seconds
        assert 0.3 * int(attributes["BANDWIDTH"]) < bits <= int(attributes["BANDWIDTH"])


def codec_of(video: dict[str, Any]) -> str:
    """avc1.PPLL as ffprobe sees it; the constraints between the two are in no field of it."""
    profiles = {"Constrained Baseline": 0x42, "Baseline": 0x42, "Main": 0x4D, "High": 0x64}
    return f"avc1.{profiles[video['profile']]:02x}{video['level']:02x}"


def test_the_playlists_keep_the_rules_over_time(site: Site) -> None:
    url = media_url(site, "160")
    before = get(url)[1].decode()
    for _ in range(3):
        after = wait_for("the next version", lambda before=before: (got := get(url)[1].decode()) != before and got)
        assert hls_rules.broken_in_media(after) == []
        assert hls_rules.broken_between(before, after) == []
        before = after


def test_both_origins_emit_the_same_playlists_and_bytes(site: Site) -> None:
    """In every rendition where they started together, in the passed-through one always."""
    wait_for("six segments", lambda: len(listed(site, "src")) >= 6)
    masters = [get(f"{site.base(who)}/hls/demo.m3u8")[1] for who in ("primary", "backup")]
    assert not site.started_together() or masters[0] == masters[1]
    for rendition in ("src", "160") if site.started_together() else ("src",):
        ours, theirs = (served_files(Path(site.folder, who, "run"), "demo", rendition) for who in ("primary", "backup"))
        both = sorted(ours.keys() & theirs.keys())
        assert len(both) >= 5
        assert [name for name in both if ours[name] != theirs[name]] == []


def test_the_burnt_clock_gives_the_latency(site: Site, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ages = []
    for _ in range(3):
        last = listed(site, "src")[-1].number
        newest = wait_for("a new segment", lambda last=last: (now := listed(site, "src")[-1]).number > last and now)
        ages.append(age(segment(site, "src", newest.file, tmp_path), 320, 160))
    with capsys.disabled():
        told = ", ".join(f"{each:.2f}" for each in sorted(ages))
        print(
            f"\n  encoder started to all renditions playable at the edge: {TOOK['publish to playable']:.1f} s", end=""
        )
        print(f"\n  age of the first picture of a segment of 2 s, when it is at the edge: {told} s")
    assert all(2.0 <= each < 15 for each in ages)


def test_a_crowd_costs_the_origins_one_request_a_segment(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    since = {who: len(origin_requests(site, who)) for who in ("primary", "backup")}
    report = run(site.url, Load(viewers=VIEWERS, seconds=12, ramp_seconds=3, every=1.0, timeout=10))
    asked = [path for who, before in since.items() for path in origin_requests(site, who)[before:]]
    segments = [path for path in asked if path.endswith(".ts")]
    with capsys.disabled():
        print(f"\n{report.text()}\n  {len(asked)} requests reached an origin, {len(segments)} of them for segments")
    assert report.errors == report.skipped_segments == report.sequence_regressions == 0
    assert len(segments) == len(set(segments)) > 0
    assert report.requests > 20 * len(asked)
    assert report.hit_ratio is not None
    assert report.hit_ratio > 0.9


def origin_requests(site: Site, who: str) -> list[str]:
    lines = (site.folder / who / "log" / "origin-access.log").read_text().splitlines()
    return [line.split('"')[1].split()[1] for line in lines if '"GET /hls/' in line]


@pytest.mark.parametrize(
    ("application", "stream", "key"),
    [("live", "other", "wrong"), ("live", "other", ""), ("live", "Up_per", None), ("qa", "other", "wrong")],
)
def test_who_has_no_key_stays_out(site: Site, application: str, stream: str, key: str | None) -> None:
    url = site.publishing_point("primary", application).replace("/demo?", f"/{stream}?")
    if key is not None:
        url = url.partition("?")[0] + (f"?key={key}" if key else "")
    before = len(site.roles["primary"].events("refused"))
    command = ["ffmpeg", "-v", "error", "-re", "-f", "lavfi", "-i", "testsrc=size=64x64:rate=5", "-t", "3"]
    done = subprocess.run([*command, "-c:v", "libx264", "-f", "flv", url], capture_output=True, timeout=60, check=False)
    assert done.returncode != 0
    assert len(site.roles["primary"].events("refused")) == before + 1
    assert not list((site.folder / "primary" / "recordings").glob(f"{stream}*"))
    assert get(f"{site.base('edge')}/hls/{stream.lower()}.m3u8")[0] == 404


def test_keys_change_without_a_restart(site: Site) -> None:
    (site.folder / "keys.json").write_text(json.dumps({"*": ["rehearsal-publish-key"], "rotated": ["brand-new"]}))
    url = site.publishing_point("primary").replace("/demo?", "/rotated?").partition("?")[0] + "?key=brand-new"
    command = ["ffmpeg", "-v", "error", "-re", "-f", "lavfi", "-i", "testsrc=size=64x64:rate=5", "-t", "2"]
    subprocess.run([*command, "-c:v", "libx264", "-f", "flv", url], capture_output=True, timeout=60, check=True)


def test_no_key_and_no_signature_is_in_a_log(site: Site) -> None:
    """nginx's own formats have queries and the arguments of a publish. What programs say is made clean on its way."""
    secrets = (KEY, "a-wrong-key-1", "a-signature-1")
    for who in ("edge", "primary"):
        assert get(f"{site.base(who)}/hls/demo.m3u8?Signature=a-signature-1")[0] == 200
    url = site.publishing_point("primary", key="a-wrong-key-1").replace("/demo?", "/leak?")
    command = ["ffmpeg", "-v", "error", "-f", "lavfi", "-i", "testsrc=size=64x64:rate=5", "-t", "1", "-f", "flv", url]
    assert subprocess.run(command, capture_output=True, timeout=60, check=False).returncode
    logs = site.folder / "primary" / "log"
    wait_for("the line of the publish", lambda: '"live" "leak"' in (logs / "origin-rtmp.log").read_text())
    files = [file for folder in ("primary", "backup", "edge") for file in (site.folder / folder / "log").glob("*.log")]
    assert {"origin-rtmp.log", "origin-access.log", "edge-access.log"} <= {file.name for file in files}
    said = {str(file): file.read_text() for file in files}
    said |= {str(file): redact(file.read_text()) for file in site.folder.glob("*/log.jsonl")}
    assert [(name, secret) for name, text in said.items() for secret in secrets if secret in text] == []


def test_the_testing_point_is_passed_through_and_not_recorded(site: Site) -> None:
    points = [site.publishing_point(who, "qa").replace("/demo?", "/test?") for who in ("primary", "backup")]
    role = site.start_source(*points, name="qa-source")
    url = f"{site.base('edge')}/testhls/test.m3u8"
    try:
        wait_for("the test stream", lambda: get(url)[0] == 200)
        assert list(hls_rules.variants(get(url)[1].decode())) == ["test_src/index.m3u8"]
        assert not list((site.folder / "primary" / "recordings").rglob("test-*"))
    finally:
        role.stop()


def test_private_addresses_are_private(site: Site) -> None:
    """This machine may ask over loopback alone; over any other address of it, as a stranger would, it may not."""
    for path in ("/status", "/stat", "/peer/", "/control/drop/client?app=live&name=demo", "/server-status"):
        assert get(f"{site.base('edge')}{path}")[0] in ({200} if path == "/server-status" else {404})
    conf = (site.folder / "primary" / "run" / "origin.nginx.conf").read_text()
    for block in ("/peer/ {", "= /status {", "= /stat {", "/control/ {"):
        assert "deny all;" in conf.partition(f"location {block}")[2].partition("}")[0]


def test_unknown_streams_cannot_knock_an_origin_out(site: Site) -> None:
    for number in range(60):
        assert get(f"{site.base('edge')}/hls/nobody{number}.m3u8")[0] == 404
    with Watcher(site.url) as watcher:
        watcher.see(1)
    assert watcher.verdict() == CLEAN


def test_nothing_listens_beyond_loopback(site: Site) -> None:
    for name, port in site.ports.items():
        with socket.socket() as client:
            client.settimeout(1)
            assert client.connect_ex(("127.0.0.1", port)) == 0, name
