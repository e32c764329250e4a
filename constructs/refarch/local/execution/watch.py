"""The cloud's end of the keeper: tells it which process groups and folders must not outlive the cloud."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import threading
from pathlib import Path

logger = logging.getLogger("refarch.local")
_lock = threading.Lock()
_keeper: subprocess.Popen[str] | None = None


def began(group: int) -> None:
    _tell(f"+{group}")


def ended(group: int) -> None:
    _tell(f"-{group}")


def scratch(folder: Path) -> None:
    """Remove this folder when the cloud has ended."""
    _tell(f"~{folder}")


def _tell(line: str) -> None:
    global _keeper
    with _lock:
        if _keeper is None or _keeper.poll() is not None:
            _keeper = _start()
        assert _keeper.stdin is not None
        try:
            _keeper.stdin.write(line + "\n")
            _keeper.stdin.flush()
        except BrokenPipeError:
            logger.error("the keeper of job processes is gone; they are ended when the cloud stops in order")


def _start() -> subprocess.Popen[str]:
    """No mark of the local cloud in its environment: it must live a moment longer than all that has one."""
    program = Path(__file__).with_name("keeper.py")
    return subprocess.Popen(
        [sys.executable, "-I", "-S", str(program), str(os.getpid())],  # the number is for whoever looks at processes
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={},
        cwd="/",
        text=True,
        start_new_session=True,
    )
