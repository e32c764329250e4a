"""CloudFront before a LAMP server: HTTPS for visitors, and the only way in."""

from __future__ import annotations

from collections.abc import Sequence

from aws_cdk import Aws, CfnCondition, CfnMapping, Duration, Fn, Stack, Token
from aws_cdk import aws_certificatemanager as acm
from aws_cdk import aws_cloudfront as cloudfront
from aws_cdk import aws_cloudfront_origins as origins
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

from refarch._shared.acknowledge import acknowledge
from refarch._shared.checks import InvalidPropsError
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
    stack, dashed = Stack.of(scope), Fn.join("-", Fn.split(".", address, 4))
    elsewhere = f"{stack.region}.compute"
    if not Token.is_unresolved(stack.region):
        domain = "compute-1" if stack.region == "us-east-1" else elsewhere
    else:
        domain = Token.as_string(Fn.condition_if(_first_region(scope).logical_id, "compute-1", elsewhere))
    return f"ec2-{dashed}.{domain}.amazonaws.com"


def _first_region(scope: Construct) -> CfnCondition:
    """One condition a scope, however many addresses ask for it."""
    found = scope.node.try_find_child("FirstRegion")
    if isinstance(found, CfnCondition):
        return found
    return CfnCondition(scope, "FirstRegion", expression=Fn.condition_equals(Aws.REGION, "us-east-1"))


def prefix_list(scope: Construct, given: str) -> ec2.IPeer:
    """CloudFront's addresses in this region. Raises `InvalidPropsError` where the table lacks a known region."""
    region = Stack.of(scope).region
    if given:
        return ec2.Peer.prefix_list(given)
    if not Token.is_unresolved(region):
        if region not in ORIGIN_FACING:
            known = ", ".join(sorted(ORIGIN_FACING))
            raise InvalidPropsError(f"cloudfront_prefix_list is '', allowed in {region}: its id; known are {known}")
        return ec2.Peer.prefix_list(ORIGIN_FACING[region])
    rows = {region: {"id": value} for region, value in ORIGIN_FACING.items()}
    mapping = CfnMapping(scope, "OriginFacing", mapping=rows)
    return ec2.Peer.prefix_list(mapping.find_in_map(Aws.REGION, "id"))


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
        custom_headers={HEADER: token.secret_value.unsafe_unwrap()},  # a reference that CloudFormation resolves
        read_timeout=Duration.seconds(60),
        keepalive_timeout=Duration.seconds(60),
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
    for rule, reason in _ANSWERS.items():
        acknowledge(made, rule, reason)
    if certificate is None:
        acknowledge(
            made, "AwsSolutions-CFR4", "CloudFront's own certificate has its own TLS policy; nobody can change it"
        )
    return made
