"""What a run of the simulation counts."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field

CUT, DEAD, REFUSED = "cut", "dead", "refused"
CAUSES = (CUT, DEAD, REFUSED)
"""Open when its instance or its time to drain ended; sent to an instance that was gone; no task had room for it."""
BUCKET_SECONDS = 10.0


@dataclass
class Outcome:
    """`requests`: all that were sent. `failed`: by cause. `series`: failed ones by 10 s since the start."""

    requests: int = 0
    failed: dict[str, int] = field(default_factory=lambda: dict.fromkeys(CAUSES, 0))
    series: Counter[int] = field(default_factory=Counter)
    sent: defaultdict[int, int] = field(default_factory=lambda: defaultdict(int))
    reclaimed: int = 0
    """Instances that were taken."""
    restarted: int = 0
    """Tasks that were started anew."""

    @property
    def failures(self) -> int:
        return sum(self.failed.values())

    @property
    def a_million(self) -> float:
        """Failed requests in a million."""
        return self.failures / self.requests * 1_000_000 if self.requests else 0.0

    @property
    def a_reclaimed_instance(self) -> float:
        """Failed requests for each instance that was taken."""
        return self.failures / self.reclaimed if self.reclaimed else 0.0

    @property
    def worst(self) -> float:
        """The share of requests that failed in the worst ten seconds."""
        shares = (failed / max(self.sent.get(bucket, 0), failed) for bucket, failed in self.series.items())
        return max(shares, default=0.0)

    def send(self, time: float) -> None:
        self.requests += 1
        self.sent[int(time // BUCKET_SECONDS)] += 1

    def fail(self, cause: str, time: float, count: int = 1) -> None:
        if count:
            self.failed[cause] += count
            bucket = int(time // BUCKET_SECONDS)
            self.series[bucket] += count
