"""Event documents as AWS sends them (shapes: the user guides of EC2, Auto Scaling and Health; ids are made up)."""

from __future__ import annotations

from typing import Any

from tests.lambdas.interruptions.world import ACCOUNT, REGION

TIME = "2026-11-20T10:00:00Z"
TIME_EPOCH = 1_795_168_800.0


def _event(kind: str, source: str, detail: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "version": "0",
        "id": "12345678-1234-1234-1234-123456789012",
        "detail-type": kind,
        "source": source,
        "account": ACCOUNT,
        "time": TIME,
        "region": REGION,
        "resources": [],
        "detail": detail,
        **more,
    }


def notice(instance: str, action: str = "terminate", **more: Any) -> dict[str, Any]:
    detail = {"instance-id": instance, "instance-action": action}
    arn = f"arn:aws:ec2:us-east-1a:instance/{instance}"
    return _event("EC2 Spot Instance Interruption Warning", "aws.ec2", detail, **{"resources": [arn], **more})


def rebalance(instance: str) -> dict[str, Any]:
    return _event("EC2 Instance Rebalance Recommendation", "aws.ec2", {"instance-id": instance})


def lifecycle(instance: str, group: str) -> dict[str, Any]:
    detail = {
        "LifecycleActionToken": "87654321-4321-4321-4321-210987654321",
        "AutoScalingGroupName": group,
        "LifecycleHookName": "drain",
        "EC2InstanceId": instance,
        "LifecycleTransition": "autoscaling:EC2_INSTANCE_TERMINATING",
        "NotificationMetadata": "",
        "Origin": "AutoScalingGroup",
        "Destination": "EC2",
    }
    return _event("EC2 Instance-terminate Lifecycle Action", "aws.autoscaling", detail)


def health(*entities: str, status: str = "upcoming") -> dict[str, Any]:
    detail = {
        "eventArn": "arn:aws:health:us-east-1::event/EC2/AWS_EC2_INSTANCE_RETIREMENT_SCHEDULED/x",
        "service": "EC2",
        "eventTypeCode": "AWS_EC2_INSTANCE_RETIREMENT_SCHEDULED",
        "eventTypeCategory": "scheduledChange",
        "startTime": "Fri, 27 Nov 2026 05:00:00 GMT",
        "statusCode": status,
        "affectedEntities": [{"entityValue": each, "status": "PENDING"} for each in entities],
    }
    return _event("AWS Health Event", "aws.health", detail)
