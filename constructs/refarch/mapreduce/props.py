"""Props of `MapReduce`."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypedDict

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sns as sns

from refarch._shared.checks import Problems, is_known
from refarch._shared.durations import DAY, days, length, minutes, seconds
from refarch._shared.reads import read
from refarch.mapreduce.job_code import JobCode

_PREFIX = re.compile(r"([A-Za-z0-9!_.'()-]+/)*")
_RESERVED_NAMES = ("refarch_lambdas", "boto3", "botocore", "aws_lambda_powertools")
_HIDEABLE = frozenset((*_RESERVED_NAMES, *sys.stdlib_module_names))


class FunctionOverrides(TypedDict, total=False):
    """Arguments of `aws_lambda.Function` that the construct leaves to you; what is given replaces its own value."""

    description: str
    environment_encryption: object
    insights_version: lambda_.LambdaInsightsVersion
    reserved_concurrent_executions: int
    params_and_secrets: lambda_.ParamsAndSecretsLayerVersion
    runtime_management_mode: lambda_.RuntimeManagementMode
    system_log_level_v2: lambda_.SystemLogLevel


class BucketOverrides(TypedDict, total=False):
    """Arguments of `aws_s3.Bucket` that the construct leaves to you; what is given replaces its own value."""

    encryption: s3.BucketEncryption
    encryption_key: object
    bucket_key_enabled: bool
    server_access_logs_bucket: s3.IBucket
    server_access_logs_prefix: str
    lifecycle_rules: Sequence[s3.LifecycleRule]
    versioned: bool


@dataclass(frozen=True, kw_only=True)
class MapReduceInput:
    """Objects that jobs may read: all of `bucket`, or those whose key begins with `prefix`."""

    bucket: s3.IBucket
    prefix: str = ""


@dataclass(frozen=True, kw_only=True)
class MapReduceProps:
    """What a `MapReduce` runs, on what, and within which limits. Every field has a default.

    Raises `InvalidPropsError` with every problem at once.
    """

    job: JobCode = field(default_factory=JobCode.bundled)
    """The job's code. Default: the bundled example, the ad revenue query of the post."""

    inputs: Sequence[MapReduceInput] = ()
    """What jobs may read. Default: one new bucket, `MapReduce.input_bucket`."""

    job_bucket: s3.IBucket | None = None
    """Where jobs live. Default: a new bucket. Notifications that a given bucket already has stay as they are.
    Give a bucket of another stack by its name (`Bucket.from_bucket_name`)."""

    prefix: str = ""
    """Folder for the jobs in the job bucket, empty or ending in `/`. Two constructs that share a bucket need two."""

    memory_mb: int = 1769
    """Memory of the mapper, 128 to 10,240 MB. The default buys one whole vCPU."""

    reducer_memory_mb: int = 1769
    """Memory of the reducer, 128 to 10,240 MB."""

    ephemeral_storage_mb: int = 2048
    """Disk of mapper and reducer for sorting, 512 to 10,240 MB. It bounds the compressed data of one task."""

    task_timeout: Duration = field(default_factory=lambda: minutes(15))
    """Longest run of one mapper or reducer, 1 second to 15 minutes."""

    concurrent_lambdas: int = 100
    """Tasks of one job in flight at once, 1 to 10,000. The post's default; stay below the account's quota."""

    max_attempts: int = 3
    """Runs that a task gets before its job fails, 1 to 10. Errors that a retry cannot change fail at once."""

    architecture: lambda_.Architecture = field(default_factory=lambda: read(lambda_.Architecture, "ARM_64"))
    """Arm costs a fifth less a second than x86."""

    runtime: lambda_.Runtime = field(default_factory=lambda: read(lambda_.Runtime, "PYTHON_3_13"))
    """Python 3.11 or later."""

    vpc: ec2.IVpc | None = None
    """Runs mapper and reducer in this VPC, which needs an S3 gateway endpoint (one is added to a VPC of this app when
    `add_s3_endpoint` is on). The coordinator reads no data and stays outside. Default: no VPC."""

    vpc_subnets: ec2.SubnetSelection | None = None
    """Default: the VPC's private subnets, or the isolated ones where it has no others."""

    security_groups: Sequence[ec2.ISecurityGroup] = ()
    """Default: one new group that only speaks HTTPS, outwards."""

    add_s3_endpoint: bool = True
    """Adds the S3 gateway endpoint (free of charge) to `vpc`, where this app makes the VPC; constructs that share a VPC
    share it. Turn it off where the VPC has one."""

    layers: Sequence[lambda_.ILayerVersion] = ()
    """Layers with the packages that the job's code imports. At most four."""

    query_layer: lambda_.ILayerVersion | None = None
    """The layer with DuckDB for a job of `JobCode.query`, which no other job gets. Default: made at synth from the
    wheel that `query_engine.txt` pins by its hash, for `architecture` and `runtime`; the first time that needs PyPI."""

    powertools_layer: lambda_.ILayerVersion | None = None
    """Default: the public Powertools layer. Needed outside the commercial partition."""

    environment: Mapping[str, str] = field(default_factory=dict)
    """Environment variables for the job's code in mapper and reducer."""

    coordinator_timeout: Duration = field(default_factory=lambda: minutes(1))
    """Longest run of the coordinator, 5 seconds to 15 minutes. A coordinator that dies is replaced after this time."""

    event_window: Duration = field(default_factory=lambda: seconds(1))
    """How long events are gathered before they wake a coordinator, 0 to 300 whole seconds. Longer saves requests in
    jobs of thousands of tasks; 0 makes small jobs faster by a second or two for each stage."""

    watchdog_interval: Duration = field(default_factory=lambda: minutes(1))
    """How often a running job is looked at when no event comes, 1 second to 15 minutes. Costs nothing without jobs."""

    tracing: bool = False
    """AWS X-Ray traces of all three functions."""

    log_retention: logs.RetentionDays = logs.RetentionDays.ONE_MONTH
    """How long the functions' logs are kept."""

    job_retention: Duration | None = field(default_factory=lambda: days(30))
    """When a finished job's folder expires, in whole days. None keeps it until `refarch mapreduce clean`. Intermediate
    data expires after three days in any case. Applies to a bucket that the construct makes."""

    removal_policy: RemovalPolicy = RemovalPolicy.RETAIN
    """Of buckets and logs. DESTROY also takes the context flag `refarch:remove-data-on-destroy`."""

    alarm_topic: sns.ITopic | None = None
    """Where the alarms go. Default: alarms without an action."""

    mapper_overrides: FunctionOverrides = field(default_factory=lambda: FunctionOverrides())
    reducer_overrides: FunctionOverrides = field(default_factory=lambda: FunctionOverrides())
    coordinator_overrides: FunctionOverrides = field(default_factory=lambda: FunctionOverrides())
    job_bucket_overrides: BucketOverrides = field(default_factory=lambda: BucketOverrides())

    def __post_init__(self) -> None:
        problems = Problems("MapReduceProps")
        for name in ("memory_mb", "reducer_memory_mb"):
            problems.between(name, getattr(self, name), 128, 10_240, "MB")
        problems.between("ephemeral_storage_mb", self.ephemeral_storage_mb, 512, 10_240, "MB")
        problems.between("concurrent_lambdas", self.concurrent_lambdas, 1, 10_000)
        problems.between("max_attempts", self.max_attempts, 1, 10)
        _seconds(problems, "task_timeout", self.task_timeout, 1)
        _seconds(problems, "coordinator_timeout", self.coordinator_timeout, 5)
        _seconds(problems, "watchdog_interval", self.watchdog_interval, 1)
        _seconds(problems, "event_window", self.event_window, 0, 300)
        problems.check(
            not is_known(self.prefix) or bool(_PREFIX.fullmatch(self.prefix)),
            "prefix",
            self.prefix,
            "empty, or letters, digits and !_.'()- in folders that each end in /",
        )
        _check_layers(problems, self)
        _check_names(problems, self)
        if self.job_retention is not None and (kept := length(self.job_retention, DAY)) is not None:
            whole = kept >= 1 and kept == int(kept)
            problems.check(whole, "job_retention", f"{kept:g} days", "whole days, 1 or more")
        problems.check(
            self.runtime.family == lambda_.RuntimeFamily.PYTHON and _python_minor(self.runtime) >= 11,
            "runtime",
            read(self.runtime, "name"),
            "python3.11 or later",
        )
        if self.job_bucket is not None:
            problems.check(
                not self.job_bucket_overrides,
                "job_bucket_overrides",
                dict(self.job_bucket_overrides),
                "none with job_bucket",
            )
        if self.vpc is None:
            problems.check(not self.security_groups, "security_groups", len(self.security_groups), "none without vpc")
            problems.check(self.vpc_subnets is None, "vpc_subnets", self.vpc_subnets, "none without vpc")
        problems.raise_any()


