"""Lambda entry point of a custom resource: before an Auto Scaling group goes, its instances lose their protection.

CloudFormation deletes a group by making it empty, and waits for instances that are protected from scale-in for ever.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any

import boto3
from botocore.config import Config

from refarch_lambdas.custom_resources.answers import answer, send

logger = logging.getLogger()
A_CALL = 50  # instances of one SetInstanceProtection


@cache
def _scaling() -> Any:
    return boto3.client("autoscaling", config=Config(retries={"mode": "standard", "total_max_attempts": 6}))


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Answers every request of CloudFormation, also where something failed: then with the reason."""
    group = str(event["ResourceProperties"]["AutoScalingGroupName"])
    reason = ""
    if event["RequestType"] == "Delete":
        try:
            freed = release(_scaling(), group)
            logger.warning("%s: %d instances are not protected any more", group, freed)
        except Exception as error:  # whatever it is, CloudFormation must not wait an hour for it
            logger.exception("%s could not be released", group)
            reason = f"{group} still protects its instances: {error}"
    # The group is the identity: another group is another resource, and the old one is deleted, so released.
    document = answer(event, str(event.get("PhysicalResourceId") or group) if _is_delete(event) else group, reason)
    send(event, document)
    return document


def release(scaling: Any, group: str) -> int:
    """How many instances were protected; none is any more, and none will be. A group that is gone protects nothing."""
    found = scaling.describe_auto_scaling_groups(AutoScalingGroupNames=[group])["AutoScalingGroups"]
    if not found:
        return 0
    # First what comes, then what is there: an instance that starts in between is protected by nobody.
    scaling.update_auto_scaling_group(AutoScalingGroupName=group, NewInstancesProtectedFromScaleIn=False)
    [now] = scaling.describe_auto_scaling_groups(AutoScalingGroupNames=[group])["AutoScalingGroups"]
    wanted = protected(now["Instances"])
    for some in batches(wanted):
        scaling.set_instance_protection(AutoScalingGroupName=group, InstanceIds=some, ProtectedFromScaleIn=False)
    return len(wanted)


def protected(instances: Sequence[Mapping[str, Any]]) -> list[str]:
    """The ids of the protected instances that a call may name: those that end are refused, and need it no more."""
    return [
        str(each["InstanceId"])
        for each in instances
        if each.get("ProtectedFromScaleIn") and not str(each.get("LifecycleState", "")).startswith("Terminat")
    ]


def batches(ids: Sequence[str]) -> Iterator[list[str]]:
    """As many ids at once as a call takes."""
    for first in range(0, len(ids), A_CALL):
        yield list(ids[first : first + A_CALL])


def _is_delete(event: Mapping[str, Any]) -> bool:
    return str(event["RequestType"]) == "Delete"
