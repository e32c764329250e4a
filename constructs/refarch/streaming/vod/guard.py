"""Work that can be broken off: at a notice that the instance goes, and when the message is no longer ours."""

from __future__ import annotations

import os
import subprocess
import tempfile
import threading
from collections.abc import Sequence
from pathlib import Path

from refarch.streaming.data_plane.supervisor import bound

_LOOK_SECONDS = 0.1
_SAID_BYTES = 2000


class InterruptedWork(Exception):
    """The instance is going, or the worker was asked to stop: hand the message back."""


class LostLease(Exception):
    """The message has gone to another worker: touch nothing more of it."""


class ProgramFailed(RuntimeError):
    """A program ended with a failure; the text has the end of what it said."""


class Guard:
    """Says whether to go on, and runs programs for as long as that is so."""

    def __init__(self) -> None:
        self.stop = threading.Event()
        """Set by SIGTERM and by an interruption notice; it stays set."""
        self.lost = threading.Event()
        """Set while the message at hand is known to be lost."""

    def check(self, *_: object) -> None:
        """Raises `InterruptedWork` or `LostLease`. Takes arguments so that boto3 can call it at every chunk."""
        if self.stop.is_set():
            raise InterruptedWork
        if self.lost.is_set():
            raise LostLease

    def run(self, command: Sequence[str], folder: Path) -> str:
        """What a program printed. Raises `ProgramFailed`; killed by the kernel when this process dies."""
        with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as errors:
            process = subprocess.Popen(
                bound(command), cwd=folder, stdin=subprocess.DEVNULL, stdout=out, stderr=errors, env=_environment()
            )
            try:
                while process.poll() is None:
                    self.check()
                    threading.Event().wait(_LOOK_SECONDS)
            finally:
                if process.poll() is None:
                    process.kill()
                    process.wait()
            out.seek(0)
            errors.seek(0)
            if process.returncode != 0:
                said = errors.read()[-_SAID_BYTES:].decode(errors="replace").strip()
                raise ProgramFailed(f"{Path(command[0]).name} ended with {process.returncode}: {said}")
            return out.read().decode()


def _environment() -> dict[str, str]:
    """Programs that parse strangers' files see no credentials."""
    return {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
