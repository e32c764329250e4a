"""Records that could not be parsed or mapped: counted, a few kept to look at, and too many of them an error.

The original printed such errors and went on, so its totals were wrong and nobody knew.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

from refarch_lambdas.mapreduce.errors import BadRecordsError

SAMPLES: Final = 5
SAMPLE_CHARACTERS: Final = 200
ERROR_CHARACTERS: Final = 500


@dataclass(frozen=True)
class Tolerance:
    """A task may have max(`count`, `fraction` × its rows) bad records. Default: none."""

    count: int = 0
    fraction: float = 0.0


@dataclass
class BadRecords:
    """The bad records of one task."""

    tolerance: Tolerance = field(default_factory=Tolerance)
    count: int = 0
    samples: list[dict[str, Any]] = field(default_factory=list)

    def add(self, key: str, offset: int, record: str, error: BaseException | str) -> None:
        """Note one. Raises `BadRecordsError` as soon as no number of good rows can make up for it."""
        self.count += 1
        if len(self.samples) < SAMPLES:
            text = error if isinstance(error, str) else f"{type(error).__name__}: {error}"
            self.samples.append(
                {
                    "key": key,
                    "offset": offset,
                    "record": record[:SAMPLE_CHARACTERS],
                    "error": text[:ERROR_CHARACTERS],
                }
            )
        self._check_now()

    def add_more(self, count: int) -> None:
        """Note `count` more of the kind of those before, without samples. Raises as `add` does."""
        self.count += count
        self._check_now()

    def _check_now(self) -> None:
        if self.tolerance.fraction == 0 and self.count > self.tolerance.count:
            raise self._too_many("so far")

    def check(self, rows: int) -> None:
        """At the end of the task. Raises `BadRecordsError` when more of its `rows` were bad than tolerated."""
        if self.count > max(self.tolerance.count, self.tolerance.fraction * rows):
            raise self._too_many(f"of {rows} rows")

    def _too_many(self, scope: str) -> BadRecordsError:
        first = self.samples[0]
        return BadRecordsError(
            f"{self.count} bad records {scope}, tolerated are {self.tolerance.count} or a fraction of "
            f"{self.tolerance.fraction}; the first one: {first['key']} at byte {first['offset']}: "
            f"{first['error']}; record: {first['record']!r}"
        )
