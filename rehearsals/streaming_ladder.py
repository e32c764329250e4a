"""The ladder of a 4K sphere on this machine: what it costs, and that it comes out right.

`python -m rehearsals.streaming_ladder` measures the figures of `refarch.streaming.data_plane.processors` anew, and
sends a 4K picture through an origin with the default ladder. It takes minutes of a quiet machine with two processors.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from refarch.streaming import hls_rules
from refarch.streaming.data_plane import processors
from refarch.streaming.data_plane.ladder import Source
from refarch.streaming.data_plane.settings import OriginSettings
from rehearsals.programs import need
from rehearsals.streaming_processes import Site, get, wait_for

SPHERE = Source(3840, 1920, 30)
MIDDLE = Source(1920, 960, 30)
SECONDS = 3
QUIET = ("ffmpeg", "-v", "error", "-nostdin")
NOWHERE = ("-f", "null", "-")


@dataclass(frozen=True)
class Figures:
    """Milliseconds of processor time for a million pixels."""

    decode: float
    scale: float
    encode: Mapping[str, float]


@dataclass(frozen=True)
class Run:
    """What an origin made of a 4K sphere."""

    variants: Mapping[str, str]
    """Address of a rendition → what the master playlist calls its size."""
    sizes: Mapping[str, str]
    """The same address → the size that ffprobe finds in a segment."""
    processors: float
    """That its packager kept busy."""
    told: Sequence[Mapping[str, Any]]
    """The origin's warnings that this machine is too small."""


def film(file: Path) -> Path:
    """A detailed picture that moves, with noise: colour bars would cost a fraction."""
    picture = f"mandelbrot=size={MIDDLE.width}x{MIDDLE.height}:rate={MIDDLE.fps:g}:maxiter=200:end_pts=200"
    graph = f"scale={SPHERE.width}:{SPHERE.height}:flags=bilinear,noise=alls=6:allf=t,format=yuv420p"
    rate = ["-b:v", "16000k", "-maxrate", "16000k", "-bufsize", "16000k", "-g", "30", "-sc_threshold", "0"]
    coder = ["-c:v", "libx264", "-preset", "veryfast", "-tune", "zerolatency", *rate]
    sound = ["-f", "lavfi", "-i", "sine=sample_rate=48000", "-c:a", "aac", "-shortest"]
    _run("-f", "lavfi", "-i", picture, *sound, "-t", str(SECONDS), "-vf", graph, *coder, str(file))
    return file


def measure(sphere: Path) -> Figures:
    """Processor time of each step, with what reading alone takes taken off."""
    read = ("-flags", "low_delay", "-i", str(sphere))
    decode = _spent(*read, "-map", "0:v", *NOWHERE)
    scale = _spent(*read, "-vf", f"scale={MIDDLE.width}:{MIDDLE.height}", *NOWHERE) - decode
    raw = sphere.with_suffix(".yuv")
    _run(*read, "-vf", f"scale={MIDDLE.width}:{MIDDLE.height}", "-pix_fmt", "yuv420p", "-f", "rawvideo", str(raw))
    plain = ("-f", "rawvideo", "-s", f"{MIDDLE.width}x{MIDDLE.height}", "-r", f"{MIDDLE.fps:g}", "-i", str(raw))
    nothing = _spent(*plain, *NOWHERE)
    rate = ("-b:v", "5800k", "-maxrate", "5800k", "-bufsize", "2900k", "-g", "30", "-x264-params", "sliced-threads=0")
    encode = {
        preset: _spent(*plain, "-c:v", "libx264", "-preset", preset, "-tune", "zerolatency", *rate, *NOWHERE) - nothing
        for preset in processors.ENCODE_MS
    }
    raw.unlink()
    return Figures(
        _each(decode, SPHERE), _each(scale, SPHERE), {name: _each(spent, MIDDLE) for name, spent in encode.items()}
    )


def through_an_origin(sphere: Path, folder: Path, segments: int = 3) -> Run:
    """Publish the film again and again, until every rendition has so many segments."""
    defaults = OriginSettings()
    options = {"rungs": defaults.rungs, "preset": defaults.preset}
    with Site(folder, origin_options=options) as site:
        site.start("primary", site.origin_settings("primary", ""))
        site.wait_until_up("primary")
        url = f"{site.base('primary')}/hls/{site.stream}.m3u8"
        command = [*QUIET, "-re", "-stream_loop", "-1", "-i", str(sphere), "-c", "copy", "-f", "flv"]
        encoder = subprocess.Popen([*command, site.publishing_point("primary")], stderr=subprocess.DEVNULL)
        try:
            wait_for("the master playlist", lambda: get(url)[0] == 200, 120)
            names = hls_rules.variants(get(url)[1].decode())
            lists = {name: url.rpartition("/")[0] + "/" + name for name in names}
            wait_for("segments", lambda: all(len(_segments(each)) >= segments for each in lists.values()), 240)
            pid = site.roles["primary"].events("packaging")[-1]["pid"]
            sizes = {name: _size(each) for name, each in lists.items()}
            busy = _busy(pid)
        finally:
            encoder.kill()
            encoder.wait()
        told = site.roles["primary"].events("too heavy")
    return Run({name: each["RESOLUTION"] for name, each in names.items()}, sizes, busy, told)


def main() -> int:
    need("streaming")
    with tempfile.TemporaryDirectory() as folder:
        sphere = film(Path(folder) / "sphere.flv")
        found = measure(sphere)
        print("milliseconds of a processor for a million pixels    here  in the table")
        print(f"{'decode':>46} {found.decode:9.2f} {processors.DECODE_MS:9.2f}")
        print(f"{'scale, of the source, for each rendition':>46} {found.scale:9.2f} {processors.SCALE_MS:9.2f}")
        for preset, known in processors.ENCODE_MS.items():
            print(f"{'encode ' + preset:>46} {found.encode[preset]:9.2f} {known:9.2f}")
        run = through_an_origin(sphere, Path(folder) / "site")
        print(f"the default ladder of {SPHERE.width}x{SPHERE.height} at {SPHERE.fps:g} keeps {run.processors:.2f} busy")
        for name, size in run.variants.items():
            print(f"  {name}: {size}, in its segments {run.sizes[name]}")
        print("\n".join(json.dumps(each) for each in run.told) or "this machine has processors enough")
    return 0


def _run(*words: str) -> None:
    subprocess.run([*QUIET, "-y", *words], check=True)


def _spent(*words: str) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    _run(*words)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def _each(spent: float, source: Source) -> float:
    return spent * 1000 / (source.width * source.height * source.fps * SECONDS / 1e6)


def _segments(playlist: str) -> list[str]:
    status, body, _ = get(playlist)
    return [line for line in body.decode().splitlines() if status == 200 and line and not line.startswith("#")]


def _size(playlist: str) -> str:
    address = f"{playlist.rpartition('/')[0]}/{_segments(playlist)[-1]}"
    wanted = ["-select_streams", "v", "-show_entries", "stream=width,height", "-of", "csv=p=0:s=x", address]
    done = subprocess.run(["ffprobe", "-v", "error", *wanted], check=True, capture_output=True, text=True)
    return done.stdout.split()[0]


def _busy(pid: int) -> float:
    """Processor seconds of a process for each second of its life."""
    done = subprocess.run(["ps", "-o", "cputimes=,etimes=", "-p", str(pid)], check=True, capture_output=True, text=True)
    spent, lived = map(float, done.stdout.split())
    return spent / max(lived, 1.0)


if __name__ == "__main__":
    sys.exit(main())
