"""What the state machines of a `JobWorkflow` may do."""

from __future__ import annotations

from collections.abc import Sequence

from aws_cdk import aws_iam as iam
from aws_cdk import aws_stepfunctions as stepfunctions
from constructs import Construct

from refarch._shared.acknowledge import answer, wildcards
from refarch._shared.reads import arn, objects_arn, read, service
from refarch._shared.written_role import Statement, WrittenRole, document
from refarch.batch.workflow_props import CohortProps, JobWorkflowProps

_REVISIONS = "Any revision of these definitions: what was planned before an update is submitted with an earlier one"
_JOBS = "Ids of jobs are made when they are submitted; without the permission an aborted run leaves its jobs running"
_DESCRIBE = "batch:DescribeJobs knows no resources (the integration asks for the state of jobs)"
_DELIVERY = "The actions for delivering logs and traces know no resources"
_CHILDREN = "Executions and map runs are named when they are started; they are this state machine's own"
_OBJECTS = "Sheets are named and results numbered when a cohort is started; buckets and folders are fixed here"


def role(scope: Construct, id: str, props: JobWorkflowProps, functions: Sequence[str], topic: str) -> WrittenRole:
    """Submits these jobs to these queues, waits for them, and ends them when it is ended itself."""
    made = WrittenRole(scope, id, assumed_by=service("states.amazonaws.com"))
    jobs = arn(scope, "batch", "job/*")
    submit = Statement(
        sid="SubmitJobs",
        actions=["batch:SubmitJob", "batch:TagResource"],
        resources=[
            *(read(each, "job_queue_arn") for each in props.queues),
            *(each.job.all_revisions_arn for each in props.steps),
            jobs,
        ],
        why=f"{_REVISIONS}. {_JOBS}",
    )
    # The CDK's own role for `.sync` lacks these two: a run that is aborted would leave its jobs running.
    terminate = Statement(sid="EndJobs", actions=["batch:TerminateJob"], resources=[jobs], why=_JOBS)
    describe = Statement(sid="WatchJobs", actions=["batch:DescribeJobs"], resources=["*"])
    events = Statement(
        sid="HearOfJobs",
        actions=["events:DescribeRule", "events:PutRule", "events:PutTargets"],
        resources=[arn(scope, "events", f"rule/{_RULE}")],
    )
    call = Statement(sid="CallFunctions", actions=["lambda:InvokeFunction"], resources=list(functions))
    tell = Statement(sid="TellFailures", actions=["sns:Publish"], resources=[topic])
    everything = [("AwsSolutions-IAM5[Resource::*]", f"{_DESCRIBE}. {_DELIVERY}")]
    made.allow([submit, terminate, describe, events, call, tell], everything)
    return made


def cohort_policy(
    scope: Construct, id: str, role: iam.Role, machine: stepfunctions.StateMachine, cohort: CohortProps
) -> iam.Policy:
    """Running a Distributed Map: the machine starts, stops and redrives children of itself."""
    name = machine.state_machine_name
    children = [arn(scope, "states", f"execution:{name}/*"), arn(scope, "states", f"execution:{name}:*")]
    statements = [
        Statement(sid="Start", actions=["states:StartExecution"], resources=[read(machine, "state_machine_arn")]),
        Statement(
            sid="Children",
            actions=["states:DescribeExecution", "states:RedriveExecution", "states:StopExecution"],
            resources=children,
            why=_CHILDREN,
        ),
        Statement(
            sid="ReadSheets", actions=["s3:GetObject"], resources=[each.arn() for each in cohort.sheets], why=_OBJECTS
        ),
        Statement(
            sid="WriteResults",
            actions=["s3:AbortMultipartUpload", "s3:GetObject", "s3:ListMultipartUploadParts", "s3:PutObject"],
            resources=[objects_arn(cohort.results, f"{cohort.prefix}/*")],
            why=_OBJECTS,
        ),
    ]
    made = iam.Policy(scope, id, roles=[role], document=document(statements))
    answer(made, wildcards(made, statements))
    for folder in cohort.sheets:
        if (key := read(folder.bucket, "encryption_key")) is not None:
            key.grant(role, "kms:Decrypt")
    if (key := read(cohort.results, "encryption_key")) is not None:
        key.grant(role, "kms:Decrypt", "kms:GenerateDataKey")
    return made


_RULE = "StepFunctionsGetEventsForBatchJobsRule"
