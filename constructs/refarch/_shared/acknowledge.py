"""Findings of rule packs (cdk-nag, the CDK's own rules) that a construct answers with a reason, on the spot.

They are recorded with aws-cdk-lib alone (2.269 or later). Who runs no such rules never meets them; who does finds the
finding under `suppressedViolations` in the validation report, with the reason and the path of who gave it.
"""

from __future__ import annotations

import json
from collections.abc import MutableMapping, Sequence
from typing import Any
from weakref import WeakKeyDictionary

from aws_cdk import Acknowledgment, Stack, Validations
from aws_cdk import aws_iam as iam
from constructs import Construct, IConstruct

SHORTEST_REASON = 40
"""Characters. Less is no reason that a reviewer could judge."""

_PAIRS = {")": "(", "]": "[", "}": "{"}
_DEFAULT_GROUP = "Custom::VpcRestrictDefaultSGCustomResourceProvider"
_BUCKET_NOTIFICATIONS = "BucketNotificationsHandler"
_BASIC_EXECUTION = "Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"
_asked: MutableMapping[IConstruct, Validations] = WeakKeyDictionary()
_CDKS_OWN_LOGS = "The CDK makes this function and offers no prop for its log group; it writes a few lines a deployment"


def acknowledge(scope: IConstruct, rule: str, reason: str) -> None:
    """Answers the findings of `rule` (say `AwsSolutions-S1`) on `scope` and everything inside it.

    Raises `ValueError` where `reason` is shorter than `SHORTEST_REASON`.
    """
    _record(scope, [rule], reason)


def acknowledge_wildcards(scope: IConstruct, statement: iam.PolicyStatement, reason: str) -> None:
    """Answers for every `*` in the actions and the resources of `statement`, in the policies of `scope` (a role).

    One by one, as cdk-nag asks, so a wildcard that joins the policy later is a finding again. Raises `ValueError`
    where `reason` is shorter than `SHORTEST_REASON`.
    """
    named = [f"Action::{action}" for action in statement.actions]
    named += [f"Resource::{_flat(each)}" for each in _resolved(scope, statement.resources)]
    _record(scope, [f"AwsSolutions-IAM5[{each}]" for each in named if "*" in each], reason)


def acknowledge_notifications_handler(bucket: IConstruct) -> None:
    """Answers for the function by which the CDK writes notifications of buckets: one a stack, and the CDK's own."""
    for child in Stack.of(bucket).node.children:
        if child.node.id.startswith(_BUCKET_NOTIFICATIONS):
            acknowledge(
                child,
                f"AwsSolutions-IAM4[{_BASIC_EXECUTION}]",
                "The CDK makes this role for its own notifications handler and offers no other policy; it only writes "
                "logs, and what the handler may change is bound to the buckets of this stack",
            )
            acknowledge(child, "Gates::LAMBDA-LOG-GROUP", _CDKS_OWN_LOGS)


def acknowledge_default_group_handler(vpc: IConstruct) -> None:
    """Answers for the function by which the CDK empties the default security group of VPCs: one a stack, its own."""
    if handler := Stack.of(vpc).node.try_find_child(_DEFAULT_GROUP):
        acknowledge(handler, "Gates::LAMBDA-LOG-GROUP", _CDKS_OWN_LOGS)


def principal_scope(grantee: iam.IGrantable) -> IConstruct | None:
    """The construct that holds what is granted to `grantee`, where it is one (a service principal is none)."""
    principal: object = grantee.grant_principal
    return principal if isinstance(principal, Construct) else None


def _record(scope: IConstruct, rules: list[str], reason: str) -> None:
    if len(reason) < SHORTEST_REASON:
        raise ValueError(f"reason is {reason!r}, allowed: {SHORTEST_REASON} characters or more that say why")
    # The CDK takes no id with brackets that do not match (a key prefix may have them): such a finding stays one.
    if rules := [rule for rule in rules if _balanced(rule)]:
        _validations(scope).acknowledge(*(Acknowledgment(id=_qualified(rule), reason=reason) for rule in rules))


def _validations(scope: IConstruct) -> Validations:
    """Asked for once a construct: each question is a call into Node, and one construct answers several findings."""
    if (found := _asked.get(scope)) is None:
        found = _asked[scope] = Validations.of(scope)
    return found


def _qualified(rule: str) -> str:
    """With the pack's name: cdk-nag takes a bare id too, but then leaves no record of it in the report."""
    head = rule.partition("[")[0]
    return rule if "::" in head else f"{head.partition('-')[0]}::{rule}"


def _balanced(rule: str) -> bool:
    """Whether every bracket in `rule` is closed by its own kind, in order."""
    open_: list[str] = []
    for character in rule:
        if character in _PAIRS.values():
            open_.append(character)
        elif character in _PAIRS and (not open_ or open_.pop() != _PAIRS[character]):
            return False
    return not open_


def _resolved(scope: IConstruct, resources: Sequence[str]) -> Sequence[Any]:
    """Tokens as CloudFormation will read them; what has none, and so needs no call into Node, as it is."""
    if not any("${Token[" in each for each in resources):
        return resources
    resolved: Sequence[Any] = Stack.of(scope).resolve(resources)
    return resolved


def _flat(value: Any) -> str:
    """A resolved ARN as cdk-nag writes it in the ids of its findings."""
    match value:
        case str():
            return value.replace("${", "<").replace("}", ">")
        case {"Fn::Join": [str() as delimiter, [*parts]]}:
            return delimiter.join(map(_flat, parts))
        case {"Fn::GetAtt": [resource, attribute]}:
            return f"<{_flat(resource)}.{_flat(attribute)}>"
        case {"Fn::Sub": inner} | {"Fn::ImportValue": inner}:
            return _flat(inner)
        case {"Ref": name}:
            return f"<{_flat(name)}>"
    return json.dumps(value, separators=(",", ":"))
