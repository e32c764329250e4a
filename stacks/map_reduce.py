"""The MapReduce stack: the bundled example job on a bucket of its own, or on one that exists."""

from __future__ import annotations

import re
from dataclasses import dataclass

from aws_cdk import ArnFormat, CfnOutput, RemovalPolicy, Stack
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_s3 as s3
from constructs import Construct

from refarch._shared.acknowledge import acknowledge, acknowledge_default_group_handler
from refarch._shared.durations import days, seconds
from refarch._shared.reads import read
from refarch._shared.removal import REMOVE_DATA_CONTEXT, removal_allowed
from refarch.mapreduce import JobCode, MapReduce, MapReduceInput, MapReduceProps
from stacks.settings import InvalidSettingsError, load_settings


@dataclass(frozen=True, kw_only=True)
class MapReduceSettings:
    """Settings of the stack: `-c MapReduce.<name>=<value>`. Meaning and limits are those of `MapReduceProps`."""

    job_file: str = ""
    """A Python file with map, reduce and perhaps combine, or a query document (.json, .toml), which DuckDB executes.
    Default: the post's ad revenue query."""

    query_layer: str = ""
    """`name:version` of a layer of this account and region that holds DuckDB, for a query document. Default: a layer
    made at synth, which needs PyPI once."""

    input_bucket: str = ""
    """Name of an existing bucket to read. Default: a new bucket (output InputBucketName)."""

    input_prefix: str = ""
    """Only objects whose key begins so may be read; with input_bucket."""

    job_bucket: str = ""
    """Name of an existing bucket for the jobs. Default: a new one. Its other notifications stay."""

    job_prefix: str = ""
    """Folder for the jobs in the job bucket, ending in `/`."""

    memory_mb: int = 1769
    reducer_memory_mb: int = 1769
    concurrent_lambdas: int = 100
    max_attempts: int = 3

    task_timeout: int = 900
    """Seconds."""

    coordinator_timeout: int = 60
    """Seconds."""

    watchdog_interval: int = 60
    """Seconds."""

    event_window: int = 1
    """Seconds."""

    private_network: bool = False
    """Runs mapper and reducer in a new VPC without a way out, but for the S3 gateway endpoint (free of charge)."""

    tracing: bool = False
    job_retention_days: int = 30

    remove_data: bool = False
    """Buckets and logs go with the stack; also takes `-c refarch:remove-data-on-destroy=true`."""

    def __post_init__(self) -> None:
        problems = []
        if self.input_prefix and not self.input_bucket:
            problems.append(f"input_prefix is {self.input_prefix!r}, allowed: none without input_bucket")
        if self.query_layer and not _is_query(self.job_file):
            problems.append(f"query_layer is {self.query_layer!r}, allowed: none but for a query document")
        if self.query_layer and not re.fullmatch(r"[a-zA-Z0-9-_]{1,140}:[1-9][0-9]*", self.query_layer):
            problems.append(f"query_layer is {self.query_layer!r}, allowed: name:version")
        if problems:
            raise InvalidSettingsError("; ".join(problems))


class MapReduceStack(Stack):
    """Outputs: JobBucketName, InputBucketName, MapperName, ReducerName, CoordinatorName, and the workspace."""

    def __init__(self, scope: Construct, id: str) -> None:
        super().__init__(scope, id, description="refarch: serverless MapReduce")
        settings = load_settings(MapReduceSettings, id, read(self, "node").get_all_context())
        if settings.remove_data and not removal_allowed(self):
            raise InvalidSettingsError(f"{id}.remove_data is True, allowed: with -c {REMOVE_DATA_CONTEXT}=true besides")
        self.map_reduce = MapReduce(self, "MapReduce", props=self._props(settings))
        self._outputs()

    def _props(self, settings: MapReduceSettings) -> MapReduceProps:
        return MapReduceProps(
            job=_job(settings.job_file),
            inputs=self._inputs(settings),
            job_bucket=self._bucket("ExistingJobs", settings.job_bucket),
            prefix=settings.job_prefix,
            memory_mb=settings.memory_mb,
            reducer_memory_mb=settings.reducer_memory_mb,
            concurrent_lambdas=settings.concurrent_lambdas,
            max_attempts=settings.max_attempts,
            task_timeout=seconds(settings.task_timeout),
            coordinator_timeout=seconds(settings.coordinator_timeout),
            watchdog_interval=seconds(settings.watchdog_interval),
            event_window=seconds(settings.event_window),
            query_layer=self._layer(settings.query_layer),
            vpc=self._network() if settings.private_network else None,
            tracing=settings.tracing,
            job_retention=days(settings.job_retention_days),
            removal_policy=RemovalPolicy.DESTROY if settings.remove_data else RemovalPolicy.RETAIN,
        )

    def _inputs(self, settings: MapReduceSettings) -> list[MapReduceInput]:
        bucket = self._bucket("ExistingInput", settings.input_bucket)
        return [MapReduceInput(bucket=bucket, prefix=settings.input_prefix)] if bucket else []

    def _bucket(self, id: str, name: str) -> s3.IBucket | None:
        return s3.Bucket.from_bucket_name(self, id, name) if name else None

    def _layer(self, name: str) -> lambda_.ILayerVersion | None:
        if not name:
            return None
        colon = ArnFormat.COLON_RESOURCE_NAME
        arn = self.format_arn(service="lambda", resource="layer", resource_name=name, arn_format=colon)
        return lambda_.LayerVersion.from_layer_version_arn(self, "ExistingQueryEngine", arn)

    def _network(self) -> ec2.Vpc:
        network = ec2.Vpc(
            self,
            "Network",
            max_azs=2,
            nat_gateways=0,
            subnet_configuration=[
                ec2.SubnetConfiguration(name="Functions", subnet_type=ec2.SubnetType.PRIVATE_ISOLATED, cidr_mask=24)
            ],
        )
        acknowledge(
            network,
            "AwsSolutions-VPC7",
            "Nothing in this VPC has a way out but the S3 gateway endpoint, and S3's own logs tell more than flow logs",
        )
        acknowledge_default_group_handler(network)
        return network

    def _outputs(self) -> None:
        built = self.map_reduce
        outputs = {
            "JobBucketName": read(built.job_bucket, "bucket_name"),
            "InputBucketName": read(built.inputs[0].bucket, "bucket_name"),
            "MapperName": read(built.mapper, "function_name"),
            "ReducerName": read(built.reducer, "function_name"),
            "CoordinatorName": read(built.coordinator, "function_name"),
        }
        for name, value in outputs.items():
            CfnOutput(self, name, value=value)


def _is_query(file: str) -> bool:
    return file.endswith((".json", ".toml"))


def _job(file: str) -> JobCode:
    if _is_query(file):
        return JobCode.query(file)
    return JobCode.from_path(file) if file else JobCode.bundled()
