"""From what was measured to figures: ours beside the original's configuration and beside Node-Media-Server."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from benchmarks.figures import Figure, compared, median
from benchmarks.paired import ratio
from benchmarks.streaming_latency import Latency
from benchmarks.streaming_load import Served
from benchmarks.streaming_origins import VIEWERS, Shielded
from benchmarks.streaming_scene import OURS, SAME_PRESET
from benchmarks.streaming_start import Started
from benchmarks.streaming_witness import Outcome

PART: Final = "streaming"
REQUEST: Final = 1.0
LOOK: Final = 0.25
"""Seconds between two looks of a viewer: shorter silences are none."""
PICTURES: Final = 0.2


@dataclass
class Measured:
    """Everything by the name of the system; lists have one item a turn, `cpu` in CPU ms a second and rendition."""

    starts: dict[str, list[Started]] = field(default_factory=dict)
    latency: dict[str, Latency] = field(default_factory=dict)
    cpu: dict[str, list[float]] = field(default_factory=dict)
    playlists: dict[str, list[Served]] = field(default_factory=dict)
    segments: dict[str, list[Served]] = field(default_factory=dict)
    crowd: dict[str, Shielded] = field(default_factory=dict)
    outcomes: dict[str, dict[str, Outcome]] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    """What could not be measured, and why: then the other figures stand, and the benchmark fails."""


def all_figures(measured: Measured) -> list[Figure]:
    """In the order of the report."""
    return [
        *_starts(measured.starts),
        *_latencies(measured.latency),
        *_cpu(measured.cpu),
        *_edge(measured),
        *_crowd(measured.crowd),
        *(figure for event, outcomes in measured.outcomes.items() for figure in _failover(event, outcomes)),
    ]


def beside(
    name: str, own: float, peer: str, other: float, unit: str, *, step: float, limit: float | None = None
) -> Figure:
    """A figure of one turn that may be nothing: in the ratio, less than `step` counts as `step`."""
    times = max(own, step) / max(other, step)
    return Figure(f"{PART}: {name}", round(own, 3), peer, round(other, 3), unit, round(times, 3), limit)


def _peers(names: Mapping[str, object]) -> list[str]:
    return [name for name in names if name not in (OURS, SAME_PRESET)]


def _starts(starts: Mapping[str, Sequence[Started]]) -> Iterator[Figure]:
    for at, peer in enumerate(_peers(starts)):
        limit = None if at else 0.9
        playable = [[each.playable for each in starts[name]] for name in (OURS, peer)]
        pictures = [[each.first_picture for each in starts[name]] for name in (OURS, peer)]
        yield compared(f"{PART}: publish to playable", playable[0], peer, playable[1], unit="s", limit=limit)
        yield compared(f"{PART}: publish to first picture", pictures[0], peer, pictures[1], unit="s", limit=limit)


def _latencies(found: Mapping[str, Latency]) -> Iterator[Figure]:
    for at, peer in enumerate(_peers(found)):
        own, other = found[OURS], found[peer]
        if own.newest is not None and other.newest is not None:
            yield beside("age of the newest picture", own.newest, peer, other.newest, "s", step=PICTURES)
        if own.start is not None and other.start is not None:
            limit = None if at else 0.6
            name = "age of what a player starts with"
            yield beside(name, own.start, peer, other.start, "s", step=PICTURES, limit=limit)


def _cpu(cpu: Mapping[str, Sequence[float]]) -> Iterator[Figure]:
    unit = "CPU ms/s"
    for peer in _peers(cpu):
        yield compared(f"{PART}: CPU of a rendition, as delivered", cpu[OURS], peer, cpu[peer], unit=unit)
    if SAME_PRESET in cpu:
        peer = _peers(cpu)[0]
        name, own = f"{PART}: CPU of a rendition, {SAME_PRESET}", cpu[SAME_PRESET]
        yield compared(name, own, peer, cpu[peer], unit=unit, limit=0.6)


def _edge(measured: Measured) -> Iterator[Figure]:
    for at, peer in enumerate(_peers(measured.playlists)):
        own, other = measured.playlists[OURS], measured.playlists[peer]
        costs = [[each.cpu_per_thousand for each in both] for both in (own, other)]
        rates = [[each.per_second for each in both] for both in (own, other)]
        name, limit = f"{PART}: CPU of a playlist at the edge", None if at else 1.0
        yield compared(name, costs[0], peer, costs[1], unit="CPU s/1000", limit=limit)
        times = round(ratio(rates[0], rates[1]), 3)
        name = f"{PART}: playlists a second at the edge"
        yield Figure(name, round(median(rates[0])), peer, round(median(rates[1])), "1/s", times)
    for peer in _peers(measured.segments):
        costs = [[each.cpu_per_thousand_minutes for each in measured.segments[name]] for name in (OURS, peer)]
        yield compared(f"{PART}: CPU of video at the edge", costs[0], peer, costs[1], unit="CPU s/1000 min")


def _crowd(crowd: Mapping[str, Shielded]) -> Iterator[Figure]:
    for peer in _peers(crowd):
        own, other = crowd[OURS], crowd[peer]
        name = f"requests at the origins, {VIEWERS} viewers"
        yield beside(name, own.at_origin, peer, other.at_origin, "1/s", step=0.01)
        misses = [100 * (1 - each.hit_ratio) for each in (own, other)]
        yield beside("requests that miss the edge's cache", misses[0], peer, misses[1], "%", step=0.01)
        yield beside("most requests for one segment", own.herd, peer, other.herd, "", step=REQUEST)


def _failover(event: str, outcomes: Mapping[str, Outcome]) -> Iterator[Figure]:
    own = outcomes[OURS]
    for peer in _peers(outcomes):
        other = outcomes[peer]
        yield beside(f"{event}: failed requests", own.failed, peer, other.failed, "", step=REQUEST, limit=1.0)
        hung = 0.5 if "hung" in event else None
        yield beside(f"{event}: no answer", own.silent, peer, other.silent, "s", step=LOOK, limit=hung)
        if own.starved is not None and other.starved is not None:
            yield beside(f"{event}: no new video", own.starved, peer, other.starved, "s", step=LOOK)
        gaps = [(each.lost or 0) + (each.repeated or 0) for each in (own, other) if each.lost is not None]
        if len(gaps) == 2:
            yield beside(f"{event}: video lost or twice", gaps[0], peer, gaps[1], "s", step=PICTURES)
