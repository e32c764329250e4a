"""The check before publication: what ffmpeg made passes, and each way to be broken does not."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from refarch.streaming import hls_rules
from refarch.streaming.data_plane import playlists
from refarch.streaming.vod import check, commands, ladder, media
from refarch.streaming.vod.guard import Guard

GUARD = Guard()


@pytest.fixture(scope="module")
def made(short_film: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, media.Media]:
    """The renditions of a film, as the worker makes them."""
    folder = tmp_path_factory.mktemp("renditions")
    found = media.parse(GUARD.run(media.probe_command(str(short_film)), folder))
    renditions = ladder.plan(found.source)
    for each in renditions:
        (folder / each.name).mkdir()
    words = commands.encode(str(short_film), found, renditions, preset="ultrafast", segment_seconds=1)
    GUARD.run(words, folder)
    return folder, found


def measure(folder: Path, found: media.Media) -> list[check.Measured]:
    return check.measure(folder, ladder.plan(found.source), found, lambda words: GUARD.run(words, folder))


def test_what_the_master_playlist_says_is_true(made: tuple[Path, media.Media]) -> None:
    folder, found = made
    text = check.master(measure(folder, found), "v1")
    for uri, said in hls_rules.variants(text).items():
        list_file = folder / uri.removeprefix("v1/")
        segments = playlists.parse(list_file.read_text())
        sizes = {each: (list_file.parent / each.file).stat().st_size * 8 for each in segments}
        rates = [bits / each.seconds for each, bits in sizes.items() if each.seconds >= 0.5]
        assert int(said["BANDWIDTH"]) >= max(rates) * 0.999
        assert int(said["AVERAGE-BANDWIDTH"]) <= int(said["BANDWIDTH"])
        wanted = ["-show_entries", "stream=codec_type,codec_name,width,height", "-of", "json"]
        done = subprocess.run(["ffprobe", "-v", "error", *wanted, str(list_file)], check=True, capture_output=True)
        streams = {each["codec_type"]: each for each in json.loads(done.stdout)["streams"]}
        if "RESOLUTION" in said:
            assert said["RESOLUTION"] == f"{streams['video']['width']}x{streams['video']['height']}"
            assert "avc1." in said["CODECS"]
        assert ("mp4a.40.2" in said["CODECS"]) == ("audio" in streams)


def test_the_peak_is_that_of_rfc_8216() -> None:
    assert check.peak_rate([400, 800, 400], [4.0, 4.0, 4.0]) == 200
    assert check.peak_rate([400, 400, 40], [4.0, 4.0, 0.1]) == pytest.approx(440 / 4.1)  # with its neighbour
    assert check.peak_rate([40], [0.1]) == pytest.approx(400)
    assert check.peak_rate([200, 200, 100, 100], [2.0, 2.0, 0.5, 0.5]) == 200


def without_a_segment(folder: Path) -> None:
    (folder / "320" / "00001.ts").unlink()


def with_an_empty_segment(folder: Path) -> None:
    (folder / "320" / "00001.ts").write_bytes(b"")


def with_half_a_segment(folder: Path) -> None:
    """The playlist does not show this: the frames do."""
    file = folder / "320" / "00001.ts"
    file.write_bytes(file.read_bytes()[: 188 * 20])


def without_an_end(folder: Path) -> None:
    file = folder / "320" / "index.m3u8"
    file.write_text(file.read_text().replace("#EXT-X-ENDLIST\n", ""))


def without_a_playlist(folder: Path) -> None:
    (folder / "audio" / "index.m3u8").unlink()


def with_another_picture(folder: Path) -> None:
    command = ["ffmpeg", "-v", "error", "-y", "-i", "320/index.m3u8", "-vf", "scale=160:80", "-hls_list_size", "0"]
    subprocess.run([*command, "other.m3u8"], cwd=folder, check=True)
    shutil.move(folder / "other.m3u8", folder / "320" / "index.m3u8")
    for each in folder.glob("other*.ts"):
        shutil.move(each, folder / "320" / each.name)


@pytest.mark.parametrize(
    ("breaking", "said"),
    [
        (without_a_segment, "320: 00001.ts is missing or empty"),
        (with_an_empty_segment, "320: 00001.ts is missing or empty"),
        (with_half_a_segment, r"320: \d+ frames of 30"),
        (without_an_end, "320: the playlist has no end"),
        (without_a_playlist, "audio: no playlist"),
        (with_another_picture, "320: the picture is 160x80"),
    ],
)
def test_a_broken_rendition_is_not_published(
    breaking: Callable[[Path], None], said: str, made: tuple[Path, media.Media], tmp_path: Path
) -> None:
    folder = tmp_path / "copy"
    shutil.copytree(made[0], folder)
    breaking(folder)
    with pytest.raises(check.BrokenRenditionError, match=said):
        measure(folder, made[1])


def test_a_source_that_is_longer_than_what_came_out_is_noticed(made: tuple[Path, media.Media]) -> None:
    folder, found = made
    with pytest.raises(check.BrokenRenditionError, match=r"320: 3.00 s of 5.00 s"):
        measure(folder, replace(found, seconds=5.0))


def test_every_fault_is_named_at_once(made: tuple[Path, media.Media], tmp_path: Path) -> None:
    folder = tmp_path / "copy"
    shutil.copytree(made[0], folder)
    without_an_end(folder)
    without_a_playlist(folder)
    with pytest.raises(check.BrokenRenditionError, match=r"320: .*; audio: "):
        measure(folder, made[1])
