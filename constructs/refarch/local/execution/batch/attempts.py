"""One attempt of a job: what runs, with which environment, where its output goes, and how it ended."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Mapping
from typing import Any

from refarch.local import adapter
from refarch.local.execution import identity, logs
from refarch.local.execution.batch import definitions, store
from refarch.local.execution.batch.engine import Scheduler, end_container
from refarch.local.execution.batch.job import ENDED_BY_ITSELF, ENDED_BY_TIME, NOT_STARTED, Ending, Job, Outcome, now
from refarch.local.execution.container import CannotStart, Container, Engine, Plan

logger = logging.getLogger("refarch.local")
GROUP = "/aws/batch/job"


class Attempts:
    """Runs attempts for a scheduler, with an engine for containers.."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.scheduler = Scheduler(self.run)

    def run(self, job: Job) -> None:
        """One attempt from start to end; in a thread of its own."""
        task, began = secrets.token_hex(16), now()
        stream = self._stream(job, task)
        names = {"logStreamName": stream.name, **_arns(job, task)}
        try:
            outcome = self._outcome(job, stream, names)
        except Exception as error:
            logger.exception("an attempt of the job %s could not be run", job.job_id)
            outcome = Outcome(None, NOT_STARTED, str(error))
        logs.flush()
        shown = {"exitCode": outcome.exit_code, "reason": outcome.reason or None}
        container = names | {name: value for name, value in shown.items() if value is not None}
        times = {"startedAt": job.record.get("startedAt", began), "stoppedAt": now()}
        self.scheduler.ended(job, outcome, {"container": container, **times, "statusReason": outcome.status_reason})

    def _outcome(self, job: Job, stream: logs.Stream, names: Mapping[str, str]) -> Outcome:
        try:
            container = self.engine.start(self._plan(job), stream)
        except CannotStart as error:
            if job.ending is not None:
                return _ended_from_outside(job.ending, None)
            return Outcome(None, NOT_STARTED, str(error))
        self.scheduler.running(job, container, **names)
        exit_code = self._wait(job, container)
        if job.ending is not None:
            return _ended_from_outside(job.ending, exit_code)
        return Outcome(exit_code, ENDED_BY_ITSELF)

    def _wait(self, job: Job, container: Container) -> int | None:
        longest = (job.record.get("timeout") or {}).get("attemptDurationSeconds")
        if longest and container.wait(float(longest)) is None:
            with self.scheduler.changed:
                if job.ending is None:
                    job.ending = Ending("timeout", ENDED_BY_TIME)
                    end_container(container, job.ending)
        return container.wait()

    def _plan(self, job: Job) -> Plan:
        container = job.record["container"]
        return Plan(
            image=container.get("image", ""),
            command=container.get("command") or None,
            environment=self._secrets(container) | definitions.environment_of(container) | self._service(job),
            volumes=definitions.volumes_of(container),
        )

    def _secrets(self, container: Mapping[str, Any]) -> dict[str, str]:
        try:
            return dict(adapter.read("container secrets")(container))
        except Exception as error:
            raise CannotStart(f"ResourceInitializationError: unable to pull secrets: {error}") from None

    def _service(self, job: Job) -> dict[str, str]:
        """What AWS Batch sets, and whom the job acts as."""
        place, container = job.place or "", job.record["container"]
        fargate = store.is_fargate(place)
        role = container.get("jobRoleArn")
        if not role and not fargate:
            role = identity.role_of_profile(store.instance_profile(place), job.region)
        values = {
            "AWS_BATCH_JOB_ID": job.job_id,
            "AWS_BATCH_JQ_NAME": job.queue,
            "AWS_BATCH_CE_NAME": place,
            "AWS_BATCH_JOB_ATTEMPT": str(len(job.attempts) + 1),
            "AWS_DEFAULT_REGION": job.region,
            "AWS_REGION": job.region,
            "AWS_EXECUTION_ENV": "AWS_ECS_FARGATE" if fargate else "AWS_ECS_EC2",
        }
        if job.index is not None and job.parent is not None:
            values["AWS_BATCH_JOB_ARRAY_INDEX"] = str(job.index)
            values["AWS_BATCH_JOB_ARRAY_SIZE"] = str(len(job.parent.children))
        return values | identity.credentials(role, f"batch-{job.job_id.replace(':', '-')}", job.region)

    def _stream(self, job: Job, task: str) -> logs.Stream:
        """Where output goes: the definition's `awslogs` options, else AWS Batch's own group."""
        options = (job.record["container"].get("logConfiguration") or {}).get("options") or {}
        name = store.short(job.record["jobDefinition"]).partition(":")[0]
        prefix = options.get("awslogs-stream-prefix") or name
        group = options.get("awslogs-group") or GROUP
        return logs.Stream(group, f"{prefix}/default/{task}", options.get("awslogs-region") or job.region)


def _arns(job: Job, task: str) -> dict[str, str]:
    """The names of the ECS task and instance that would have run the attempt; they are names only."""
    place = f"arn:aws:ecs:{job.region}:{job.account}"
    found = {"taskArn": f"{place}:task/{job.place}/{task}"}
    if not store.is_fargate(job.place or ""):
        found["containerInstanceArn"] = f"{place}:container-instance/{job.place}/{secrets.token_hex(16)}"
    return found


def _ended_from_outside(ending: Ending, exit_code: int | None) -> Outcome:
    if ending.kind == "reclaimed":
        return Outcome(None, ending.reason)
    return Outcome(exit_code, ending.reason, retryable=False)
