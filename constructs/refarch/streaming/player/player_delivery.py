"""CloudFront before the player's page: the distribution of its own, and the headers of every answer."""

from __future__ import annotations

from aws_cdk import aws_cloudfront as cloudfront
from constructs import Construct

from refarch._shared.acknowledge import answer
from refarch._shared.durations import days
from refarch.streaming.player.player_props import PlayerProps
from refarch.streaming.player.policy import PERMISSIONS, content_security_policy

_OWN_PLACE = {
    "AwsSolutions-CFR1": "A player for the world: whom to turn away by country is its owner's to say",
    "AwsSolutions-CFR2": "Static files without a server behind them; web_acl_id puts a firewall before them",
    "AwsSolutions-CFR3": "What viewers live through is in the logs of who serves the streams; the page is static",
    "AwsSolutions-CFR4": "CloudFront's own certificate has its own TLS policy; with another, TLS 1.2 is required",
}


def headers(scope: Construct, props: PlayerProps) -> cloudfront.ResponseHeadersPolicy:
    """What `policy.headers` says, and that browsers come back by HTTPS."""
    policy = content_security_policy(props.stream_sources, framed_by=props.framed_by)
    year = days(365)
    return cloudfront.ResponseHeadersPolicy(
        scope,
        "Headers",
        comment="What the 360-degree player may do",
        security_headers_behavior=cloudfront.ResponseSecurityHeadersBehavior(
            content_security_policy=cloudfront.ResponseHeadersContentSecurityPolicy(
                content_security_policy=policy, override=True
            ),
            content_type_options=cloudfront.ResponseHeadersContentTypeOptions(override=True),
            referrer_policy=cloudfront.ResponseHeadersReferrerPolicy(
                referrer_policy=cloudfront.HeadersReferrerPolicy.NO_REFERRER, override=True
            ),
            strict_transport_security=cloudfront.ResponseHeadersStrictTransportSecurity(
                access_control_max_age=year, override=True
            ),
        ),
        custom_headers_behavior=cloudfront.ResponseCustomHeadersBehavior(
            custom_headers=[
                cloudfront.ResponseCustomHeader(header="Permissions-Policy", value=PERMISSIONS, override=True)
            ]
        ),
    )


def distribution(scope: Construct, props: PlayerProps, behavior: cloudfront.BehaviorOptions) -> cloudfront.Distribution:
    """For who has none: the page at its root."""
    made = cloudfront.Distribution(
        scope,
        "Distribution",
        comment="360-degree player",
        default_behavior=behavior,
        default_root_object="index.html",
        domain_names=list(props.domain_names) or None,
        certificate=props.certificate,
        web_acl_id=props.web_acl_id or None,
        http_version=cloudfront.HttpVersion.HTTP2_AND_3,
        price_class=cloudfront.PriceClass.PRICE_CLASS_100,
        minimum_protocol_version=cloudfront.SecurityPolicyProtocol.TLS_V1_2_2021 if props.certificate else None,
    )
    answer(made, _OWN_PLACE.items())
    return made
