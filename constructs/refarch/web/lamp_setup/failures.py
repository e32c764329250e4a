"""A step of the set-up that failed, in words that fit into CloudFormation's events."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence

COMPLAINTS = ("ERROR", "FATAL", "PHP FATAL")


class StepFailed(Exception):
    """`step` is what was being done, `reason` why it cannot be done. Neither holds a secret."""

    def __init__(self, step: str, reason: str) -> None:
        super().__init__(f"{step}: {reason}")
        self.step, self.reason = step, reason


def run(step: str, command: Sequence[str], *, given: str | None = None, limit: float = 300) -> str:
    """The output of a command. Secrets go in by `given`, its standard input: arguments can be read by every user."""
    try:
        done = subprocess.run(
            command, input=given, capture_output=True, text=True, timeout=limit, check=False, env=_environment()
        )
    except FileNotFoundError as error:
        raise StepFailed(step, f"{command[0]} is not installed") from error
    except subprocess.TimeoutExpired as error:
        raise StepFailed(step, f"{command[0]} did not end within {limit:g} s") from error
    if done.returncode != 0:
        raise StepFailed(step, f"{command[0]} ended with {done.returncode}: {_told(done, hushed=given is not None)}")
    return done.stdout


def _environment() -> dict[str, str]:
    """This process's, with the folders of programs for administrators, which not every caller has on its path."""
    return {**os.environ, "PATH": os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/sbin", "/sbin"])}


def _told(done: subprocess.CompletedProcess[str], *, hushed: bool) -> str:
    """What a program said of its failure. One that was given a secret may quote it: then only its lines of error."""
    said = done.stderr.strip() or ("" if hushed else done.stdout.strip())
    if hushed:
        said = " | ".join(line for line in said.splitlines() if line.upper().startswith(COMPLAINTS))
    return said[-600:] or "it said nothing"
