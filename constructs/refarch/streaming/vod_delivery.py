"""CloudFront before the egress bucket."""

from __future__ import annotations

from typing import Any

from aws_cdk import aws_cloudfront as cloudfront
from aws_cdk import aws_cloudfront_origins as origins
from aws_cdk import aws_s3 as s3
from constructs import Construct

from refarch._shared.acknowledge import answer
from refarch.streaming.vod_transcoder_props import VodTranscoderProps

_ANSWERS = {
    "AwsSolutions-CFR1": "Videos for the world: distribution_overrides takes a geo_restriction where there is a limit",
    "AwsSolutions-CFR2": "Plain files from a bucket give a web firewall nothing to guard; web_acl_id takes one",
    "AwsSolutions-CFR3": "A log of each segment is its owner's choice: distribution_overrides takes a log_bucket",
    "AwsSolutions-CFR4": "CloudFront's own certificate has its own TLS policy; with another, TLS 1.2 is required",
}


def distribution(scope: Construct, id: str, egress: s3.IBucket, props: VodTranscoderProps) -> cloudfront.Distribution:
    """Only this distribution may read the bucket; how long things last is what each object says; any page may play."""
    behavior = cloudfront.BehaviorOptions(
        origin=origins.S3BucketOrigin.with_origin_access_control(egress),
        viewer_protocol_policy=cloudfront.ViewerProtocolPolicy.REDIRECT_TO_HTTPS,
        allowed_methods=cloudfront.AllowedMethods.ALLOW_GET_HEAD_OPTIONS,
        # It obeys the objects' Cache-Control: for ever for segments, a minute for master playlists.
        cache_policy=cloudfront.CachePolicy.CACHING_OPTIMIZED,
        response_headers_policy=cloudfront.ResponseHeadersPolicy.CORS_ALLOW_ALL_ORIGINS,
        compress=True,
    )
    arguments: dict[str, Any] = {
        "comment": "Videos on demand",
        "default_behavior": behavior,
        "http_version": cloudfront.HttpVersion.HTTP2_AND_3,
        "price_class": props.price_class,
    }
    if "certificate" in props.distribution_overrides:
        arguments["minimum_protocol_version"] = cloudfront.SecurityPolicyProtocol.TLS_V1_2_2021
    made = cloudfront.Distribution(scope, id, **{**arguments, **props.distribution_overrides})
    answer(made, _ANSWERS.items())
    return made
