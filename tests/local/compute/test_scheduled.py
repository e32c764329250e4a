"""Scheduled actions come at their time on the cloud's clock; prices of Spot say that they are made up."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError


def test_a_scheduled_action_of_a_group_sets_its_sizes(compute: Any) -> None:
    name = compute.group(1)
    compute.scaling.put_scheduled_update_group_action(
        AutoScalingGroupName=name, ScheduledActionName="grow", Recurrence="*/5 * * * *", MinSize=2, DesiredCapacity=3
    )  # five minutes are a second here
    compute.in_service(name, 3)
    assert compute.described(name)["MinSize"] == 2
    compute.scaling.delete_scheduled_action(AutoScalingGroupName=name, ScheduledActionName="grow")
    soon = datetime.now(UTC) - timedelta(seconds=1)
    compute.scaling.put_scheduled_update_group_action(
        AutoScalingGroupName=name, ScheduledActionName="once", StartTime=soon, MinSize=0, DesiredCapacity=0
    )
    compute.until(lambda: compute.described(name)["DesiredCapacity"] == 0)
    listed = compute.scaling.describe_scheduled_actions(AutoScalingGroupName=name)
    assert listed["ScheduledUpdateGroupActions"] == []


def test_a_scheduled_action_of_a_service_moves_it_between_its_new_bounds(compute: Any) -> None:
    scaling = compute.cloud.client("application-autoscaling")
    cluster, _ = compute.cluster(1)
    service = compute.service(cluster, 1)
    target = {
        "ServiceNamespace": "ecs",
        "ResourceId": f"service/{cluster}/{service}",
        "ScalableDimension": "ecs:service:DesiredCount",
    }
    scaling.register_scalable_target(**target, MinCapacity=0, MaxCapacity=4)
    scaling.put_scheduled_action(
        **target,
        ScheduledActionName="evening",
        Schedule="rate(5 minutes)",
        ScalableTargetAction={"MinCapacity": 2, "MaxCapacity": 4},
    )
    compute.running(cluster, 2)
    found = scaling.describe_scaling_activities(ServiceNamespace="ecs")["ScalingActivities"]
    assert found[0]["Cause"] == "scheduled action name evening was triggered"
    with pytest.raises(ClientError, match="is not valid"):
        scaling.put_scheduled_action(**target, ScheduledActionName="x", Schedule="cron(99 * * * ? *)")
    scaling.deregister_scalable_target(**target)
    compute.ecs.delete_service(cluster=cluster, service=service, force=True)


def test_prices_are_made_up_and_say_so(compute: Any) -> None:
    asked = {"InstanceTypes": ["m5.large", "m5.xlarge"], "ProductDescriptions": ["Linux/UNIX"]}
    pages = list(
        compute.ec2.get_paginator("describe_spot_price_history").paginate(**asked, PaginationConfig={"PageSize": 5})
    )
    rows = [row for page in pages for row in page["SpotPriceHistory"]]
    assert len(rows) == 2 * 3 * 3
    assert len(pages) == 4
    assert {row["AvailabilityZoneId"] for row in rows} == {"made-up"}
    assert rows == [
        row for page in [compute.ec2.describe_spot_price_history(**asked)] for row in page["SpotPriceHistory"]
    ]
    latest = {(row["InstanceType"], row["AvailabilityZone"]): float(row["SpotPrice"]) for row in reversed(rows)}
    assert 0.02 < latest["m5.large", "us-east-1a"] < 0.06
    now = compute.ec2.describe_spot_price_history(**asked, StartTime=datetime.now(UTC), AvailabilityZone="us-east-1b")
    assert len(now["SpotPriceHistory"]) == 2
