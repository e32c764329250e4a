"""From an origin's finished recordings to videos: the uploader and the worker, one after the other."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from refarch.streaming.data_plane.origin import recordings as shelf
from refarch.streaming.vod import names
from rehearsals.vod_processes import VodSite, seconds_of, until

START = 1_700_000_000


def record(film: Path, folder: Path, origin: str) -> Path:
    """What an origin leaves behind: an FLV file that it has finished."""
    folder.mkdir(parents=True)
    live = folder / f"demo-{START}.flv"
    subprocess.run(["ffmpeg", "-v", "error", "-i", str(film), "-c", "copy", str(live)], check=True)
    done = shelf.finish(live, folder, origin)
    assert done is not None
    return done


def test_the_recordings_of_both_origins_become_one_video_of_the_events_length(
    site: VodSite, short_film: Path, tmp_path: Path
) -> None:
    finished = {origin: record(short_film, tmp_path / origin, origin) for origin in ("primary", "backup")}
    length = seconds_of(finished["primary"])
    uploaders = [site.start_uploader(tmp_path / origin) for origin in finished]
    until(lambda: all(each.said("uploaded") for each in uploaders), "both are uploaded")
    assert not any(file.exists() or file.with_suffix(".json").exists() for file in finished.values())
    site.start(twin_wait_seconds=2)
    until(lambda: site.waiting() == 0, "both are dealt with")
    master = names.master_key(f"demo/demo-{START}")
    assert site.masters() == [master]
    assert site.waiting(site.dead) == 0
    media = site.download(master).glob("*/320/index.m3u8")
    assert [seconds_of(file) for file in media] == [pytest.approx(length, abs=0.15)]


def test_a_broken_recording_is_put_aside_and_not_thrown_away(site: VodSite, short_film: Path, tmp_path: Path) -> None:
    done = record(short_film, tmp_path / "primary", "primary")
    done.write_bytes(b"no video")
    uploader = site.start_uploader(tmp_path / "primary")
    until(lambda: uploader.said("broken"), "it is put aside")
    assert (done.parent / "broken" / done.name).read_bytes() == b"no video"
    assert not done.exists()
    assert "Contents" not in site.s3.list_objects_v2(Bucket=site.ingest)
