"""Which log files an ECS instance ships to CloudWatch Logs, and the script that makes it do so. No AWS.

The six files are those of the original's template. Amazon Linux 2023 has three of them; the other three were written by
a syslog daemon that it no longer brings, so the script installs one, which writes them from the journal:

    /var/log/ecs/ecs-init.log, ecs-agent.log, audit.log    written by the ECS agent
    /var/log/messages                                      written by rsyslog, as it comes
    /var/log/dmesg, /var/log/docker                        written by rsyslog, with two rules of ours

Streams are `<cluster>/<EC2 instance id>/<file>`. The original's had the container instance's id there, for which it had
to wait until the agent had one; what went wrong before was then lost.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

SCRIPT = "/usr/local/lib/refarch/ship-logs.sh"
AGENT_FILE = "/opt/aws/amazon-cloudwatch-agent/etc/refarch.json"
AGENT_CONTROL = "/opt/aws/amazon-cloudwatch-agent/bin/amazon-cloudwatch-agent-ctl"
RULES_FILE = "/etc/rsyslog.d/30-refarch.conf"
RULES = (
    "kern.* /var/log/dmesg",
    ':programname, isequal, "dockerd" /var/log/docker',
)
_SYSLOG_TIME = "%b %d %H:%M:%S"
_ECS_TIME = "%Y-%m-%dT%H:%M:%SZ"


@dataclass(frozen=True)
class LogFile:
    """A file that is shipped. `name` ends its stream's name, `time` is how its lines begin or hold their time."""

    path: str
    name: str
    time: str


LOG_FILES = (
    LogFile("/var/log/dmesg", "dmesg", _SYSLOG_TIME),
    LogFile("/var/log/messages", "messages", _SYSLOG_TIME),
    LogFile("/var/log/docker", "docker", _SYSLOG_TIME),
    LogFile("/var/log/ecs/ecs-init.log", "ecs-init", _ECS_TIME),
    LogFile("/var/log/ecs/ecs-agent.log", "ecs-agent", _ECS_TIME),
    LogFile("/var/log/ecs/audit.log", "audit", _ECS_TIME),
)


def agent_settings(log_group: str, cluster: str) -> dict[str, Any]:
    """The CloudWatch agent's settings. Retention is the log group's own: the agent may not change it."""
    listed = [
        {
            "file_path": file.path,
            "log_group_name": log_group,
            "log_stream_name": f"{cluster}/{{instance_id}}/{file.name}",
            "timestamp_format": file.time,
            "timezone": "UTC",
        }
        for file in LOG_FILES
    ]
    return {"logs": {"logs_collected": {"files": {"collect_list": listed}}}}


def script(log_group: str, cluster: str) -> Sequence[str]:
    """The lines of a script that installs rsyslog and the CloudWatch agent and starts both."""
    return [
        "#!/bin/bash",
        "dnf install --assumeyes --quiet rsyslog amazon-cloudwatch-agent",
        *_file(RULES_FILE, RULES),
        "systemctl enable rsyslog",
        "systemctl restart rsyslog",
        *_file(AGENT_FILE, [json.dumps(agent_settings(log_group, cluster))]),
        f"{AGENT_CONTROL} -a fetch-config -m ec2 -s -c file:{AGENT_FILE}",
    ]


def commands(log_group: str, cluster: str) -> list[str]:
    """User data that runs the script beside the boot: installing takes seconds that tasks should not wait for."""
    return [
        *_file(SCRIPT, script(log_group, cluster), end="END_OF_SCRIPT"),
        f"systemd-run --no-block --unit=refarch-ship-logs bash {SCRIPT}",
    ]


def _file(path: str, lines: Sequence[str], *, end: str = "END_OF_FILE") -> list[str]:
    return [f"mkdir -p $(dirname {path})", f"cat > {path} <<'{end}'", *lines, end]
