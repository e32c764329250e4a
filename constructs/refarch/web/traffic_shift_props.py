"""Props of `TrafficShift`, and what can be wrong with them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk import aws_sns as sns

from refarch._shared.checks import Problems
from refarch._shared.durations import length, minutes
from refarch._shared.reads import read
from refarch.web.traffic_shift_backends import ShiftBackend
from refarch_lambdas.traffic_shift.decision import HOLD, Plan


@dataclass(frozen=True, kw_only=True)
class TrafficShiftProps:
    """A weighted move. Raises `InvalidPropsError` with every problem at once."""

    backend: ShiftBackend
    """`ListenerBackend` or `RecordsBackend`."""

    alarms: Sequence[cloudwatch.IAlarm]
    """At least one, 50 at most. Any of them in ALARM while traffic moves takes all of it back."""

    steps: Sequence[int] = (10, 50, 100)
    """Percentages of the new stack, rising, the last one 100. The post begins with 10."""

    bake: Duration = field(default_factory=lambda: minutes(10))
    """How long the alarms must be quiet at each step. Looked at once a minute. At least a second."""

    missing_data: str = HOLD
    """What INSUFFICIENT_DATA means: `hold` (the bake begins anew with the data), `roll_back` or `ignore`."""

    patience: Duration = field(default_factory=lambda: minutes(30))
    """With `hold`: how long data may be missing before all is taken back."""

    topic: sns.ITopic | None = None
    """Told of each step and of a way back. Default: a new one."""

    alarm_topic: sns.ITopic | None = None
    """Told when the function itself fails. Default: `topic`."""

    runtime: lambda_.Runtime = field(default_factory=lambda: read(lambda_.Runtime, "PYTHON_3_13"))
    architecture: lambda_.Architecture = field(default_factory=lambda: read(lambda_.Architecture, "ARM_64"))
    powertools_layer: lambda_.ILayerVersion | None = None
    log_retention: logs.RetentionDays = logs.RetentionDays.ONE_MONTH

    removal_policy: RemovalPolicy = RemovalPolicy.RETAIN
    """Of the state and the logs. DESTROY takes a second key (`refarch._shared.removal`)."""

    def __post_init__(self) -> None:
        problems = Problems("TrafficShiftProps")
        count = len(self.alarms)
        problems.check(0 < count <= 50, "alarms", f"{count} alarms", "1 to 50: without one nobody would notice")
        for name, value, allowed in self.plan.wrong():
            problems.add(name, value, allowed)
        problems.raise_any()

    @property
    def plan(self) -> Plan:
        return Plan(
            steps=tuple(self.steps),
            bake_seconds=_seconds(self.bake),
            missing_data=self.missing_data,
            patience_seconds=_seconds(self.patience),
        )


def _seconds(duration: Duration) -> float:
    known = length(duration)
    return float(duration.to_seconds(integral=False) if known is None else known)
