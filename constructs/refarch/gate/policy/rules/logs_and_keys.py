"""Log groups and KMS keys."""

from __future__ import annotations

from collections.abc import Iterator

from refarch.gate.policy.model import Fault, fault, rule
from refarch.gate.policy.statements import every_statement
from refarch.gate.policy.values import UNKNOWN, at, entries, is_off
from refarch.gate.policy.view import Template

LOG_GROUP = "AWS::Logs::LogGroup"
KEY = "AWS::KMS::Key"


@rule(
    "LOG-RETENTION",
    "Logs are kept, and paid, for ever",
    control=21,
    anchor="CT.CLOUDWATCH.PR.2, checkov 66",
    remedy="set RetentionInDays",
)
def retention(template: Template) -> Iterator[Fault]:
    for group in template.of_type(LOG_GROUP):
        if group.get("RetentionInDays") is None:
            yield fault(group, "no RetentionInDays", "RetentionInDays")


@rule(
    "LOG-ENCRYPTION",
    "Logs are not encrypted with a key of yours",
    control=21,
    profile="regulated",
    severity="warning",
    anchor="CT.CLOUDWATCH.PR.3",
    remedy="set KmsKeyId, or acknowledge",
)
def encryption(template: Template) -> Iterator[Fault]:
    for group in template.of_type(LOG_GROUP):
        if group.get("KmsKeyId") is None:
            yield fault(group, "no KmsKeyId", "KmsKeyId")


@rule(
    "KMS-ROTATION",
    "A key never changes",
    control=28,
    anchor="CT.KMS.PR.1, N KMS5, F KMS.4, CIS 3.6",
    remedy="set EnableKeyRotation to true",
)
def rotation(template: Template) -> Iterator[Fault]:
    for key in template.of_type(KEY):
        spec, usage = key.get("KeySpec"), key.get("KeyUsage")
        rotates = spec in (None, "SYMMETRIC_DEFAULT") and usage in (None, "ENCRYPT_DECRYPT")
        if rotates and key.get("Origin") in (None, "AWS_KMS") and is_off(key.get("EnableKeyRotation")):
            yield fault(key, "EnableKeyRotation is not true", "EnableKeyRotation")


@rule(
    "KMS-POLICY",
    "Everyone may do everything with a key",
    control=28,
    anchor="own",
    remedy="name who may administer and who may use the key",
)
def key_policy(template: Template) -> Iterator[Fault]:
    for key in template.of_type(KEY):
        for statement in every_statement(key.raw("KeyPolicy")):
            principal = statement.get("Principal")
            everyone = principal == "*" or "*" in list(entries(at(principal, "AWS")))
            all_actions = any(each in ("*", "kms:*") for each in entries(statement.get("Action")))
            if statement.get("Effect") == "Allow" and everyone and all_actions and not statement.get("Condition"):
                yield fault(key, "kms:* for Principal '*'", "KeyPolicy")


@rule(
    "KMS-WINDOW",
    "A deleted key is gone before anyone notices",
    profile="regulated",
    severity="warning",
    remedy="set PendingWindowInDays to 14 or more (30 is the default)",
)
def window(template: Template) -> Iterator[Fault]:
    for key in template.of_type(KEY):
        days = key.get("PendingWindowInDays")
        if days is not UNKNOWN and isinstance(days, int) and days < 14:
            yield fault(key, f"PendingWindowInDays is {days}", "PendingWindowInDays")
