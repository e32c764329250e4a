"""From one stage to the next: what the tasks of a stage left, as input for those of the following one."""

from __future__ import annotations

from typing import Any

from refarch_lambdas.mapreduce.decision import Dispatch
from refarch_lambdas.mapreduce.layout import JobLayout
from refarch_lambdas.mapreduce.snapshot import JobSnapshot, read_documents, to_body
from refarch_lambdas.mapreduce.state import MAPPER, REDUCER, JobData, StageState, new_stage
from refarch_lambdas.mapreduce.storage import Storage

Segment = list[Any]
"""`[key, offset, length]` of a sorted run."""


def first_stage(job: JobData, now: float) -> StageState:
    return new_stage(job, stage=MAPPER, step=0, count=job.map_count, now=now)


def next_stage(storage: Storage, snapshot: JobSnapshot, before: StageState, now: float) -> StageState:
    """The stage after `before`, its inputs written. Writing them twice does no harm: they are always the same."""
    layout, job, step = snapshot.layout, snapshot.job, before.step + 1
    lists = _partitions(storage, layout, job) if before.stage == MAPPER else [_parts(storage, layout, before)]
    for task, segments in enumerate(lists):
        storage.put(segment_list(layout, step, task), to_body({"segments": segments}))
    stage = new_stage(
        job,
        stage=REDUCER,
        step=step,
        count=len(lists),
        now=now,
        final=len(lists) == 1,
        reduce=before.stage == MAPPER,
    )
    stage.watchdog, stage.redrive, stage.attempt_limit = before.watchdog, before.redrive, job.max_attempts
    return stage


def segment_list(layout: JobLayout, step: int, task: int) -> str:
    """The key of the list of what one reducer reads."""
    return layout.shuffle(f"reducer/{step}/{task}.input")


def task_event(
    bucket: str, layout: JobLayout, job: JobData, state: StageState, dispatch: Dispatch, now: float
) -> dict[str, Any]:
    """What a mapper or reducer is invoked with."""
    event: dict[str, Any] = {
        "jobBucket": bucket,
        "prefix": layout.prefix,
        "jobId": layout.job_id,
        "stage": state.stage,
        "step": state.step,
        "taskId": dispatch.task_id,
        "attempt": dispatch.attempt,
        "dispatchedAt": now,
    }
    if state.stage == MAPPER:
        offset, length, _ = job.tasks[dispatch.task_id]
        return event | {"plan": [offset, length], "reducerCount": job.reducer_count, "tolerance": job.tolerance}
    source = segment_list(layout, state.step, dispatch.task_id)
    return event | {"input": source, "final": state.final, "reduce": state.reduce}


def _partitions(storage: Storage, layout: JobLayout, job: JobData) -> list[list[Segment]]:
    """By partition, what all mappers wrote for it. A job without mappers has one empty partition."""
    if job.map_count == 0:
        return [[]]
    summaries = read_documents(storage, (layout.mapper_commit(task) for task in range(job.map_count)))
    return [
        [
            [summary["data"], summary["segments"][partition][0], summary["segments"][partition][1]]
            for summary in summaries
            if summary["data"] and summary["segments"][partition][2]
        ]
        for partition in range(job.reducer_count)
    ]


def _parts(storage: Storage, layout: JobLayout, before: StageState) -> list[Segment]:
    """The parts of the result that the reducers of a step wrote."""
    commits = (layout.reducer_commit(before.step, task) for task in range(before.count))
    return [
        [summary["data"], offset, length]
        for summary in read_documents(storage, commits)
        if summary["data"]
        for offset, length, pairs in summary["segments"]
        if pairs
    ]
