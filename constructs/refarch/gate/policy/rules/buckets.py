"""Buckets: who can see them, how they keep what they hold, and for how long."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from refarch.gate.policy.model import Fault, fault, rule
from refarch.gate.policy.statements import every_statement
from refarch.gate.policy.values import UNKNOWN, at, entries, is_off
from refarch.gate.policy.view import Resource, Template

BUCKET = "AWS::S3::Bucket"
_BLOCKS = ("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets")


@rule(
    "S3-PUBLIC-ACCESS",
    "A bucket does not block public access",
    control=1,
    anchor="CT.S3.PR.1, N S2, F S3.8",
    remedy="set all four of PublicAccessBlockConfiguration to true",
)
def public_access(template: Template) -> Iterator[Fault]:
    for bucket in template.of_type(BUCKET):
        block = bucket.get("PublicAccessBlockConfiguration")
        if block is UNKNOWN:
            continue
        open_ = [name for name in _BLOCKS if is_off(at(block, name))]
        if open_:
            yield fault(bucket, f"not blocked: {', '.join(open_)}", "PublicAccessBlockConfiguration")


@rule(
    "S3-ACL",
    "A bucket works with access control lists",
    control=2,
    anchor="CT.S3.PR.5, F S3.12",
    remedy="leave AccessControl out and set ObjectOwnership to BucketOwnerEnforced",
)
def acl(template: Template) -> Iterator[Fault]:
    for bucket in template.of_type(BUCKET):
        given = bucket.get("AccessControl")
        if given not in (None, "Private", UNKNOWN):
            yield fault(bucket, f"AccessControl is {given!r}", "AccessControl")
        for each in bucket.entries("OwnershipControls.Rules"):
            if (owner := at(each, "ObjectOwnership")) in (
                "ObjectWriter",
                "BucketOwnerPreferred",
            ) and given != "LogDeliveryWrite":
                yield fault(bucket, f"ObjectOwnership is {owner!r}: lists of access count", "OwnershipControls")


def denies_plain_http(documents: list[Any]) -> bool:
    """Whether a policy denies requests without TLS: aws:SecureTransport false, or a least TLS version."""
    for statement in (each for document in documents for each in every_statement(document)):
        condition = f"{statement.get('Condition', '')}".lower()
        if statement.get("Effect") == "Deny" and ("aws:securetransport" in condition or "tlsversion" in condition):
            return True
    return False


def policies_of(template: Template, resource: Resource, policy_type: str, *properties: str) -> list[Any]:
    """The documents of the policy resources that are for `resource`."""
    users = template.users_of(resource, policy_type)
    return [
        user.raw("PolicyDocument")
        for user in users
        if any(resource.name in template.targets(user.raw(name)) for name in properties)
    ]


@rule(
    "S3-TLS",
    "A bucket takes requests without TLS",
    control=3,
    anchor="CT.S3.PR.8, N S10, F S3.5, CIS 2.1.1",
    remedy='add a bucket policy that denies s3:* if "aws:SecureTransport" is false (CDK: enforce_ssl=True)',
)
def tls(template: Template) -> Iterator[Fault]:
    for bucket in template.of_type(BUCKET):
        if not denies_plain_http(policies_of(template, bucket, "AWS::S3::BucketPolicy", "Bucket")):
            yield fault(bucket, "no policy denies requests without TLS")


@rule(
    "S3-ENCRYPTION",
    "A bucket does not state how it encrypts",
    control=4,
    anchor="CT.S3.PR.10",
    remedy="set BucketEncryption with AES256 or aws:kms",
)
def encryption(template: Template) -> Iterator[Fault]:
    for bucket in template.of_type(BUCKET):
        if bucket.get("BucketEncryption") is None:
            yield fault(bucket, "no BucketEncryption", "BucketEncryption")


@rule(
    "S3-VERSIONING",
    "A bucket keeps no versions, or keeps them for ever",
    control=5,
    profile="regulated",
    severity="warning",
    anchor="CT.S3.PR.11/3",
    remedy="set VersioningConfiguration to Enabled, and let noncurrent versions expire",
)
def versioning(template: Template) -> Iterator[Fault]:
    for bucket in template.of_type(BUCKET):
        if bucket.get("VersioningConfiguration.Status") in (None, "Suspended"):
            yield fault(bucket, "versions are not kept", "VersioningConfiguration")
        elif bucket.get("VersioningConfiguration.Status") == "Enabled" and not _expires(bucket, "Noncurrent"):
            yield fault(bucket, "noncurrent versions are kept for ever", "LifecycleConfiguration")


def _expires(bucket: Resource, word: str) -> bool:
    configuration = bucket.get("LifecycleConfiguration")
    return configuration is UNKNOWN or any(
        key.startswith(word) for each in entries(at(configuration, "Rules")) if isinstance(each, dict) for key in each
    )


@rule(
    "S3-INCOMPLETE-UPLOADS",
    "Parts of uploads that never ended are kept, and paid, for ever",
    control=6,
    profile="regulated",
    severity="warning",
    anchor="CT.S3.PR.6, F S3.13",
    remedy="add a lifecycle rule with AbortIncompleteMultipartUpload",
)
def incomplete_uploads(template: Template) -> Iterator[Fault]:
    for bucket in template.of_type(BUCKET):
        if not _expires(bucket, "AbortIncompleteMultipartUpload"):
            yield fault(bucket, "no rule ends incomplete uploads", "LifecycleConfiguration")


@rule(
    "S3-ACCESS-LOG",
    "Access to a bucket is not logged",
    control=7,
    profile="regulated",
    severity="warning",
    anchor="CT.S3.PR.2, N S1, F S3.9",
    remedy="set LoggingConfiguration, or acknowledge",
)
def access_log(template: Template) -> Iterator[Fault]:
    logs = {name for each in template.of_type(BUCKET) for name in template.targets(each.raw("LoggingConfiguration"))}
    for bucket in template.of_type(BUCKET):
        if bucket.get("LoggingConfiguration") is None and bucket.name not in logs:
            yield fault(bucket, "no LoggingConfiguration", "LoggingConfiguration")
