"""What `refarch gate all` costs on the whole catalogue: the first time, and again when nothing changed.

    python -m benchmarks.gate_all [--quick] [--output FILE]

Synthesizes the catalogue once. A catalogue of fewer than 35 stacks is filled up with copies under other names, each of
another description, so that nothing is remembered twice. Wall seconds and CPU seconds of the command as a person runs
it, HTML report included.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[1]
STACKS: Final = 35
LIMIT: Final = 2.0  # wall seconds of a run in which nothing changed


def catalogue(folder: Path, count: int) -> int:
    """Templates in `folder`; how many stacks of the project are among them."""
    environment = {**os.environ, "CDK_OUTDIR": str(folder), "CDK_VALIDATION": "false"}
    subprocess.run([sys.executable, "app.py"], cwd=ROOT, env=environment, check=True, capture_output=True)
    own = sorted(folder.rglob("*.template.json"))
    for number in range(len(own), count):
        source = own[number % len(own)]
        content = {**json.loads(source.read_text()), "Description": f"copy {number} of {source.name}"}
        (folder / f"Copy{number}.template.json").write_text(json.dumps(content, indent=1))
    return len(own)


def run(folder: Path, temporary: Path) -> tuple[float, float]:
    """Wall and CPU seconds of one run."""
    words = [sys.executable, "-m", "refarch.cli", "gate", "all", str(folder), "--against", str(folder)]
    words += [
        "--cache",
        str(temporary / "cache"),
        "--report",
        str(temporary / "report.html"),
        "--fail-on-typed",
        "never",
    ]
    before, start = os.times(), time.perf_counter()
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True)
    wall, after = time.perf_counter() - start, os.times()
    if done.returncode not in (0, 1):
        raise RuntimeError(done.stderr[-500:])
    return wall, after.children_user + after.children_system - before.children_user - before.children_system


def main() -> int:
    """Print both runs; 1 where the second took longer than `LIMIT`."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--quick", action="store_true")
    options.add_argument("--output", type=Path)
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory() as name:
        temporary = Path(name)
        folder = temporary / "cdk.out"
        own = catalogue(folder, 5 if chosen.quick else STACKS)
        count = len(list(folder.rglob("*.template.json")))
        rows = {each: run(folder, temporary) for each in ("first", "again")}
        size = (temporary / "report.html").stat().st_size
    print(f"{count} stacks ({own} of the project, the rest copies), a report of {size / 2**20:.1f} MB")
    for each, (wall, cpu) in rows.items():
        print(f"{each:<8} {wall:>8.2f} s wall {cpu:>8.2f} s CPU {cpu / count:>8.3f} s CPU a stack")
    if chosen.output:
        chosen.output.write_text(json.dumps({"stacks": count, "own": own, "report_bytes": size, **rows}) + "\n")
    return 0 if rows["again"][0] <= LIMIT else 1


if __name__ == "__main__":
    sys.exit(main())
