"""A command that runs as a container would, as a process group of this machine: own folders, environment, output.

It is no sandbox: the command sees this machine's files and network as whoever started the cloud does.
"""

from __future__ import annotations

import contextlib
import logging
import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from refarch.local import clock
from refarch.local.execution import watch
from refarch.local.execution.images import Image, Registry, RegistryError

logger = logging.getLogger("refarch.local")
LOOPBACK = "127.0.0.1"
STOP_GRACE = 30.0  # simulated seconds between SIGTERM and SIGKILL, as on AWS
SECONDS_FOR_OUTPUT = 2.0  # real ones after the end; a process that left the group may hold the output open
Sink = Callable[[str], None]


class CannotStart(Exception):
    """The container could not be started; the message begins with the name AWS has for that kind of failure."""


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What to run: `command` and `entrypoint` None are the image's own, `working_directory` is a path in the container.
    `volumes` are container paths that need a folder, `files` those that hold a text, `ports` what it listens on."""

    image: str
    command: Sequence[str] | None
    environment: Mapping[str, str]
    entrypoint: Sequence[str] | None = None
    volumes: Sequence[str] = ()
    files: Mapping[str, str] = field(default_factory=dict)
    ports: Sequence[int] = ()
    working_directory: str | None = None


@dataclass
class Container:
    """A started container. `endpoints`: where each of its ports is reached.

    `exit_code` is as a container engine tells it: 137 for one that was killed."""

    process: subprocess.Popen[str]
    folder: Path
    reader: threading.Thread
    endpoints: Mapping[int, tuple[str, int]] = field(default_factory=dict)
    ended: threading.Event = field(default_factory=threading.Event)
    exit_code: int | None = None

    def wait(self, seconds: float | None = None) -> int | None:
        """The exit code, or None when it has not ended after so many simulated seconds (default: wait for the end).

        When it has ended, so has what it left running, and all of its output is with the sink.
        """
        self.ended.wait(None if seconds is None else clock.scaled(seconds))
        return self.exit_code

    def collect(self) -> None:
        """Wait for the process and clean up after it; one thread a container does."""
        code = self.process.wait()
        self._signal(signal.SIGKILL)
        self.reader.join(SECONDS_FOR_OUTPUT)
        if self.reader.is_alive():
            logger.warning(
                "something that process %d started holds its output open; it is not waited for", self.process.pid
            )
        watch.ended(self.process.pid)
        shutil.rmtree(self.folder, ignore_errors=True)
        self.exit_code = code if code >= 0 else 128 - code
        self.ended.set()

    def stop(self, grace: float = STOP_GRACE) -> None:
        """Ask it to end, and make it after `grace` simulated seconds; returns at once."""
        self._signal(signal.SIGTERM)
        threading.Thread(target=self._kill_after, args=(grace,), name="refarch-stop", daemon=True).start()

    def kill(self) -> None:
        """End it now."""
        self._signal(signal.SIGKILL)

    def _kill_after(self, grace: float) -> None:
        if not clock.wait(self.ended, grace):
            self.kill()

    def _signal(self, number: signal.Signals) -> None:
        if not self.ended.is_set():
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.process.pid, number)


class Engine:
    """Starts containers. `base` is the environment every one gets, `scratch` where their private folders are."""

    def __init__(self, registry: Registry, scratch: Path, base: Mapping[str, str]) -> None:
        self.registry = registry
        self.scratch = scratch
        self.base = base

    def is_mapped(self, image: str) -> bool:
        """Whether a program stands in for the image (or the registry is broken, which the start then tells)."""
        try:
            return self.registry.find(image) is not None
        except RegistryError:
            return True

    def start(self, plan: Plan, sink: Sink) -> Container:
        """Start it; each line of its output goes to `sink`. Raises `CannotStart`."""
        entry = self._entry(plan.image)
        self.scratch.mkdir(parents=True, exist_ok=True)
        watch.scratch(self.scratch)
        folder = Path(tempfile.mkdtemp(prefix="job-", dir=self.scratch))
        try:
            return _launch(entry, plan, self.base, folder, sink)
        except CannotStart:
            shutil.rmtree(folder, ignore_errors=True)
            raise

    def _entry(self, image: str) -> Image:
        try:
            entry = self.registry.find(image)
        except RegistryError as error:
            raise CannotStart(f"CannotPullContainerError: the registry of images cannot be used: {error}") from None
        if entry is None:
            raise CannotStart(f"CannotPullContainerError: {self.registry.advice(image)}")
        return entry


def _launch(entry: Image, plan: Plan, base: Mapping[str, str], folder: Path, sink: Sink) -> Container:
    places = arrange(folder, entry.mounts, plan.volumes, plan.files)
    command = command_line(entry, plan, places)
    endpoints = {port: (LOOPBACK, free_port() if port in entry.ports else port) for port in plan.ports}
    listens = {entry.ports[port]: str(endpoints[port][1]) for port in plan.ports if port in entry.ports}
    given = {**entry.environment, **plan.environment, **listens}
    environment = {**base, **{name: relocated(value, places) for name, value in given.items()}}
    environment |= _private(entry, folder, base, places)
    where = _working_directory(entry, plan, folder, places)
    try:
        process = subprocess.Popen(
            command,
            cwd=where,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            start_new_session=True,
        )
    except OSError as error:
        raise CannotStart(f"CannotStartContainerError: {command[0]!r} cannot be started: {error}") from None
    watch.began(process.pid)
    reader = threading.Thread(target=_read, args=(process, sink), name="refarch-output", daemon=True)
    reader.start()
    container = Container(process, folder, reader, endpoints)
    threading.Thread(target=container.collect, name="refarch-container", daemon=True).start()
    return container


def free_port() -> int:
    """A port of the loopback interface that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])


