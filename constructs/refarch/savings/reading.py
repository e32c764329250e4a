"""Reads a deployed fleet: its groups, the Spot prices of its pools, and the responder's interruption log.

Calls: `DescribeAutoScalingGroups`, `DescribeInstances`, `DescribeSpotPriceHistory`, `Query` of the log's index, and
`ListStackResources` where a stack is named. All of them only read.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from boto3.dynamodb.types import TypeDeserializer
from botocore.exceptions import ClientError

from refarch.savings.fleet import ON_DEMAND, SPOT, Fleet, Reclaim, Some

Clients = Callable[[str], Any]
"""Gives the boto3 client of a service: the one seam to AWS."""

Prices = dict[tuple[str, str], float]
"""Dollars an hour by instance type and zone."""

LOG_INDEX = "ByDay"
LOG_ID = "InterruptionLog"
_IDS_A_CALL = 100
_LIVE = ("pending", "running")


@dataclass(frozen=True, kw_only=True)
class Resources:
    """Of a stack: the names of its Auto Scaling groups and of its interruption logs."""

    groups: tuple[str, ...]
    logs: tuple[str, ...]


def resources_of(clients: Clients, stack: str) -> Resources:
    """The groups of a stack, and the tables that an InterruptionResponder made in it."""
    pages = clients("cloudformation").get_paginator("list_stack_resources").paginate(StackName=stack)
    found = [each for page in pages for each in page["StackResourceSummaries"]]
    return Resources(
        groups=_names(found, "AWS::AutoScaling::AutoScalingGroup", ""),
        logs=_names(found, "AWS::DynamoDB::Table", LOG_ID),
    )


def _names(found: Sequence[dict[str, Any]], kind: str, part: str) -> tuple[str, ...]:
    return tuple(
        each["PhysicalResourceId"]
        for each in found
        if each["ResourceType"] == kind and part in each["LogicalResourceId"]
    )


def read_fleet(
    clients: Clients,
    *,
    region: str,
    groups: Sequence[str],
    logs: Sequence[str],
    days: int,
    now: datetime,
    price_region: str = "",
) -> Fleet:
    """The live instances of the groups at today's Spot prices, and the reclaims of the last `days`.

    A group without instances makes an empty fleet. Errors of the SDK pass through.
    """
    instances = _instances(clients, groups)
    pools = Counter(
        (each["InstanceType"], each["Placement"]["AvailabilityZone"], each.get("InstanceLifecycle", ON_DEMAND))
        for each in instances
    )
    prices, notes = _spot_prices(clients, sorted({name for name, _, lifecycle in pools if lifecycle == SPOT}), now)
    members = [
        Some(
            instance_type=name,
            zone=zone,
            count=count,
            lifecycle=SPOT if lifecycle == SPOT else ON_DEMAND,
            spot_usd=prices.get((name, zone)) if lifecycle == SPOT else None,
        )
        for (name, zone, lifecycle), count in sorted(pools.items())
    ]
    since = now - timedelta(days=days)
    reclaims = [each for log in logs for each in read_reclaims(clients, log, since=since, until=now)]
    mine = [each for each in reclaims if each.auto_scaling_group in groups]
    return Fleet(
        region=region,
        price_region=price_region or region,
        instances=members,
        reclaims=[each.reclaim for each in mine],
        hours=days * 24.0,
        notes=notes,
    )


def _instances(clients: Clients, groups: Sequence[str]) -> list[dict[str, Any]]:
    if not groups:
        return []
    pages = clients("autoscaling").get_paginator("describe_auto_scaling_groups")
    described = pages.paginate(AutoScalingGroupNames=list(groups))
    ids = [one["InstanceId"] for page in described for each in page["AutoScalingGroups"] for one in each["Instances"]]
    ec2, found = clients("ec2"), []
    for first in range(0, len(ids), _IDS_A_CALL):
        answer = ec2.describe_instances(InstanceIds=ids[first : first + _IDS_A_CALL])
        found += [each for reservation in answer["Reservations"] for each in reservation["Instances"]]
    return [each for each in found if each["State"]["Name"] in _LIVE]


def _spot_prices(clients: Clients, types: Sequence[str], now: datetime) -> tuple[Prices, tuple[str, ...]]:
    """Today's price of each pool, and what to tell of it. A pool that EC2 tells no price of is missing: the tables'
    assumption is used, and so it is for all where EC2 refuses (a role may lack the permission)."""
    if not types:
        return {}, ()
    pages = (
        clients("ec2")
        .get_paginator("describe_spot_price_history")
        .paginate(InstanceTypes=list(types), ProductDescriptions=["Linux/UNIX"], StartTime=now, EndTime=now)
    )
    try:
        rows = [row for page in pages for row in page["SpotPriceHistory"] if row["InstanceType"] in types]
    except ClientError as error:
        return {}, (f"EC2 told no Spot prices: {error}",)
    rows.sort(key=lambda row: row["Timestamp"])
    return {(row["InstanceType"], row["AvailabilityZone"]): float(row["SpotPrice"]) for row in rows}, ()


@dataclass(frozen=True, kw_only=True)
class LoggedReclaim:
    """An item of the log. `auto_scaling_group` is empty for an instance of no group."""

    reclaim: Reclaim
    auto_scaling_group: str


def read_reclaims(clients: Clients, table: str, *, since: datetime, until: datetime) -> list[LoggedReclaim]:
    """The interruptions that a responder's log has between two times, oldest first; all signals."""
    first, last = since.timestamp(), until.timestamp()
    items = [item for day in _days(since, until) for item in _items(clients("dynamodb"), table, day)]
    found = [_logged(item) for item in items if first <= float(item["time"]) <= last]
    return sorted(found, key=lambda each: (each.reclaim.time, each.reclaim.instance_id))


def _logged(item: dict[str, Any]) -> LoggedReclaim:
    reclaim = Reclaim(
        instance_id=str(item["instanceId"]),
        instance_type=str(item["instanceType"]),
        zone=str(item["zone"]),
        time=float(item["time"]),
        signal=str(item["signal"]),
    )
    return LoggedReclaim(reclaim=reclaim, auto_scaling_group=str(item.get("autoScalingGroup", "")))


def _days(since: datetime, until: datetime) -> Iterator[str]:
    day = since.astimezone(UTC).date()
    while day <= until.astimezone(UTC).date():
        yield day.isoformat()
        day += timedelta(days=1)


def _items(dynamodb: Any, table: str, day: str) -> Iterator[dict[str, Any]]:
    read = TypeDeserializer().deserialize
    pages = dynamodb.get_paginator("query").paginate(
        TableName=table,
        IndexName=LOG_INDEX,
        KeyConditionExpression="#day = :day",
        ExpressionAttributeNames={"#day": "day"},
        ExpressionAttributeValues={":day": {"S": day}},
    )
    for page in pages:
        yield from ({name: read(value) for name, value in item.items()} for item in page["Items"])
