"""Props of MapReduce: every problem in one message, each limit at its edge, tokens let through."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import Duration, Token
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_s3 as s3

from refarch._shared.checks import InvalidPropsError
from refarch.mapreduce import JobCode, MapReduceProps


@pytest.fixture
def stack() -> cdk.Stack:
    return cdk.Stack(cdk.App(), "Test")


def test_every_problem_is_in_the_one_message() -> None:
    with pytest.raises(InvalidPropsError) as caught:
        MapReduceProps(
            memory_mb=64,
            reducer_memory_mb=20_000,
            concurrent_lambdas=0,
            max_attempts=11,
            task_timeout=Duration.minutes(16),
            prefix="team",
            environment={"AWS_REGION": "x", "MAPREDUCE_JOB": "y", "MINE": "z"},
            runtime=lambda_.Runtime.PYTHON_3_9,
            job_retention=Duration.hours(36),
        )
    assert str(caught.value).split("; ") == [
        "MapReduceProps: memory_mb is 64, allowed: 128 to 10240 MB",
        "reducer_memory_mb is 20000, allowed: 128 to 10240 MB",
        "concurrent_lambdas is 0, allowed: 1 to 10000",
        "max_attempts is 11, allowed: 1 to 10",
        "task_timeout is 960, allowed: 1 to 900 seconds",
        "prefix is 'team', allowed: empty, or letters, digits and !_.'()- in folders that each end in /",
        "environment is ['AWS_REGION', 'MAPREDUCE_JOB'], allowed: names without the prefixes AWS_, LAMBDA_, "
        "MAPREDUCE_, POWERTOOLS_",
        "job_retention is '1.5 days', allowed: whole days, 1 or more",
        "runtime is 'python3.9', allowed: python3.11 or later",
    ]


NUMBERS = {
    "memory_mb": (128, 10_240),
    "reducer_memory_mb": (128, 10_240),
    "ephemeral_storage_mb": (512, 10_240),
    "concurrent_lambdas": (1, 10_000),
    "max_attempts": (1, 10),
}
SECONDS = {"task_timeout": (1, 900), "coordinator_timeout": (5, 900), "watchdog_interval": (1, 900)}
LIMITS = [
    *((name, value) for name, edges in NUMBERS.items() for value in edges),
    *((name, value) for name, edges in SECONDS.items() for value in edges),
]


def prop(name: str, value: float) -> dict[str, Any]:
    return {name: Duration.seconds(value) if name in SECONDS else value}


@pytest.mark.parametrize(("name", "edge"), LIMITS)
def test_a_limit_itself_is_allowed_and_one_beyond_is_not(name: str, edge: int) -> None:
    MapReduceProps(**prop(name, edge))
    beyond = edge + 1 if edge == max({**NUMBERS, **SECONDS}[name]) else edge - 1
    with pytest.raises(InvalidPropsError, match=name):
        MapReduceProps(**prop(name, beyond))


@pytest.mark.parametrize("name", NUMBERS)
def test_a_number_that_is_known_only_at_deployment_passes(name: str) -> None:
    MapReduceProps(**{name: Token.as_number({"Ref": "Parameter"})})


@pytest.mark.parametrize("name", SECONDS)
def test_a_duration_that_is_known_only_at_deployment_passes(name: str) -> None:
    MapReduceProps(**{name: Duration.seconds(Token.as_number({"Ref": "Parameter"}))})


def test_a_prefix_that_is_known_only_at_deployment_passes() -> None:
    MapReduceProps(prefix=Token.as_string({"Ref": "Parameter"}))


@pytest.mark.parametrize("prefix", ["", "team/", "a/b-c/d.e_f/"])
def test_folders_are_prefixes(prefix: str) -> None:
    assert MapReduceProps(prefix=prefix).prefix == prefix


@pytest.mark.parametrize("prefix", ["team", "/", "/team/", "a//b/", "a b/", "*/", "ä/"])
def test_what_is_no_folder_is_no_prefix(prefix: str) -> None:
    with pytest.raises(InvalidPropsError, match="prefix"):
        MapReduceProps(prefix=prefix)


@pytest.mark.parametrize("days", [None, Duration.days(1), Duration.hours(48), Duration.days(3650)])
def test_jobs_are_kept_for_whole_days_or_until_cleaned(days: Duration | None) -> None:
    assert MapReduceProps(job_retention=days).job_retention is days


@pytest.mark.parametrize("days", [Duration.days(0), Duration.hours(1), Duration.hours(25)])
def test_s3_expires_by_whole_days_only(days: Duration) -> None:
    with pytest.raises(InvalidPropsError, match="job_retention"):
        MapReduceProps(job_retention=days)


def test_lambda_takes_five_layers_and_powertools_is_one(stack: cdk.Stack) -> None:
    arn = "arn:aws:lambda:us-east-1:123456789012:layer:mine:1"
    layers = [lambda_.LayerVersion.from_layer_version_arn(stack, f"Layer{each}", arn) for each in range(5)]
    MapReduceProps(layers=layers[:4])
    with pytest.raises(InvalidPropsError, match="layers is 5, allowed: at most 4"):
        MapReduceProps(layers=layers)


def test_overrides_of_a_bucket_that_is_given_would_do_nothing(stack: cdk.Stack) -> None:
    bucket = s3.Bucket.from_bucket_name(stack, "Given", "given")
    with pytest.raises(InvalidPropsError, match="job_bucket_overrides"):
        MapReduceProps(job_bucket=bucket, job_bucket_overrides={"versioned": True})


def test_network_settings_without_a_network_would_do_nothing(stack: cdk.Stack) -> None:
    group = ec2.SecurityGroup.from_security_group_id(stack, "Group", "sg-1")
    with pytest.raises(InvalidPropsError, match=r"security_groups.*vpc_subnets"):
        MapReduceProps(security_groups=[group], vpc_subnets=ec2.SubnetSelection(one_per_az=True))


@pytest.mark.parametrize("name", ["refarch_lambdas", "boto3", "aws_lambda_powertools", "csv", "json", "types"])
def test_a_job_must_not_hide_what_the_engine_imports(job_file: Path, name: str) -> None:
    """Lambda looks into the function's own files before the standard library."""
    hiding = job_file.rename(job_file.with_name(f"{name}.py"))
    with pytest.raises(InvalidPropsError, match=f"job is \\['{name}.py'\\]"):
        MapReduceProps(job=JobCode.from_path(hiding))


def test_props_are_a_value() -> None:
    props = MapReduceProps()
    assert replace(props, memory_mb=512).memory_mb == 512
    with pytest.raises(AttributeError):
        props.memory_mb = 512  # type: ignore[misc]
    with pytest.raises(InvalidPropsError):
        replace(props, memory_mb=5)
