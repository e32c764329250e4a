"""Findings of rule packs (cdk-nag, the CDK's own rules) that a construct answers with a reason, on the spot.

They are recorded with aws-cdk-lib alone (2.269 or later). Who runs no such rules never meets them; who does finds the
finding under `suppressedViolations` in the validation report, with the reason and the path of who gave it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, MutableMapping, Sequence
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from aws_cdk import Acknowledgment, Stack, Validations
from aws_cdk import aws_iam as iam
from constructs import Construct, IConstruct

from refarch._shared.reads import read, stack_of

if TYPE_CHECKING:
    from refarch._shared.written_role import Statement

SHORTEST_REASON = 40
"""Characters. Less is no reason that a reviewer could judge."""

_PAIRS = {")": "(", "]": "[", "}": "{"}
_DEFAULT_GROUP = "Custom::VpcRestrictDefaultSGCustomResourceProvider"
_BUCKET_NOTIFICATIONS = "BucketNotificationsHandler050a0587b7544547bf325f094a3db834"
_BASIC_EXECUTION = "Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"
_TOKEN = re.compile(r"(\$\{Token\[[^]]*\]\})")
_asked: MutableMapping[IConstruct, Validations] = WeakKeyDictionary()
_meanings: MutableMapping[Stack, dict[str, str]] = WeakKeyDictionary()
_CDKS_OWN_LOGS = "The CDK makes this function and offers no prop for its log group; it writes a few lines a deployment"


def acknowledge(scope: IConstruct, rule: str, reason: str) -> None:
    """Answers the findings of `rule` (say `AwsSolutions-S1`) on `scope` and everything inside it.

    Raises `ValueError` where `reason` is shorter than `SHORTEST_REASON`.
    """
    answer(scope, [(rule, reason)])


def answer(scope: IConstruct, answers: Iterable[tuple[str, str]]) -> None:
    """The same for several pairs of rule and reason at once, for the price of one: each time is a call into Node."""
    given = list(answers)
    for _, reason in given:
        if len(reason) < SHORTEST_REASON:
            raise ValueError(f"reason is {reason!r}, allowed: {SHORTEST_REASON} characters or more that say why")
    # The CDK takes no id with brackets that do not match (a key prefix may have them): such a finding stays one.
    if taken := [Acknowledgment(id=_qualified(rule), reason=reason) for rule, reason in given if _balanced(rule)]:
        _validations(scope).acknowledge(*taken)


def wildcards(scope: IConstruct, statements: Iterable[Statement]) -> list[tuple[str, str]]:
    """Answers for every `*` in the actions and the resources of those statements that say why, for their role.

    One by one, as cdk-nag asks, so a wildcard that joins the policy later is a finding again.
    """
    return [
        (f"AwsSolutions-IAM5[{each}]", statement.why)
        for statement in statements
        if statement.why
        for each in _named(scope, statement.actions, statement.resources)
    ]


def every_resource(reason: str) -> list[tuple[str, str]]:
    """Answers for a policy that says `*` where a resource stands."""
    return [(rule, reason) for rule in ("AwsSolutions-IAM5[Resource::*]", "Gates::IAM-RESOURCE-WILDCARD")]


def acknowledge_notifications_handler(bucket: IConstruct) -> None:
    """Answers for the function by which the CDK writes notifications of buckets: one a stack, and the CDK's own."""
    if handler := read(stack_of(bucket), "node").try_find_child(_BUCKET_NOTIFICATIONS):
        why = (
            "The CDK makes this role for its own notifications handler and offers no other policy; it only writes "
            "logs, and what the handler may change is bound to the buckets of this stack"
        )
        policy = f"AwsSolutions-IAM4[{_BASIC_EXECUTION}]"
        answer(handler, [(policy, why), ("Gates::LAMBDA-LOG-GROUP", _CDKS_OWN_LOGS)])


def acknowledge_default_group_handler(vpc: IConstruct) -> None:
    """Answers for the function by which the CDK empties the default security group of VPCs: one a stack, its own."""
    if handler := read(stack_of(vpc), "node").try_find_child(_DEFAULT_GROUP):
        acknowledge(handler, "Gates::LAMBDA-LOG-GROUP", _CDKS_OWN_LOGS)


def principal_scope(grantee: iam.IGrantable) -> IConstruct | None:
    """The construct that holds what is granted to `grantee`, where it is one (a service principal is none)."""
    principal: object = grantee.grant_principal
    return principal if isinstance(principal, Construct) else None


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


def _named(scope: IConstruct, actions: Sequence[str], resources: Sequence[str]) -> list[str]:
    """What cdk-nag calls those actions and resources that have a `*`."""
    named = [f"Action::{each}" for each in actions]
    return [each for each in named + [f"Resource::{each}" for each in _as_deployed(scope, resources)] if "*" in each]


def _as_deployed(scope: IConstruct, resources: Sequence[str]) -> list[str]:
    """With what CloudFormation will put in the place of tokens. Node is asked once a stack for each token."""
    tokens = [token for each in resources for token in _TOKEN.findall(each)]
    if not tokens:
        return [_flat(each) for each in resources]
    known = _meanings.setdefault(stack_of(scope), {})
    if unknown := [each for each in dict.fromkeys(tokens) if each not in known]:
        known.update(zip(unknown, map(_flat, stack_of(scope).resolve(unknown)), strict=True))
    return ["".join(known.get(part) or _flat(part) for part in _TOKEN.split(each)) for each in resources]


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
