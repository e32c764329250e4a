"""The TrafficShift construct."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk import aws_sns as sns
from constructs import Construct

from refarch._shared.alarm_topics import notify
from refarch._shared.assets import handler_code, handler_name
from refarch._shared.durations import minutes, seconds
from refarch._shared.powertools import powertools_layer
from refarch._shared.reads import inside, read, service_name, stack_of
from refarch._shared.removal import removal_policy
from refarch.web import traffic_shift_parts as parts
from refarch.web.traffic_shift_props import TrafficShiftProps

_FUNCTION = "traffic_shift"


class TrafficShift(Construct):
    """Moves traffic from an old stack to a new one by weight: step by step while alarms are quiet, back when not.

    ::

        every minute --> function --> weights of a listener, or of records
                          |  ^  ^---- states of the alarms
                          v  |
                      state (DynamoDB)      each step, and a way back --> topic

    It begins when it is told to: `aws lambda invoke --payload '{"command": "start"}'`; `abort` takes everything back,
    also after the end. The share follows from the state, so a crash, a doubled run, or a deployment that sets the
    weights back to the template's is set right within a minute.

    It leaves out: watching after the end (the alarms go on for people), and data: both stacks must read the same.

    Source: "Best Practices for Porting Applications to the EC2 A1 Instance Type", AWS Compute Blog, 2019, step 6.
    """

    table: dynamodb.Table
    topic: sns.ITopic
    function: lambda_.Function
    role: iam.Role
    log_group: logs.LogGroup
    schedule: events.Rule
    alarms: Sequence[cloudwatch.Alarm]
    """The function fails, so nobody watches the move."""

    def __init__(self, scope: Construct, id: str, *, props: TrafficShiftProps) -> None:
        super().__init__(scope, id)
        inside(self, scope)
        self.props = props
        removal = removal_policy(self, props.removal_policy)
        self.table = parts.table(self, "State", removal)
        self.topic = props.topic or sns.Topic(self, "Topic", enforce_ssl=True)
        self.log_group = logs.LogGroup(self, "Logs", retention=props.log_retention, removal_policy=removal)
        self.role = parts.role(self, "Role", self.log_group, self.table, self.topic, props.backend.statements())
        self._build_function()
        target = targets.LambdaFunction(self.function, retry_attempts=1, max_event_age=minutes(1))
        every_minute = events.Schedule.rate(minutes(1))
        self.schedule = events.Rule(self, "EveryMinute", schedule=every_minute, targets=[target])
        self.alarms = [parts.failed(self, self.function)]
        notify(self.alarms, props.alarm_topic or self.topic)

    def _build_function(self) -> None:
        props = self.props
        layer = props.powertools_layer or powertools_layer(
            self, "Powertools", runtime=props.runtime, architecture=props.architecture
        )
        self.function = lambda_.Function(
            self,
            "Function",
            description="refarch: moves traffic from an old stack to a new one",
            runtime=props.runtime,
            architecture=props.architecture,
            handler=handler_name(_FUNCTION),
            code=handler_code(_FUNCTION),
            role=self.role,
            layers=[layer],
            memory_size=256,
            timeout=seconds(30),
            environment=self._environment(),
            log_group=self.log_group,
            logging_format=lambda_.LoggingFormat.JSON,
            retry_attempts=0,  # the next minute tries again
        )

    def _environment(self) -> dict[str, str]:
        props, stack = self.props, stack_of(self)
        settings: dict[str, Any] = {
            "plan": {**asdict(props.plan), "steps": list(props.steps)},  # jsii takes no tuples
            "backend": props.backend.settings(),
            "alarms": [read(each, "alarm_name") for each in props.alarms],
        }
        return {
            "POWERTOOLS_SERVICE_NAME": service_name(self),
            "POWERTOOLS_METRICS_NAMESPACE": "refarch/traffic-shift",
            "SHIFT_SETTINGS": stack.to_json_string(settings),
            "SHIFT_TABLE": read(self.table, "table_name"),
            "SHIFT_TOPIC": read(self.topic, "topic_arn"),
        }
