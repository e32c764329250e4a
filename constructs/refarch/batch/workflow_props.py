"""Props of `JobWorkflow`."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from aws_cdk import RemovalPolicy
from aws_cdk import aws_batch as batch
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sns as sns

from refarch._shared.checks import Problems
from refarch.batch.job import BatchJob
from refarch.batch.job_props import BucketFolder
from refarch.batch.workflow_names import Branches

_RESERVED = ("cohort", "gate", "prepare")


@dataclass(frozen=True, kw_only=True)
class WorkflowJob:
    """A step of a workflow."""

    name: str
    """Small letters and digits, beginning with a letter. It names the step's states, results and failures."""

    job: BatchJob

    share: str = ""
    """Share identifier of its jobs, where the queues have fair share."""


@dataclass(frozen=True, kw_only=True)
class CohortProps:
    """Many runs at once: a Distributed Map over the rows of a CSV file in S3.

    How many run at once and what percentage may fail is said when a cohort is started: `prepare` returns `bucket`,
    `key`, `common`, `maxConcurrency` and `toleratedFailurePercentage`.
    """

    sheets: Sequence[BucketFolder]
    """Where sample sheets may lie."""

    results: s3.IBucket
    """Gets one file for the runs that succeeded, one for those that failed, and a manifest."""

    prefix: str = "cohorts"
    """Folder for them, without a slash at its end."""


@dataclass(frozen=True, kw_only=True)
class JobWorkflowProps:
    """Batch jobs in an order, a check of their results, and an end that tells the truth.

    Raises `InvalidPropsError` with every problem at once.
    """

    flow: Sequence[WorkflowJob | Sequence[Sequence[WorkflowJob]]]
    """Steps one after the other; a list in it is branches side by side, each a list of steps."""

    queues: Sequence[batch.IJobQueue]
    """Where jobs may be submitted. Which of them is the plan's choice."""

    prepare: lambda_.IFunction
    """Returns the plan of a run, from its input (`kind` "run"), and what a cohort needs (`kind` "cohort"). It decides
    what is skipped and how long each job may take; what it raises fails the run with its message."""

    gate: lambda_.IFunction | None = None
    """Looks at the results: returns `passed` (bool) and `summary` (text). Default: no gate."""

    cohort: CohortProps | None = None
    """Default: single runs alone."""

    topic: sns.ITopic | None = None
    """Gets a message for each run that fails (of a cohort: one, for the whole). Default: a new topic."""

    tracing: bool = True
    log_retention: logs.RetentionDays = logs.RetentionDays.ONE_MONTH
    removal_policy: RemovalPolicy = RemovalPolicy.RETAIN
    """Of the log groups. DESTROY also takes the context flag refarch:remove-data-on-destroy."""

    def __post_init__(self) -> None:
        problems = Problems("JobWorkflowProps")
        problems.check(bool(self.flow), "flow", [], "at least one step")
        problems.check(bool(self.queues), "queues", [], "at least one")
        names = []
        for part in self.flow:
            if isinstance(part, WorkflowJob):
                names.append(part.name)
            else:
                problems.check(len(part) > 1 and all(part), "flow", len(part), "two branches or more, none empty")
                names += [each.name for branch in part for each in branch]
        for name in names:
            plain = re.fullmatch(r"[a-z][a-z0-9]{0,40}", name) and name not in _RESERVED
            problems.check(bool(plain), "flow", name, f"small letters and digits, none of {', '.join(_RESERVED)}")
        twice = [name for name, count in Counter(names).items() if count > 1]
        problems.check(not twice, "flow", twice, "each step once")
        if self.cohort is not None:
            problems.check(bool(self.cohort.sheets), "cohort.sheets", [], "at least one")
            tidy = (
                self.cohort.prefix and not self.cohort.prefix.startswith("/") and not self.cohort.prefix.endswith("/")
            )
            problems.check(bool(tidy), "cohort.prefix", self.cohort.prefix, "a folder without slashes around it")
        problems.raise_any()

    @property
    def steps(self) -> Sequence[WorkflowJob]:
        """All steps, in order."""
        found: list[WorkflowJob] = []
        for part in self.flow:
            found += [part] if isinstance(part, WorkflowJob) else [each for branch in part for each in branch]
        return found

    @property
    def shape(self) -> list[str | Branches]:
        """The flow by the names of its steps."""
        return [
            part.name
            if isinstance(part, WorkflowJob)
            else Branches([[each.name for each in branch] for branch in part])
            for part in self.flow
        ]
