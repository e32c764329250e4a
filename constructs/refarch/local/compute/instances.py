"""EC2 instances as records with a life: the repaired RunInstances, and state changes that events and rooms hear of."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from refarch.local import adapter
from refarch.local.compute import events, scope
from refarch.local.compute.instance_records import Parameters, complete, expanded, one, tags_of, template_of

Listener = Callable[[str, str], None]
Handler = Callable[[Parameters], Any]
# What an instance passes on its way, in order; the last one is where it stays.
PATHS = {
    "StartInstances": ("pending", "running"),
    "StopInstances": ("stopping", "stopped"),
    "TerminateInstances": ("shutting-down", "terminated"),
}
SPOT_MEMBERS = {"InstanceLifecycle": "instanceLifecycle", "SpotInstanceRequestId": "spotInstanceRequestId"}
_listeners: list[Listener] = []


def install() -> None:
    actions = adapter.read("EC2 actions")
    actions["RunInstances"] = _running(actions["RunInstances"])
    actions["DescribeInstanceAttribute"] = _with_user_data(actions["DescribeInstanceAttribute"])
    for name, path in PATHS.items():
        actions[name] = _changing(actions[name], path)
    adapter.replace("instance as XML", _shown(adapter.read("instance as XML")))
    adapter.replace("instance matches filters", _filtered(adapter.read("instance matches filters")))


def listen(listener: Listener) -> None:
    """Call `listener(instance id, state)`, in the background, when an instance is running, stopped or terminated."""
    _listeners.append(listener)


def find(instance_id: str) -> dict[str, Any] | None:
    """The record of an instance of this account and region."""
    record: dict[str, Any] | None = adapter.read("instances").get(instance_id)
    return record


def state(instance_id: str) -> str | None:
    """`running`, `stopped` or `terminated`; None when there is no record of it (any more)."""
    record = find(instance_id)
    return str(record["State"]["Name"]) if record else None


def arn(instance_id: str) -> str:
    return f"arn:aws:ec2:{scope.region()}:{scope.account()}:instance/{instance_id}"


def act(action: str, parameters: Mapping[str, Any]) -> bytes:
    """Call an EC2 action inside this process; its answer. Raises `ValueError` with the message of an error."""
    status, _, body = adapter.read("EC2 actions")[action]({name: [value] for name, value in parameters.items()})
    if status >= 400:
        found = re.search(r"<Code>(.*?)</Code>.*?<Message>(.*?)</Message>", body.decode(), re.DOTALL)
        raise ValueError(f"{found[1]}: {found[2]}" if found else body.decode())
    return bytes(body)


def end(instance_ids: Sequence[str]) -> None:
    """Terminate instances; those that are gone already do not matter."""
    alive = [
        key for key in instance_ids if (find(key) or {}).get("State", {}).get("Name", "terminated") != "terminated"
    ]
    if alive:
        act("TerminateInstances", {f"InstanceId.{number}": key for number, key in enumerate(alive, 1)})


def _running(stock: Handler) -> Handler:
    def run(parameters: Parameters) -> Any:
        data, error = template_of(parameters)
        if error:
            return error
        asked = expanded(parameters, data)
        status, headers, body = stock(asked)
        if status >= 400:
            return status, headers, body
        made = list(dict.fromkeys(re.findall(r"<instanceId>(i-[0-9a-f]+)</instanceId>", body.decode())))
        for instance_id in made:
            complete(adapter.read("instances")[instance_id], asked, data)
            tags = tags_of(parameters, data)
            if tags:
                adapter.read("EC2 tags")[instance_id] = tags
        scope.spawn("boot", _announce, made, ("pending", "running"))
        return _reservation(made)

    return run


def _reservation(made: Sequence[str]) -> Any:
    shown = "".join(adapter.read("instance as XML")(adapter.read("instances")[key]) for key in made)
    number = f"<reservationId>r-{uuid.uuid4().hex[:17]}</reservationId><ownerId>{scope.account()}</ownerId><groupSet/>"
    return adapter.read("EC2 answer")(200, "RunInstancesResponse", f"{number}<instancesSet>{shown}</instancesSet>")


def _changing(stock: Handler, path: tuple[str, str]) -> Handler:
    def change(parameters: Parameters) -> Any:
        named = [one(parameters, name) for name in parameters if re.fullmatch(r"InstanceId\.\d+", name)]
        before = {key: state(key) for key in named}
        answer = stock(parameters)
        changed = [key for key, was in before.items() if answer[0] < 400 and was != path[1]]
        if path[1] == "terminated":
            for key in changed:
                _release(key)
        if changed:
            scope.spawn(path[1], _announce, changed, path)
        return answer

    return change


def _release(instance_id: str) -> None:
    """Delete the volumes that go with the instance; ministack keeps them in use for ever."""
    record = find(instance_id) or {}
    for mapping in record.get("BlockDeviceMappings", []):
        if mapping["Ebs"].get("DeleteOnTermination", True):
            adapter.read("volumes").pop(mapping["Ebs"]["VolumeId"], None)
    record["BlockDeviceMappings"] = []


def _announce(instance_ids: Sequence[str], path: Sequence[str]) -> None:
    for instance_id in instance_ids:
        for passed in path:
            detail = {"instance-id": instance_id, "state": passed}
            events.emit("aws.ec2", "EC2 Instance State-change Notification", detail, [arn(instance_id)])
        for listener in _listeners:
            listener(instance_id, path[-1])


def _with_user_data(stock: Handler) -> Handler:
    def describe(parameters: Parameters) -> Any:
        record = find(one(parameters, "InstanceId"))
        if record is None or one(parameters, "Attribute") != "userData":
            return stock(parameters)
        value = f"<value>{record['UserData']}</value>" if record.get("UserData") else ""
        inner = f"<instanceId>{record['InstanceId']}</instanceId><userData>{value}</userData>"
        return adapter.read("EC2 answer")(200, "DescribeInstanceAttributeResponse", inner)

    return describe


def _shown(stock: Callable[[Any], str]) -> Callable[[Any], str]:
    """The instance with what ministack does not show: its market, why it ended, its metadata options."""

    def show(record: Mapping[str, Any]) -> str:
        shown = re.sub(r"<(ipAddress|dnsName|keyName)></\1>", "", stock(record))
        added = "".join(
            f"<{tag}>{record[name]}</{tag}>"
            for name, tag in (
                ("InstanceLifecycle", "instanceLifecycle"),
                ("SpotInstanceRequestId", "spotInstanceRequestId"),
            )
            if record.get(name)
        )
        reason = record.get("StateReason")
        if reason:
            added += f"<stateReason><code>{reason}</code><message>{reason}</message></stateReason>"
        tokens = (record.get("MetadataOptions") or {}).get("HttpTokens", "optional")
        added += f"<metadataOptions><state>applied</state><httpTokens>{tokens}</httpTokens></metadataOptions>"
        head, _, tail = shown.rpartition("</item>")
        return f"{head}{added}</item>{tail}"

    return show


FILTERS: dict[str, Callable[[Mapping[str, Any]], Any]] = {
    "instance-id": lambda record: record["InstanceId"],
    "instance-lifecycle": lambda record: record.get("InstanceLifecycle"),
    "subnet-id": lambda record: record["SubnetId"],
    "vpc-id": lambda record: record["VpcId"],
    "availability-zone": lambda record: record["Placement"]["AvailabilityZone"],
    "private-ip-address": lambda record: record["PrivateIpAddress"],
    "spot-instance-request-id": lambda record: record.get("SpotInstanceRequestId"),
}


def _filtered(stock: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool]:
    def matches(inst: Mapping[str, Any], filters: Mapping[str, Sequence[str]]) -> bool:
        own = {name: values for name, values in filters.items() if name in FILTERS}
        return stock(inst, filters) and all(FILTERS[name](inst) in values for name, values in own.items())

    return matches
