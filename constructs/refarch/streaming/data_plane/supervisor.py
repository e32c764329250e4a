"""Keep the processes of a role running: start them, start them again when they end, stop them by their own pid.

systemd runs this on an instance, the tests run it here. Every process is told by the kernel when its parent dies
(setpriv, of Debian's util-linux), so that nothing outlives a supervisor that was killed.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

FIRST_PAUSE = 0.2
LONGEST_PAUSE = 5.0
HEALTHY_SECONDS = 10.0
"""A process that ran this long and ends is started again at once; one that ends sooner waits longer every time."""


@dataclass(frozen=True)
class Program:
    """A process of a role. `stop` is the signal that ends it in an orderly way, within `grace` seconds.

    `reload` makes it read its files anew, its connections kept; None: it reads them itself, or cannot.
    """

    name: str
    command: tuple[str, ...]
    stop: signal.Signals = signal.SIGTERM
    grace: float = 5.0
    reload: signal.Signals | None = None


def pause_after(ran: float, previous: float) -> float:
    """Seconds to wait before a process that `ran` this long is started again."""
    return FIRST_PAUSE if ran >= HEALTHY_SECONDS else min(max(previous * 2, FIRST_PAUSE), LONGEST_PAUSE)


def bound(command: Sequence[str], death: str = "KILL") -> list[str]:
    """`command`, ended with the signal `death` when the thread that started it ends."""
    return ["/usr/bin/setpriv", "--pdeathsig", death, "--", *command]


def log(event: str, **details: object) -> None:
    """One JSON object a line, on standard output."""
    # One write, newline and all: threads and processes share the stream.
    sys.stdout.write(json.dumps({"time": round(time.time(), 3), "event": event, **details}) + "\n")
    sys.stdout.flush()


@dataclass
class _Running:
    program: Program
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    pause: float = 0.0
    not_before: float = field(default=0.0)

    def start(self) -> None:
        self.process = subprocess.Popen(bound(self.program.command, "TERM"), stdin=subprocess.DEVNULL)
        self.started = time.monotonic()
        log("started", program=self.program.name, pid=self.process.pid)

    def look(self) -> bool:
        """Start what is due; note what has ended, and say so."""
        now = time.monotonic()
        if self.process is None:
            if now >= self.not_before:
                self.start()
        elif (code := self.process.poll()) is not None:
            self.pause = pause_after(now - self.started, self.pause)
            self.not_before, self.process = now + self.pause, None
            log("ended", program=self.program.name, code=code, again_in=self.pause)
            return True
        return False

    def renew(self, program: Program) -> None:
        """What only its command can tell it takes another process; the loop starts that."""
        changed, self.program = program.command != self.program.command, program
        if changed:
            self.ask()
        elif program.reload is not None and self.process is not None and self.process.poll() is None:
            self.process.send_signal(program.reload)
        log("renewed", program=program.name, restarted=changed)

    def ask(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(self.program.stop)

    def end(self) -> None:
        if self.process is None:
            return
        try:
            self.process.wait(self.program.grace)
        except subprocess.TimeoutExpired:
            log("killed", program=self.program.name, after=self.program.grace)
            self.process.kill()
            self.process.wait()


def _adopt_orphans() -> None:
    """Become the parent of what a child leaves behind (PR_SET_CHILD_SUBREAPER): nginx's workers, when it is killed."""
    ctypes.CDLL(None, use_errno=True).prctl(36, 1, 0, 0, 0)


def _end_orphans(known: set[int]) -> None:
    """Workers without their master would keep the port, and answer with what they knew."""
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            pid, parent = int(stat.parent.name), int(stat.read_text().rpartition(")")[2].split()[1])
            if parent == os.getpid() and pid not in known:
                os.kill(pid, signal.SIGKILL)
                os.waitpid(pid, 0)
                log("orphan ended", pid=pid)


def _renew(running: Sequence[_Running], renewed: Callable[[], Sequence[Program]]) -> None:
    """What cannot be used leaves everything as it is."""
    try:
        programs = {each.name: each for each in renewed()}
    except Exception as error:  # whatever it was, the role runs on
        log("not renewed", why=str(error))
        return
    for each in running:
        if each.program.name in programs:
            each.renew(programs[each.program.name])


def supervise(programs: Sequence[Program], renewed: Callable[[], Sequence[Program]] = tuple) -> int:
    """Run `programs` until SIGTERM or SIGINT; returns the exit code.

    At SIGHUP, `renewed` says which of them have something new to read, and how they are started from now on.
    """
    stop, renew = threading.Event(), threading.Event()
    signal.signal(signal.SIGHUP, lambda *_: renew.set())
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    _adopt_orphans()
    running = [_Running(program) for program in programs]
    while not stop.is_set():
        if renew.is_set():
            renew.clear()
            _renew(running, renewed)
        if sum(each.look() for each in running):
            _end_orphans({each.process.pid for each in running if each.process is not None})
        stop.wait(0.1)
    for each in reversed(running):
        each.ask()
        each.end()
    log("stopped", python=sys.version_info[:2])
    return 0
