"""Tells CloudFormation how it went, and CloudWatch Logs why: at once, and truthfully."""

from __future__ import annotations

import json
import subprocess
import time

from refarch.web.lamp_setup.machine import Machine

LONGEST_ID = 64


def unique_id(machine: Machine, failed_step: str = "") -> str:
    """The signal's id, which CloudFormation shows in its events: the instance, and the step that failed."""
    return f"{machine.instance_id} {failed_step}".strip()[:LONGEST_ID]


def signal(machine: Machine, failed_step: str = "", reason: str = "") -> None:
    """Send success, or the failure of a step. Trouble with the log never keeps the signal from being sent."""
    status = "FAILURE" if failed_step else "SUCCESS"
    if machine.log_group:
        _log(machine, f"{status} {failed_step}: {reason}" if failed_step else status)
    resource = ["--stack-name", machine.stack, "--logical-resource-id", machine.resource]
    what = ["--unique-id", unique_id(machine, failed_step), "--status", status]
    subprocess.run(["aws", "cloudformation", "signal-resource", *resource, *what], check=False, timeout=60)


def _log(machine: Machine, message: str) -> None:
    where = ["--log-group-name", machine.log_group, "--log-stream-name", machine.instance_id]
    events = json.dumps([{"timestamp": int(time.time() * 1000), "message": message}])
    for command in (["create-log-stream", *where], ["put-log-events", *where, "--log-events", events]):
        subprocess.run(["aws", "logs", *command], check=False, capture_output=True, timeout=60)