def _check_layers(problems: Problems, props: MapReduceProps) -> None:
    most, others = (3, "Powertools and DuckDB are two") if props.job.declared else (4, "Powertools is one")
    problems.check(len(props.layers) <= most, "layers", len(props.layers), f"at most {most} (Lambda takes 5, {others})")
    problems.check(
        props.query_layer is None or props.job.declared is not None,
        "query_layer",
        "a layer",
        "none but for JobCode.query",
    )


def _check_names(problems: Problems, props: MapReduceProps) -> None:
    reserved = [name for name in props.environment if name.startswith(("AWS_", "LAMBDA_", "MAPREDUCE_", "POWERTOOLS_"))]
    problems.check(
        not reserved, "environment", reserved, "names without the prefixes AWS_, LAMBDA_, MAPREDUCE_, POWERTOOLS_"
    )
    # Lambda looks into the function's own files first: a job `csv.py` would be everybody's csv there.
    clash = [name for name in props.job.files if name.split("/")[0].removesuffix(".py") in _HIDEABLE]
    problems.check(
        not clash, "job", clash, f"names that hide neither {', '.join(_RESERVED_NAMES)} nor the standard library"
    )


def _seconds(problems: Problems, name: str, value: Duration, low: int, high: int = 900) -> None:
    if (known := length(value)) is not None:
        problems.between(name, known, low, high, "seconds")


def _python_minor(runtime: lambda_.Runtime) -> int:
    return int(read(runtime, "name").removeprefix("python3."))
