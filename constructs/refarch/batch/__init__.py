"""Batch: queues of container jobs on Spot Instances, jobs that know what to repeat, workflows that tell the truth.

Constructs load ``aws_cdk`` (a second); the decisions do not. So names are loaded when they are used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from refarch.batch.environment import BatchEnvironment as BatchEnvironment
    from refarch.batch.environment_props import BatchEnvironmentProps as BatchEnvironmentProps
    from refarch.batch.environment_props import FairShare as FairShare
    from refarch.batch.environment_props import QueueProps as QueueProps
    from refarch.batch.job import BatchJob as BatchJob
    from refarch.batch.job_props import BatchJobProps as BatchJobProps
    from refarch.batch.job_props import BucketFolder as BucketFolder
    from refarch.batch.scratch import Scratch as Scratch
    from refarch.batch.workflow import JobWorkflow as JobWorkflow
    from refarch.batch.workflow_names import Branches as Branches
    from refarch.batch.workflow_props import CohortProps as CohortProps
    from refarch.batch.workflow_props import JobWorkflowProps as JobWorkflowProps
    from refarch.batch.workflow_props import WorkflowJob as WorkflowJob

_MODULES = {
    "BatchEnvironment": "environment",
    "BatchEnvironmentProps": "environment_props",
    "BatchJob": "job",
    "BatchJobProps": "job_props",
    "Branches": "workflow_names",
    "BucketFolder": "job_props",
    "CohortProps": "workflow_props",
    "FairShare": "environment_props",
    "JobWorkflow": "workflow",
    "JobWorkflowProps": "workflow_props",
    "QueueProps": "environment_props",
    "Scratch": "scratch",
    "WorkflowJob": "workflow_props",
}

__all__ = [
    "BatchEnvironment",
    "BatchEnvironmentProps",
    "BatchJob",
    "BatchJobProps",
    "Branches",
    "BucketFolder",
    "CohortProps",
    "FairShare",
    "JobWorkflow",
    "JobWorkflowProps",
    "QueueProps",
    "Scratch",
    "WorkflowJob",
]


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
