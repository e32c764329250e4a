"""The names of the alarms that a target tracking policy has on AWS."""

from __future__ import annotations

import hashlib
from typing import Any


def described(policy: dict[str, Any]) -> list[dict[str, str]]:
    """Name and ARN of the two; they are not made in CloudWatch, for nothing scales here yet."""
    account, region = policy["PolicyARN"].split(":")[4], policy["PolicyARN"].split(":")[3]
    names = [_name(policy, kind) for kind in ("AlarmHigh", "AlarmLow")]
    return [{"AlarmName": name, "AlarmARN": f"arn:aws:cloudwatch:{region}:{account}:alarm:{name}"} for name in names]


def _name(policy: dict[str, Any], kind: str) -> str:
    drawn = hashlib.sha256(f"{policy['PolicyARN']}{kind}".encode()).hexdigest()
    tail = f"{drawn[:8]}-{drawn[8:12]}-{drawn[12:16]}-{drawn[16:20]}-{drawn[20:32]}"
    return f"TargetTracking-{policy['ResourceId']}-{kind}-{tail}"
