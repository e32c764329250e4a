"""A private folder on the scratch volume for as long as the job runs.

The original fell back to the shared base when it could not make one, and then deleted that base with the data of every
other job on the machine; and it left its files behind when it failed, until the volume was full.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from refarch.genomics.jobs.failures import BAD_ARGUMENTS, NO_ROOM, JobFailure, scratch_full

PREFIX = "refarch-"
_LOCK = ".lock"
GRACE_SECONDS = 300
"""A folder so young may belong to a job that has not locked it yet."""


@contextlib.contextmanager
def private_folder(root: Path, name: str) -> Iterator[Path]:
    """A new folder below `root`, deleted at the end. Raises `JobFailure` when it cannot be made: never another folder.

    What a killed job left behind on this machine goes as well: its lock is free.
    """
    if not root.is_dir():
        raise JobFailure(BAD_ARGUMENTS, f"there is no scratch folder {root}: is the volume mounted?")
    sweep(root)
    folder, lock = _make(root, name)
    try:
        yield folder
    finally:
        _remove(folder)
        os.close(lock)


def _remove(folder: Path) -> None:
    """More than once where a transfer that was left behind adds a file meanwhile."""
    for _ in range(3):
        shutil.rmtree(folder, ignore_errors=True)
        if not folder.exists():
            return


def sweep(root: Path, *, now: float | None = None) -> list[Path]:
    """Delete the folders of jobs that are no longer alive; those that were deleted."""
    gone = []
    for folder in sorted(root.glob(f"{PREFIX}*")):
        with contextlib.suppress(OSError):
            age = (time.time() if now is None else now) - (folder / _LOCK).stat().st_mtime
            if age > GRACE_SECONDS and _is_free(folder / _LOCK):
                shutil.rmtree(folder, ignore_errors=True)
                gone.append(folder)
    return gone


def check_room(folder: Path, needed: int, what: str) -> None:
    """Raises `JobFailure` when less than `needed` bytes are free on the volume of `folder`."""
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise scratch_full(f"{what} needs about {needed:,} bytes, {free:,} are free")


def _make(root: Path, name: str) -> tuple[Path, int]:
    try:
        folder = Path(tempfile.mkdtemp(prefix=f"{PREFIX}{name}-", dir=root))
        lock = os.open(folder / _LOCK, os.O_CREAT | os.O_RDWR)
        fcntl.flock(lock, fcntl.LOCK_EX)
    except OSError as error:
        if error.errno in NO_ROOM:
            raise scratch_full(f"no folder can be made in {root}") from error
        raise JobFailure(BAD_ARGUMENTS, f"no folder can be made in {root}: {error}") from error
    return folder, lock


def _is_free(path: Path) -> bool:
    """Whether nobody holds the lock: the kernel lets it go with the process, however that ended."""
    with path.open() as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
    return True
