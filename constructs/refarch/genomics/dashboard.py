"""Dashboard and alarms of a `GenomicsPipeline`."""

from __future__ import annotations

from collections.abc import Sequence

from aws_cdk import Aws
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_sns as sns
from aws_cdk import aws_stepfunctions as stepfunctions
from constructs import Construct

from refarch._shared.alarm_topics import notify
from refarch._shared.durations import days, hours, minutes
from refarch._shared.reads import read
from refarch.batch.job import BatchJob
from refarch.batch.workflow import JobWorkflow

_HOUR = hours(1)


def dashboard(scope: Construct, id: str, workflow: JobWorkflow, jobs: Sequence[BatchJob]) -> cloudwatch.Dashboard:
    """Runs and cohorts, the jobs that they start, and the last words of jobs that failed."""
    machines = [("Runs", workflow.machine)]
    if workflow.cohort_machine is not None:
        machines.append(("Cohorts", workflow.cohort_machine))
    rows: list[Sequence[cloudwatch.IWidget]] = [
        [_ends(title, machine), _durations(title, machine)] for title, machine in machines
    ]
    return cloudwatch.Dashboard(scope, id, default_interval=days(7), widgets=[*rows, [_jobs(), _reasons(jobs)]])


def _ends(title: str, machine: stepfunctions.StateMachine) -> cloudwatch.GraphWidget:
    return cloudwatch.GraphWidget(
        title=f"{title}: how they ended",
        width=12,
        left=[
            machine.metric_started(period=_HOUR, statistic="sum"),
            machine.metric_succeeded(period=_HOUR, statistic="sum"),
            machine.metric_failed(period=_HOUR, statistic="sum"),
            machine.metric_aborted(period=_HOUR, statistic="sum"),
            machine.metric_timed_out(period=_HOUR, statistic="sum"),
        ],
    )


def _durations(title: str, machine: stepfunctions.StateMachine) -> cloudwatch.GraphWidget:
    kinds = ("p50", "p90", "max")
    return cloudwatch.GraphWidget(
        title=f"{title}: how long they took (milliseconds)",
        width=12,
        left=[machine.metric_time(period=_HOUR, statistic=each, label=each) for each in kinds],
    )


def _jobs() -> cloudwatch.GraphWidget:
    """All jobs that Step Functions waits for in this account and region: its metrics know no state machines here."""
    names = ("ServiceIntegrationsStarted", "ServiceIntegrationsSucceeded", "ServiceIntegrationsFailed")
    resource = f"arn:{read(Aws, 'PARTITION')}:states:{read(Aws, 'REGION')}::batch:submitJob.sync"
    return cloudwatch.GraphWidget(
        title="Batch jobs of all workflows in this region",
        width=12,
        left=[
            cloudwatch.Metric(
                namespace="AWS/States",
                metric_name=name,
                dimensions_map={"ServiceIntegrationResourceArn": resource},
                statistic="sum",
                period=_HOUR,
            )
            for name in names
        ],
    )


def _reasons(jobs: Sequence[BatchJob]) -> cloudwatch.LogQueryWidget:
    return cloudwatch.LogQueryWidget(
        title="Why jobs failed, by their own words",
        width=12,
        log_group_names=[read(job.log_group, "log_group_name") for job in jobs],
        query_lines=[
            "fields @timestamp, @message",
            "filter @message like /^refarch: /",
            "sort @timestamp desc",
            "limit 20",
        ],
    )


def alarms(scope: Construct, workflow: JobWorkflow, topic: sns.ITopic) -> list[cloudwatch.Alarm]:
    """Runs and cohorts that failed. The workflow tells each one; this also rings where even telling failed."""
    found = []
    for id, machine in (("Run", workflow.machine), ("Cohort", workflow.cohort_machine)):
        if machine is None:
            continue
        alarm = machine.metric_failed(period=minutes(5), statistic="sum").create_alarm(
            scope,
            f"{id}Failed",
            threshold=1,
            evaluation_periods=1,
            comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
            treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
            alarm_description=f"A genomics {id.lower()} has failed; the execution says why",
        )
        found.append(alarm)
    notify(found, topic)
    return found
