"""JobWorkflow: what its state machines may do, and what is in the template."""

from __future__ import annotations

import json
from typing import Any

import pytest
from aws_cdk import aws_batch as batch
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_s3 as s3

from refarch._shared.checks import InvalidPropsError
from refarch.batch import BatchJob, BatchJobProps, BucketFolder, CohortProps, JobWorkflow, JobWorkflowProps, WorkflowJob

MACHINE = "AWS::StepFunctions::StateMachine"


def job(bench: Any, name: str) -> WorkflowJob:
    return WorkflowJob(name=name, job=BatchJob(bench.stack, f"Job{name}", props=BatchJobProps(image="x")))


def props(bench: Any, **changes: Any) -> JobWorkflowProps:
    arn = "arn:aws:batch:us-east-1:111111111111:job-queue/q"
    prepare = "arn:aws:lambda:us-east-1:111111111111:function:prepare"
    bucket = s3.Bucket.from_bucket_name(bench.stack, "Results", "results")
    given = {
        "flow": changes.get("flow") or [job(bench, "align"), [[job(bench, "call")], [job(bench, "count")]]],
        "queues": [batch.JobQueue.from_job_queue_arn(bench.stack, "Queue", arn)],
        "prepare": lambda_.Function.from_function_arn(bench.stack, "Prepare", prepare),
        "cohort": CohortProps(sheets=[BucketFolder(bucket=bucket, prefix="sheets/")], results=bucket),
    }
    return JobWorkflowProps(**{**given, **changes})


def definition(resource: dict[str, Any]) -> dict[str, Any]:
    """The definition of a state machine, with a word in place of every reference."""
    parts = resource["DefinitionString"]["Fn::Join"][1]
    return json.loads("".join(part if isinstance(part, str) else "reference" for part in parts))  # type: ignore[no-any-return]


def test_an_aborted_run_may_end_its_jobs(bench: Any) -> None:
    """The role that the CDK makes for `.sync` may not: the jobs of an aborted run would go on."""
    JobWorkflow(bench.stack, "Flow", props=props(bench))
    policies = bench.resources("AWS::IAM::Policy")
    for name in ("FlowRole", "FlowCohortRole"):
        allowed = bench.actions(policies, name)
        assert "job/*" in str(allowed["batch:TerminateJob"])
        assert allowed["batch:DescribeJobs"] == ["*"]
        assert "StepFunctionsGetEventsForBatchJobsRule" in str(allowed["events:PutRule"])
        assert not [action for action in allowed if "*" in action]
        assert "*" not in allowed["batch:SubmitJob"]
        assert len(allowed["batch:SubmitJob"]) == 1 + 3 + 1  # a queue, three definitions, the jobs (for tags)


def test_any_revision_may_be_submitted_and_no_other_definition(bench: Any) -> None:
    JobWorkflow(bench.stack, "Flow", props=props(bench))
    [submit] = [
        each
        for each in bench.named(bench.resources("AWS::IAM::Policy"), "FlowRole")["PolicyDocument"]["Statement"]
        if each.get("Sid") == "SubmitJobs"
    ]
    definitions = [each for each in submit["Resource"] if "JobDefinition" in json.dumps(each) or "Select" in str(each)]
    assert len(definitions) == 3
    assert all(each["Fn::Join"][1][-1] == ":*" for each in definitions)


def test_the_result_writer_is_in_the_template_and_may_write(bench: Any) -> None:
    """The CDK's result writer (version 2) leaves nothing in a template without a feature flag."""
    JobWorkflow(bench.stack, "Flow", props=props(bench))
    runs = definition(bench.named(bench.resources(MACHINE), "FlowCohort"))["States"]["Runs"]
    assert runs["ResultWriter"]["Resource"] == "arn:reference:states:::s3:putObject"
    assert runs["ResultWriter"]["Parameters"] == {"Bucket": "results", "Prefix": "cohorts"}
    allowed = bench.actions(bench.resources("AWS::IAM::Policy"), "FlowCohortPolicy")
    assert "/cohorts/*" in str(allowed["s3:PutObject"])
    assert "/sheets/*" in str(allowed["s3:GetObject"])


def test_a_cohort_may_start_stop_and_redrive_its_own_children_alone(bench: Any) -> None:
    JobWorkflow(bench.stack, "Flow", props=props(bench))
    allowed = bench.actions(bench.resources("AWS::IAM::Policy"), "FlowCohortPolicy")
    assert "states:StartExecution" in allowed
    for action in ("states:RedriveExecution", "states:StopExecution", "states:DescribeExecution"):
        assert all("execution:" in str(each) and "FlowCohort" in str(each) for each in allowed[action])


def test_a_cohort_that_fails_is_told_by_a_rule_with_its_reason(bench: Any) -> None:
    """A state that told of it would have to catch the map's failure, and then a redrive would not run the map again."""
    JobWorkflow(bench.stack, "Flow", props=props(bench))
    assert "Catch" not in definition(bench.named(bench.resources(MACHINE), "FlowCohort"))["States"]["Runs"]
    [rule] = bench.resources("AWS::Events::Rule").values()
    assert rule["EventPattern"]["detail"]["status"] == ["FAILED", "TIMED_OUT"]
    assert "FlowCohort" in str(rule["EventPattern"]["detail"]["stateMachineArn"])
    [target] = rule["Targets"]
    assert target["InputTransformer"]["InputTemplate"] == (
        '{"execution":<detail-executionArn>,"error":<detail-error>,"cause":<detail-cause>}'
    )
    assert "DeadLetterConfig" in target


def test_the_reason_may_be_looked_up_in_the_jobs_logs_alone(bench: Any) -> None:
    JobWorkflow(bench.stack, "Flow", props=props(bench))
    allowed = bench.actions(bench.resources("AWS::IAM::Policy"), "FlowReason")
    logs = {each["Fn::GetAtt"][0] for each in allowed["logs:GetLogEvents"]}
    assert {name[:4] for name in logs} == {"Joba", "Jobc"}


def test_all_is_logged_and_nothing_of_the_data(bench: Any) -> None:
    JobWorkflow(bench.stack, "Flow", props=props(bench))
    for machine in bench.resources(MACHINE).values():
        assert machine["LoggingConfiguration"]["Level"] == "ALL"
        assert machine["LoggingConfiguration"]["IncludeExecutionData"] is False
        assert machine["TracingConfiguration"] == {"Enabled": True}


def test_single_runs_alone(bench: Any) -> None:
    made = JobWorkflow(bench.stack, "Flow", props=props(bench, cohort=None))
    assert (made.cohort_machine, made.cohort_role, made.cohort_policy, made.cohort_rule) == (None,) * 4
    assert len(bench.resources(MACHINE)) == 1


def test_every_problem_is_said_at_once(bench: Any) -> None:
    bucket = s3.Bucket.from_bucket_name(bench.stack, "Other", "other")
    twice = job(bench, "align")
    with pytest.raises(InvalidPropsError) as caught:
        props(
            bench,
            flow=[twice, [[twice]], job(bench, "Upper"), job(bench, "gate")],
            queues=[],
            cohort=CohortProps(sheets=[], results=bucket, prefix="/x/"),
        )
    text = str(caught.value)
    for word in (
        "queues is []",
        "flow is 1, allowed: two branches or more",
        "flow is 'Upper'",
        "flow is 'gate'",
        "flow is ['align'], allowed: each step once",
        "cohort.sheets is []",
        "cohort.prefix is '/x/'",
    ):
        assert word in text
