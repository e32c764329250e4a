"""What the worker decides: names, events, recordings, the ladder, command lines, and what counts as whole."""

from __future__ import annotations

import json
from fractions import Fraction
from urllib.parse import quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from refarch.streaming.data_plane.ladder import Source
from refarch.streaming.data_plane.problems import InvalidSettingsError
from refarch.streaming.vod import commands, events, ladder, media, names, recordings
from refarch.streaming.vod.recordings import Recording
from refarch.streaming.vod.settings import UploaderSettings, WorkerSettings

KEYS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=60)


def message(*keys: str, name: str = "ObjectCreated:Put") -> str:
    said = [{"eventName": name, "s3": {"bucket": {"name": "b"}, "object": {"key": quote_plus(key)}}} for key in keys]
    return json.dumps({"Records": said})


@given(KEYS)
def test_a_key_comes_out_of_an_event_as_it_is(key: str) -> None:
    assert [each.key for each in events.uploads(message(key))] == [key]


def test_every_record_of_a_message_counts() -> None:
    assert [each.key for each in events.uploads(message("a.mp4", "b c.mp4"))] == ["a.mp4", "b c.mp4"]


@pytest.mark.parametrize("body", ["", "[]", "{}", '{"Records": [{}]}', '{"Records": null}', "not json"])
def test_what_is_no_event_is_left_to_the_dead_letters(body: str) -> None:
    with pytest.raises(events.UnreadableMessageError):
        events.uploads(body)


def test_other_events_ask_for_nothing() -> None:
    assert events.uploads(json.dumps({"Event": "s3:TestEvent"})) == []
    assert events.uploads(message("a.mp4", name="ObjectRemoved:Delete")) == []


@given(KEYS)
def test_a_name_is_fit_for_an_address(key: str) -> None:
    name = names.asset_name(key)
    assert name == quote_plus(name, safe="/")
    assert ".." not in name.split("/")
    assert not name.startswith("/")


@given(KEYS, KEYS)
def test_two_keys_never_have_one_name(one: str, other: str) -> None:
    videos = [f"{one}.mp4", f"{other}.mp4"]
    assert (names.asset_name(videos[0]) == names.asset_name(videos[1])) == (one == other)


def test_endings_and_dots_do_not_meet() -> None:
    keys = ["a.b.mp4", "b.mp4", "a.mov", "a.mp4", "x/a.mp4", "a b.mp4", "a-b.mp4", "a+b.mp4"]
    assert len({names.asset_name(key) for key in keys}) == len(keys)


def test_the_version_follows_the_content_and_the_recipe() -> None:
    assert len({names.version_of("e", "1"), names.version_of("f", "1"), names.version_of("e", "2")}) == 3


PRIMARY = Recording("demo", 1_700_000_000, 60_000, "primary")


def backup(start: int, milliseconds: int) -> Recording:
    return Recording("demo", PRIMARY.start + start, milliseconds, "backup")


@pytest.mark.parametrize(
    ("other", "kept"),
    [
        (backup(1, 60_000), PRIMARY),  # as long: the primary's
        (backup(0, 61_500), PRIMARY),
        (backup(0, 90_000), backup(0, 90_000)),  # the primary was cut off
        (backup(0, 30_000), PRIMARY),
    ],
)
def test_the_longer_of_two_recordings_is_kept_and_the_primarys_of_two_equal(other: Recording, kept: Recording) -> None:
    both = [PRIMARY, other]
    assert [each for each in both if recordings.better(each, both) is None] == [kept]


def test_pieces_that_one_recording_covers_are_superfluous() -> None:
    again = Recording("demo", PRIMARY.start + 100, 20_000, "primary")
    whole = backup(1, 125_000)
    listed = [PRIMARY, again, whole]
    assert [each for each in listed if recordings.better(each, listed) is None] == [whole]
    assert recordings.event_names(whole, listed) == [whole.event, PRIMARY.event, again.event]


def test_two_events_are_two_videos() -> None:
    later, other = backup(600, 60_000), Recording("other", PRIMARY.start, 90_000, "backup")
    assert [recordings.better(each, [PRIMARY, later, other]) for each in (PRIMARY, later, other)] == [None] * 3


@given(st.lists(st.builds(backup, st.integers(0, 30), st.integers(100, 30_000)), min_size=1, max_size=6))
def test_of_any_recordings_one_is_kept_and_each_other_names_a_kept_one(listed: list[Recording]) -> None:
    kept = [each for each in listed if recordings.better(each, listed) is None]
    assert kept
    winners = {recordings.better(each, listed) for each in listed} - {None}
    assert winners <= set(kept)


@given(st.integers(10**9, 2 * 10**9), st.integers(1, 10**8), st.sampled_from(["primary", "backup"]))
def test_a_key_of_a_recording_is_read_back(start: int, milliseconds: int, origin: str) -> None:
    recording = Recording("demo", start, milliseconds, origin)
    assert recordings.parse(recording.key) == recording


@pytest.mark.parametrize("key", ["recordings/demo.mp4", "recordings/Demo/1700000000_1_primary.mp4", "talk.mp4"])
def test_other_keys_are_no_recordings(key: str) -> None:
    assert recordings.parse(key) is None


def sizes(width: int, height: int, fps: float = 30) -> list[str]:
    return [f"{each.width}x{each.height}" for each in ladder.plan(Source(width, height, fps)) if each.has_picture]


