"""`POST /_refarch/reclaim {"jobId": …}`: the Spot Instance of a running job goes away, as no AWS API can make it."""

from __future__ import annotations

import secrets
from typing import Any

from refarch.local import control
from refarch.local.execution.batch.engine import Scheduler
from refarch.local.execution.batch.job import Ending


def install(scheduler: Scheduler) -> None:
    control.register("POST", "reclaim", lambda request: reclaim(scheduler, request))


def reclaim(scheduler: Scheduler, request: control.Request) -> dict[str, Any]:
    """End the running attempt of a job with the reason that AWS gives for a Spot Instance that was taken back.

    Raises `ControlError` when the job does not run. Other jobs are left alone: an instance of a compute environment
    is no resource here.
    """
    job_id = str(request.document.get("jobId", "")) if isinstance(request.document, dict) else ""
    job = scheduler.live.get(job_id)
    if job is None or job.container is None:
        running = sorted(one.job_id for one in list(scheduler.live.values()) if one.container is not None)
        raise control.ControlError(f"job {job_id!r} does not run; running are {', '.join(running) or 'none'}")
    instance = f"i-{secrets.token_hex(8)}0"
    scheduler.end(job, Ending("reclaimed", f"Host EC2 (instance {instance}) terminated."))
    return {"jobId": job_id, "instanceId": instance}
