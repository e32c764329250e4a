"""What the state machines of a `JobWorkflow` may do."""

from __future__ import annotations

from collections.abc import Sequence

from aws_cdk import ArnFormat, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_stepfunctions as stepfunctions
from constructs import Construct

from refarch._shared.acknowledge import acknowledge, acknowledge_wildcards
from refarch.batch.workflow_props import CohortProps, JobWorkflowProps

_REVISIONS = "Any revision of these definitions: what was planned before an update is submitted with an earlier one"
_JOBS = "Ids of jobs are made when they are submitted; without the permission an aborted run leaves its jobs running"
_DESCRIBE = "batch:DescribeJobs knows no resources (the integration asks for the state of jobs)"
_DELIVERY = "The actions for delivering logs and traces know no resources"
_CHILDREN = "Executions and map runs are named when they are started; they are this state machine's own"
_OBJECTS = "Sheets are named and results numbered when a cohort is started; buckets and folders are fixed here"


def role(scope: Construct, id: str, props: JobWorkflowProps, functions: Sequence[str], topic: str) -> iam.Role:
    """Submits these jobs to these queues, waits for them, and ends them when it is ended itself."""
    made = iam.Role(scope, id, assumed_by=iam.ServicePrincipal("states.amazonaws.com"))
    stack = Stack.of(scope)
    submit = iam.PolicyStatement(
        sid="SubmitJobs",
        actions=["batch:SubmitJob", "batch:TagResource"],
        resources=[
            *(each.job_queue_arn for each in props.queues),
            *(each.job.all_revisions_arn for each in props.steps),
            _jobs(stack),
        ],
    )
    # The CDK's own role for `.sync` lacks these two: a run that is aborted would leave its jobs running.
    terminate = iam.PolicyStatement(sid="EndJobs", actions=["batch:TerminateJob"], resources=[_jobs(stack)])
    describe = iam.PolicyStatement(sid="WatchJobs", actions=["batch:DescribeJobs"], resources=["*"])
    events = iam.PolicyStatement(
        sid="HearOfJobs",
        actions=["events:DescribeRule", "events:PutRule", "events:PutTargets"],
        resources=[stack.format_arn(service="events", resource="rule", resource_name=_RULE)],
    )
    call = iam.PolicyStatement(sid="CallFunctions", actions=["lambda:InvokeFunction"], resources=list(functions))
    tell = iam.PolicyStatement(sid="TellFailures", actions=["sns:Publish"], resources=[topic])
    for statement in (submit, terminate, describe, events, call, tell):
        made.add_to_policy(statement)
    acknowledge_wildcards(made, submit, f"{_REVISIONS}. {_JOBS}")
    acknowledge_wildcards(made, terminate, _JOBS)
    acknowledge(made, "AwsSolutions-IAM5[Resource::*]", f"{_DESCRIBE}. {_DELIVERY}")
    return made


def cohort_policy(
    scope: Construct, id: str, role: iam.Role, machine: stepfunctions.StateMachine, cohort: CohortProps
) -> iam.Policy:
    """Running a Distributed Map: the machine starts, stops and redrives children of itself."""
    stack = Stack.of(scope)
    name = machine.state_machine_name
    children = [
        stack.format_arn(service="states", resource="execution", resource_name=f"{name}/*", arn_format=_COLON),
        stack.format_arn(service="states", resource="execution", resource_name=f"{name}:*", arn_format=_COLON),
    ]
    statements = [
        iam.PolicyStatement(sid="Start", actions=["states:StartExecution"], resources=[machine.state_machine_arn]),
        iam.PolicyStatement(
            sid="Children",
            actions=["states:DescribeExecution", "states:RedriveExecution", "states:StopExecution"],
            resources=children,
        ),
        iam.PolicyStatement(
            sid="ReadSheets", actions=["s3:GetObject"], resources=[each.arn() for each in cohort.sheets]
        ),
        iam.PolicyStatement(
            sid="WriteResults",
            actions=["s3:AbortMultipartUpload", "s3:GetObject", "s3:ListMultipartUploadParts", "s3:PutObject"],
            resources=[cohort.results.arn_for_objects(f"{cohort.prefix}/*")],
        ),
    ]
    made = iam.Policy(scope, id, roles=[role], statements=statements)
    acknowledge_wildcards(made, statements[1], _CHILDREN)
    for statement in statements[2:]:
        acknowledge_wildcards(made, statement, _OBJECTS)
    for folder in (*cohort.sheets,):
        if folder.bucket.encryption_key is not None:
            folder.bucket.encryption_key.grant(role, "kms:Decrypt")
    if cohort.results.encryption_key is not None:
        cohort.results.encryption_key.grant(role, "kms:Decrypt", "kms:GenerateDataKey")
    return made


def _jobs(stack: Stack) -> str:
    return stack.format_arn(service="batch", resource="job", resource_name="*")


_COLON = ArnFormat.COLON_RESOURCE_NAME
_RULE = "StepFunctionsGetEventsForBatchJobsRule"
