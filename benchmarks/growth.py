"""How the cost grows with what it is for: resources, stacks, mappers, events, bytes of input.

    python -m benchmarks.growth [--quick] [--output FILE]

Each curve is CPU seconds at four sizes, the least of two or three runs. The figure is the largest size, beside the
straight line through the smallest and the half of it: 1 is linear, more is worse.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from benchmarks import javascript
from benchmarks.figures import Figure, deliver, options
from benchmarks.mapreduce_engine import JOB, run_mapper, visits
from benchmarks.paired import Command
from refarch_lambdas.mapreduce.contract import load_job
from refarch_lambdas.mapreduce.decision import Advance, Limits, decide
from refarch_lambdas.mapreduce.signals import read_messages
from refarch_lambdas.mapreduce.state import MAPPER, StageState

ROOT: Final = Path(__file__).resolve().parents[1]
APPS: Final = ROOT / "benchmarks" / "synth"
BATCH: Final = 10
"""Messages that one run of the coordinator takes from its queue: without an event window; with one, up to 100."""
LINEAR: Final = 1.3


@dataclass(frozen=True)
class Curve:
    """`sizes` to CPU seconds. `why`: of a curve that may be worse than linear, the reason."""

    name: str
    unit: str
    sizes: Sequence[int]
    seconds: Sequence[float]
    why: str = ""

    @property
    def figure(self) -> Figure:
        """The largest size, beside the straight line through the smallest and the half."""
        first, half, last = self.sizes[0], self.sizes[-2], self.sizes[-1]
        slope = (self.seconds[-2] - self.seconds[0]) / (half - first)
        straight = self.seconds[-2] + slope * (last - half)
        name, peer = f"growth: {self.name}, {last}", f"a straight line through {first} and {half}"
        limit = None if self.why else LINEAR
        return Figure(name, self.seconds[-1], peer, straight, "CPU s", self.seconds[-1] / straight, limit)


def in_process(work: Callable[[], object]) -> float:
    begin = time.process_time()
    work()
    return time.process_time() - begin


def app(program: str, folder: Path, **environment: str) -> float:
    common = {
        "CDK_VALIDATION": "false",
        "CDK_OUTDIR": str(folder / program),
        "JSII_NODE": str(javascript.NODE),
        "PYTHONPATH": str(ROOT),
    }
    return Command([sys.executable, str(APPS / program)], folder, common | environment).cpu()


def dispatching(mappers: int, turns: int = sys.maxsize) -> None:
    """Every turn of a stage: all mappers dispatched, woken by their results ten at a time, the state kept as JSON."""
    limits = Limits(concurrent=100, lost_after=600, lease=60)
    state = StageState(stage=MAPPER, step=0, start_time=0, total_s3_files=mappers, attempt_limit=3)
    state.attempt, state.at = [0] * mappers, [0.0] * mappers
    done: set[int] = set()
    running: deque[int] = deque()
    while len(done) < mappers and turns:
        turns -= 1
        decision = decide(state, done, [], now=1.0, limits=limits, wave=str(len(done)))
        if isinstance(decision, Advance):
            state = StageState.from_json(json.loads(json.dumps(decision.state.to_json() | {"waves": {}})))
            running.extend(each.task_id for each in decision.dispatch)
        done |= {running.popleft() for _ in range(min(BATCH, len(running)))}


def reading(events: int) -> None:
    """Messages about results, as S3 sends them, ten at a time."""
    body = {"s3": {"bucket": {"name": "jobs"}, "object": {"key": "jobs/one/mapper/1.json"}}}
    records = [{"messageId": str(number), "body": json.dumps({"Records": [body]})} for number in range(BATCH)]
    for _ in range(events // BATCH):
        read_messages(records, bucket="jobs", prefix="", now=1.0)


def doublings(largest: int, count: int = 4) -> list[int]:
    return [largest >> shift for shift in reversed(range(count))]


def curves(folder: Path, *, quick: bool) -> Iterator[Curve]:
    times = 2 if quick else 3

    def curve(name: str, unit: str, sizes: list[int], run: Callable[[int], float], why: str = "") -> Curve:
        run(sizes[0])
        seconds = [round(min(run(size) for _ in range(times)), 4) for size in sizes]
        return Curve(name, unit, sizes, seconds, why)

    many = doublings(200 if quick else 400)
    yield curve("synth by resources", "queues in a stack", many, lambda n: app("queues.py", folder, RESOURCES=str(n)))
    stacks = doublings(8 if quick else 32)
    yield curve(
        "synth by stacks", "stacks of 59 resources", stacks, lambda n: app("shop_fast.py", folder, STACKS=str(n))
    )
    why = (
        "a turn reads and writes the state of all n tasks (one document, so that one compare-and-swap keeps it whole),"
        " and a stage takes n/10 turns, n/100 with an event window, the default; n is at most 10,000. The curve beside"
        " it, of one turn, is straight"
    )
    yield curve("coordinator by mappers", "mappers", doublings(3200), lambda n: in_process(lambda: dispatching(n)), why)
    yield curve("50 turns by mappers", "mappers", doublings(8000, 3), lambda n: in_process(lambda: dispatching(n, 50)))
    yield curve("coordinator by events", "events", doublings(40_000), lambda n: in_process(lambda: reading(n)))
    path, job = folder / "visits", load_job(JOB)
    with path.open("w") as file:
        file.writelines(visits(100_000))
    sizes = doublings(64 if quick else 256)
    yield curve("mapper by input", "MB", sizes, lambda n: in_process(lambda: run_mapper(job, path, n * 2**20)))


def main() -> int:
    """Exit code 1 where something grows faster than it should."""
    chosen = options(__doc__)
    with tempfile.TemporaryDirectory() as folder:
        made = list(curves(Path(folder), quick=chosen.quick))
    drawn: list[dict[str, Any]] = [
        {
            "name": each.name,
            "unit": each.unit,
            "points": list(zip(each.sizes, each.seconds, strict=True)),
            "why": each.why,
        }
        for each in made
    ]
    for each in made:
        print(
            f"{each.name}: "
            + ", ".join(f"{size}: {cpu:.3f}" for size, cpu in zip(each.sizes, each.seconds, strict=True))
        )
    return deliver([each.figure for each in made], chosen.output, curves=drawn)


if __name__ == "__main__":
    sys.exit(main())
