"""The interruption log: what happened to which instance, what was done, and what must not be done twice.

One item an interruption. Its key is the instance and the signal with its time, so an event that is delivered twice
finds its own item, and an instance that was stopped and came back has one for each time. See docs/decisions/0005.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol

from boto3.dynamodb.types import TypeDeserializer, TypeSerializer
from botocore.exceptions import ClientError

from refarch_lambdas.interruptions.interruption import Case, Interruption, Outcome
from refarch_lambdas.interruptions.refusals import code_of

SAME_SECONDS = 300.0
"""Events of one instance and signal this close together tell of one interruption: a notice comes two minutes before,
and an instance that was stopped does not get its next notice this soon."""
_DAY_SECONDS = 86_400


@dataclass(frozen=True, kw_only=True)
class Claim:
    """The right to act on an interruption. `taken`: False while another invocation acts. `done`: actions that are.
    An empty `key` means that nothing is written down: no table, or one that does not answer."""

    key: str
    taken: bool = True
    done: frozenset[str] = frozenset()


class Ledger(Protocol):
    """Where interruptions are written down. Every method may raise errors of the SDK."""

    def claim(self, case: Case, *, owner: str, now: float, until: float) -> Claim:
        """Take the interruption, unless another `owner` has it and its time is not up."""

    def record(self, case: Case, claim: Claim, action: str, outcome: Outcome, now: float) -> None:
        """Write down what an action did."""

    def close(self, case: Case, claim: Claim, *, complete: bool) -> None:
        """Let go of the interruption: everything is done, or another attempt is to come."""


class NoLedger:
    """Remembers nothing: actions that look before they act still change nothing the second time."""

    def claim(self, case: Case, *, owner: str, now: float, until: float) -> Claim:
        return Claim(key="")

    def record(self, case: Case, claim: Claim, action: str, outcome: Outcome, now: float) -> None: ...

    def close(self, case: Case, claim: Claim, *, complete: bool) -> None: ...


class TableLedger:
    """A DynamoDB table with the keys `instanceId` and `interruption`, and an index by `day` and `time`."""

    def __init__(self, client: Any, table: str, *, keep_days: int) -> None:
        self._client, self._table, self._keep_days = client, table, keep_days

    def claim(self, case: Case, *, owner: str, now: float, until: float) -> Claim:
        key = self._same(case.interruption) or key_of(case.interruption)
        values = {**facts(case, self._keep_days), "leaseOwner": owner, "leaseUntil": int(until), "state": "acting"}
        names = {f"#{name}": name for name in values}
        settings = [f"#{name} = if_not_exists(#{name}, :{name})" for name in facts(case, 0)]
        settings += [f"#{name} = :{name}" for name in ("leaseOwner", "leaseUntil", "state")]
        expression = f"SET {', '.join(settings)}, #actions = if_not_exists(#actions, :actions) ADD #attempts :one"
        try:
            answer = self._update(
                case,
                key,
                expression,
                {**names, "#actions": "actions", "#attempts": "attempts"},
                {**values, "actions": {}, "one": 1, "now": int(now)},
                "attribute_not_exists(#leaseUntil) OR #leaseUntil < :now OR #leaseOwner = :leaseOwner",
            )
        except ClientError as error:
            if code_of(error) != "ConditionalCheckFailedException":
                raise
            return Claim(key=key, taken=False)
        actions = deserialized(answer["Attributes"]).get("actions", {})
        return Claim(key=key, done=frozenset(name for name, each in actions.items() if each["state"] == "done"))

    def record(self, case: Case, claim: Claim, action: str, outcome: Outcome, now: float) -> None:
        if not claim.key:
            return
        entry = {
            "state": "failed" if outcome.problems else "done",
            "at": iso(now),
            "done": list(outcome.done),
            "problems": [each.what for each in outcome.problems],
        }
        names = {"#actions": "actions", "#action": action}
        self._update(case, claim.key, "SET #actions.#action = :entry", names, {"entry": entry})

    def close(self, case: Case, claim: Claim, *, complete: bool) -> None:
        if not claim.key:
            return
        names = {"#state": "state", "#leaseUntil": "leaseUntil"}
        values = {"state": "done" if complete else "failed", "until": 0}
        self._update(case, claim.key, "SET #state = :state, #leaseUntil = :until", names, values)

    def _same(self, interruption: Interruption) -> str | None:
        """The key of the interruption that this event tells of once more, where there is one."""
        answer = self._client.query(
            TableName=self._table,
            KeyConditionExpression="#instance = :instance AND begins_with(#interruption, :signal)",
            ExpressionAttributeNames={"#instance": "instanceId", "#interruption": "interruption"},
            ExpressionAttributeValues=serialized(
                {"instance": interruption.instance_id, "signal": f"{interruption.signal}#"}, prefix=":"
            ),
            ScanIndexForward=False,
            ConsistentRead=True,
            Limit=1,
        )
        for item in map(deserialized, answer["Items"]):
            if abs(float(item["time"]) - interruption.time) <= SAME_SECONDS:
                return str(item["interruption"])
        return None

    def _update(
        self,
        case: Case,
        key: str,
        expression: str,
        names: Mapping[str, str],
        values: Mapping[str, Any],
        condition: str | None = None,
    ) -> Any:
        return self._client.update_item(
            TableName=self._table,
            Key=serialized({"instanceId": case.interruption.instance_id, "interruption": key}),
            UpdateExpression=expression,
            ExpressionAttributeNames=dict(names),
            ExpressionAttributeValues=serialized(values, prefix=":"),
            ReturnValues="ALL_NEW",
            **({"ConditionExpression": condition} if condition else {}),
        )


def key_of(interruption: Interruption) -> str:
    """The sort key: the signal and its time, to the second, in an order that is that of time."""
    return f"{interruption.signal}#{iso(interruption.time)}"


def facts(case: Case, keep_days: int) -> dict[str, Any]:
    """What the log keeps of an interruption besides what was done. The savings report reads these."""
    interruption, instance, container = case.interruption, case.instance, case.container
    return {
        "day": iso(interruption.time)[:10],
        "time": int(interruption.time),
        "signal": interruption.signal,
        "effect": interruption.effect,
        "region": interruption.region,
        "eventId": interruption.event_id,
        "instanceType": instance.instance_type,
        "zone": instance.zone,
        "lifecycle": instance.lifecycle,
        "autoScalingGroup": instance.auto_scaling_group or "",
        "cluster": container.cluster if container else "",
        "containerInstance": container.arn if container else "",
        "expires": int(interruption.time) + keep_days * _DAY_SECONDS,
    }


def iso(epoch: float) -> str:
    return f"{datetime.fromtimestamp(epoch, UTC):%Y-%m-%dT%H:%M:%SZ}"


def serialized(values: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Values as DynamoDB takes them."""
    serializer = TypeSerializer()
    return {prefix + name: serializer.serialize(value) for name, value in values.items()}


def deserialized(item: Mapping[str, Any]) -> dict[str, Any]:
    """An item as plain values."""
    deserializer = TypeDeserializer()
    return {name: deserializer.deserialize(value) for name, value in item.items()}
