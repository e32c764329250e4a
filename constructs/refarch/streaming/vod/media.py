"""What ffprobe says about a file, and whether that is a video at all. Decisions: nothing is run in here."""

from __future__ import annotations

import json
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from refarch.streaming.data_plane.ladder import Source

FFPROBE = "/usr/bin/ffprobe"
ONLY_VIDEOS = ("-protocol_whitelist", "file", "-format_whitelist", "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,flv,mpegts")
"""Files come from strangers: one that is really a playlist must not make ffmpeg fetch what its author wishes."""
_WANTED = "format=duration:stream=codec_type,width,height,avg_frame_rate,r_frame_rate,duration,channels"
STEREO = 2
_SIDEWAYS = (90, 270)


class BrokenSourceError(ValueError):
    """A file that cannot become a video. The message says what is wrong with it."""


@dataclass(frozen=True)
class Media:
    """A file: its picture as a player shows it (turned, with square pixels), its sound, its length in seconds."""

    width: int
    height: int
    rate: Fraction
    seconds: float
    channels: int
    """Of the sound; 0 without any."""
    sound_seconds: float = 0.0

    @property
    def source(self) -> Source:
        return Source(self.width, self.height, float(self.rate), self.channels > 0)


def probe_command(file: str) -> list[str]:
    """What `parse` reads."""
    more = "sample_aspect_ratio:stream_disposition=attached_pic:stream_side_data=rotation"
    return [FFPROBE, "-v", "error", *ONLY_VIDEOS, "-of", "json", "-show_entries", f"{_WANTED},{more}", file]


def parse(output: str) -> Media:
    """What `probe_command` printed. Raises `BrokenSourceError` where there is no picture, or no length."""
    try:
        said: dict[str, Any] = json.loads(output)
    except ValueError as error:
        raise BrokenSourceError(f"ffprobe printed {output[:200]!r}") from error
    streams = said.get("streams", [])
    pictures = [each for each in streams if each.get("codec_type") == "video" and not _is_cover(each)]
    if not pictures:
        raise BrokenSourceError("no video in the file")
    sounds = [each for each in streams if each.get("codec_type") == "audio"]
    width, height = _shown_size(pictures[0])
    whole = said.get("format", {}).get("duration") or 0
    media = Media(
        width,
        height,
        _rate(pictures[0]),
        float(pictures[0].get("duration") or whole),
        int(sounds[0].get("channels", STEREO)) if sounds else 0,
        float(sounds[0].get("duration") or whole) if sounds else 0.0,
    )
    if media.width <= 0 or media.height <= 0 or media.seconds <= 0:
        raise BrokenSourceError(f"picture of {media.width}x{media.height}, {media.seconds:g} s long")
    return media


def _is_cover(stream: dict[str, Any]) -> bool:
    """A still picture of an album, not the video."""
    return bool(stream.get("disposition", {}).get("attached_pic"))


def _shown_size(stream: dict[str, Any]) -> tuple[int, int]:
    width, height = int(stream.get("width", 0)), int(stream.get("height", 0))
    across, _, down = stream.get("sample_aspect_ratio", "1:1").partition(":")
    if int(across or 0) and int(down or 0):
        width = round(width * int(across) / int(down))
    turned = [int(each.get("rotation", 0)) for each in stream.get("side_data_list", [])]
    return (height, width) if any(abs(each) % 360 in _SIDEWAYS for each in turned) else (width, height)


def _rate(stream: dict[str, Any]) -> Fraction:
    for name in ("avg_frame_rate", "r_frame_rate"):
        above, _, below = stream.get(name, "0/0").partition("/")
        if int(above) and int(below or 1):
            return Fraction(int(above), int(below or 1))
    raise BrokenSourceError("no frame rate")
