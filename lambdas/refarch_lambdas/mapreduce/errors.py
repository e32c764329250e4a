"""What can go wrong for good: errors after which the same task with the same input and code fails again.

The coordinator knows these classes by name (Lambda reports an error by the name of its type) and does not retry them.
"""

from __future__ import annotations

from collections.abc import Sequence


class PermanentError(Exception):
    """Retrying cannot help. Every other exception counts as a disturbance and is tried again."""


class JobContractError(PermanentError):
    """The job module does not keep the contract of `contract.load_job`. `problems` lists everything that is wrong."""

    def __init__(self, module: str, problems: Sequence[str]) -> None:
        self.problems = list(problems)
        super().__init__(f"job module {module!r}: " + "; ".join(self.problems))


class BadRecordsError(PermanentError):
    """More records of a task were bad than the job tolerates."""


class InputChangedError(PermanentError):
    """An input object is not the one that was planned: replaced or truncated since."""


class InputNotFoundError(PermanentError):
    """An object that the task needs does not exist."""


class UserCodeError(PermanentError):
    """The job's own combine or reduce raised, or returned what JSON cannot carry. The message names the key."""


class JobCancelledError(PermanentError):
    """The job has failed or was cancelled while the task ran: there is no use in going on."""
