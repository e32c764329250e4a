"""The state of a move: one item of a DynamoDB table, written only over the version that was read."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields, replace
from typing import Any

from botocore.exceptions import ClientError

from refarch_lambdas.traffic_shift.decision import State

_KEY = {"id": {"S": "shift"}}
_KINDS = {field.name: field.type for field in fields(State)}


class ConflictError(RuntimeError):
    """Somebody else wrote first: read again."""


@dataclass(frozen=True)
class Store:
    client: Any
    table: str

    def read(self) -> State:
        """The state; that of a move that never began where there is none."""
        item = self.client.get_item(TableName=self.table, Key=_KEY, ConsistentRead=True).get("Item")
        return State(**{name: _value(_KINDS[name], item[name]) for name in _KINDS if name in item}) if item else State()

    def write(self, state: State) -> State:
        """Keep the state under the next version. Raises `ConflictError` where its own is not the one there."""
        following = replace(state, version=state.version + 1)
        condition: dict[str, Any] = {"ConditionExpression": "attribute_not_exists(version)"}
        if state.version:
            condition = {
                "ConditionExpression": "version = :read",
                "ExpressionAttributeValues": {":read": {"N": str(state.version)}},
            }
        item = {**_KEY, **{name: _attribute(value) for name, value in asdict(following).items()}}
        try:
            self.client.put_item(TableName=self.table, Item=item, **condition)
        except ClientError as error:
            if error.response["Error"]["Code"] == "ConditionalCheckFailedException":
                raise ConflictError(f"version {state.version} is not the last") from error
            raise
        return following


def _attribute(value: Any) -> dict[str, Any]:
    if isinstance(value, bool):
        return {"BOOL": value}
    return {"S": value} if isinstance(value, str) else {"N": repr(value)}


def _value(kind: Any, attribute: dict[str, Any]) -> Any:
    raw = next(iter(attribute.values()))
    return {"int": int, "float": float}.get(str(kind), lambda same: same)(raw)
