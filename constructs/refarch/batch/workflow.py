"""The JobWorkflow construct."""

from __future__ import annotations

from typing import Any

from aws_cdk import Aws
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_events as events
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sqs as sqs
from aws_cdk import aws_stepfunctions as stepfunctions
from constructs import Construct

from refarch._shared.reads import inside, read, stack_of
from refarch._shared.removal import removal_policy
from refarch._shared.written_role import Statement
from refarch.batch import notices
from refarch.batch import workflow_definition as definition
from refarch.batch import workflow_permissions as permissions
from refarch.batch.functions import WorkflowFunction
from refarch.batch.workflow_names import CohortPlace, Names
from refarch.batch.workflow_props import JobWorkflowProps


class JobWorkflow(Construct):
    """Batch jobs in an order, which fail when they fail, stop when they are stopped, and skip what is done.

    ::

        Prepare --> step --> ( step --> step || step ) --> Gate --> Finish
           |          |                |                     |
           +----------+------- why? ---+---------------------+--> topic --> FAILED with the job's own reason

        cohort: Distributed Map over a sheet in S3 (a run a row) --> manifest, SUCCEEDED_0.json, FAILED_0.json

    The `prepare` function plans a run: what is skipped since its outputs exist, which queue, how long. Jobs are waited
    for by Step Functions itself, and an aborted run ends its jobs. A job is never submitted twice: what is worth
    repeating, Batch repeats. A failed cohort can be redriven: only the runs that failed run again. A run that is
    started again skips what is done.

    It leaves out: loops, choices between steps, array jobs, and a schedule.

    Source: "Building High-Throughput Genomics Batch Workflows on AWS", part 4 (AWS Compute Blog, 2017), whose polling
    functions and hard-wired names this replaces.
    """

    machine: stepfunctions.StateMachine
    cohort_machine: stepfunctions.StateMachine | None
    role: iam.Role
    cohort_role: iam.Role | None
    cohort_policy: iam.Policy | None
    cohort_rule: events.Rule | None
    """Tells the topic of a cohort that failed."""
    cohort_dead_letters: sqs.Queue | None
    """Notices of it that could not be told; `cohort_alarm` rings as long as there is one."""
    cohort_alarm: cloudwatch.Alarm | None
    reason: WorkflowFunction
    """Finds out why a step failed."""
    topic: sns.ITopic

    def __init__(self, scope: Construct, id: str, *, props: JobWorkflowProps) -> None:
        super().__init__(scope, id)
        inside(self, scope)
        self.props = props
        self.topic = props.topic or notices.topic(self, "Failures")
        self.reason = self._reason()
        self._names = self._make_names()
        self.role = self._role("Role")
        self.machine = self._machine("Run", self.role, definition.single(props.shape, self._names))
        self.cohort_machine = self.cohort_role = self.cohort_policy = None
        self.cohort_rule = self.cohort_dead_letters = self.cohort_alarm = None
        if props.cohort is not None:
            place = CohortPlace(bucket=read(props.cohort.results, "bucket_name"), prefix=props.cohort.prefix)
            self.cohort_role = self._role("CohortRole")
            document = definition.cohort(props.shape, self._names, place)
            self.cohort_machine = self._machine("Cohort", self.cohort_role, document)
            self.cohort_policy = permissions.cohort_policy(
                self, "CohortPolicy", self.cohort_role, self.cohort_machine, props.cohort
            )
            self.cohort_dead_letters = notices.dead_letters(self, "CohortDeadLetters")
            self.cohort_rule = notices.failure_rule(
                self, "CohortFailed", self.cohort_machine, self.topic, self.cohort_dead_letters
            )
            self.cohort_alarm = notices.untold_alarm(self, "CohortUntold", self.cohort_dead_letters, self.topic)

    def _make_names(self) -> Names:
        props = self.props
        return Names(
            prepare=read(props.prepare, "function_arn"),
            explain=read(self.reason.function, "function_arn"),
            topic=read(self.topic, "topic_arn"),
            gate=read(props.gate, "function_arn") if props.gate is not None else "",
            partition=read(Aws, "PARTITION"),
            shares={each.name: each.share for each in props.steps if each.share},
        )

    def _reason(self) -> WorkflowFunction:
        groups = [read(each.job.log_group, "log_group_arn") for each in self.props.steps]
        return WorkflowFunction(
            self,
            "Reason",
            handler="job_reason",
            packages=("jobs",),
            environment={},
            retention=self.props.log_retention,
            removal=self.props.removal_policy,
            description="refarch workflow: why a job failed",
            statements=[Statement(sid="ReadJobLogs", actions=["logs:GetLogEvents"], resources=groups)],
        )

    def _role(self, id: str) -> iam.Role:
        functions = [read(self.reason.function, "function_arn"), read(self.props.prepare, "function_arn")]
        if self.props.gate is not None:
            functions.append(read(self.props.gate, "function_arn"))
        return permissions.role(self, id, self.props, functions, read(self.topic, "topic_arn"))

    def _machine(self, id: str, role: iam.Role, document: dict[str, Any]) -> stepfunctions.StateMachine:
        group = logs.LogGroup(
            self,
            f"{id}Logs",
            retention=self.props.log_retention,
            removal_policy=removal_policy(self, self.props.removal_policy),
        )
        return stepfunctions.StateMachine(
            self,
            id,
            definition_body=stepfunctions.DefinitionBody.from_string(stack_of(self).to_json_string(document)),
            role=role,
            logs=stepfunctions.LogOptions(
                destination=group, level=stepfunctions.LogLevel.ALL, include_execution_data=False
            ),
            tracing_enabled=self.props.tracing,
        )
