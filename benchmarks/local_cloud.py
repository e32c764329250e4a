"""The local cloud beside plain ministack and moto server: starting, deploying, delivering events, running jobs, memory.

    python -m benchmarks.local_cloud [--quick] [--output FILE]

All do the same work in the same run, through boto3, in turns; ratios are to the peer's figure. `--quick` leaves moto
out, which has to be installed once. What a peer cannot do is a dash.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Final

from benchmarks import emulators
from benchmarks.cloud_work import COPIES, KINDS, deploy, events, job_seconds, template
from benchmarks.emulators import Emulator
from refarch.local.toolchain import require_cdk

BEYOND_THE_CDK: Final = 3.0  # seconds that 70 resources may cost beyond the CDK's own time
EVENTS_AT_LEAST: Final = 0.5  # of what plain ministack delivers warm
APP: Final = """\
import json, pathlib
here = pathlib.Path("cdk.out"); here.mkdir(exist_ok=True)
(here / "Bench.template.json").write_text(pathlib.Path("template.json").read_text())
stack = {"type": "aws:cloudformation:stack", "environment": "aws://unknown-account/unknown-region",
         "properties": {"templateFile": "Bench.template.json", "validateOnSynth": False}, "displayName": "Bench"}
(here / "manifest.json").write_text(json.dumps({"version": "36.0.0", "artifacts": {"Bench": stack}}))
"""


def measure(start: Callable[[Path], AbstractContextManager[Emulator]], number: int) -> dict[str, Any]:
    """One emulator from its start to its end."""
    with tempfile.TemporaryDirectory() as folder, start(Path(folder)) as emulator:
        told: dict[str, Any] = {"start": emulator.start_seconds, "idle_megabytes": emulator.megabytes()}
        told["deploy"] = deploy(emulator)
        told["deployed_megabytes"] = emulator.megabytes()
        if emulator.name == "moto":
            return told  # without Docker it runs no function and no job
        told |= events(emulator, number)
        told["busy_megabytes"], told["processes"] = emulator.megabytes(), emulator.processes()
        if emulator.cloud is not None:
            told["job"] = job_seconds(emulator)
            told |= through_the_cdk(emulator, Path(folder))
    return told


def through_the_cdk(emulator: Emulator, folder: Path) -> dict[str, float]:
    """The real `cdk deploy` of the same resources, and once more when nothing is left to do: the CDK's own time."""
    cloud = emulator.cloud
    assert cloud is not None
    (folder / "app.py").write_text(APP)
    (folder / "template.json").write_text(json.dumps(template()))
    app = subprocess.list2cmdline([sys.executable, "app.py"])
    here = Path(__file__).resolve().parent.parent
    cloud.bootstrap(start=here)
    program = str(require_cdk(here, cloud.environment["PATH"]))
    seconds = []
    for _ in range(2):
        began = time.perf_counter()
        cloud.run([program, "deploy", "Bench", "--app", app, "--require-approval", "never"], cwd=folder)
        seconds.append(time.perf_counter() - began)
    return {"cdk_deploy": seconds[0], "cdk_own": seconds[1], "beyond_the_cdk": seconds[0] - seconds[1]}


def medians(turns: list[dict[str, Any]]) -> dict[str, float]:
    names = turns[0].keys()
    return {name: round(statistics.median(turn[name] for turn in turns), 3) for name in names}


ROWS: Final = (
    ("start", "start, until it answers", "s"),
    ("deploy", f"{KINDS * COPIES} resources through the API", "s"),
    ("cdk_deploy", "the same by `cdk deploy`", "s"),
    ("beyond_the_cdk", "of these beyond the CDK's own time", "s"),
    ("first_event", "first event to a function (cold)", "s"),
    ("events_per_second", "events to a function (warm)", "/s"),
    ("job", "a Batch job that does nothing", "s"),
    ("idle_megabytes", "memory idle", "MB"),
    ("deployed_megabytes", "memory with the stack", "MB"),
    ("busy_megabytes", "memory after the events, functions included", "MB"),
    ("processes", "processes then", ""),
)


def show(result: dict[str, dict[str, float]]) -> None:
    names = list(result)
    print(f"{'':46}" + "".join(f"{name:>12}" for name in names) + "".join(f"{'/ ' + n:>14}" for n in names[1:]))
    for key, title, unit in ROWS:
        values = [result[name].get(key) for name in names]
        cells = "".join(f"{value:>9.2f} {unit:<2}" if value is not None else f"{'-':>12}" for value in values)
        own = values[0]
        ratios = "".join(f"{own / peer:>14.2f}" if own and peer else f"{'-':>14}" for peer in values[1:])
        print(f"{title:46}{cells}{ratios}")


def main() -> int:
    """Exit code 1 when a limit is missed. Neighbours on the machine make all figures worse: measure on a quiet one."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="one turn, fewer events, without moto")
    parser.add_argument("--output", type=Path, help="write the numbers as JSON to this file")
    arguments = parser.parse_args()
    peers: dict[str, Any] = {"refarch": emulators.local_cloud, "ministack": emulators.plain_ministack}
    problem = "" if arguments.quick else emulators.install_moto()
    peers |= {} if arguments.quick or problem else {"moto": emulators.moto_server}
    turns: dict[str, list[dict[str, Any]]] = {}
    for _ in range(1 if arguments.quick else 3):
        for name, start in peers.items():
            turns.setdefault(name, []).append(measure(start, 40 if arguments.quick else 100))
    result = {name: medians(told) for name, told in turns.items()}
    show(result)
    if problem:
        print(problem)
    if arguments.output:
        arguments.output.write_text(json.dumps(result, indent=2) + "\n")
    own, plain = result["refarch"], result["ministack"]
    good = own["beyond_the_cdk"] <= BEYOND_THE_CDK
    return 0 if good and own["events_per_second"] >= EVENTS_AT_LEAST * plain["events_per_second"] else 1


if __name__ == "__main__":
    raise SystemExit(main())
