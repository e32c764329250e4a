"""What instances say, in CloudWatch Logs: the group, what the shipper is told, and what a role may write."""

from __future__ import annotations

from typing import Any

from aws_cdk import RemovalPolicy
from aws_cdk import aws_logs as logs
from constructs import Construct

from refarch._shared.reads import arn, read
from refarch._shared.written_role import Statement

UNIT = "refarch/streaming/logs/systemd/refarch-streaming-logs.service"
RETENTION = logs.RetentionDays.ONE_WEEK
"""The post's."""
_FILES = ("/var/log/refarch-streaming/*.log", "/var/log/cloud-init-output.log")
_PIDS = "/run/refarch-streaming/*.pid"
_STREAMS = "Streams are named after instances, which nobody knows before: the wildcard ends at the role's own streams"


def group(
    scope: Construct, id: str, *, given: logs.ILogGroup | None, retention: logs.RetentionDays, removal: RemovalPolicy
) -> logs.ILogGroup:
    """The one that was given, or a new one."""
    return given or logs.LogGroup(scope, id, retention=retention, removal_policy=removal)


def settings(target: logs.ILogGroup, prefix: str) -> dict[str, Any]:
    """What `refarch.streaming.logs.settings.LogSettings` reads, but for the region and the files of secrets."""
    return {"group": read(target, "log_group_name"), "prefix": prefix, "files": list(_FILES), "reopen": [_PIDS]}


def plan(target: logs.ILogGroup, prefix: str) -> dict[str, Any]:
    """For `refarch.streaming.instance.plan.Plan`."""
    return {"logs": settings(target, prefix), "logs_unit": UNIT}


def ship(scope: Construct, target: logs.ILogGroup, prefix: str) -> Statement:
    """Make streams below `prefix` in the group, and write to them. Nothing can be read."""
    streams = arn(scope, "logs", f"log-group:{read(target, 'log_group_name')}:log-stream:{prefix}/*")
    actions = ["logs:CreateLogStream", "logs:PutLogEvents"]
    return Statement(sid="ShipLogs", actions=actions, resources=[streams], why=_STREAMS)
