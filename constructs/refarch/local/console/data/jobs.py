"""What runs to an end: Batch jobs, ECS tasks and executions of state machines, the latest first."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from refarch.local.observation.ring import shortened

Client = Callable[[str], Any]
LOG_GROUP = "/aws/batch/job"
LINES = 500
SHOWN = 100  # of each kind and queue, cluster or state machine


def jobs(client: Client) -> dict[str, Any]:
    """All three kinds in one list."""
    found = [*batch_jobs(client("batch")), *tasks(client("ecs")), *executions(client("stepfunctions"))]
    return {"jobs": sorted(found, key=lambda job: job["created"], reverse=True)}


def batch_jobs(batch: Any) -> list[dict[str, Any]]:
    """The jobs of every queue in every state: the filter on time is what makes AWS list all states at once."""
    queues = [queue for page in batch.get_paginator("describe_job_queues").paginate() for queue in page["jobQueues"]]
    every = [{"name": "AFTER_CREATED_AT", "values": ["0"]}]
    found = []
    for queue in queues:
        listed = batch.list_jobs(jobQueue=queue["jobQueueArn"], filters=every, maxResults=SHOWN)
        found += [batch_line(job, queue["jobQueueName"]) for job in listed["jobSummaryList"]]
    return found


def batch_line(job: dict[str, Any], queue: str) -> dict[str, Any]:
    """One Batch job."""
    container = job.get("container", {})
    code = container.get("exitCode")
    return {
        "kind": "Batch job",
        "id": job["jobId"],
        "name": job.get("jobName", ""),
        "place": queue,
        "status": job.get("status", ""),
        "reason": job.get("statusReason") or container.get("reason") or (f"exit code {code}" if code else ""),
        "created": job.get("createdAt", 0) / 1000,
        "started": job.get("startedAt", 0) / 1000,
        "stopped": job.get("stoppedAt", 0) / 1000,
    }


def batch_log(client: Client, job_id: str) -> dict[str, Any]:
    """The end of what a Batch job wrote; an array job's own log is empty, its children write."""
    found = client("batch").describe_jobs(jobs=[job_id])["jobs"]
    stream = found[0].get("container", {}).get("logStreamName") if found else None
    logs = client("logs")
    try:
        answer = logs.get_log_events(logGroupName=LOG_GROUP, logStreamName=stream, limit=LINES) if stream else {}
    except logs.exceptions.ResourceNotFoundException:
        answer = {}  # nothing was written so far
    text = "\n".join(event["message"] for event in answer.get("events", []))
    return {"id": job_id, "log": shortened(text, keep_end=True)}


def tasks(ecs: Any) -> list[dict[str, Any]]:
    """The tasks of every cluster, also those that ended."""
    found = []
    for cluster in ecs.list_clusters().get("clusterArns", []):
        listed = [
            arn
            for status in ("RUNNING", "STOPPED")
            for arn in ecs.list_tasks(cluster=cluster, desiredStatus=status, maxResults=SHOWN)["taskArns"]
        ]
        if listed:
            described = ecs.describe_tasks(cluster=cluster, tasks=list(dict.fromkeys(listed))[:SHOWN])["tasks"]
            found += [task_line(task) for task in described]
    return found


def task_line(task: dict[str, Any]) -> dict[str, Any]:
    """One ECS task."""
    codes = [one["exitCode"] for one in task.get("containers", []) if one.get("exitCode")]
    return {
        "kind": "ECS task",
        "id": task["taskArn"].rpartition("/")[2],
        "name": task.get("taskDefinitionArn", "").rpartition("/")[2],
        "place": task.get("clusterArn", "").rpartition("/")[2],
        "status": task.get("lastStatus", ""),
        "reason": task.get("stoppedReason", "") or (f"exit code {codes[0]}" if codes else ""),
        "created": seconds(task.get("createdAt")),
        "started": seconds(task.get("startedAt")),
        "stopped": seconds(task.get("stoppedAt")),
    }


def executions(machines: Any) -> list[dict[str, Any]]:
    """The executions of every standard state machine; AWS keeps no list of an express one's."""
    pages = machines.get_paginator("list_state_machines").paginate()
    found = []
    for machine in (machine for page in pages for machine in page["stateMachines"] if machine["type"] != "EXPRESS"):
        listed = machines.list_executions(stateMachineArn=machine["stateMachineArn"], maxResults=SHOWN)["executions"]
        found += [execution_line(execution, machine["name"]) for execution in listed]
    return found


def execution_line(execution: dict[str, Any], machine: str) -> dict[str, Any]:
    """One execution of a state machine."""
    return {
        "kind": "Execution",
        "id": execution["executionArn"],
        "name": execution["name"],
        "place": machine,
        "status": execution["status"],
        "reason": "",
        "created": seconds(execution.get("startDate")),
        "started": seconds(execution.get("startDate")),
        "stopped": seconds(execution.get("stopDate")),
    }


def seconds(moment: Any) -> float:
    """A time of boto3 as seconds; 0 when it has not come."""
    return float(moment.timestamp()) if moment else 0.0
