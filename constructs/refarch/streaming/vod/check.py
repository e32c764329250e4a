"""What ffmpeg made, before anybody sees it: is each rendition whole, as long as its source, and of its size?"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from refarch.streaming import hls_rules
from refarch.streaming.data_plane import fragmented_mp4, playlists, transport_stream
from refarch.streaming.vod.ladder import Rendition
from refarch.streaming.vod.media import FFPROBE, Media

TOLERANCE_SECONDS = 0.5
FRAME_TOLERANCE = 0.02
SPARE_FRAMES = 3
_HEAD_BYTES = 512 * 1024
Run = Callable[[Sequence[str]], str]


class BrokenRenditionError(ValueError):
    """A result that must not be published. The message names every fault."""


@dataclass(frozen=True)
class Measured:
    """A rendition as it came out. Rates in bit/s: the greatest of a segment, and the mean."""

    rendition: Rendition
    peak: int
    mean: int
    codecs: tuple[str, ...]


def measure(folder: Path, renditions: Sequence[Rendition], media: Media, run: Run) -> list[Measured]:
    """Measure all renditions below `folder`; `run` runs ffprobe. Raises `BrokenRenditionError`."""
    faults = [fault for each in renditions for fault in _faults(folder / each.name, each, media, run)]
    if faults:
        raise BrokenRenditionError("; ".join(faults))
    return [_measured(folder / each.name, each) for each in renditions]


def _faults(folder: Path, rendition: Rendition, media: Media, run: Run) -> list[str]:
    list_file = folder / "index.m3u8"
    if not list_file.is_file():
        return [f"{rendition.name}: no playlist"]
    text = list_file.read_text()
    segments = playlists.parse(text)
    files = dict.fromkeys(name for each in segments for name in (each.init, each.file) if name)
    empty = [each for each in files if not _size(folder / each)]
    found = hls_rules.broken_in_media(text) + [f"{each} is missing or empty" for each in empty]
    if not playlists.ended(text):
        found.append("the playlist has no end")
    found += _wrong_length(sum(each.seconds for each in segments), rendition, media)
    if not found and rendition.has_picture:
        found += _wrong_picture(list_file, rendition, media, run)
    return [f"{rendition.name}: {each}" for each in found]


def _wrong_length(seconds: float, rendition: Rendition, media: Media) -> list[str]:
    expected = media.seconds if rendition.has_picture else media.sound_seconds
    return [] if abs(seconds - expected) <= TOLERANCE_SECONDS else [f"{seconds:.2f} s of {expected:.2f} s"]


def _wrong_picture(list_file: Path, rendition: Rendition, media: Media, run: Run) -> list[str]:
    """The playlist is only what ffmpeg meant to write; the frames are counted in the segments themselves."""
    wanted = ("-count_packets", "-show_entries", "stream=width,height,nb_read_packets")
    said = run([FFPROBE, "-v", "error", "-of", "json", "-select_streams", "v:0", *wanted, str(list_file)])
    stream = (json.loads(said).get("streams") or [{}])[0]
    size = (stream.get("width"), stream.get("height"))
    frames, planned = int(stream.get("nb_read_packets", 0)), media.seconds * rendition.fps
    found = [] if size == (rendition.width, rendition.height) else [f"the picture is {size[0]}x{size[1]}"]
    if abs(frames - planned) > SPARE_FRAMES + FRAME_TOLERANCE * planned:
        found.append(f"{frames} frames of {planned:.0f}")
    return found


def _measured(folder: Path, rendition: Rendition) -> Measured:
    segments = playlists.parse((folder / "index.m3u8").read_text())
    sizes = [_size(folder / each.file) * 8 for each in segments]
    peak = peak_rate(sizes, [each.seconds for each in segments])
    mean = sum(sizes) / sum(each.seconds for each in segments)
    with (folder / segments[0].file).open("rb") as file:
        head = file.read(_HEAD_BYTES)
    init = (folder / segments[0].init).read_bytes() if segments[0].init else b""
    _, codecs = fragmented_mp4.describe(init, head) if init else transport_stream.describe(head)
    return Measured(rendition, round(max(peak, mean)), round(mean), codecs)


def peak_rate(bits: Sequence[int], seconds: Sequence[float]) -> float:
    """BANDWIDTH as RFC 8216 (4.3.4.2) means it: the greatest rate of consecutive segments that are together between a
    half and one and a half times the target duration long. A last segment of one frame counts with its neighbours."""
    target = max(round(max(seconds)), 1)
    rates = [sum(bits) / sum(seconds)]
    for first in range(len(bits)):
        for last in range(first + 1, len(bits) + 1):
            length = sum(seconds[first:last])
            if length > 1.5 * target:
                break
            if length >= 0.5 * target:
                rates.append(sum(bits[first:last]) / length)
    return max(rates)


def _size(file: Path) -> int:
    return file.stat().st_size if file.is_file() else 0


def master(measured: Sequence[Measured], version: str) -> str:
    """The master playlist: what the renditions were measured to need. Addresses are relative to it."""
    lines = ["#EXTM3U", "#EXT-X-VERSION:3", "#EXT-X-INDEPENDENT-SEGMENTS"]
    for each in measured:
        values = [f"BANDWIDTH={each.peak}", f"AVERAGE-BANDWIDTH={each.mean}", f'CODECS="{",".join(each.codecs)}"']
        if each.rendition.has_picture:
            picture = each.rendition
            values += [f"RESOLUTION={picture.width}x{picture.height}", f"FRAME-RATE={picture.fps:.3f}"]
        lines += [f"#EXT-X-STREAM-INF:{','.join(values)}", f"{version}/{each.rendition.name}/index.m3u8"]
    return "\n".join(lines) + "\n"
