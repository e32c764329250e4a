"""`make bench`: every benchmark, one after the other, and one report. `make bench QUICK=1` takes smaller inputs.

    python -m benchmarks [--quick] [--only NAME …] [--keep]

A full run is kept in docs/benchmarks, a quick one only with `--keep`; its report is in .refarch/bench. A quick run is
those benchmarks of `QUICK` and keeps to three minutes on two quiet cores. Fails when a benchmark misses its limit, and
names it, so that a figure in the documentation cannot quietly become untrue.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from benchmarks import javascript, machine, report, streaming_peer
from benchmarks.javascript import ROOT
from benchmarks.peers import OF_THEIR_OWN

BENCHMARKS = (
    "benchmarks.synth_cost",
    "benchmarks.phases",
    "benchmarks.growth",
    "benchmarks.gate_diff",
    "benchmarks.gate_peers",
    "benchmarks.gate_all",
    "benchmarks.gate_foreign",
    "benchmarks.mapreduce_engine",
    "benchmarks.mapreduce_query",
    "benchmarks.streaming",
    "benchmarks.local_cloud",
    "benchmarks.suite",
)
QUICK: Final = {
    "benchmarks.synth_cost": 65,
    "benchmarks.phases": 10,
    "benchmarks.growth": 28,
    "benchmarks.gate_diff": 15,
    "benchmarks.mapreduce_engine": 10,
    "benchmarks.mapreduce_query": 12,
    "benchmarks.streaming": 40,
}
"""What a quick run measures, and the seconds each may take of its three minutes, on two quiet cores."""
THREE_MINUTES: Final = 180
PEERS: Final = {"aws-cdk-lib": javascript.modules, streaming_peer.NAME: streaming_peer.install}
KEPT: Final = ROOT / "docs" / "benchmarks"


def measure(name: str, *, quick: bool) -> dict[str, Any]:
    """One benchmark in a process of its own, so that none warms the other's caches: its figures and its exit code."""
    print(f"== {name}", flush=True)
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder) / "figures.json"
        words = [sys.executable, "-m", name, "--output", str(output), *(["--quick"] if quick else [])]
        code = subprocess.run(words, check=False, cwd=ROOT).returncode
        content = json.loads(output.read_text()) if output.exists() else {}
    if name in OF_THEIR_OWN and content:
        content = {"figures": [asdict(each) for each in OF_THEIR_OWN[name](content)]}
    seconds = round(time.monotonic() - began, 1)
    return {**(content if isinstance(content, dict) else {}), "exit": code, "seconds": seconds}


def prepare() -> None:
    """Peers from npm, fetched once, before the clock starts. Where one cannot be got, its benchmark says so."""
    for name, install in PEERS.items():
        try:
            install()
        except RuntimeError as error:
            print(f"no {name}: {error}", flush=True)


def verdict(run: dict[str, Any]) -> Iterator[str]:
    """What is wrong with a run, line by line; nothing where every limit is kept."""
    for each in report.figures_of(run):
        if each.state == "missed":
            yield f"missed: {each.line}"
    for name, content in run["benchmarks"].items():
        if content["exit"]:
            yield f"{name} ended with exit code {content['exit']}"


def shares(run: dict[str, Any]) -> Iterator[str]:
    """The seconds of each benchmark; of a quick run beside what it may take."""
    for name, content in run["benchmarks"].items():
        share = f" of {QUICK[name]}" if run["quick"] and name in QUICK else ""
        yield f"{name.removeprefix('benchmarks.')}: {content['seconds']:.0f}{share} s"
    if run["quick"] and run["seconds"] > THREE_MINUTES:
        yield f"{run['seconds']} seconds in all: more than three minutes"


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--quick", action="store_true", default=bool(os.environ.get("QUICK")))
    options.add_argument("--only", nargs="+", default=[], help="names, without `benchmarks.`")
    options.add_argument("--keep", action="store_true", help="keep a quick run in docs/benchmarks, too")
    chosen = options.parse_args()
    of_all = QUICK if chosen.quick and not chosen.only else BENCHMARKS
    names = [name for name in of_all if not chosen.only or name.removeprefix("benchmarks.") in chosen.only]
    prepare()
    began, load = time.monotonic(), machine.load()
    run: dict[str, Any] = {
        "at": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "commit": machine.commit(),
        "quick": chosen.quick,
        "machine": machine.describe(),
        "benchmarks": {name: measure(name, quick=chosen.quick) for name in names},
    }
    run |= {"load": [load, machine.load()], "seconds": round(time.monotonic() - began)}
    page = report.write(run, KEPT if chosen.keep or not chosen.quick else ROOT / ".refarch" / "bench")
    print(f"report: {page.relative_to(ROOT)} ({'; '.join(shares(run))})")
    wrong = list(verdict(run))
    print("\n".join(wrong) or "every limit is kept")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