def _read(process: subprocess.Popen[str], sink: Sink) -> None:
    assert process.stdout is not None
    with process.stdout as output:
        for line in output:
            sink(line.rstrip("\r\n"))


def arrange(
    folder: Path, mounts: Mapping[str, Path], volumes: Sequence[str], files: Mapping[str, str] | None = None
) -> dict[str, str]:
    """Container path → path below `folder`/root: a link for a mount, a file of a text, a new folder of a volume."""
    root, texts = folder / "root", files or {}
    for name in ("root", "work", "tmp"):
        (folder / name).mkdir()
    places = {}
    for target in sorted({*mounts, *texts, *(volume.rstrip("/") for volume in volumes if volume.strip("/"))}):
        place = root / target.lstrip("/")
        places[target] = str(place)
        if place.exists():
            continue  # below another mount, which has it
        place.parent.mkdir(parents=True, exist_ok=True)
        if target in mounts:
            place.symlink_to(mounts[target])
        elif target in texts:
            place.write_text(texts[target])
        else:
            place.mkdir()
    return places


def relocated(text: str, places: Mapping[str, str]) -> str:
    """`text` with every container path in it turned into the path on this machine."""
    if not places:
        return text
    longest_first = sorted(places, key=len, reverse=True)
    pattern = r"(?<![\w./-])(" + "|".join(map(re.escape, longest_first)) + r")(?![\w.-])"
    return re.sub(pattern, lambda found: places[found[1]], text)


def command_line(entry: Image, plan: Plan, places: Mapping[str, str]) -> list[str]:
    """Entry point and command, with container paths relocated. Raises `CannotStart` when there is none."""
    entrypoint = entry.entrypoint if plan.entrypoint is None else plan.entrypoint
    command = [*entrypoint, *(plan.command or entry.command)]
    if not command:
        raise CannotStart("CannotStartContainerError: no command specified, neither by the definition nor the registry")
    command = [relocated(part, places) for part in command]
    program = entry.program / Path(command[0]).name if entry.program else None
    if program and command[0].startswith("/") and not Path(command[0]).exists() and program.exists():
        command[0] = str(program)  # where the image has it is not where this machine has it
    return command


def _private(entry: Image, folder: Path, base: Mapping[str, str], places: Mapping[str, str]) -> dict[str, str]:
    path = [str(entry.program)] if entry.program else []
    search = os.pathsep.join([*path, entry.environment.get("PATH", base["PATH"])])
    own = {"PATH": search, "HOME": str(folder / "work"), "TMPDIR": str(folder / "tmp")}
    own["REFARCH_CONTAINER_ROOT"] = str(folder / "root")
    return own | {variable_of(target): place for target, place in places.items()}


def variable_of(target: str) -> str:
    """The variable that tells where a container path is: REFARCH_MOUNT_REF_DATA for /ref/data."""
    return "REFARCH_MOUNT_" + re.sub(r"\W", "_", target.strip("/")).upper()


def _working_directory(entry: Image, plan: Plan, folder: Path, places: Mapping[str, str]) -> Path:
    if plan.working_directory and (found := relocated(plan.working_directory, places)) != plan.working_directory:
        Path(found).mkdir(parents=True, exist_ok=True)
        return Path(found)
    return entry.working_directory or folder / "work"
