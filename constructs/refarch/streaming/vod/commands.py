"""ffmpeg's command lines for videos, as lists of words. Decisions: nothing is run in here."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from refarch.streaming.data_plane.ffmpeg_commands import QUIET
from refarch.streaming.vod.ladder import FASTEST_FPS, Rendition
from refarch.streaming.vod.media import ONLY_VIDEOS, STEREO, Media

RECIPE = "1"
"""Part of every version's name: raise it when the commands below give another result."""
ENDINGS = {"mpegts": "ts", "fmp4": "m4s"}
QUALITY = "21"
"""x264's constant quality, below the rate that the buffer enforces: a still picture needs less than its rung has."""
HIGH_PROFILE_FROM = 8000
"""kbit/s. Below, the main profile: older headsets decode no more."""


def recipe(segment_format: str) -> str:
    """How a video is made, as far as it is part of its version."""
    return RECIPE if segment_format == "mpegts" else f"{RECIPE}-{segment_format}"


def encode(
    file: str,
    media: Media,
    renditions: Sequence[Rendition],
    *,
    preset: str,
    segment_seconds: int,
    segment_format: str = "mpegts",
) -> list[str]:
    """All renditions in one run that decodes once; each a folder `<name>/` below the current one."""
    pictures = [each for each in renditions if each.has_picture]
    return [
        *QUIET,
        *("-y", *ONLY_VIDEOS, "-i", file, "-filter_complex", _graph(media, pictures)),
        *_maps(renditions, media),
        *_video(pictures, preset, segment_seconds),
        *_audio([each for each in renditions if each.audio], media),
        *("-f", "hls", "-hls_time", str(segment_seconds), "-hls_list_size", "0", "-hls_playlist_type", "vod"),
        *("-hls_flags", "independent_segments", "-muxdelay", "0", "-muxpreload", "0"),
        *("-var_stream_map", _variants(renditions)),
        *(("-hls_segment_type", "fmp4") if segment_format == "fmp4" else ()),
        *("-hls_segment_filename", f"%v/%05d.{ENDINGS[segment_format]}", "%v/index.m3u8"),
    ]


def remux(source: str, target: str) -> list[str]:
    """A recording as MP4, its index in front; pictures and sound as they are."""
    streams = ("-map", "0:v:0", "-map", "0:a:0?", "-c", "copy")
    return [*QUIET, "-y", "-i", source, *streams, "-movflags", "+faststart", "-f", "mp4", target]


def _graph(media: Media, pictures: Sequence[Rendition]) -> str:
    """Frames at an even pace (cameras of phones have none), then one scaler a rendition."""
    pace = min(media.rate, Fraction(int(FASTEST_FPS)))
    names = "".join(f"[i{i}]" for i in range(len(pictures)))
    scales = [f"[i{i}]scale={each.width}:{each.height},setsar=1[v{i}]" for i, each in enumerate(pictures)]
    return ";".join([f"[0:v:0]fps={pace},split={len(pictures)}{names}", *scales])


def _maps(renditions: Sequence[Rendition], media: Media) -> list[str]:
    words: list[str] = []
    for i, each in enumerate(renditions):
        words += ["-map", f"[v{i}]"] if each.has_picture else []
        words += ["-map", "0:a:0"] if media.channels and each.audio else []
    return words


def _video(pictures: Sequence[Rendition], preset: str, segment_seconds: int) -> list[str]:
    words = [
        *("-c:v", "libx264", "-preset", preset, "-pix_fmt", "yuv420p", "-sc_threshold", "0", "-crf", QUALITY),
        # A key frame begins every segment, in every rendition at the same moment.
        *("-force_key_frames", f"expr:gte(t,n_forced*{segment_seconds})"),
    ]
    for i, each in enumerate(pictures):
        words += [f"-maxrate:v:{i}", f"{each.video}k", f"-bufsize:v:{i}", f"{each.video}k"]
        words += [f"-profile:v:{i}", "high" if each.video > HIGH_PROFILE_FROM else "main"]
    return words


def _audio(sounding: Sequence[Rendition], media: Media) -> list[str]:
    if not sounding:
        return []
    words = ["-c:a", "aac", "-ac", str(min(media.channels, STEREO))]
    for i, each in enumerate(sounding):
        words += [f"-b:a:{i}", f"{each.audio}k"]
    return words


def _variants(renditions: Sequence[Rendition]) -> str:
    words, sound = [], 0
    for i, each in enumerate(renditions):
        parts = [f"v:{i}"] if each.has_picture else []
        if each.audio:
            parts.append(f"a:{sound}")
            sound += 1
        words.append(",".join([*parts, f"name:{each.name}"]))
    return " ".join(words)
