"""Runs the tools: pipes of programs, several at once, all of them ended when the job ends."""

from __future__ import annotations

import contextlib
import os
import shlex
import shutil
import signal
import subprocess
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from refarch.genomics.jobs.failures import JobFailure, scratch_full

GRACE_SECONDS = 10.0
"""Between SIGTERM and SIGKILL for a tool; ECS leaves the container 30."""
_POLL_SECONDS = 0.02
_OUTPUT_SECONDS = 2.0
_TAIL_LINES = 20
_NO_ROOM_WORDS = ("no space left on device", "disk quota exceeded", "file too large")

Say = Callable[[str], None]


@dataclass(frozen=True)
class Pipe:
    """Programs joined by pipes; the last one's output goes to the file `output` (relative to the job's folder)."""

    commands: tuple[tuple[str, ...], ...]
    output: str | None = None

    def __str__(self) -> str:
        joined = " | ".join(shlex.join(command) for command in self.commands)
        return f"{joined} > {self.output}" if self.output else joined


def pipe(*commands: Sequence[str], output: str | None = None) -> Pipe:
    return Pipe(tuple(tuple(command) for command in commands), output)


class Running:
    """One pipe that runs in `folder`, as a process group of its own. What the programs say on stderr is passed on."""

    def __init__(self, plan: Pipe, folder: Path, say: Say) -> None:
        self.plan = plan
        self.say = say
        self.processes: list[subprocess.Popen[bytes]] = []
        self.ended_first: list[int] = []
        self._tails = [deque[str](maxlen=_TAIL_LINES) for _ in plan.commands]
        self._readers: list[threading.Thread] = []
        with contextlib.ExitStack() as files:
            last = files.enter_context((folder / plan.output).open("wb")) if plan.output else None
            for position in range(len(plan.commands)):
                self._start(position, folder, last)
        for position in range(len(plan.commands)):  # not before: a group whose first program was reaped takes no more
            self._readers.append(threading.Thread(target=self._follow, args=(position,), daemon=True))
            self._readers[-1].start()

    def _start(self, position: int, folder: Path, last: IO[bytes] | None) -> None:
        command = self.plan.commands[position]
        final = position == len(self.plan.commands) - 1
        before = self.processes[-1].stdout if self.processes else None
        try:
            process = subprocess.Popen(
                with_parent(command),
                cwd=folder,
                stdin=before or subprocess.DEVNULL,
                stdout=last if final else subprocess.PIPE,
                stderr=subprocess.PIPE,
                process_group=self.processes[0].pid if self.processes else 0,
            )
        except OSError as error:
            self.kill()
            raise JobFailure(127, f"{command[0]} cannot be started: {error}") from error
        if before is not None:
            before.close()  # else a program whose reader has died would wait for ever
        self.processes.append(process)

    def _follow(self, position: int) -> None:
        process = self.processes[position]
        assert process.stderr is not None
        with process.stderr as errors:
            for raw in errors:
                line = raw.decode(errors="replace").rstrip()
                self._tails[position].append(line)
                self.say(line)
        process.wait()
        self.ended_first.append(position)

    @property
    def ended(self) -> bool:
        return all(process.poll() is not None for process in self.processes)

    def kill(self) -> None:
        """End every process of the group: politely first."""
        for number in (signal.SIGTERM, signal.SIGKILL):
            if not self.processes:
                return
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.processes[0].pid, number)
            limit = time.monotonic() + GRACE_SECONDS
            while not self.ended and time.monotonic() < limit:
                time.sleep(_POLL_SECONDS)

    def raise_if_failed(self) -> None:
        """Raises `JobFailure` with the code of the program that failed first; the others fell over it."""
        for reader in self._readers:
            reader.join(_OUTPUT_SECONDS)
        codes = [_code(process.returncode) for process in self.processes]
        order = [*self.ended_first, *range(len(codes))]
        failed = [position for position in order if codes[position] not in {0, 128 + signal.SIGPIPE}]
        if failed:
            raise self._failure(failed[0], codes[failed[0]])
        if codes[-1] != 0:
            raise self._failure(len(codes) - 1, codes[-1])

    def _failure(self, position: int, code: int) -> JobFailure:
        said = [line for line in self._tails[position] if line.strip()]
        reason = f"{Path(self.plan.commands[position][0]).name} ended with code {code}"
        reason += f": {said[-1].strip()}" if said else ", and said nothing"
        no_room = any(words in line.lower() for line in said for words in _NO_ROOM_WORDS)
        return scratch_full(reason) if no_room or code == 128 + signal.SIGXFSZ else JobFailure(code, reason)


def run_all(pipes: Sequence[Pipe], folder: Path, *, at_once: int, say: Say) -> None:
    """Run the pipes, `at_once` of them side by side. Raises `JobFailure`; nothing runs on when this returns."""
    waiting, running = list(pipes), list[Running]()
    try:
        while waiting or running:
            while waiting and len(running) < at_once:
                say(f"running {waiting[0]}")
                running.append(Running(waiting.pop(0), folder, say))
            for each in [each for each in running if each.ended]:
                running.remove(each)
                each.raise_if_failed()
            time.sleep(_POLL_SECONDS)
    finally:
        for each in running:
            each.kill()


def with_parent(command: Sequence[str]) -> list[str]:
    """The command so that it ends with this program, even when that is killed at once (Linux)."""
    setpriv = shutil.which("setpriv")
    return [setpriv, "--pdeathsig", "KILL", *command] if setpriv and shutil.which(command[0]) else list(command)


def _code(returncode: int) -> int:
    """As a shell tells it: 128 and the number for a signal."""
    return returncode if returncode >= 0 else 128 - returncode
