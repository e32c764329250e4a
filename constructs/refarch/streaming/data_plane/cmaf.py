"""Write fragmented MP4 (CMAF): an initialization segment, and parts of segments. Pure: bytes in, bytes out.

The same frames give the same bytes, wherever and whenever they are written. ISO/IEC 14496-12, 14496-14, 14496-15.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass

VIDEO_SCALE = 90_000
_VIDEO_TRACK, _AUDIO_TRACK = 1, 2
_SYNC, _NOT_SYNC = 0x02000000, 0x01010000
_TFHD_BASE_IS_MOOF = 0x020000
_TRUN = 0x01000F01
"""Version 1; data offset; of each sample the duration, size, flags and composition offset."""
_MATRIX = struct.pack(">9I", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)
_RATES = (96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000, 7350)
_HIGH_RATE = 15


@dataclass(frozen=True)
class Sample:
    """Times in units of the track's scale. `later`: how much later than decoded it is shown."""

    duration: int
    later: int
    sync: bool
    data: bytes


@dataclass(frozen=True)
class Run:
    """Consecutive samples of one track, the first decoded at `decoded`."""

    video: bool
    decoded: int
    samples: Sequence[Sample]


def init(width: int, height: int, avc: bytes, aac: bytes | None) -> bytes:
    """The initialization segment. `avc`: decoder configuration record; `aac`: audio specific configuration."""
    picture = bytes(6) + struct.pack(">H16x2H2I4xH", 1, width, height, 0x480000, 0x480000, 1) + bytes(32)
    tracks = [_track(_VIDEO_TRACK, b"vide", VIDEO_SCALE, (width, height), _box(b"avc1", picture + _end(avc)))]
    if aac is not None:
        rate = sample_rate(aac)
        sound = bytes(6) + struct.pack(">H8x2H4xI", 1, channels(aac), 16, (rate & 0xFFFF) << 16) + _esds(aac)
        tracks.append(_track(_AUDIO_TRACK, b"soun", rate, (0, 0), _box(b"mp4a", sound)))
    extends = b"".join(_full(b"trex", struct.pack(">5I", each + 1, 1, 0, 0, 0)) for each in range(len(tracks)))
    head = struct.pack(">4I", 0, 0, 1000, 0) + struct.pack(">IH10x", 0x10000, 0x100) + _MATRIX + bytes(24)
    movie = _full(b"mvhd", head + struct.pack(">I", len(tracks) + 1)) + b"".join(tracks) + _box(b"mvex", extends)
    return _box(b"ftyp", b"iso6\0\0\0\0iso6cmfcmp41") + _box(b"moov", movie)


def part(number: int, runs: Sequence[Run]) -> bytes:
    """One fragment: its header (`number` counts fragments), then the samples of all its runs."""
    length = len(_fragment(number, runs, [0] * len(runs)))
    offsets, at = [], length + 8
    for run in runs:
        offsets.append(at)
        at += sum(len(each.data) for each in run.samples)
    media = b"".join(each.data for run in runs for each in run.samples)
    return _fragment(number, runs, offsets) + _box(b"mdat", media)


def sample_rate(aac: bytes) -> int:
    index = (aac[0] & 7) << 1 | aac[1] >> 7
    return int.from_bytes(aac[1:5], "big") >> 7 & 0xFFFFFF if index == _HIGH_RATE else _RATES[index]


def channels(aac: bytes) -> int:
    return aac[1] >> 3 & 0xF


def _fragment(number: int, runs: Sequence[Run], offsets: Sequence[int]) -> bytes:
    tracks = b"".join(_run(run, offset) for run, offset in zip(runs, offsets, strict=True))
    return _box(b"moof", _full(b"mfhd", struct.pack(">I", number & 0xFFFF_FFFF)) + tracks)


def _run(run: Run, offset: int) -> bytes:
    track = _VIDEO_TRACK if run.video else _AUDIO_TRACK
    rows = [struct.pack(">IIIi", s.duration, len(s.data), _SYNC if s.sync else _NOT_SYNC, s.later) for s in run.samples]
    return _box(
        b"traf",
        _full(b"tfhd", struct.pack(">I", track), _TFHD_BASE_IS_MOOF)
        + _full(b"tfdt", struct.pack(">Q", run.decoded), 0x01000000)
        + _full(b"trun", struct.pack(">Ii", len(rows), offset) + b"".join(rows), _TRUN),
    )


def _track(number: int, kind: bytes, scale: int, size: tuple[int, int], entry: bytes) -> bytes:
    video = kind == b"vide"
    head = struct.pack(">5I8x4H", 0, 0, number, 0, 0, 0, 0, 0 if video else 0x100, 0) + _MATRIX
    header = _full(b"tkhd", head + struct.pack(">2I", size[0] << 16, size[1] << 16), 3)
    media = _full(b"mdhd", struct.pack(">4I2H", 0, 0, scale, 0, 0x55C4, 0))
    handler = _full(b"hdlr", bytes(4) + kind + bytes(12) + b"\0")
    special = _full(b"vmhd", bytes(8), 1) if video else _full(b"smhd", bytes(4))
    where = _box(b"dinf", _full(b"dref", struct.pack(">I", 1) + _full(b"url ", b"", 1)))
    empty = _full(b"stts", bytes(4)) + _full(b"stsc", bytes(4)) + _full(b"stsz", bytes(8)) + _full(b"stco", bytes(4))
    table = _box(b"stbl", _full(b"stsd", struct.pack(">I", 1) + entry) + empty)
    return _box(b"trak", header + _box(b"mdia", media + handler + _box(b"minf", special + where + table)))


def _end(avc: bytes) -> bytes:
    return struct.pack(">Hh", 0x18, -1) + _box(b"avcC", avc)


def _esds(aac: bytes) -> bytes:
    specific = _descriptor(0x05, aac)
    config = _descriptor(0x04, b"\x40\x15" + bytes(11) + specific)
    return _full(b"esds", _descriptor(0x03, b"\0\0\0" + config + _descriptor(0x06, b"\x02")))


def _descriptor(kind: int, content: bytes) -> bytes:
    return bytes([kind, len(content)]) + content


def _full(kind: bytes, content: bytes, version_and_flags: int = 0) -> bytes:
    return _box(kind, struct.pack(">I", version_and_flags) + content)


def _box(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I4s", 8 + len(content), kind) + content
