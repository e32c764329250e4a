"""Spot requests: RequestSpotInstances is fulfilled at once, and each request is shown by its instance.

There is no market here: no prices that move (refarch.local.compute.spot_prices), no shortage, no fleets.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any
from xml.sax.saxutils import escape

from refarch.local import adapter
from refarch.local.compute import instances
from refarch.local.compute.instance_records import Parameters, one

SPECIFICATION = "LaunchSpecification."


def install() -> None:
    actions = adapter.read("EC2 actions")
    actions["RequestSpotInstances"] = _request
    actions["DescribeSpotInstanceRequests"] = _describe
    actions["CancelSpotInstanceRequests"] = _cancel


def _request(parameters: Parameters) -> Any:
    count = one(parameters, "InstanceCount") or "1"
    asked = {name.removeprefix(SPECIFICATION): v for name, v in parameters.items() if name.startswith(SPECIFICATION)}
    asked |= {"MinCount": [count], "MaxCount": [count], "InstanceMarketOptions.MarketType": ["spot"]}
    behaviour = one(parameters, "InstanceInterruptionBehavior") or "terminate"
    status, headers, body = adapter.read("EC2 actions")["RunInstances"](asked)
    if status >= 400:
        return status, headers, body
    made = list(dict.fromkeys(re.findall(r"<instanceId>(i-[0-9a-f]+)</instanceId>", body.decode())))
    records = [record for key in made if (record := instances.find(key))]
    for record in records:
        record["_spotRequest"] = {"type": one(parameters, "Type") or "one-time", "behaviour": behaviour}
    return _answer("RequestSpotInstancesResponse", records)


def _answer(root: str, records: list[dict[str, Any]]) -> Any:
    shown = "".join(f"<item>{_xml(record)}</item>" for record in records)
    inner = f"<spotInstanceRequestSet>{shown}</spotInstanceRequestSet>"
    return adapter.read("EC2 answer")(200, root, inner)


def state_of(record: Mapping[str, Any]) -> tuple[str, str]:
    """(state, status code) of the request that an instance came from."""
    if record["State"]["Name"] != "terminated":
        return (
            ("cancelled", "request-canceled-and-instance-running")
            if record.get("_cancelled")
            else (
                "active",
                "fulfilled",
            )
        )
    by_spot = record.get("StateReason") == "Server.SpotInstanceTermination"
    return "closed", "instance-terminated-by-service" if by_spot else "instance-terminated-by-user"


def _xml(record: Mapping[str, Any]) -> str:
    state, code = state_of(record)
    about = record.get("_spotRequest") or {"type": "one-time", "behaviour": "terminate"}
    values = {
        "spotInstanceRequestId": record["SpotInstanceRequestId"],
        "type": about["type"],
        "state": state,
        "instanceId": record["InstanceId"],
        "createTime": record["LaunchTime"],
        "productDescription": "Linux/UNIX",
        "launchedAvailabilityZone": record["Placement"]["AvailabilityZone"],
        "instanceInterruptionBehavior": about["behaviour"],
    }
    plain = "".join(f"<{name}>{escape(str(value))}</{name}>" for name, value in values.items())
    kind = f"<imageId>{record['ImageId']}</imageId><instanceType>{record['InstanceType']}</instanceType>"
    return f"{plain}<status><code>{code}</code></status><launchSpecification>{kind}</launchSpecification>"


def _asked(parameters: Parameters) -> list[str]:
    return [one(parameters, name) for name in parameters if re.fullmatch(r"SpotInstanceRequestId\.\d+", name)]


def _chosen(parameters: Parameters) -> list[dict[str, Any]]:
    wanted = _asked(parameters)
    records = [record for record in adapter.read("instances").values() if record.get("SpotInstanceRequestId")]
    return [record for record in records if not wanted or record["SpotInstanceRequestId"] in wanted]


def _describe(parameters: Parameters) -> Any:
    records, number = _chosen(parameters), 1
    filters: dict[str, Callable[[Mapping[str, Any]], str]] = {
        "instance-id": lambda record: record["InstanceId"],
        "state": lambda record: state_of(record)[0],
        "status-code": lambda record: state_of(record)[1],
        "spot-instance-request-id": lambda record: record["SpotInstanceRequestId"],
    }
    while name := one(parameters, f"Filter.{number}.Name"):
        prefix = f"Filter.{number}.Value."
        values = [one(parameters, key) for key in parameters if key.startswith(prefix)]
        read = filters.get(name)
        records = [record for record in records if read is None or read(record) in values]
        number += 1
    return _answer("DescribeSpotInstanceRequestsResponse", records)


def _cancel(parameters: Parameters) -> Any:
    """As on AWS the instances go on."""
    wanted = set(_asked(parameters))
    for record in [record for record in _chosen(parameters) if record["SpotInstanceRequestId"] in wanted]:
        record["_cancelled"] = True
    shown = "".join(
        f"<item><spotInstanceRequestId>{key}</spotInstanceRequestId><state>cancelled</state></item>"
        for key in sorted(wanted)
    )
    inner = f"<spotInstanceRequestSet>{shown}</spotInstanceRequestSet>"
    return adapter.read("EC2 answer")(200, "CancelSpotInstanceRequestsResponse", inner)
