"""What keeps or moves data and costs by more than one rate: tables, databases, streams."""

from __future__ import annotations

import re

from refarch.gate.cost.context import HOURS, Case, Lines, NoPrice
from refarch.gate.policy.values import entries, is_on
from refarch.prices import PriceNotKnownError, ServicePrice

_CLASS = re.compile(r"db\.([a-z0-9]+)\.([a-z0-9]+)")
_LARGES = {
    "large": 1.0,
    "xlarge": 2.0,
    "2xlarge": 4.0,
    "4xlarge": 8.0,
    "8xlarge": 16.0,
    "12xlarge": 24.0,
    "16xlarge": 32.0,
}


def queue(case: Case) -> Lines:
    """SQS: requests, dearer for FIFO."""
    fifo = is_on(case.resource.get("FifoQueue"))
    yield case.used("requests", "sqs.fifo_request" if fifo else "sqs.request", 1_000_000)


def table(case: Case) -> Lines:
    """DynamoDB: storage, and requests or provisioned capacity."""
    yield case.used("gigabytes", "dynamodb.gigabyte_month", 10)
    if case.resource.get("BillingMode") == "PAY_PER_REQUEST" or case.resource.type.endswith("GlobalTable"):
        yield case.used("reads", "dynamodb.read_request_unit", 5_000_000)
        yield case.used("writes", "dynamodb.write_request_unit", 1_000_000)
        return
    reads, writes = (case.number(f"ProvisionedThroughput.{each}CapacityUnits", 5) for each in ("Read", "Write"))
    yield case.fixed("read capacity", "dynamodb.read_capacity_hour", reads * HOURS)
    yield case.fixed("write capacity", "dynamodb.write_capacity_hour", writes * HOURS)


def stream(case: Case) -> Lines:
    """Kinesis: shards by the hour, or the stream by the hour and its gigabytes."""
    if case.resource.get("StreamModeDetails.StreamMode") == "ON_DEMAND" or case.resource.raw("ShardCount") is None:
        yield case.fixed("stream", "kinesis.stream_hour", HOURS)
        yield case.used("gigabytes_in", "kinesis.gigabyte_in", 100)
        return
    yield case.fixed("shards", "kinesis.shard_hour", case.number("ShardCount", 1) * HOURS)
    yield case.used("put_units", "kinesis.put_unit", 10_000_000)


def machine(case: Case) -> Lines:
    """Step Functions: transitions, or requests of an express workflow."""
    if case.resource.get("StateMachineType") == "EXPRESS":
        yield case.used("requests", "step_functions.express_request", 1_000_000)
        yield case.used("gigabyte_seconds", "step_functions.express_gigabyte_second", 100_000)
        return
    yield case.used("transitions", "step_functions.transition", 100_000)


def database(case: Case) -> Lines:
    """An RDS instance; one of an Aurora cluster without storage of its own."""
    kind = case.resource.get("DBInstanceClass")
    aurora = case.resource.raw("DBClusterIdentifier") is not None
    if kind == "db.serverless":
        yield from _serverless(case)
        return
    price, larges = _database_price(case, kind, aurora)
    zones = 2 if is_on(case.resource.get("MultiAZ")) and not aurora else 1
    cost = price.usd * larges * zones * HOURS
    note = f"{kind}, 730 h × {price.usd * larges:g} USD" + (" × 2 zones" if zones == 2 else "")
    yield case.ranged("instance", cost, cost, note, confirmed=price.confirmed)
    if not aurora:
        yield case.fixed("storage", "rds.gp3_gigabyte_month", case.number("AllocatedStorage", 20) * zones)


def _database_price(case: Case, kind: object, aurora: bool) -> tuple[ServicePrice, float]:
    """The price of its size, or of `large` and how many larges it is: sizes of a family double in price."""
    match = _CLASS.fullmatch(kind) if isinstance(kind, str) else None
    if match is None:
        raise NoPrice("its instance class is not stated")
    family, size = match.groups()
    room = "aurora_instance" if aurora else "rds_instance"
    for name, times in ((size, 1.0), ("large", _LARGES.get(size, 0.0))):
        try:
            if times:
                return case.prices.service(f"{room}.{family}.{name}_hour"), times
        except PriceNotKnownError:
            continue
    raise NoPrice(f"no price for {kind}{' of Aurora' if aurora else ''}")


def _serverless(case: Case) -> Lines:
    """An Aurora Serverless v2 instance: between the cluster's least and most capacity units."""
    clusters = [
        case.view.resources[each] for each in sorted(case.view.targets(case.resource.raw("DBClusterIdentifier")))
    ]
    scaling = next((each.get("ServerlessV2ScalingConfiguration") for each in clusters), None)
    if not isinstance(scaling, dict):
        raise NoPrice("the capacity units of its cluster are not stated")
    least, most = (_stated(scaling.get(key)) for key in ("MinCapacity", "MaxCapacity"))
    most = case.quantity("capacity_units", most)
    price = case.prices.service("aurora.capacity_unit_hour")
    note = f"{least:g} to {most:g} capacity units × {price.usd:g} USD/h"
    yield case.ranged("capacity", least * HOURS * price.usd, most * HOURS * price.usd, note, confirmed=price.confirmed)


def _stated(value: object) -> float:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else 0.0


def cluster(case: Case) -> Lines:
    """What an Aurora cluster costs besides its instances."""
    engine = case.resource.get("Engine")
    if not (isinstance(engine, str) and engine.startswith("aurora")):
        raise NoPrice(f"no price for a cluster of {engine if isinstance(engine, str) else 'an unknown engine'}")
    yield case.used("gigabytes", "aurora.gigabyte_month", 50)
    yield case.used("io_requests", "aurora.io_request", 10_000_000)


def volume(case: Case) -> Lines:
    """An EBS volume."""
    if case.resource.get("VolumeType") not in ("gp3", None):
        raise NoPrice(f"no price for volume type {case.resource.get('VolumeType')}")
    yield case.fixed("storage", "ebs_gp3.gigabyte_month", case.number("Size", 8))


def alarm(case: Case) -> Lines:
    """An alarm: one price for each metric that it looks at."""
    metrics = [
        each for each in entries(case.resource.raw("Metrics")) if isinstance(each, dict) and "MetricStat" in each
    ]
    fast = case.number("Period", 60) < 60
    name = "cloudwatch.high_resolution_alarm_month" if fast else "cloudwatch.alarm_month"
    yield case.fixed("alarm", name, max(1, len(metrics)))
