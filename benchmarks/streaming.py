"""Live streaming: our data plane, the original's configuration and Node-Media-Server, side by side on one encoder.

    python -m benchmarks.streaming [--quick] [--output FILE]

All are fed at the same moment, by one encode, and watched at the same moment: what a neighbour takes hits all of them.
CPU is CPU seconds of their processes. Where a figure can be nothing (no failed request), the smallest step that could
have been seen stands for it in the ratio. `--quick`: one start, four seconds of CPU, two of load an edge, one failure,
and nothing of what its viewers saw.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from typing import Final

from benchmarks import figures
from benchmarks.streaming_cpu import spent
from benchmarks.streaming_failover import FULL, QUICK, observed
from benchmarks.streaming_figures import Measured, all_figures
from benchmarks.streaming_latency import Lookout, latency
from benchmarks.streaming_load import playlist, segment
from benchmarks.streaming_origins import shielded
from benchmarks.streaming_peer import install
from benchmarks.streaming_scene import SAME_PRESET, Scene, scene
from benchmarks.streaming_start import started
from benchmarks.streaming_systems import RENDITIONS
from rehearsals.programs import need
from rehearsals.streaming_processes import NotInTime

STARTS: Final = 3
WINDOWS, WINDOW_SECONDS, QUICK_WINDOW = 3, 20, 4
LOAD_TURNS, LOAD_SECONDS = 3, 3
CROWD_SECONDS: Final = 30
PROGRAMS: Final = ("nginx", "libnginx-mod-rtmp", "ffmpeg", "wrk")


def measure(*, quick: bool) -> Measured:
    """All of it; some 40 seconds with `quick`, else eight to ten minutes."""
    found, peer = Measured(), _has_peer()
    for left in reversed(range(1 if quick else STARTS)):
        with (
            tempfile.TemporaryDirectory() as folder,
            scene(Path(folder), peer=peer, same_preset=not quick) as made,
            ExitStack() as lookouts,
        ):
            watched = [] if left else [lookouts.enter_context(Lookout(each)) for each in made.systems]
            for system, each in zip(made.systems, started(made.systems, made.publish()), strict=True):
                found.starts.setdefault(system.name, []).append(each)
            if not left:
                _live(made, watched, lookouts, found, quick=quick)
    return found


def _live(made: Scene, watched: list[Lookout], lookouts: ExitStack, found: Measured, *, quick: bool) -> None:
    """What is measured of streams that run."""
    for _ in range(1 if quick else WINDOWS):
        for name, spent_there in _cpu(made, QUICK_WINDOW if quick else WINDOW_SECONDS).items():
            found.cpu.setdefault(name, []).append(spent_there)
    lookouts.close()
    found.latency = {each.system.name: latency(each.seen) for each in watched}
    _load(made, found, quick=quick)
    both = made.systems[:2]
    names = [system.name for system in both]
    if not quick:
        found.crowd = dict(zip(names, shielded(both, CROWD_SECONDS), strict=True))
    for event in QUICK if quick else FULL:
        try:
            outcomes = observed(made, event, thorough=not quick)
        except NotInTime as problem:
            found.problems.append(f"{event.name}: {problem}")
            continue
        found.outcomes[event.name] = dict(zip(names, outcomes, strict=True))


def _load(made: Scene, found: Measured, *, quick: bool) -> None:
    """In turns, of which the first is thrown away. Not of Node-Media-Server with `quick`: it takes long to get warm."""
    if quick:
        for system in made.systems[:2] * 2:
            found.playlists.setdefault(system.name, []).append(playlist(system, 1))
        return
    for turn in range(LOAD_TURNS + 1):
        for system in made.systems:
            served = (playlist(system, LOAD_SECONDS), segment(system, LOAD_SECONDS))
            for each, into in zip(served, (found.playlists, found.segments), strict=True):
                into.setdefault(system.name, []).extend([each] if turn else [])


def _cpu(made: Scene, seconds: float) -> dict[str, float]:
    """CPU milliseconds a second of video and rendition, of what takes the stream and packages it."""
    groups = {system.name: system.origin for system in made.systems}
    if made.same_preset is not None:
        groups[SAME_PRESET] = made.same_preset
    before, began = {name: spent(each) for name, each in groups.items()}, time.monotonic()
    time.sleep(seconds)
    passed = time.monotonic() - began
    return {name: (spent(each) - before[name]) / passed / RENDITIONS * 1000 for name, each in groups.items()}


def _has_peer() -> bool:
    try:
        install()
    except RuntimeError as problem:
        print(f"without Node-Media-Server: {problem}")
        return False
    return True


def _versions() -> dict[str, str]:
    words = ["dpkg-query", "-W", "-f", "${Package} ${Version}\n", *PROGRAMS]
    lines = subprocess.run(words, capture_output=True, text=True, check=False).stdout.splitlines()
    return dict(line.split(maxsplit=1) for line in lines)


def main() -> int:
    chosen = figures.options(__doc__)
    need("streaming", "load")
    found = measure(quick=chosen.quick)
    code = figures.deliver(all_figures(found), chosen.output, measured=asdict(found), versions=_versions())
    for each in found.problems:
        print(f"not measured: {each}")
    return 1 if found.problems else code


if __name__ == "__main__":
    sys.exit(main())
