"""Where shares are read and set: weighted records of a Route 53 zone, or weighted target groups of a listener."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol


class NotWeightedError(RuntimeError):
    """The record or the listener is not there, or is not the weighted one that the stack made."""


class Backend(Protocol):
    def read(self) -> int | None:
        """The percentage of the new stack; None where it is no whole percentage that we could have set."""
        ...

    def write(self, percentage: int) -> None: ...


def percentage_of(old: int, new: int) -> int | None:
    """The new stack's share of two weights. Both 0 means equal shares to Route 53, and nobody to a listener: None."""
    total = old + new
    return new * 100 // total if total and new * 100 % total == 0 else None


@dataclass(frozen=True)
class Records:
    """Two records of one name and type, told apart by their set identifiers. Both change in one batch, or neither."""

    client: Any
    zone: str
    name: str
    record_type: str
    old: str
    new: str

    def read(self) -> int | None:
        found = self._find()
        return percentage_of(found[self.old]["Weight"], found[self.new]["Weight"])

    def write(self, percentage: int) -> None:
        found = self._find()
        weights = {self.old: 100 - percentage, self.new: percentage}
        changes = [
            {"Action": "UPSERT", "ResourceRecordSet": {**found[identifier], "Weight": weight}}
            for identifier, weight in weights.items()
        ]
        self.client.change_resource_record_sets(HostedZoneId=self.zone, ChangeBatch={"Changes": changes})

    def _find(self) -> dict[str, dict[str, Any]]:
        name = self.name.rstrip(".").lower() + "."
        answer = self.client.list_resource_record_sets(
            HostedZoneId=self.zone, StartRecordName=name, StartRecordType=self.record_type
        )
        found = {
            each["SetIdentifier"]: each
            for each in answer["ResourceRecordSets"]
            if each["Name"].lower() == name and each["Type"] == self.record_type and "Weight" in each
        }
        if not found.keys() >= {self.old, self.new}:
            raise NotWeightedError(
                f"{self.record_type} {name} of zone {self.zone} has the weighted records {sorted(found)}"
            )
        return found


@dataclass(frozen=True)
class Listener:
    """The default action of a listener, which forwards to two target groups. Stickiness stays as it is."""

    client: Any
    listener: str
    old: str
    new: str

    def read(self) -> int | None:
        weights = {
            each["TargetGroupArn"]: each.get("Weight", 1) for each in self._action()["ForwardConfig"]["TargetGroups"]
        }
        return percentage_of(weights.get(self.old, 0), weights.get(self.new, 0))

    def write(self, percentage: int) -> None:
        action = self._action()
        groups = [
            {"TargetGroupArn": self.old, "Weight": 100 - percentage},
            {"TargetGroupArn": self.new, "Weight": percentage},
        ]
        # `TargetGroupArn` beside ForwardConfig is only allowed for one group: left out.
        kept = {key: value for key, value in action.items() if key != "TargetGroupArn"}
        config = {**action["ForwardConfig"], "TargetGroups": groups}
        self.client.modify_listener(ListenerArn=self.listener, DefaultActions=[{**kept, "ForwardConfig": config}])

    def _action(self) -> dict[str, Any]:
        listener = self.client.describe_listeners(ListenerArns=[self.listener])["Listeners"][0]
        for action in listener["DefaultActions"]:
            groups = {each["TargetGroupArn"] for each in action.get("ForwardConfig", {}).get("TargetGroups", ())}
            if groups & {self.old, self.new}:
                return dict(action)
        raise NotWeightedError(f"{self.listener} forwards to neither of the two target groups")


def backend_of(settings: Mapping[str, Any], client: Any) -> Backend:
    """The backend that the settings describe; `client` makes clients of services by their names."""
    kind, values = settings["kind"], {key: value for key, value in settings.items() if key != "kind"}
    if kind == "records":
        return Records(client("route53"), **values)
    if kind == "listener":
        return Listener(client("elbv2"), **values)
    raise ValueError(f"kind of backend is {kind!r}, allowed: records, listener")
