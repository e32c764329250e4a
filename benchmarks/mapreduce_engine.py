"""How fast one mapper is beside the bare loop of the original, and that its memory does not follow the input's size.

    python -m benchmarks.mapreduce_engine [--quick] [--output FILE]

Both run the article's query on the same file, in turns, in this process. CPU seconds are compared turn by turn, and the
median counts.
Memory is the peak of a fresh process for each size of input.
"""

from __future__ import annotations

import argparse
import json
import random
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

from benchmarks.folder_storage import FolderStorage
from refarch_lambdas.mapreduce.contract import Job, load_job
from refarch_lambdas.mapreduce.layout import JobLayout
from refarch_lambdas.mapreduce.map_task import run_map_task

JOB: Final = "refarch_lambdas.mapreduce.examples.ad_revenue"
ROWS: Final = 370_000  # about 60 MB
LIMIT: Final = 1.3
FLAT_MB: Final = 32.0  # room for the query's keys and for pairs that wait to be combined, whatever the input's size
MEGABYTE: Final = 2**20


def visits(count: int, *, seed: int = 1, addresses: int = 20_000) -> Iterator[str]:
    """`count` lines like those of the AMPLab benchmark's uservisits, about 164 bytes each."""
    source = random.Random(seed)
    known = [".".join(str(source.randint(0, 255)) for _ in range(4)) for _ in range(addresses)]
    for _ in range(count):
        page = "".join(source.choices("abcdefghijklmnopqrstuvwxyz", k=20)) * 3
        day = f"{source.randint(1970, 2012)}-{source.randint(1, 12):02d}-{source.randint(1, 28):02d}"
        yield (
            f"{source.choice(known)},{page},{day},{source.random():.8f},"
            f"Mozilla/5.0 (Windows; U; Windows NT 5.1),USA,USA-EN,keyword,{source.randint(1, 10)}\n"
        )


def bare_loop(path: Path) -> dict[str, float]:
    """The peer: what the original does with an object, whole in memory, without any of the engine's promises."""
    contents = path.read_bytes().decode()
    totals: dict[str, float] = {}
    for line in contents.split("\n")[:-1]:
        try:
            data = line.split(",")
            address = data[0][:8]
            if address not in totals:
                totals[address] = 0
            totals[address] += float(data[3])
        except Exception as error:
            print(error)
    return totals


def map_all_fields(line: str) -> tuple[tuple[str, float]]:
    """The example's map, but it takes the whole line apart as the original does."""
    fields = line.split(",")
    return ((fields[0][:8], float(fields[3])),)


def run_mapper(job: Job, path: Path, size: int, *, objects: int = 1) -> dict[str, Any]:
    """One whole mapper task: plan, map, sort, write, commit. An object is `size` bytes of copies of the file."""
    layout = JobLayout("", "bench")
    with tempfile.TemporaryDirectory() as folder:
        storage = FolderStorage(Path(folder))
        storage.path("input").symlink_to(path.resolve())
        part = {"bucket": storage.bucket, "key": "input", "etag": "", "start": 0, "end": size, "size": size}
        plan = json.dumps({"id": 0, "slices": [part] * objects}).encode()
        storage.put(layout.plan, plan)
        event = {
            "jobBucket": storage.bucket,
            "prefix": "",
            "jobId": "bench",
            "taskId": 0,
            "attempt": 1,
            "plan": [0, len(plan)],
            "reducerCount": 4,
            "tolerance": {"count": 1},  # the last copy may be cut within a line
        }
        return run_map_task(event, job, storage)


def _cpu_seconds(function: Callable[[], object]) -> float:
    begin = time.process_time()
    function()
    return time.process_time() - begin


