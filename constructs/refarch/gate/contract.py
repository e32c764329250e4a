"""The contract of a template: what a reviewer must see of it, one line a resource, made to be diffed.

A line holds the type, the logical id, `keep` where CloudFormation never deletes the resource, `fixed(…)` with the
properties whose change replaces it, and the properties that decide who may reach it. Policies follow, one line a
statement. Left out: what an update changes in place without harm, and hashes of assets.

    Path("stack.contract.txt").write_text(render(json.loads(template.read_text())))
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from refarch.gate.schemas import create_only
from refarch.gate.values import show

SECURITY_FACTS = frozenset(
    {
        *("Architectures", "Handler", "PackageType", "Runtime", "LoggingConfig", "VpcConfig"),
        *("BucketEncryption", "EnableKeyRotation", "KmsKeyId", "KmsMasterKeyId", "SqsManagedSseEnabled"),
        *("KmsKeyArn", "SSESpecification", "SSEEnabled", "StorageEncrypted", "Encrypted", "ViewerCertificate"),
        *("AccessControl", "OwnershipControls", "PublicAccessBlockConfiguration", "PubliclyAccessible"),
        *("AssociatePublicIpAddress", "MapPublicIpOnLaunch", "MetadataOptions", "Scheme", "SslPolicy"),
        *("SecurityGroupEgress", "SecurityGroupIngress", "CidrIp", "CidrIpv6", "FromPort", "ToPort", "IpProtocol"),
        *("Action", "Principal", "SourceArn", "SourceAccount", "ManagedPolicyArns", "PermissionsBoundary", "Roles"),
        *("DestinationConfig", "MaximumRetryAttempts", "RedrivePolicy", "VisibilityTimeout", "RetentionInDays"),
        *("BucketName", "Managed", "NotificationConfiguration", "LifecycleConfiguration", "VersioningConfiguration"),
    }
)
"""Properties, of any type, that a contract shows besides the fixed ones."""

_ASSET = re.compile(r"\b[0-9a-f]{64}\b")
_KEEPING = ("Retain", "RetainExceptOnCreate", "Snapshot")


def render(template: Mapping[str, Any]) -> str:
    """The contract of a CloudFormation template, sorted by type and logical id; ends in a line end.

    Give the stack a fixed name: some logical ids hold it. Raises `ModuleNotFoundError` where cfn-lint is missing.
    """
    resources = template.get("Resources", {})
    lines: list[str] = []
    for name, resource in sorted(resources.items(), key=lambda item: (item[1]["Type"], item[0])):
        lines += [_resource(name, resource), *sorted(_statements(resource.get("Properties", {})))]
    lines += [
        f"{section} {name}" for section in ("Parameter", "Output") for name in sorted(template.get(f"{section}s", ()))
    ]
    return _ASSET.sub("<asset>", "\n".join(lines)) + "\n"


def _resource(name: str, resource: Mapping[str, Any]) -> str:
    properties = resource.get("Properties", {})
    fixed = dict(_fixed(resource["Type"], properties))
    facts = [f"{key}={show(value)}" for key, value in sorted(properties.items()) if key in SECURITY_FACTS - set(fixed)]
    if fixed:
        facts.insert(0, "fixed(" + " ".join(f"{key}={show(value)}" for key, value in fixed.items()) + ")")
    return " ".join([resource["Type"], name, *_keeping(resource), *facts])


def _keeping(resource: Mapping[str, Any]) -> list[str]:
    """`keep`, or where deletion and replacement differ, what happens in each."""
    policies = [resource.get(key, "Delete") for key in ("DeletionPolicy", "UpdateReplacePolicy")]
    if all(policy in _KEEPING for policy in policies):
        return ["keep"]
    return [] if set(policies) == {"Delete"} else [f"deletion={policies[0]}", f"replacement={policies[1]}"]


def _fixed(resource_type: str, properties: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for path in create_only(resource_type):
        for value in _at(properties, path):
            yield ".".join(path), value


def _at(value: Any, path: tuple[str, ...]) -> Iterator[Any]:
    if not path:
        yield value
    elif path[0] == "*" and isinstance(value, list):
        for each in value:
            yield from _at(each, path[1:])
    elif isinstance(value, Mapping) and path[0] in value:
        yield from _at(value[path[0]], path[1:])


def _statements(value: Any) -> Iterator[str]:
    """Every statement of every policy document in the properties."""
    if isinstance(value, Mapping):
        if "Statement" in value:
            yield from (_statement(each) for each in _listed(value["Statement"]))
        else:
            for each in value.values():
                yield from _statements(each)
    elif isinstance(value, list):
        for each in value:
            yield from _statements(each)


def _statement(statement: Mapping[str, Any]) -> str:
    """`allow <principal>: <actions> on <resources> if <condition>`, each part sorted, so that order makes no diff."""
    who = _part(statement, "Principal")
    words = [f"  {statement['Effect'].lower()}", f"{who}:" if who else "", _part(statement, "Action")]
    if on := _part(statement, "Resource"):
        words += ["on", on]
    if condition := statement.get("Condition"):
        words += ["if", show(condition)]
    return " ".join(word for word in words if word)


def _part(statement: Mapping[str, Any], name: str) -> str:
    for key, form in ((name, "{}"), (f"Not{name}", "not({})")):
        if key in statement:
            return form.format(", ".join(sorted(show(each) for each in _listed(statement[key]))))
    return ""


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
