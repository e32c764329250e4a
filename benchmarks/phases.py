"""Where the time of one synth goes: CPU seconds of Python and of Node, phase by phase, with the floor named.

    python -m benchmarks.phases [--quick] [--output FILE]

The shop (59 resources) with the levers of `refarch.fast`, one process a run, medians. Node's seconds are read from the
system's accounts of its processes (Linux only) when a phase ends.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

from benchmarks.figures import Figure, deliver, median, options

START: Final = "start Python"
NODE_AND_LIBRARY: Final = "import aws_cdk: start Node, load aws-cdk-lib"
SERVICES: Final = "import the services' modules"
FIRST: Final = "first stack: Node loads what it uses"
NEXT: Final = "each further stack"
SYNTH: Final = "app.synth()"
FLOOR: Final = (START, NODE_AND_LIBRARY)
"""What no app in Python can do without: jsii's two Node processes and its index of the library."""


Run = Mapping[str, tuple[float, float]]


def run() -> Run:
    """Phase to seconds of Python and of Node, in this process, which must have loaded nothing of the CDK yet."""
    from refarch import fast

    fast.start()
    spent = {START: _seconds()}
    import aws_cdk  # noqa: F401

    spent[NODE_AND_LIBRARY] = _seconds()
    from benchmarks.synth.shop_stack import ShopStack

    spent[SERVICES] = _seconds()
    app = fast.app(validate=False)
    ShopStack(app, "Shop0")
    spent[FIRST] = _seconds()
    ShopStack(app, "Shop1")
    spent[NEXT] = _seconds()
    app.synth()
    spent[SYNTH] = _seconds()
    return dict(_differences(spent))


def _differences(spent: dict[str, tuple[float, float]]) -> Iterator[tuple[str, tuple[float, float]]]:
    before = (0.0, 0.0)
    for phase, until in spent.items():
        yield phase, (round(until[0] - before[0], 3), round(until[1] - before[1], 3))
        before = until


def _seconds() -> tuple[float, float]:
    """CPU of this process, and of its children that still run, and theirs."""
    return time.process_time(), sum(_of(process) for process in _children(os.getpid()))


def _children(parent: int) -> Iterator[int]:
    for path in Path(f"/proc/{parent}/task").glob("*/children"):
        for child in map(int, path.read_text().split()):
            yield child
            yield from _children(child)


def _of(process: int) -> float:
    """Of its threads, in nanoseconds: the sum that the system keeps for a process counts in hundredths of a second."""
    threads = Path(f"/proc/{process}/task").glob("*/schedstat")
    return sum(int(thread.read_text().split()[0]) for thread in threads) / 1e9


def _figure(name: str, of: Sequence[str], runs: Sequence[Run], total: float) -> Figure:
    """Some phases' seconds, and the median of their shares: what disturbs a run disturbs all its phases."""
    seconds = [sum(sum(run[phase]) for phase in of) for run in runs]
    shares = [own / _whole(run) for own, run in zip(seconds, runs, strict=True)]
    peer = "the synth of one stack"
    return Figure(f"phase: {name}", round(median(seconds), 3), peer, round(total, 3), "CPU s", round(median(shares), 3))


def _whole(run: Run) -> float:
    return sum(sum(each) for phase, each in run.items() if phase != NEXT)


def main() -> int:
    if "--one" in sys.argv:
        print(json.dumps(run()))
        return 0
    chosen = options(__doc__)
    words = [sys.executable, "-m", "benchmarks.phases", "--one"]
    environment = {**os.environ, "CDK_VALIDATION": "false"}
    made: list[Run] = [
        json.loads(subprocess.run(words, check=True, capture_output=True, text=True, env=environment).stdout)
        for _ in range(5 if chosen.quick else 9)
    ]
    phases = {
        name: (median([each[name][0] for each in made]), median([each[name][1] for each in made])) for name in made[0]
    }
    total = _whole(phases)
    figures = [_figure(phase, [phase], made, total) for phase in phases]
    figures.append(_figure("the floor", FLOOR, made, total))
    return deliver(
        figures, chosen.output, phases={name: {"python": py, "node": node} for name, (py, node) in phases.items()}
    )


if __name__ == "__main__":
    sys.exit(main())
