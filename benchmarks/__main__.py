"""`make bench`: every benchmark, one after the other. `QUICK=1 make bench` takes smaller inputs.

Fails when a benchmark misses its limit, so that a figure in the documentation cannot quietly become untrue.
"""

from __future__ import annotations

import os
import subprocess
import sys

BENCHMARKS = (
    "benchmarks.gate_diff",
    "benchmarks.gate_peers",
    "benchmarks.gate_all",
    "benchmarks.gate_foreign",
    "benchmarks.mapreduce_engine",
)


def main() -> int:
    """Each benchmark in a process of its own, so that none warms the other's caches. The worst exit code."""
    options = ["--quick"] if os.environ.get("QUICK") else []
    worst = 0
    for name in BENCHMARKS:
        print(f"== {name}", flush=True)
        worst = max(worst, subprocess.run([sys.executable, "-m", name, *options], check=False).returncode)
    return worst


if __name__ == "__main__":
    sys.exit(main())
