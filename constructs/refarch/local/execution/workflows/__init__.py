"""Step Functions' `batch:submitJob` and `ecs:runTask`, and EventBridge's targets of the same services."""

from __future__ import annotations

from refarch.local.execution.batch.engine import Scheduler
from refarch.local.execution.workflows import batch_jobs, ecs_tasks, states, targets


def install(scheduler: Scheduler) -> None:
    """Serve the integrations."""
    states.install()
    batch_jobs.install(scheduler)
    ecs_tasks.install()
    targets.install(scheduler)
