"""The GenomicsPipeline construct."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from aws_cdk import Aws
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_iam as iam
from constructs import Construct

from refarch._shared.durations import in_seconds
from refarch._shared.reads import inside, read, stack_of
from refarch._shared.written_role import Statement
from refarch.batch.functions import WorkflowFunction
from refarch.batch.job import BatchJob
from refarch.batch.job_props import BatchJobProps, BucketFolder
from refarch.batch.workflow import JobWorkflow
from refarch.batch.workflow_props import CohortProps, JobWorkflowProps, WorkflowJob
from refarch.genomics import permissions
from refarch.genomics.dashboard import alarms, dashboard
from refarch.genomics.pipeline_props import GenomicsPipelineProps
from refarch.genomics.profiles import PROFILES, STEPS, command_of, parameters_of


class GenomicsPipeline(Construct):
    """Secondary analysis of genomes: reads in, annotated variants and a judgement of their quality out.

    ::

        FASTQ pair --> align --> call --> annotate --+--> quality gate --> SUCCEEDED
        reference        |                           |        |
                         +-----> statistics ---------+        +--> FAILED, and says why

    A run takes either input of the original (v1 of the posts, v2 of its successor); a cohort takes a sample sheet.
    Whatever is wrong with an input is said before a job starts. Steps whose outputs exist are skipped.

    It leaves out: joint calling over samples, per-chromosome scattering, and somatic variants.

    Source: "Building High-Throughput Genomics Batch Workflows on AWS", parts 1 to 4, AWS Compute Blog, 2017.
    """

    jobs: Mapping[str, BatchJob]
    workflow: JobWorkflow
    prepare: WorkflowFunction
    quality: WorkflowFunction
    submit: WorkflowFunction | None
    status: WorkflowFunction | None
    dashboard: cloudwatch.Dashboard
    alarms: list[cloudwatch.Alarm]

    def __init__(self, scope: Construct, id: str, *, props: GenomicsPipelineProps) -> None:
        super().__init__(scope, id)
        inside(self, scope)
        self.props = props
        self.topic = props.topic or props.environment.topic
        self.jobs = {step: self._job(step) for step in STEPS}
        settings = {"GENOMICS_SETTINGS": self._settings()}
        self.prepare = self._function("Prepare", "genomics_prepare", settings, permissions.prepare(props))
        self.quality = self._function(
            "Quality", "genomics_quality", {}, permissions.quality(props), memory_mb=1024, minutes=10
        )
        for function in (self.prepare, self.quality):
            permissions.grant_keys(function, props)
        self.submit = self.status = None
        if props.submit_functions:
            submits = permissions.submit(list(self.jobs.values()), props)
            self.submit = self._function("Submit", "genomics_submit", {}, submits, packages=("jobs",))
            self.status = self._function("Status", "genomics_status", {}, permissions.status(), packages=())
        self.workflow = self._workflow()
        self.dashboard = dashboard(self, "Dashboard", self.workflow, list(self.jobs.values()))
        self.alarms = alarms(self, self.workflow, self.topic)

    def _job(self, step: str) -> BatchJob:
        props, size = self.props, self.props.size(step)
        tool = PROFILES[props.profile][step]
        return BatchJob(
            self,
            f"{step.capitalize()}Job",
            props=BatchJobProps(
                image=props.images.get(step) or self._image(tool),
                command=command_of(step),
                parameters=parameters_of(step, {"WorkingDir": self._scratch(), **props.defaults.get(step, {})}),
                environment={"REFARCH_STEP": step},
                vcpus=size.vcpus,
                memory_mib=size.memory_mib,
                attempts=props.attempts,
                scratch=props.environment.props.scratch,
                reads=props.inputs,
                writes=[props.results],
                encryption_key=props.encryption_key,
                log_retention=props.log_retention,
                removal_policy=props.removal_policy,
            ),
        )

    def _image(self, tool: str) -> ecs.ContainerImage:
        account, region, suffix = (read(Aws, name) for name in ("ACCOUNT_ID", "REGION", "URL_SUFFIX"))
        registry = self.props.registry or f"{account}.dkr.ecr.{region}.{suffix}"
        return ecs.ContainerImage.from_registry(f"{registry}/refarch-genomics/{tool}:{self.props.image_tag}")

    def _scratch(self) -> str:
        scratch = self.props.environment.props.scratch
        return scratch.container_folder if scratch is not None else "/tmp"  # noqa: S108 - inside of the container

    def _function(
        self,
        id: str,
        handler: str,
        environment: Mapping[str, str],
        statements: Sequence[Statement],
        *,
        packages: tuple[str, ...] = ("genomics",),
        **more: Any,
    ) -> WorkflowFunction:
        return WorkflowFunction(
            self,
            id,
            handler=handler,
            packages=packages,
            environment=environment,
            statements=statements,
            retention=self.props.log_retention,
            removal=self.props.removal_policy,
            description=f"refarch genomics: {id.lower()}",
            **more,
        )

    def _settings(self) -> str:
        """What the first state's function knows of the stack."""
        props = self.props
        steps = {step: self._step_settings(step) for step in STEPS}
        folder = f"s3://{read(props.results.bucket, 'bucket_name')}/{props.results.prefix}".rstrip("/")
        return stack_of(self).to_json_string(
            {
                "steps": steps,
                "queues": [read(queue, "job_queue_arn") for queue in props.environment.queues.values()],
                "thresholds": dict(props.thresholds),
                "results": folder,
                "waiting_seconds": in_seconds(props.waiting),
            }
        )

    def _step_settings(self, step: str) -> dict[str, Any]:
        props, size = self.props, self.props.size(step)
        given = {"WorkingDir": self._scratch(), **props.defaults.get(step, {})}
        image = props.images.get(step) or f"{PROFILES[props.profile][step]}:{props.image_tag}"
        return {
            "definition": read(self.jobs[step].definition, "job_definition_arn"),
            "queue": read(props.environment.queue(props.queue(step)), "job_queue_arn"),
            "image": image if isinstance(image, str) else step,
            "vcpus": size.vcpus,
            "memory_mib": size.memory_mib,
            "attempts": props.attempts,
            "seconds_a_gib": size.seconds_a_gib,
            "defaults": {name: value for name, value in given.items() if value.strip()},
        }

    def _workflow(self) -> JobWorkflow:
        props = self.props
        align, call, annotate, statistics = (
            WorkflowJob(name=step, job=self.jobs[step], share=props.share) for step in STEPS
        )
        copies = BucketFolder(bucket=props.results.bucket, prefix=f"{props.results.prefix}sheets/")
        return JobWorkflow(
            self,
            "Workflow",
            props=JobWorkflowProps(
                flow=[align, [[call, annotate], [statistics]]],
                queues=list(props.environment.queues.values()),
                prepare=self.prepare.function,
                gate=self.quality.function,
                cohort=CohortProps(
                    sheets=[copies], results=props.results.bucket, prefix=f"{props.results.prefix}cohorts"
                )
                if props.cohorts
                else None,
                topic=self.topic,
                log_retention=props.log_retention,
                removal_policy=props.removal_policy,
            ),
        )

    def grant_run(self, grantee: iam.IGrantable) -> None:
        """Lets `grantee` start, watch and stop runs and cohorts, and read their results."""
        permissions.grant_run(grantee, self.workflow, self.props)
