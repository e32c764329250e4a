"""The MapReduce construct."""

from __future__ import annotations

from collections.abc import Sequence

from aws_cdk import Aws, CfnOutput, Tokenization
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_lambda_destinations as destinations
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_s3_notifications as s3_notifications
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from refarch._shared.acknowledge import acknowledge_notifications_handler
from refarch._shared.alarm_topics import notify
from refarch._shared.checks import is_known
from refarch._shared.durations import in_seconds
from refarch._shared.powertools import powertools_layer
from refarch._shared.reads import inside, read, service_name, stack_of
from refarch._shared.removal import removal_policy
from refarch._shared.written_role import Statement
from refarch.mapreduce import alarms, permissions
from refarch.mapreduce.functions import METRICS_NAMESPACE, CoordinatorFunction, TaskFunction
from refarch.mapreduce.props import MapReduceInput, MapReduceProps
from refarch.mapreduce.query_layer import query_layer
from refarch.mapreduce.queues import dead_letter_queue, event_queue
from refarch.mapreduce.storage_resources import check_stack, input_bucket, job_bucket, s3_endpoint, security_group

WORKSPACE_FORMAT = "refarch/mapreduce/1"
_LARGEST_EVENT_BATCH = 100
_LARGEST_BATCH_AT_ONCE = 10
_COORDINATORS_AT_ONCE = 5


