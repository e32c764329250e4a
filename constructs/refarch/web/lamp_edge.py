"""CloudFront before a LAMP server: HTTPS for visitors, and the only way in."""

from __future__ import annotations

from collections.abc import Sequence

from aws_cdk import Aws, CfnCondition, CfnMapping, Fn, Token
from aws_cdk import aws_certificatemanager as acm
from aws_cdk import aws_cloudfront as cloudfront
from aws_cdk import aws_cloudfront_origins as origins
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

from refarch._shared.acknowledge import answer
from refarch._shared.checks import InvalidPropsError, is_known
from refarch._shared.durations import seconds
from refarch._shared.reads import read, stack_of
from refarch.web.cloudfront_network import ORIGIN_FACING
from refarch.web.lamp_setup.web_server import HEADER

_STATIC = ("/wp-content/*", "/wp-includes/*")
_ANSWERS = {
    "AwsSolutions-CFR1": "A site for the world: whom to turn away by country is its owner's to say",
    "AwsSolutions-CFR2": "A web application firewall costs more than the server; the distribution takes one",
    "AwsSolutions-CFR3": "The web server logs each access; a bucket for CloudFront's own logs is its owner's choice",
    "AwsSolutions-CFR5": "The server has no certificate; only CloudFront's addresses with a secret header reach it",
}


def public_name(scope: Construct, address: str) -> str:
    """The DNS name that EC2 gives to a public address: CloudFront takes no addresses as origins."""
    region, dashed = read(stack_of(scope), "region"), Fn.join("-", Fn.split(".", address, 4))
    elsewhere = f"{region}.compute"
    if is_known(region):
        domain = "compute-1" if region == "us-east-1" else elsewhere
    else:
        domain = Token.as_string(Fn.condition_if(_first_region(scope).logical_id, "compute-1", elsewhere))
    return f"ec2-{dashed}.{domain}.amazonaws.com"


def _first_region(scope: Construct) -> CfnCondition:
    """One condition a scope, however many addresses ask for it."""
    found = read(scope, "node").try_find_child("FirstRegion")
    if isinstance(found, CfnCondition):
        return found
    return CfnCondition(scope, "FirstRegion", expression=Fn.condition_equals(read(Aws, "REGION"), "us-east-1"))


def prefix_list(scope: Construct, given: str) -> ec2.IPeer:
    """CloudFront's addresses in this region. Raises `InvalidPropsError` where the table lacks a known region."""
    region = read(stack_of(scope), "region")
    if given:
        return ec2.Peer.prefix_list(given)
    if is_known(region):
        if region not in ORIGIN_FACING:
            known = ", ".join(sorted(ORIGIN_FACING))
            raise InvalidPropsError(f"cloudfront_prefix_list is '', allowed in {region}: its id; known are {known}")
        return ec2.Peer.prefix_list(ORIGIN_FACING[region])
    rows = {region: {"id": value} for region, value in ORIGIN_FACING.items()}
    mapping = CfnMapping(scope, "OriginFacing", mapping=rows)
    return ec2.Peer.prefix_list(mapping.find_in_map(read(Aws, "REGION"), "id"))


def distribution(
    scope: Construct,
    id: str,
    *,
    origin_name: str,
    token: secretsmanager.ISecret,
    domain_names: Sequence[str],
    certificate: acm.ICertificate | None,
) -> cloudfront.Distribution:
    """Pages go through to the server each time, with everything the visitor sent; files of the site are cached."""
    origin = origins.HttpOrigin(
        origin_name,
        protocol_policy=cloudfront.OriginProtocolPolicy.HTTP_ONLY,
        custom_headers={HEADER: secret_text(token)},
        read_timeout=seconds(60),
        keepalive_timeout=seconds(60),
    )
    redirect = cloudfront.ViewerProtocolPolicy.REDIRECT_TO_HTTPS
    static = cloudfront.BehaviorOptions(
        origin=origin,
        viewer_protocol_policy=redirect,
        cache_policy=cloudfront.CachePolicy.CACHING_OPTIMIZED,
        compress=True,
    )
    made = cloudfront.Distribution(
        scope,
        id,
        comment="LAMP server",
        default_behavior=cloudfront.BehaviorOptions(
            origin=origin,
            viewer_protocol_policy=redirect,
            allowed_methods=cloudfront.AllowedMethods.ALLOW_ALL,
            cache_policy=cloudfront.CachePolicy.CACHING_DISABLED,
            origin_request_policy=cloudfront.OriginRequestPolicy.ALL_VIEWER,
        ),
        additional_behaviors=dict.fromkeys(_STATIC, static),
        http_version=cloudfront.HttpVersion.HTTP2_AND_3,
        price_class=cloudfront.PriceClass.PRICE_CLASS_100,
        minimum_protocol_version=cloudfront.SecurityPolicyProtocol.TLS_V1_2_2021 if certificate else None,
        domain_names=list(domain_names) or None,
        certificate=certificate,
    )
    answers = list(_ANSWERS.items())
    if certificate is None:
        answers.append(
            ("AwsSolutions-CFR4", "CloudFront's own certificate has its own TLS policy; nobody can change it")
        )
    answer(made, answers)
    return made


def secret_text(secret: secretsmanager.ISecret) -> str:
    """A reference to the secret's value, which CloudFormation resolves."""
    value: str = read(secret, "secret_value").unsafe_unwrap()
    return value
