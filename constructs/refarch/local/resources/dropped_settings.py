"""More properties that the emulator's own handlers drop: they are told to the service once the resource is there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from refarch.local.resources import api_calls

Properties = dict[str, Any]
EXPIRES = {
    "ExpirationInDays": "Days",
    "ExpirationDate": "Date",
    "ExpiredObjectDeleteMarker": "ExpiredObjectDeleteMarker",
}
OLD = "NoncurrentVersionExpiration"
OLD_DAYS = "NoncurrentVersionExpirationInDays"


def function_limits(name: str, old: Properties, new: Properties) -> None:
    """A function's reserved concurrency and dead-letter target."""
    functions = api_calls.client("lambda")
    reserved = new.get("ReservedConcurrentExecutions")
    if reserved != old.get("ReservedConcurrentExecutions"):
        if reserved is None:
            functions.delete_function_concurrency(FunctionName=name)
        else:
            functions.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=int(reserved))
    letters = new.get("DeadLetterConfig") or {}
    if letters != (old.get("DeadLetterConfig") or {}):
        target = letters.get("TargetArn", "")
        functions.update_function_configuration(FunctionName=name, DeadLetterConfig={"TargetArn": target})


def table_expiry(name: str, old: Properties, new: Properties) -> None:
    """The attribute by which a table's items expire."""
    before, after = old.get("TimeToLiveSpecification") or {}, new.get("TimeToLiveSpecification") or {}
    if before == after:
        return
    attribute = after.get("AttributeName") or before.get("AttributeName")
    enabled = str(after.get("Enabled", "false")).lower() == "true"
    wanted = {"AttributeName": attribute, "Enabled": enabled}
    api_calls.client("dynamodb").update_time_to_live(TableName=name, TimeToLiveSpecification=wanted)


def bucket_lifecycle(name: str, old: Properties, new: Properties) -> None:
    """A bucket's lifecycle rules. (They are told, nothing expires by them.)"""
    before, after = old.get("LifecycleConfiguration"), new.get("LifecycleConfiguration")
    if before == after:
        return
    s3 = api_calls.client("s3")
    if not after:
        s3.delete_bucket_lifecycle(Bucket=name)
        return
    rules = [lifecycle_rule(rule) for rule in after.get("Rules") or []]
    s3.put_bucket_lifecycle_configuration(Bucket=name, LifecycleConfiguration={"Rules": rules})


def lifecycle_rule(rule: Properties) -> Properties:
    """CloudFormation's form of a rule in that of the API of S3."""
    told: Properties = {"Status": rule["Status"], "Filter": {"Prefix": rule.get("Prefix", "")}}
    if "Id" in rule:
        told["ID"] = rule["Id"]
    expiration = {there: _plain(rule[here]) for here, there in EXPIRES.items() if here in rule}
    if expiration:
        told["Expiration"] = expiration
    moves = [_days(move, "TransitionInDays", "Days") for move in rule.get("Transitions") or []]
    if moves:
        told["Transitions"] = moves
    if OLD in rule:
        told[OLD] = {name: _plain(value) for name, value in rule[OLD].items()}
    elif OLD_DAYS in rule:
        told[OLD] = {"NoncurrentDays": int(rule[OLD_DAYS])}
    if "AbortIncompleteMultipartUpload" in rule:
        days = int(rule["AbortIncompleteMultipartUpload"]["DaysAfterInitiation"])
        told["AbortIncompleteMultipartUpload"] = {"DaysAfterInitiation": days}
    return told


def _days(move: Properties, here: str, there: str) -> Properties:
    told = {"StorageClass": move["StorageClass"]}
    return told | ({there: int(move[here])} if here in move else {"Date": move["TransitionDate"]})


def _plain(value: Any) -> Any:
    if isinstance(value, str) and value.lower() in ("true", "false"):
        return value.lower() == "true"
    return int(value) if isinstance(value, str) and value.isdigit() else value


DROPPED: dict[str, Callable[[str, Properties, Properties], None]] = {
    "AWS::DynamoDB::Table": table_expiry,
    "AWS::Lambda::Function": function_limits,
}
# What the emulator leaves out, though it follows from what it gives.
DERIVED = {"AWS::Cognito::UserPool": {"ProviderURL": "https://{ProviderName}"}}


def derived(name: str, values: Properties) -> Properties:
    """`values` of `Fn::GetAtt` with those that follow from others."""
    return values | {attribute: form.format(**values) for attribute, form in DERIVED.get(name, {}).items()}
