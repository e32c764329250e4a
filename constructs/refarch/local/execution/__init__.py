"""What really runs in the local cloud: AWS Batch jobs and ECS tasks as processes of this machine."""

from __future__ import annotations

import os

from refarch.local import hooks
from refarch.local.compute import ecs_tasks
from refarch.local.environment import MARK
from refarch.local.execution import clients, start_task, workflows
from refarch.local.execution.batch import api, reclaim, store
from refarch.local.execution.batch.attempts import Attempts
from refarch.local.execution.container import Engine
from refarch.local.execution.ecs_runner import TaskRunner
from refarch.local.execution.images import Registry
from refarch.local.rooms import Context

KEPT = ("PATH", "LANG", "TZ", "AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE", "AWS_EC2_METADATA_DISABLED", MARK)


def install(context: Context) -> None:
    """Put the executor behind the emulator's APIs."""
    clients.configure(context.endpoint_url)
    engine = Engine(Registry(context.project), context.data / "tmp" / "jobs", base_environment(context))
    attempts = Attempts(engine)
    api.install(attempts.scheduler)
    reclaim.install(attempts.scheduler)
    workflows.install(attempts.scheduler)
    tasks = TaskRunner(engine)
    ecs_tasks.run_with(tasks)
    start_task.install()
    hooks.on_reset("jobs", attempts.scheduler.forget)
    hooks.on_reset("processes of tasks", tasks.forget)
    hooks.keeps("jobs", list, lambda _: attempts.scheduler.lose(list(store.jobs().values())))


def base_environment(context: Context) -> dict[str, str]:
    """What every container gets: nothing of the user's, and the cloud as the only AWS there is."""
    kept = {name: os.environ[name] for name in KEPT if name in os.environ}
    return kept | {"AWS_ENDPOINT_URL": context.endpoint_url, "NO_PROXY": "127.0.0.1,localhost"}
