"""What the functions of a `GenomicsPipeline`, and people who run it, may do."""

from __future__ import annotations

from collections.abc import Sequence

from aws_cdk import ArnFormat, Stack
from aws_cdk import aws_iam as iam

from refarch._shared.acknowledge import acknowledge_wildcards, principal_scope
from refarch.batch.functions import WorkflowFunction
from refarch.batch.job import BatchJob
from refarch.batch.workflow import JobWorkflow
from refarch.genomics.pipeline_props import GenomicsPipelineProps

_OBJECTS = "Samples are named when a run is started; the buckets and the folders in them are fixed here"
_REVISIONS = "Any revision of these definitions, as the caller says; what they are is fixed here"
_DESCRIBE = "batch:DescribeJobs knows no resources; the function only tells a status"
_RUNS = "Executions are named when they are started; they are these state machines' own"


def _find_and_read(props: GenomicsPipelineProps) -> list[iam.PolicyStatement]:
    folders = [*props.inputs, props.results]
    buckets = list(dict.fromkeys(each.bucket.bucket_arn for each in folders))
    arns = list(dict.fromkeys(each.arn() for each in folders))
    return [
        iam.PolicyStatement(actions=["s3:ListBucket"], resources=buckets),
        iam.PolicyStatement(actions=["s3:GetObject"], resources=arns),
    ]


def _allow(function: WorkflowFunction, statements: Sequence[iam.PolicyStatement], props: GenomicsPipelineProps) -> None:
    for statement in statements:
        function.allow(statement, _OBJECTS)
    for folder in props.inputs:
        if folder.bucket.encryption_key is not None:
            folder.bucket.encryption_key.grant(function.role, "kms:Decrypt")
    if props.results.bucket.encryption_key is not None:
        props.results.bucket.encryption_key.grant(function.role, "kms:Decrypt", "kms:GenerateDataKey")


def allow_prepare(function: WorkflowFunction, props: GenomicsPipelineProps) -> None:
    """Looking at inputs and results, and writing clean copies of sample sheets."""
    sheets = props.results.bucket.arn_for_objects(f"{props.results.prefix}sheets/*")
    write = iam.PolicyStatement(actions=["s3:PutObject"], resources=[sheets])
    _allow(function, [*_find_and_read(props), write], props)


def allow_quality(function: WorkflowFunction, props: GenomicsPipelineProps) -> None:
    """Reading statistics, variants and the reference's index, and writing the report."""
    reports = props.results.bucket.arn_for_objects(f"{props.results.prefix}*/qc/qc.json")
    write = iam.PolicyStatement(actions=["s3:PutObject"], resources=[reports])
    _allow(function, [*_find_and_read(props), write], props)


def allow_submit(
    submit: WorkflowFunction, status: WorkflowFunction, jobs: Sequence[BatchJob], props: GenomicsPipelineProps
) -> None:
    """Submitting these jobs to these queues; telling the status of any."""
    queues = [queue.job_queue_arn for queue in props.environment.queues.values()]
    definitions = [job.all_revisions_arn for job in jobs]
    submit.allow(iam.PolicyStatement(actions=["batch:SubmitJob"], resources=[*queues, *definitions]), _REVISIONS)
    status.allow(iam.PolicyStatement(actions=["batch:DescribeJobs"], resources=["*"]), _DESCRIBE)


def grant_run(grantee: iam.IGrantable, workflow: JobWorkflow, props: GenomicsPipelineProps) -> None:
    """What a person or a pipeline needs to run samples and cohorts."""
    machines = [each for each in (workflow.machine, workflow.cohort_machine) if each is not None]
    stack, colon = Stack.of(workflow), ArnFormat.COLON_RESOURCE_NAME
    runs = [
        stack.format_arn(
            service="states", resource="execution", resource_name=f"{each.state_machine_name}:*", arn_format=colon
        )
        for each in machines
    ]
    statements = [
        iam.PolicyStatement(actions=["states:StartExecution"], resources=[each.state_machine_arn for each in machines]),
        iam.PolicyStatement(
            actions=[
                "states:DescribeExecution",
                "states:GetExecutionHistory",
                "states:RedriveExecution",
                "states:StopExecution",
            ],
            resources=runs,
        ),
        *_find_and_read(props),
    ]
    scope = principal_scope(grantee)
    for statement in statements:
        grantee.grant_principal.add_to_principal_policy(statement)
        if scope is not None:
            acknowledge_wildcards(scope, statement, f"{_RUNS}. {_OBJECTS}")
