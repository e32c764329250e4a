"""Lambda functions of workflows: Python handlers of this project with a role that may write their own log."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from aws_cdk import RemovalPolicy
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct

from refarch._shared import durations
from refarch._shared.assets import handler_code, handler_name
from refarch._shared.reads import inside, read, service
from refarch._shared.removal import removal_policy
from refarch._shared.written_role import Statement, WrittenRole

_RUNTIME = (
    "The runtime is the one that the handlers are tested with, years before its end; a newer one is a change of this "
    "project, tested before it is made"
)


class WorkflowFunction(Construct):
    """A function that Step Functions calls: it has no retries of its own, the state has. `statements`: what it may do
    besides writing its log; `role.allow` takes further ones."""

    function: lambda_.Function
    role: WrittenRole
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
        statements: Sequence[Statement] = (),
        minutes: int = 1,
        memory_mb: int = 256,
    ) -> None:
        super().__init__(scope, id)
        inside(self, scope)
        self.log_group = logs.LogGroup(self, "Logs", retention=retention, removal_policy=removal_policy(self, removal))
        self.role = WrittenRole(self, "Role", assumed_by=service("lambda.amazonaws.com"), answers_on=self)
        streams = ["logs:CreateLogStream", "logs:PutLogEvents"]
        own_log = Statement(sid="WriteOwnLogs", actions=streams, resources=[self.log_group.log_group_arn])
        self.role.allow([own_log, *statements], [("AwsSolutions-L1", _RUNTIME)])
        self.function = lambda_.Function(
            self,
            "Default",
            description=description,
            runtime=read(lambda_.Runtime, "PYTHON_3_13"),
            architecture=read(lambda_.Architecture, "ARM_64"),
            handler=handler_name(handler),
            code=handler_code(handler, packages=packages),
            role=self.role,
            log_group=self.log_group,
            logging_format=lambda_.LoggingFormat.JSON,
            environment=dict(environment),
            timeout=durations.minutes(minutes),
            memory_size=memory_mb,
        )
