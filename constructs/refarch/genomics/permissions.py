"""What the functions of a `GenomicsPipeline`, and people who run it, may do."""

from __future__ import annotations

from collections.abc import Sequence

from aws_cdk import ArnFormat
from aws_cdk import aws_iam as iam

from refarch._shared.acknowledge import answer, principal_scope, wildcards
from refarch._shared.reads import objects_arn, read, stack_of
from refarch._shared.written_role import Statement
from refarch.batch.functions import WorkflowFunction
from refarch.batch.job import BatchJob
from refarch.batch.workflow import JobWorkflow
from refarch.genomics.pipeline_props import GenomicsPipelineProps

_OBJECTS = "Samples are named when a run is started; the buckets and the folders in them are fixed here"
_REVISIONS = "Any revision of these definitions, as the caller says; what they are is fixed here"
_DESCRIBE = "batch:DescribeJobs knows no resources; the function only tells a status"
_RUNS = "Executions are named when they are started; they are these state machines' own"


def _find_and_read(props: GenomicsPipelineProps, why: str = _OBJECTS) -> list[Statement]:
    folders = [*props.inputs, props.results]
    buckets = list(dict.fromkeys(read(each.bucket, "bucket_arn") for each in folders))
    arns = list(dict.fromkeys(each.arn() for each in folders))
    return [
        Statement(actions=["s3:ListBucket"], resources=buckets),
        Statement(actions=["s3:GetObject"], resources=arns, why=why),
    ]


def grant_keys(function: WorkflowFunction, props: GenomicsPipelineProps) -> None:
    """Use of the keys of encrypted buckets, where there are any."""
    for folder in props.inputs:
        if (key := read(folder.bucket, "encryption_key")) is not None:
            key.grant(function.role, "kms:Decrypt")
    if (key := read(props.results.bucket, "encryption_key")) is not None:
        key.grant(function.role, "kms:Decrypt", "kms:GenerateDataKey")


def prepare(props: GenomicsPipelineProps) -> list[Statement]:
    """Looking at inputs and results, and writing clean copies of sample sheets."""
    sheets = objects_arn(props.results.bucket, f"{props.results.prefix}sheets/*")
    return [*_find_and_read(props), Statement(actions=["s3:PutObject"], resources=[sheets], why=_OBJECTS)]


def quality(props: GenomicsPipelineProps) -> list[Statement]:
    """Reading statistics, variants and the reference's index, and writing the report."""
    reports = objects_arn(props.results.bucket, f"{props.results.prefix}*/qc/qc.json")
    return [*_find_and_read(props), Statement(actions=["s3:PutObject"], resources=[reports], why=_OBJECTS)]


def submit(jobs: Sequence[BatchJob], props: GenomicsPipelineProps) -> list[Statement]:
    """Submitting these jobs to these queues."""
    queues = [read(queue, "job_queue_arn") for queue in props.environment.queues.values()]
    definitions = [job.all_revisions_arn for job in jobs]
    return [Statement(actions=["batch:SubmitJob"], resources=[*queues, *definitions], why=_REVISIONS)]


def status() -> list[Statement]:
    """Telling the status of any job."""
    return [Statement(actions=["batch:DescribeJobs"], resources=["*"], why=_DESCRIBE)]


def grant_run(grantee: iam.IGrantable, workflow: JobWorkflow, props: GenomicsPipelineProps) -> None:
    """What a person or a pipeline needs to run samples and cohorts."""
    machines = [each for each in (workflow.machine, workflow.cohort_machine) if each is not None]
    stack, colon = stack_of(workflow), ArnFormat.COLON_RESOURCE_NAME
    runs = [
        stack.format_arn(
            service="states",
            resource="execution",
            resource_name=f"{read(each, 'state_machine_name')}:*",
            arn_format=colon,
        )
        for each in machines
    ]
    statements = [
        Statement(actions=["states:StartExecution"], resources=[read(each, "state_machine_arn") for each in machines]),
        Statement(
            actions=[
                "states:DescribeExecution",
                "states:GetExecutionHistory",
                "states:RedriveExecution",
                "states:StopExecution",
            ],
            resources=runs,
            why=f"{_RUNS}. {_OBJECTS}",
        ),
        *_find_and_read(props, f"{_RUNS}. {_OBJECTS}"),
    ]
    for statement in statements:
        grantee.grant_principal.add_to_principal_policy(statement.as_statement())
    if (scope := principal_scope(grantee)) is not None:
        answer(scope, wildcards(scope, statements))
