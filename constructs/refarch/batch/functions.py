"""Lambda functions of workflows: Python handlers of this project with a role that may write their own log."""

from __future__ import annotations

from collections.abc import Mapping

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct

from refarch._shared.acknowledge import acknowledge, acknowledge_wildcards
from refarch._shared.assets import handler_code, handler_name
from refarch._shared.removal import removal_policy


class WorkflowFunction(Construct):
    """A function that Step Functions calls: it has no retries of its own, the state has."""

    function: lambda_.Function
    role: iam.Role
    log_group: logs.LogGroup

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        handler: str,
        packages: tuple[str, ...],
        environment: Mapping[str, str],
        retention: logs.RetentionDays,
        removal: RemovalPolicy,
        description: str,
        minutes: int = 1,
        memory_mb: int = 256,
    ) -> None:
        super().__init__(scope, id)
        self.log_group = logs.LogGroup(self, "Logs", retention=retention, removal_policy=removal_policy(self, removal))
        self.role = iam.Role(self, "Role", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))
        streams = ["logs:CreateLogStream", "logs:PutLogEvents"]
        self.role.add_to_policy(
            iam.PolicyStatement(sid="WriteOwnLogs", actions=streams, resources=[self.log_group.log_group_arn])
        )
        self.function = lambda_.Function(
            self,
            "Default",
            description=description,
            runtime=lambda_.Runtime.PYTHON_3_13,
            architecture=lambda_.Architecture.ARM_64,
            handler=handler_name(handler),
            code=handler_code(handler, packages=packages),
            role=self.role,
            log_group=self.log_group,
            logging_format=lambda_.LoggingFormat.JSON,
            environment=dict(environment),
            timeout=Duration.minutes(minutes),
            memory_size=memory_mb,
        )
        acknowledge(
            self.function,
            "AwsSolutions-L1",
            "The runtime is the one that the handlers are tested with, years before its end; a newer one is a change "
            "of this project, tested before it is made",
        )

    def allow(self, statement: iam.PolicyStatement, wildcards: str = "") -> None:
        """Adds a permission; `wildcards` says why it has the ones that it has."""
        self.role.add_to_policy(statement)
        if wildcards:
            acknowledge_wildcards(self.role, statement, wildcards)
