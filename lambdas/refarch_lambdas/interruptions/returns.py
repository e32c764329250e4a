"""An instance that was stopped or hibernated and runs again gets back what it was taken from, and nothing else.

The interruption log is what is gone by: an instance that left a target group by anybody else's hand stays out of it.
Cloud Map members are not brought back: their attributes are gone, and whoever registered them does it at the start.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from refarch_lambdas.interruptions.events import UnknownEventError
from refarch_lambdas.interruptions.interruption import NOTICE, REBALANCE, Problem
from refarch_lambdas.interruptions.ledger import deserialized, iso, serialized
from refarch_lambdas.interruptions.refusals import AWS_ERRORS, attempt, problem
from refarch_lambdas.interruptions.settings import DEREGISTER, DRAIN
from refarch_lambdas.interruptions.survey import Clients

KIND = "EC2 Instance State-change Notification"
COMES_BACK = ("stop", "hibernate")
RETURN = "return"
_LEFT = " left "
_RECENT = 20  # interruptions of one instance that are looked through


@dataclass(frozen=True)
class Taken:
    """What an instance was taken from: targets by the ARN of their group, and its container instances (cluster, ARN).
    `keys`: the interruptions that took it."""

    keys: tuple[str, ...] = ()
    targets: Mapping[str, Sequence[Mapping[str, Any]]] = field(default_factory=dict)
    containers: tuple[tuple[str, str], ...] = ()


def instance_of(event: Mapping[str, Any]) -> str:
    """The instance that runs again. Raises `UnknownEventError` for another state or a document that is none of AWS."""
    detail = event.get("detail") or {}
    if detail.get("state") != "running" or not detail.get("instance-id"):
        raise UnknownEventError(f"{KIND!r} of {detail!r}, allowed: an instance-id, and running as its state")
    return str(detail["instance-id"])


def taken(items: Sequence[Mapping[str, Any]]) -> Taken:
    """What the log says was taken and not given back; nothing where no notice said that it would stop. Pure."""
    mine = [each for each in items if each.get("signal") in (NOTICE, REBALANCE) and not each.get("returned")]
    if not any(each["signal"] == NOTICE and each.get("effect") in COMES_BACK for each in mine):
        return Taken()
    targets: dict[str, list[dict[str, Any]]] = {}
    for line in (line for each in mine for line in _done(each, DEREGISTER)):
        target, _, group = line.partition(_LEFT)
        name, _, port = target.rpartition(":")
        one = {"Id": name, "Port": int(port)} if port else {"Id": name}
        if one not in targets.setdefault(group, []):
            targets[group].append(one)
    drained = dict.fromkeys(
        (str(each["cluster"]), str(each["containerInstance"])) for each in mine if _done(each, DRAIN)
    )
    return Taken(keys=tuple(str(each["interruption"]) for each in mine), targets=targets, containers=tuple(drained))


def _done(item: Mapping[str, Any], action: str) -> Sequence[str]:
    found: Sequence[str] = item.get("actions", {}).get(action, {}).get("done", ())
    return found


class Returns:
    """Gives back what the log says. Twice is as good as once: what is there is left as it is."""

    def __init__(self, clients: Clients, table: str) -> None:
        self._clients, self._table = clients, table

    def give_back(self, instance: str, now: float) -> tuple[list[str], list[Problem]]:
        """What was done, one line each, and what was not. Never raises for what AWS refuses."""
        problems: list[Problem] = []
        try:
            found = taken(self._items(instance))
        except AWS_ERRORS as error:
            return [], [problem(RETURN, instance, error)]
        done = [*self._activated(found, problems), *self._registered(found, problems)]
        for key in found.keys if not problems else ():
            self._close(instance, key, now, problems)
        return done, problems

    def _items(self, instance: str) -> list[dict[str, Any]]:
        answer = self._clients("dynamodb").query(
            TableName=self._table,
            KeyConditionExpression="#instance = :instance",
            ExpressionAttributeNames={"#instance": "instanceId"},
            ExpressionAttributeValues=serialized({"instance": instance}, prefix=":"),
            ScanIndexForward=False,
            ConsistentRead=True,
            Limit=_RECENT,
        )
        return [deserialized(item) for item in answer["Items"]]

    def _activated(self, found: Taken, problems: list[Problem]) -> Iterator[str]:
        ecs = self._clients("ecs")
        for cluster, arn in found.containers:
            look = partial(ecs.describe_container_instances, cluster=cluster, containerInstances=[arn])
            rows = (attempt(RETURN, arn, look, problems) or {}).get("containerInstances", ())
            if not any(each["status"] == "DRAINING" for each in rows):
                continue
            call = partial(
                ecs.update_container_instances_state, cluster=cluster, containerInstances=[arn], status="ACTIVE"
            )
            answer = attempt(RETURN, arn, call, problems) or {}
            for failure in answer.get("failures", ()):
                problems.append(Problem(action=RETURN, what=f"{arn}: {failure.get('reason')}"))
            if answer and not answer.get("failures"):
                yield f"{arn} is active"

    def _registered(self, found: Taken, problems: list[Problem]) -> Iterator[str]:
        for group, targets in found.targets.items():
            call = partial(self._clients("elbv2").register_targets, TargetGroupArn=group, Targets=list(targets))
            if attempt(RETURN, group, call, problems) is not None:
                yield from (f"{each['Id']}:{each.get('Port', '')} is back in {group}" for each in targets)

    def _close(self, instance: str, key: str, now: float, problems: list[Problem]) -> None:
        call = partial(
            self._clients("dynamodb").update_item,
            TableName=self._table,
            Key=serialized({"instanceId": instance, "interruption": key}),
            UpdateExpression="SET #returned = :returned",
            ExpressionAttributeNames={"#returned": "returned"},
            ExpressionAttributeValues=serialized({"returned": iso(now)}, prefix=":"),
        )
        attempt(RETURN, key, call, problems)
