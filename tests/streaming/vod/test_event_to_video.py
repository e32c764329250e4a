"""A whole event: an encoder, two origins of which one dies in the middle, their recordings, and then one video."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from refarch.streaming.vod import recordings
from rehearsals.streaming_processes import Site, wait_for
from rehearsals.vod_processes import VodSite, seconds_of, until

pytestmark = pytest.mark.rehearsal


def length(file: Path) -> float:
    """Of a recording, by its pictures: FLV says no length that could be trusted."""
    wanted = ["-select_streams", "v:0", "-show_entries", "packet=pts_time", "-of", "json"]
    done = subprocess.run(["ffprobe", "-v", "error", *wanted, str(file)], check=True, capture_output=True, text=True)
    times = sorted(float(each["pts_time"]) for each in json.loads(done.stdout)["packets"])
    return times[-1] - times[0] + 0.1  # ten pictures a second


def finished(live: Site, origin: str, count: int) -> list[Path]:
    folder = live.folder / origin / "recordings" / "finished"
    wait_for(f"{count} recordings of the {origin}", lambda: len(list(folder.glob("*.flv"))) >= count)
    return sorted(folder.glob("*.flv"))


def test_an_event_whose_primary_dies_becomes_one_video_of_its_whole_length(site: VodSite, tmp_path: Path) -> None:
    with Site(tmp_path / "live") as live:
        live.start_origins()
        source = live.start_source()
        recording = live.folder / "primary" / "recordings"
        wait_for("a recording", lambda: any(each.stat().st_size > 50_000 for each in recording.glob("*.flv")))
        live.roles["primary"].kill()
        backup = live.folder / "backup" / "recordings"
        wait_for("a longer one", lambda: any(each.stat().st_size > 250_000 for each in backup.glob("*.flv")))
        source.stop()
        live.roles["primary"].start()  # it finds what it was recording when it died
        [whole], [part] = finished(live, "backup", 1), finished(live, "primary", 1)
        expected = length(whole)
        assert length(part) < expected - recordings.TOLERANCE_SECONDS
        uploaders = [site.start_uploader(live.folder / each / "recordings") for each in ("primary", "backup")]
        until(lambda: all(each.said("uploaded") for each in uploaders), "both are uploaded")
    worker = site.start(twin_wait_seconds=3)
    until(lambda: site.waiting() == 0, "both are dealt with")
    assert worker.said("superseded")
    assert site.waiting(site.dead) == 0
    [master] = site.masters()
    top = site.download(master)
    assert [seconds_of(each) for each in top.glob("*/320/index.m3u8")] == [pytest.approx(expected, abs=0.3)]
