"""The seam between tasks that are placed and the processes that run them.

Whoever can run a task's containers as processes registers here. Without one, and for a task that it declines, the task
is a record that stays RUNNING until it is stopped.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol


class TaskProcess(Protocol):
    """A task that really runs.

    It may have `endpoints`: a mapping from a container's port to (address, port) where it really listens. Load
    balancers then send there.
    """

    def wait(self) -> Mapping[str, int]:
        """Block until an essential container has ended; the exit codes by the names of the containers."""

    def stop(self) -> None:
        """End it as StopTask does: a signal, the containers' `stopTimeout` in simulated seconds, then the hard way.

        Returns at once or when it has ended; `wait` returns afterwards.
        """


Runner = Callable[[dict[str, Any], dict[str, Any]], TaskProcess | None]
_runner: Runner | None = None


def run_with(run_task_process: Runner) -> None:
    """Let `run_task_process(task, task_definition)` start every task that is placed from now on.

    It is called in a thread of the task's own, in the account and region of the task, while the task is PENDING; the
    task is RUNNING when it returns. Both records have the members of DescribeTasks and DescribeTaskDefinition, plus
    private ones that begin with an underscore. None: no program is known for it, the task stays a record. An exception
    makes the task STOPPED with `TaskFailedToStart` and the message as its reason.
    """
    global _runner
    _runner = run_task_process


def start(task: dict[str, Any], definition: dict[str, Any]) -> TaskProcess | None:
    """Start a task's process, if there is somebody to do it."""
    return _runner(task, definition) if _runner else None
