"""The three Lambda functions of a MapReduce."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from aws_cdk import Duration, RemovalPolicy, Size
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct

from refarch._shared.assets import handler_code, handler_name
from refarch._shared.durations import length, seconds
from refarch._shared.reads import inside
from refarch._shared.written_role import Statement
from refarch.mapreduce.permissions import function_role
from refarch.mapreduce.props import FunctionOverrides, MapReduceProps

METRICS_NAMESPACE = "refarch/mapreduce"
COORDINATOR_MEMORY_MB = 512
# Lambda keeps an event that found no free concurrency for this long at most, and at least a minute.
_SHORTEST_EVENT_AGE = 60


class TaskFunction(Construct):
    """Mapper or reducer: the engine and the user's job in one asset, invoked asynchronously, once.

    Lambda itself does not retry: a failed invocation is reported to `failures`, and the coordinator decides.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        props: MapReduceProps,
        function: str,
        memory_mb: int,
        environment: Mapping[str, str],
        failures: lambda_.IDestination,
        statements: Sequence[Statement],
        layers: Sequence[lambda_.ILayerVersion],
        security_groups: list[ec2.ISecurityGroup],
        removal_policy: RemovalPolicy,
        overrides: FunctionOverrides,
    ) -> None:
        super().__init__(scope, id)
        inside(self, scope)
        self.log_group = _log_group(self, props, removal_policy)
        self.role = function_role(
            self, "Role", self.log_group, statements, in_vpc=props.vpc is not None, tracing=props.tracing
        )
        self.function = lambda_.Function(
            self,
            "Default",
            **{
                "description": f"refarch MapReduce: {function.removeprefix('mapreduce_')}",
                **_basics(props, function, self.log_group, self.role),
                "code": handler_code(function, packages=("mapreduce",), extra=props.job.files),
                "memory_size": memory_mb,
                "ephemeral_storage_size": Size.mebibytes(props.ephemeral_storage_mb),
                "timeout": props.task_timeout,
                "environment": {**props.environment, **environment, "MAPREDUCE_JOB": props.job.module},
                "layers": [*layers, *props.layers],
                "retry_attempts": 0,
                "max_event_age": _event_age(props.task_timeout),
                "on_failure": failures,
                **_network(props, security_groups),
                **overrides,
            },
        )


class CoordinatorFunction(Construct):
    """The coordinator: reads the queue of events and moves jobs on. It sees none of the user's data or code."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        props: MapReduceProps,
        environment: Mapping[str, str],
        layer: lambda_.ILayerVersion,
        statements: Sequence[Statement],
        removal_policy: RemovalPolicy,
    ) -> None:
        super().__init__(scope, id)
        inside(self, scope)
        self.log_group = _log_group(self, props, removal_policy)
        self.role = function_role(self, "Role", self.log_group, statements, in_vpc=False, tracing=props.tracing)
        self.function = lambda_.Function(
            self,
            "Default",
            **{
                "description": "refarch MapReduce: coordinator",
                **_basics(props, "mapreduce_coordinator", self.log_group, self.role),
                "code": handler_code("mapreduce_coordinator", packages=("mapreduce",)),
                "memory_size": COORDINATOR_MEMORY_MB,
                "timeout": props.coordinator_timeout,
                "environment": dict(environment),
                "layers": [layer],
                **props.coordinator_overrides,
            },
        )


def _basics(
    props: MapReduceProps,
    function: str,
    log_group: logs.ILogGroup,
    role: iam.IRole,
) -> dict[str, Any]:
    return {
        "runtime": props.runtime,
        "architecture": props.architecture,
        "handler": handler_name(function),
        "role": role,
        "log_group": log_group,
        "logging_format": lambda_.LoggingFormat.JSON,
        "tracing": lambda_.Tracing.ACTIVE if props.tracing else lambda_.Tracing.DISABLED,
    }


def _log_group(scope: Construct, props: MapReduceProps, removal_policy: RemovalPolicy) -> logs.LogGroup:
    return logs.LogGroup(scope, "Logs", retention=props.log_retention, removal_policy=removal_policy)


def _network(props: MapReduceProps, security_groups: list[ec2.ISecurityGroup]) -> dict[str, Any]:
    if props.vpc is None:
        return {}
    return {
        "vpc": props.vpc,
        "vpc_subnets": props.vpc_subnets,
        "security_groups": security_groups,
    }


def _event_age(task_timeout: Duration) -> Duration:
    known = length(task_timeout)
    return task_timeout if known is None else seconds(max(_SHORTEST_EVENT_AGE, int(known)))
