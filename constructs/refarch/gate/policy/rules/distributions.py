"""CloudFront."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from refarch.gate.policy.model import Fault, fault, rule
from refarch.gate.policy.values import UNKNOWN, at, is_on
from refarch.gate.policy.view import Resource, Template

DISTRIBUTION = "AWS::CloudFront::Distribution"
_OLD_TLS = ("SSLv3", "TLSv1", "TLSv1_2016", "TLSv1.1_2016", "TLSv1.2_2018", "TLSv1.2_2019")
_CONFIG = "DistributionConfig"


def _behaviors(distribution: Resource) -> Iterator[tuple[str, Mapping[str, Any]]]:
    default = distribution.get(f"{_CONFIG}.DefaultCacheBehavior")
    if isinstance(default, Mapping):
        yield "DefaultCacheBehavior", default
    for each in distribution.entries(f"{_CONFIG}.CacheBehaviors"):
        if isinstance(each, Mapping):
            yield f"CacheBehaviors {at(each, 'PathPattern')}", each


@rule(
    "CLOUDFRONT-HTTPS",
    "Pages are served without TLS",
    control=49,
    anchor="CT.CLOUDFRONT.PR.3, N CFR4",
    remedy="set ViewerProtocolPolicy to redirect-to-https or https-only",
)
def https(template: Template) -> Iterator[Fault]:
    for distribution in template.of_type(DISTRIBUTION):
        for name, behavior in _behaviors(distribution):
            if at(behavior, "ViewerProtocolPolicy") == "allow-all":
                yield fault(distribution, f"{name}: ViewerProtocolPolicy is allow-all", _CONFIG)


@rule(
    "CLOUDFRONT-TLS-VERSION",
    "A distribution takes TLS versions that are broken",
    control=49,
    anchor="CT.CLOUDFRONT.PR.10, N CFR4",
    remedy="set MinimumProtocolVersion to TLSv1.2_2021",
)
def tls_version(template: Template) -> Iterator[Fault]:
    for distribution in template.of_type(DISTRIBUTION):
        certificate = distribution.get(f"{_CONFIG}.ViewerCertificate")
        version = at(certificate, "MinimumProtocolVersion")
        own = isinstance(certificate, Mapping) and not is_on(at(certificate, "CloudFrontDefaultCertificate"))
        if own and (version is None or version in _OLD_TLS):
            yield fault(distribution, f"MinimumProtocolVersion is {version or 'not set'}", _CONFIG)


@rule(
    "CLOUDFRONT-ORIGIN-ACCESS",
    "A bucket behind a distribution must be public, or is read by the old kind of identity",
    control=49,
    anchor="N CFR7, F CloudFront.13",
    remedy="use an OriginAccessControl",
)
def origin_access(template: Template) -> Iterator[Fault]:
    for distribution in template.of_type(DISTRIBUTION):
        for origin in distribution.entries(f"{_CONFIG}.Origins"):
            bucket = at(origin, "S3OriginConfig")
            if isinstance(bucket, Mapping) and at(origin, "OriginAccessControlId") is None:
                yield fault(distribution, f"origin {at(origin, 'Id')}: no OriginAccessControlId", _CONFIG)


def _regulated(template: Template, path: str) -> Iterator[Fault]:
    for distribution in template.of_type(DISTRIBUTION):
        if distribution.get(f"{_CONFIG}.{path}") in (None, "", {}) and distribution.get(_CONFIG) is not UNKNOWN:
            yield fault(distribution, f"no {path}", _CONFIG)


@rule(
    "CLOUDFRONT-LOGS",
    "Requests to a distribution are not logged",
    control=49,
    profile="regulated",
    severity="warning",
    anchor="CT.CLOUDFRONT.PR.5, N CFR3",
    remedy="set Logging",
)
def logs(template: Template) -> Iterator[Fault]:
    yield from _regulated(template, "Logging")


@rule(
    "CLOUDFRONT-ROOT-OBJECT",
    "A request for / shows what the origin shows there",
    control=49,
    profile="regulated",
    severity="warning",
    anchor="CT.CLOUDFRONT.PR.1, F CloudFront.1",
    remedy="set DefaultRootObject",
)
def root_object(template: Template) -> Iterator[Fault]:
    yield from _regulated(template, "DefaultRootObject")


@rule(
    "CLOUDFRONT-FIREWALL",
    "A distribution has no web firewall",
    control=49,
    profile="regulated",
    severity="warning",
    anchor="CT.CLOUDFRONT.PR.9, F CloudFront.6",
    remedy="set WebACLId, or acknowledge",
)
def firewall(template: Template) -> Iterator[Fault]:
    yield from _regulated(template, "WebACLId")
