"""`python3 -m refarch.web.lamp_setup up|configure <settings.json>`: what an instance runs when it starts, and hourly.

The file holds two objects: `site` (settings.py) and `machine` (machine.py).
"""

from __future__ import annotations

import dataclasses
import json
import sys
from pathlib import Path

from refarch.web.lamp_setup import machine as machines
from refarch.web.lamp_setup.configure import configure
from refarch.web.lamp_setup.failures import StepFailed
from refarch.web.lamp_setup.machine import Machine
from refarch.web.lamp_setup.services import Processes, Services, Systemd, run_hourly
from refarch.web.lamp_setup.settings import Settings, load
from refarch.web.lamp_setup.signalling import signal

SYSTEMD = Path("/run/systemd/system")
USAGE = "usage: python3 -m refarch.web.lamp_setup up|configure <settings.json>"


def main(arguments: list[str]) -> int:
    if len(arguments) != 2 or arguments[0] not in ("up", "configure"):
        print(USAGE, file=sys.stderr)
        return 2
    path = Path(arguments[1])
    return up(path) if arguments[0] == "up" else again(path)


def up(path: Path) -> int:
    """Everything, then the signal. Whatever goes wrong is signalled with the step's name before this ends."""
    machine, step, reason = Machine(**json.loads(path.read_text())["machine"]), "", ""
    try:
        machine = dataclasses.replace(machine, instance_id=machine.instance_id or machines.instance_id())
        settings = load(path)
        machines.prepare(settings, machine)
        configure(settings, services(settings), print)
        if SYSTEMD.is_dir():
            run_hourly(path)
    except StepFailed as failure:
        step, reason = failure.step, failure.reason
    except Exception as error:  # a bug of ours must not make CloudFormation wait for its timeout
        step, reason = "unexpected", f"{type(error).__name__}: {error}"
    signal(machine, step, reason)
    return _ended(step, reason)


def again(path: Path) -> int:
    """The configuration alone: after a secret was rotated, say. Nothing is signalled."""
    try:
        settings = load(path)
        configure(settings, services(settings), print)
    except StepFailed as failure:
        return _ended(failure.step, failure.reason)
    return _ended("", "")


def services(settings: Settings) -> Services:
    """Systemd's, where it is the first process."""
    if SYSTEMD.is_dir():
        return Systemd(settings.data_folder)
    return Processes(Path(settings.run_folder))


def _ended(step: str, reason: str) -> int:
    print(f"FAILED {step}: {reason}" if step else "done", flush=True)
    return 1 if step else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