def compare(path: Path, rows: int, pairs: int) -> dict[str, Any]:
    """CPU seconds of the peer and of the engine, in turns."""
    size = path.stat().st_size
    example = load_job(JOB)
    same_split = Job(map=map_all_fields, reduce=example.reduce, combine=example.combine)
    runs: dict[str, Callable[[], object]] = {
        "bare_loop": lambda: bare_loop(path),
        "engine": lambda: run_mapper(example, path, size),
        "engine_same_split": lambda: run_mapper(same_split, path, size),
    }
    seconds: dict[str, list[float]] = {name: [] for name in runs}
    for _ in range(pairs):
        for name, run in runs.items():
            seconds[name].append(_cpu_seconds(run))
    medians = {name: statistics.median(times) for name, times in seconds.items()}
    quietest = {name: min(times) for name, times in seconds.items()}
    return {
        "rows": rows,
        "bytes": size,
        "pairs": pairs,
        "cpu_seconds": seconds,
        "rows_per_second_per_core": {name: round(rows / median) for name, median in medians.items()},
        "megabytes_per_second_per_core": {name: round(size / median / 1e6, 1) for name, median in medians.items()},
        "ratio": _paired_ratio(seconds["engine"], seconds["bare_loop"]),
        "ratio_same_split": _paired_ratio(seconds["engine_same_split"], seconds["bare_loop"]),
        "ratio_quietest": round(quietest["engine"] / quietest["bare_loop"], 3),
        "limit": LIMIT,
    }


def _paired_ratio(engine: list[float], peer: list[float]) -> float:
    """The median over the turns: both of a turn had the same neighbours on the machine."""
    return round(statistics.median(one / other for one, other in zip(engine, peer, strict=True)), 3)


def peak_memory_mb(path: Path, size: int) -> float:
    """The most memory that a fresh process holds while it maps `size` bytes."""
    command = [sys.executable, "-m", "benchmarks.mapreduce_engine", "--one-mapper", str(path), str(size)]
    output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return float(output)


def memory(path: Path, sizes: list[int]) -> dict[str, Any]:
    peaks = [peak_memory_mb(path, size) for size in sizes]
    return {
        "bytes": sizes,
        "peak_mb": peaks,
        "flat": max(peaks) - min(peaks) < FLAT_MB,
        "flat_means_below_mb": FLAT_MB,
    }


def _print(result: dict[str, Any]) -> None:
    speed, space = result["speed"], result["memory"]
    print(f"{speed['rows']:,} rows, {speed['bytes']:,} bytes, median of {speed['pairs']} turns, CPU time")
    for name, rate in speed["rows_per_second_per_core"].items():
        print(f"  {name:18} {rate:>10,} rows/s/core {speed['megabytes_per_second_per_core'][name]:>7} MB/s/core")
    print(
        f"  engine / bare loop: {speed['ratio']} (median of turns; {speed['ratio_quietest']} by the quietest), "
        f"limit {LIMIT}"
    )
    print(f"  with a map that takes the whole line apart as the original does: {speed['ratio_same_split']}")
    sizes = ", ".join(f"{size / MEGABYTE:,.0f} MB" for size in space["bytes"])
    peaks = ", ".join(f"{peak:.1f} MB" for peak in space["peak_mb"])
    print(f"peak memory of a fresh process for {sizes}: {peaks}: {'flat' if space['flat'] else 'NOT FLAT'}")


def _one_mapper(path: str, size: str) -> None:
    run_mapper(load_job(JOB), Path(path), int(size))
    print(_peak_kilobytes() / 1024)


def _peak_kilobytes() -> int:
    """Of this program alone. `ru_maxrss` would also count what the parent held when it forked, so ask Linux first."""
    status = Path("/proc/self/status")
    if status.exists():
        return next(int(line.split()[1]) for line in status.read_text().splitlines() if line.startswith("VmHWM"))
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // (1024 if sys.platform == "darwin" else 1)


def main() -> int:
    """Exit code 1 when the engine is slower than allowed or its memory is not flat.

    Neighbours on the machine slow the engine more than the peer (it touches more memory): measure on a quiet one.
    """
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="fewer turns, and 128 MB instead of 1 GB")
    parser.add_argument("--output", type=Path, help="write the numbers as JSON to this file")
    parser.add_argument("--one-mapper", nargs=2, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.one_mapper:
        _one_mapper(*arguments.one_mapper)
        return 0
    pairs, large = (3, 128) if arguments.quick else (7, 1024)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "uservisits"
        with path.open("w") as file:
            file.writelines(visits(ROWS))
        result = {
            "speed": compare(path, ROWS, pairs),
            "memory": memory(path, [MEGABYTE, large // 8 * MEGABYTE, large * MEGABYTE]),
        }
    _print(result)
    if arguments.output:
        arguments.output.write_text(json.dumps(result, indent=2) + "\n")
    speed = result["speed"]
    return 0 if speed["ratio"] <= LIMIT and result["memory"]["flat"] else 1


if __name__ == "__main__":
    raise SystemExit(main())