def test_a_4k_sphere_has_all_eight_rungs_and_each_is_two_to_one() -> None:
    assert sizes(3840, 1920) == [
        "3840x1920",
        "2560x1280",
        "1920x960",
        "1280x640",
        "852x426",
        "640x320",
        "424x212",
        "320x160",
    ]


def test_the_rungs_of_the_post_at_16_to_9() -> None:
    plan = ladder.plan(Source(3840, 2160, 30))
    assert [(each.width, each.height, each.video, each.audio) for each in plan[:-1]] == [
        (3840, 2160, 16450, 320),
        (2560, 1440, 7952, 192),
        (1920, 1080, 3980, 128),
        (1280, 720, 2136, 128),
        (854, 480, 1080, 96),
        (640, 360, 500, 96),
        (426, 240, 250, 64),
        (320, 180, 110, 64),
    ]
    assert (plan[-1].name, plan[-1].audio) == ("audio", 64)


def test_sizes_between_rungs_upright_tiny_and_huge() -> None:
    assert sizes(1000, 500)[0] == "1000x500"  # the source's own size, not 852 only
    assert sizes(1900, 950)[0] == "1900x950"
    assert sizes(1080, 1920)[:2] == ["1080x1920", "720x1280"]
    assert sizes(160, 80) == ["160x80"]
    assert sizes(7680, 3840)[0] == "3840x1920"
    assert sizes(640, 480)[:2] == ["640x480", "480x360"]


@given(st.integers(16, 8000), st.integers(16, 8000), st.floats(1, 240))
def test_nothing_is_upscaled_and_the_aspect_is_kept(width: int, height: int, fps: float) -> None:
    plan = [each for each in ladder.plan(Source(width, height, fps)) if each.has_picture]
    assert len({each.name for each in plan}) == len(plan)
    for each in plan:
        assert each.width <= width
        assert each.height <= height
        assert each.width % 2 == each.height % 2 == 0
        assert abs(each.height - each.width * height / width) <= max(2, 2 * height / width)
        assert each.fps <= 60
        assert (width == 2 * height) <= (each.width == 2 * each.height)


def test_a_silent_source_has_no_audio_anywhere() -> None:
    plan = ladder.plan(Source(640, 320, 25, has_audio=False))
    assert [each.audio for each in plan] == [0] * len(plan)
    words = commands.encode("f", media.Media(640, 320, Fraction(25), 3.0, 0), plan, preset="fast", segment_seconds=4)
    assert "-c:a" not in words
    assert "0:a:0" not in words


def test_the_commands_bind_the_rate_of_every_rung() -> None:
    found = media.Media(640, 320, Fraction(25), 3.0, 4, 3.0)
    plan = ladder.plan(found.source)
    words = commands.encode("f", found, plan, preset="fast", segment_seconds=4)
    for i, each in enumerate(each for each in plan if each.has_picture):
        assert words[words.index(f"-maxrate:v:{i}") + 1] == f"{each.video}k"
        assert words[words.index(f"-bufsize:v:{i}") + 1] == f"{each.video}k"
    assert words[words.index("-ac") + 1] == "2"
    assert (
        words[words.index("-var_stream_map") + 1] == "v:0,a:0,name:640 v:1,a:1,name:424 v:2,a:2,name:320 a:3,name:audio"
    )


def probed(*streams: dict[str, object], duration: str = "12.5") -> str:
    return json.dumps({"streams": streams, "format": {"duration": duration}})


PICTURE = {"codec_type": "video", "width": 640, "height": 320, "avg_frame_rate": "30000/1001"}


def test_a_file_is_read_as_a_player_shows_it() -> None:
    sound = {"codec_type": "audio", "channels": 4, "duration": "12.4"}
    assert media.parse(probed(PICTURE, sound)) == media.Media(640, 320, Fraction(30000, 1001), 12.5, 4, 12.4)
    turned = {**PICTURE, "side_data_list": [{"rotation": -90}]}
    assert media.parse(probed(turned)).width == 320
    assert media.parse(probed({**PICTURE, "sample_aspect_ratio": "4:3"})).width == 853
    assert media.parse(probed({**PICTURE, "sample_aspect_ratio": "0:1"})).width == 640


@pytest.mark.parametrize(
    "output",
    [
        "",
        probed(),
        probed({"codec_type": "audio"}),
        probed({**PICTURE, "disposition": {"attached_pic": 1}}),
        probed({**PICTURE, "avg_frame_rate": "0/0"}),
        probed(PICTURE, duration="0"),
        probed({**PICTURE, "width": 0}),
    ],
)
def test_what_is_no_video_is_refused(output: str) -> None:
    with pytest.raises(media.BrokenSourceError):
        media.parse(output)


def test_settings_say_all_that_is_wrong_at_once() -> None:
    with pytest.raises(InvalidSettingsError) as caught:
        WorkerSettings(queue_url="queue", egress_bucket="", visibility_seconds=0, preset="best")
    assert all(name in str(caught.value) for name in ("queue_url", "egress_bucket", "visibility_seconds", "preset"))
    with pytest.raises(InvalidSettingsError, match=r"ingest_bucket.*every_seconds"):
        UploaderSettings(ingest_bucket="", every_seconds=0)
