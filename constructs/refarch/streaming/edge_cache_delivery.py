"""CloudFront before the edges' load balancer. How long an answer lives, the origins say; CloudFront obeys."""

from __future__ import annotations

from typing import Any

from aws_cdk import aws_cloudfront as cloudfront
from aws_cdk import aws_cloudfront_origins as origins
from aws_cdk import aws_elasticloadbalancingv2 as elbv2
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

from refarch._shared.acknowledge import answer
from refarch._shared.durations import days, hours, seconds
from refarch.streaming.edge_cache_props import EdgeCacheProps
from refarch.streaming.live_origin import LiveOrigin
from refarch.web.lamp_edge import secret_text

HEADER = "X-Refarch-Edge"
MEDIA = ("/hls/*", "/testhls/*", "/signed/*")
_ANSWERS = {
    "AwsSolutions-CFR1": "A stream for the world: whom to turn away by country is its owner's to say",
    "AwsSolutions-CFR2": "Files of media give a web firewall little to guard; web_acl_arn takes one",
    "AwsSolutions-CFR3": "The edges log what is asked of them; a log of each segment here is its owner's choice",
    "AwsSolutions-CFR4": "CloudFront's own certificate has its own TLS policy; with another, TLS 1.2 is required",
    "AwsSolutions-CFR5": "The load balancer has no certificate; only CloudFront's addresses with a secret reach it",
}


def cache_policy(scope: Construct, id: str, *, low_latency: bool) -> cloudfront.CachePolicy:
    """Nothing is cached that the origin does not want cached, and no longer than it says.

    Queries (CMCD) count not, except, with `low_latency`, those that say which version of a playlist is waited for.
    """
    queries = cloudfront.CacheQueryStringBehavior
    return cloudfront.CachePolicy(
        scope,
        id,
        comment="Live media: as long as the origin says",
        min_ttl=seconds(0),
        default_ttl=seconds(0),
        max_ttl=days(1),
        query_string_behavior=queries.allow_list("_HLS_msn", "_HLS_part") if low_latency else queries.none(),
        header_behavior=cloudfront.CacheHeaderBehavior.none(),
        cookie_behavior=cloudfront.CacheCookieBehavior.none(),
        enable_accept_encoding_gzip=True,
    )


def _edges(load_balancer: elbv2.IApplicationLoadBalancer, token: secretsmanager.ISecret) -> cloudfront.IOrigin:
    return origins.LoadBalancerV2Origin(
        load_balancer,
        protocol_policy=cloudfront.OriginProtocolPolicy.HTTP_ONLY,
        custom_headers={HEADER: secret_text(token)},  # a reference that CloudFormation resolves
        # The edge answers within four seconds, or says 503. A viewer must not wait longer before the second choice.
        read_timeout=seconds(5),
        connection_attempts=2,
        connection_timeout=seconds(2),
    )


def _with_second_choice(edges: cloudfront.IOrigin, live: LiveOrigin) -> cloudfront.IOrigin:
    """The primary origin itself, where it lets CloudFront in. CloudFront asks the edges first each time.

    Not on 404: the edges have asked both origins by then, and names that do not exist would reach the origin.
    """
    if live.direct is None:
        return edges
    second = live.direct.origin(live.primary.host)
    return origins.OriginGroup(primary_origin=edges, fallback_origin=second, fallback_status_codes=[500, 502, 503, 504])


def _pages(scope: Construct, props: EdgeCacheProps) -> cloudfront.IResponseHeadersPolicy:
    """Whose pages may play. With cookies a browser takes only an answer that names its page's origin, never `*`."""
    if not props.credentials_from:
        return cloudfront.ResponseHeadersPolicy.CORS_ALLOW_ALL_ORIGINS
    cors = cloudfront.ResponseHeadersCorsBehavior(
        access_control_allow_credentials=True,
        access_control_allow_origins=list(props.credentials_from),
        access_control_allow_methods=["GET", "HEAD"],
        access_control_allow_headers=["Range"],
        access_control_max_age=hours(1),
        origin_override=True,  # the edges say `*`, which is for those without cookies
    )
    return cloudfront.ResponseHeadersPolicy(scope, "Pages", comment="Who plays with cookies", cors_behavior=cors)


def distribution(
    scope: Construct,
    id: str,
    *,
    load_balancer: elbv2.IApplicationLoadBalancer,
    token: secretsmanager.ISecret,
    policy: cloudfront.ICachePolicy,
    props: EdgeCacheProps,
) -> cloudfront.Distribution:
    """Media below `MEDIA`, signed where asked; players' reports at /beacon; everything else is the edge's 404."""
    origin = _edges(load_balancer, token)
    common: dict[str, Any] = {
        "origin": origin,
        "viewer_protocol_policy": cloudfront.ViewerProtocolPolicy.REDIRECT_TO_HTTPS,
    }
    media = cloudfront.BehaviorOptions(
        **{**common, "origin": _with_second_choice(origin, props.origin)},
        allowed_methods=cloudfront.AllowedMethods.ALLOW_GET_HEAD_OPTIONS,
        cache_policy=policy,
        response_headers_policy=_pages(scope, props),
        trusted_key_groups=list(props.key_groups) or None,
        compress=True,
    )
    beacon = cloudfront.BehaviorOptions(
        **common,
        allowed_methods=cloudfront.AllowedMethods.ALLOW_ALL,
        cache_policy=cloudfront.CachePolicy.CACHING_DISABLED,
        origin_request_policy=cloudfront.OriginRequestPolicy.ALL_VIEWER_EXCEPT_HOST_HEADER,
    )
    made = cloudfront.Distribution(
        scope,
        id,
        comment="Live streams",
        default_behavior=cloudfront.BehaviorOptions(**common, cache_policy=policy),
        additional_behaviors={**dict.fromkeys(MEDIA, media), "/beacon": beacon},
        # A stream that has just begun was a 404 a moment ago; CloudFront would remember that for ten seconds.
        error_responses=[
            cloudfront.ErrorResponse(http_status=status, ttl=seconds(1)) for status in (404, 500, 502, 503, 504)
        ],
        http_version=cloudfront.HttpVersion.HTTP2_AND_3,
        price_class=props.price_class,
        web_acl_id=props.web_acl_arn or None,
        domain_names=list(props.domain_names) or None,
        certificate=props.certificate,
        minimum_protocol_version=cloudfront.SecurityPolicyProtocol.TLS_V1_2_2021 if props.certificate else None,
    )
    answered = {"AwsSolutions-CFR2": bool(props.web_acl_arn), "AwsSolutions-CFR4": props.certificate is not None}
    answer(made, [(rule, reason) for rule, reason in _ANSWERS.items() if not answered.get(rule)])
    return made
