"""What a crowd of viewers met, in numbers. A decision: nothing is fetched in here."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class Sample:
    """One request. `kind`: master, playlist, segment, or init (what fMP4 begins with).

    `status` 0: no answer. `cached` None: no cache said.
    """

    kind: str
    status: int
    seconds: float
    bytes: int
    cached: bool | None
    problem: str = ""


@dataclass(frozen=True)
class Report:
    """Times in seconds, `hit_ratio` between 0 and 1 (None where no cache said so), `megabits` per second."""

    viewers: int
    seconds: float
    requests: int
    requests_per_second: float
    megabits: float
    errors: int
    problems: dict[str, int]
    hit_ratio: float | None
    playlist_p50: float
    playlist_p99: float
    segment_p50: float
    segment_p99: float
    slowest: float
    skipped_segments: int
    sequence_regressions: int

    def as_dict(self) -> dict[str, object]:
        return asdict(self)

    def text(self) -> str:
        """For a terminal."""
        hits = "no cache said" if self.hit_ratio is None else f"{self.hit_ratio:.2%}"
        lines = {
            "viewers": f"{self.viewers} for {self.seconds:.0f} s",
            "requests": f"{self.requests} ({self.requests_per_second:.1f}/s, {self.megabits:.1f} Mbit/s)",
            "errors": f"{self.errors}" + "".join(f"; {count} x {why}" for why, count in self.problems.items()),
            "answered by a cache": hits,
            "playlists": f"p50 {_ms(self.playlist_p50)}, p99 {_ms(self.playlist_p99)}",
            "segments": f"p50 {_ms(self.segment_p50)}, p99 {_ms(self.segment_p99)}",
            "slowest answer": _ms(self.slowest),
            "skipped segments": str(self.skipped_segments),
            "playlists that went back": str(self.sequence_regressions),
        }
        return "\n".join(f"{name:>25}  {value}" for name, value in lines.items())


def summarize(samples: Sequence[Sample], *, viewers: int, seconds: float, skipped: int, regressions: int) -> Report:
    """An error is every answer but 200, and every request without one."""
    wrong = Counter(each.problem or f"HTTP {each.status}" for each in samples if each.status != 200)
    cached = [each.cached for each in samples if each.cached is not None]
    times = {kind: [each.seconds for each in samples if each.kind == kind] for kind in ("playlist", "segment")}
    return Report(
        viewers=viewers,
        seconds=seconds,
        requests=len(samples),
        requests_per_second=len(samples) / seconds if seconds else 0.0,
        megabits=sum(each.bytes for each in samples) * 8 / 1e6 / seconds if seconds else 0.0,
        errors=sum(wrong.values()),
        problems=dict(wrong.most_common(5)),
        hit_ratio=sum(cached) / len(cached) if cached else None,
        playlist_p50=percentile(times["playlist"], 50),
        playlist_p99=percentile(times["playlist"], 99),
        segment_p50=percentile(times["segment"], 50),
        segment_p99=percentile(times["segment"], 99),
        slowest=max((each.seconds for each in samples), default=0.0),
        skipped_segments=skipped,
        sequence_regressions=regressions,
    )


def percentile(values: Sequence[float], percent: float) -> float:
    """The smallest value that `percent` of all do not exceed; 0 where there are none."""
    if not values:
        return 0.0
    ordered = sorted(values)
    return ordered[max(0, -(-len(ordered) * percent // 100).__int__() - 1)]


def _ms(seconds: float) -> str:
    return f"{seconds * 1000:.0f} ms"
