"""How a job ends when it does not succeed: an exit code and one line that says why."""

from __future__ import annotations

import errno

BAD_ARGUMENTS = 2
BROKEN_INPUT = 3
SCRATCH_FULL = 4
STOPPED = 143
NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
"""What the operating system says when a file cannot grow: the disk, a quota or a limit of the process is full."""


class JobFailure(Exception):
    """The job cannot go on. `code` is its exit code, the text is the reason that a person reads."""

    def __init__(self, code: int, reason: str) -> None:
        self.code = code
        super().__init__(reason)


class Stop(BaseException):
    """SIGTERM came. Like KeyboardInterrupt, no handler of ordinary errors may swallow it."""


def broken(what: object, why: str) -> JobFailure:
    """An input that is missing or damaged."""
    return JobFailure(BROKEN_INPUT, f"{what}: {why}")


def scratch_full(why: str) -> JobFailure:
    """No room on the scratch volume."""
    return JobFailure(SCRATCH_FULL, f"the scratch volume is full: {why}")