class MapReduce(Construct):
    """Ad hoc MapReduce over objects in S3, run by Lambda functions and paid by the job.

    ::

        inputs (S3) --> mapper x N --> job bucket --> reducer x R --> result (CSV and JSON)
                           ^               | S3 events      ^
                           |               v                |
                           +--- coordinator <- queue -------+

    The driver (`refarch mapreduce run`) plans a job and writes it into the job bucket; from there on S3 events drive
    the coordinator, which keeps all its state in S3. Any number of jobs run at once over the same objects. It costs
    nothing while no job runs, but for what is stored.

    It leaves out: a schedule (invoke the driver from one), columnar formats, and jobs that need a network of their own.
    Limits: 10,000 tasks at once, 15 minutes a task, a compressed task output that fits `ephemeral_storage_mb`.

    Source: "Ad Hoc Big Data Processing Made Simple with Serverless MapReduce", AWS Compute Blog, 2016.
    """

    job_bucket: s3.IBucket
    input_bucket: s3.Bucket | None
    inputs: Sequence[MapReduceInput]
    queue: sqs.Queue
    dead_letter_queue: sqs.Queue
    mapper: lambda_.Function
    reducer: lambda_.Function
    coordinator: lambda_.Function
    event_source: lambda_.EventSourceMapping
    alarms: Sequence[cloudwatch.Alarm]
    security_groups: Sequence[ec2.ISecurityGroup]
    s3_endpoint: ec2.GatewayVpcEndpoint | None
    query_layer: lambda_.ILayerVersion | None
    workspace: CfnOutput

    def __init__(self, scope: Construct, id: str, *, props: MapReduceProps | None = None) -> None:
        super().__init__(scope, id)
        inside(self, scope)
        self.props = props or MapReduceProps()
        self._removal = removal_policy(self, self.props.removal_policy)
        self._service = service_name(self)
        self._build_storage()
        self._build_network()
        self._build_queues()
        self._build_functions()
        self._grant_keys()
        self._wire_events()
        self._build_alarms()
        self._describe()

    def grant_run(self, grantee: iam.IGrantable) -> None:
        """Lets `grantee` run jobs with the driver: plan, watch, cancel, redrive, clean and read results."""
        permissions.grant_run(grantee, self.job_bucket, self.props.prefix, self.inputs, stack_of(self))

    def _build_storage(self) -> None:
        if self.props.job_bucket is not None:
            check_stack(self, self.props.job_bucket)
        self.job_bucket = self.props.job_bucket or job_bucket(self, "Jobs", self.props, self._removal)
        self.inputs, self.input_bucket = self.props.inputs, None
        if not self.inputs:
            self.input_bucket = input_bucket(self, "Input", self._removal)
            self.inputs = [MapReduceInput(bucket=self.input_bucket)]

    def _build_network(self) -> None:
        self.s3_endpoint = None
        self.security_groups = list(self.props.security_groups)
        if self.props.vpc is None:
            return
        if self.props.add_s3_endpoint:
            self.s3_endpoint = s3_endpoint(self.props.vpc)
        if not self.security_groups:
            self.security_groups = [security_group(self, "SecurityGroup", self.props.vpc)]

    def _build_queues(self) -> None:
        self.dead_letter_queue = dead_letter_queue(self, "DeadLetters")
        self.queue = event_queue(self, "Events", self.props, self.dead_letter_queue)

    def _build_functions(self) -> None:
        props = self.props
        layer = props.powertools_layer or powertools_layer(
            self, "Powertools", runtime=props.runtime, architecture=props.architecture
        )
        self.query_layer = props.query_layer
        if props.job.declared and self.query_layer is None:
            self.query_layer = query_layer(self, "QueryEngine", runtime=props.runtime, architecture=props.architecture)
        failures = destinations.SqsDestination(self.queue)
        self._mapper, self._reducer = (
            TaskFunction(
                self,
                id,
                props=props,
                function=f"mapreduce_{id.lower()}",
                memory_mb=memory,
                environment=self._observability(),
                failures=failures,
                statements=permissions.run_tasks(id.lower(), self.job_bucket, props.prefix, self.inputs),
                layers=[layer, self.query_layer] if self.query_layer else [layer],
                security_groups=list(self.security_groups),
                removal_policy=self._removal,
                overrides=overrides,
            )
            for id, memory, overrides in (
                ("Mapper", props.memory_mb, props.mapper_overrides),
                ("Reducer", props.reducer_memory_mb, props.reducer_overrides),
            )
        )
        self._coordinator = CoordinatorFunction(
            self,
            "Coordinator",
            props=props,
            environment={**self._observability(), **self._coordinator_settings()},
            layer=layer,
            statements=self._coordinator_statements(),
            removal_policy=self._removal,
        )
        self.mapper, self.reducer = self._mapper.function, self._reducer.function
        self.coordinator = self._coordinator.function

    def _observability(self) -> dict[str, str]:
        return {"POWERTOOLS_SERVICE_NAME": self._service, "POWERTOOLS_METRICS_NAMESPACE": METRICS_NAMESPACE}

    def _coordinator_settings(self) -> dict[str, str]:
        props = self.props
        return {
            "MAPREDUCE_BUCKET": read(self.job_bucket, "bucket_name"),
            "MAPREDUCE_PREFIX": props.prefix,
            "MAPREDUCE_MAPPER": read(self._mapper.function, "function_name"),
            "MAPREDUCE_REDUCER": read(self._reducer.function, "function_name"),
            "MAPREDUCE_QUEUE_URL": read(self.queue, "queue_url"),
            "MAPREDUCE_WATCHDOG_SECONDS": _text(in_seconds(props.watchdog_interval)),
            "MAPREDUCE_TASK_SECONDS": _text(in_seconds(props.task_timeout)),
            "MAPREDUCE_CONCURRENT": _text(props.concurrent_lambdas),
            "MAPREDUCE_ARCHITECTURE": read(props.architecture, "name"),
            "MAPREDUCE_MAPPER_MB": _text(props.memory_mb),
            "MAPREDUCE_REDUCER_MB": _text(props.reducer_memory_mb),
        }

    def _coordinator_statements(self) -> list[Statement]:
        tasks = [self._mapper.function.function_arn, self._reducer.function.function_arn]
        return permissions.coordinate(self.job_bucket, self.props.prefix, tasks, read(self.queue, "queue_arn"))

    def _grant_keys(self) -> None:
        bucket = self.job_bucket
        permissions.grant_keys(self._mapper.role, [each.bucket for each in self.inputs], [bucket])
        permissions.grant_keys(self._reducer.role, [], [bucket])
        permissions.grant_keys(self._coordinator.role, [], [bucket])

    def _wire_events(self) -> None:
        self.job_bucket.add_event_notification(
            s3.EventType.OBJECT_CREATED,
            s3_notifications.SqsDestination(self.queue),
            s3.NotificationKeyFilter(prefix=f"{self.props.prefix}jobs/"),
        )
        acknowledge_notifications_handler(self.job_bucket)
        # Not `add_event_source`: it puts the stack's name into the logical id.
        self.event_source = lambda_.EventSourceMapping(
            self,
            "EventsToCoordinator",
            target=self.coordinator,
            event_source_arn=read(self.queue, "queue_arn"),
            # Without a window Lambda takes ten messages at the most.
            batch_size=_LARGEST_EVENT_BATCH if in_seconds(self.props.event_window) else _LARGEST_BATCH_AT_ONCE,
            max_batching_window=self.props.event_window,
            max_concurrency=_COORDINATORS_AT_ONCE,
            report_batch_item_failures=True,
        )

    def _build_alarms(self) -> None:
        self.alarms = [
            alarms.jobs_failed(self, METRICS_NAMESPACE, self._service),
            alarms.dead_letters(self, self.dead_letter_queue),
            alarms.coordinator_errors(self, self.coordinator),
        ]
        notify(self.alarms, self.props.alarm_topic)

    def _describe(self) -> None:
        """One output, by which the driver finds all it needs to know."""
        props = self.props
        self.workspace = CfnOutput(
            self,
            "Workspace",
            description=f"MapReduce {read(self, 'node.path')}: read by `refarch mapreduce`",
            value=stack_of(self).to_json_string(
                {
                    "refarch": WORKSPACE_FORMAT,
                    "name": read(self, "node.id"),
                    "jobBucket": read(self.job_bucket, "bucket_name"),
                    "prefix": props.prefix,
                    "memoryMb": props.memory_mb,
                    "reducerMemoryMb": props.reducer_memory_mb,
                    "architecture": read(props.architecture, "name"),
                    "concurrentLambdas": props.concurrent_lambdas,
                    "taskTimeout": in_seconds(props.task_timeout),
                    "maxAttempts": props.max_attempts,
                    "region": Aws.REGION,
                    "mapper": read(self.mapper, "function_name"),
                    "reducer": read(self.reducer, "function_name"),
                    "coordinator": read(self.coordinator, "function_name"),
                    "queueUrl": read(self.queue, "queue_url"),
                }
            ),
        )


def _text(number: float) -> str:
    """A number as an environment variable, be it known now or (a token) at deployment."""
    return f"{number:g}" if is_known(number) else Tokenization.stringify_number(number)
