"""The player's page in a template: private, behind CloudFront, with a policy; and props that make no sense."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_cloudfront as cloudfront
from aws_cdk import aws_cloudfront_origins as origins

from refarch._shared.checks import InvalidPropsError
from refarch._shared.removal import REMOVE_DATA_CONTEXT
from refarch.streaming import Player, PlayerProps
from refarch.streaming.player import policy


def shared(bench: Any) -> cloudfront.Distribution:
    streams = cloudfront.BehaviorOptions(origin=origins.HttpOrigin("streams.example"))
    return cloudfront.Distribution(bench.stack, "Streams", default_behavior=streams)


def test_page_is_private_and_cloudfront_alone_reads_it(bench: Any) -> None:
    player = Player(bench.stack, "P")
    bucket = bench.stack.resolve(player.bucket.bucket_arn)
    found = bench.resources("AWS::S3::BucketPolicy")
    allowed = [each for each in bench.named(found, "P")["PolicyDocument"]["Statement"] if each["Effect"] == "Allow"]
    assert [each["Principal"] for each in allowed] == [{"Service": "cloudfront.amazonaws.com"}]
    assert allowed[0]["Action"] == "s3:GetObject"
    assert allowed[0]["Resource"] == {"Fn::Join": ["", [bucket, "/*"]]}
    assert "AWS:SourceArn" in str(allowed[0]["Condition"])
    [properties] = bench.resources("AWS::S3::Bucket").values()
    assert all(properties["PublicAccessBlockConfiguration"].values())


def test_headers_are_those_that_the_tests_in_the_browser_run_with(bench: Any) -> None:
    Player(bench.stack, "P")
    [properties] = bench.resources("AWS::CloudFront::ResponseHeadersPolicy").values()
    made = properties["ResponseHeadersPolicyConfig"]
    wanted = policy.headers()
    security = made["SecurityHeadersConfig"]
    assert security["ContentSecurityPolicy"]["ContentSecurityPolicy"] == wanted["Content-Security-Policy"]
    assert security["ReferrerPolicy"]["ReferrerPolicy"] == wanted["Referrer-Policy"]
    assert security["ContentTypeOptions"]["Override"] is True
    [custom] = made["CustomHeadersConfig"]["Items"]
    assert wanted[custom["Header"]] == custom["Value"]
    [distribution] = bench.resources("AWS::CloudFront::Distribution").values()
    behavior = distribution["DistributionConfig"]["DefaultCacheBehavior"]
    assert behavior["ResponseHeadersPolicyId"]
    assert behavior["ViewerProtocolPolicy"] == "redirect-to-https"


def test_archive_has_the_page_and_not_its_settings(bench: Any) -> None:
    player = Player(bench.stack, "P", props=PlayerProps(stream="/hls/event.m3u8", cmcd="off"))
    folder = Path(bench.app.synth().directory) / f"asset.{player.archive.asset_hash}"
    assert zipfile.is_zipfile(folder) or folder.is_dir()
    names = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert {"index.html", "player.css", "js/main.js", "vendor/aframe.min.js", "vendor/LICENSES.txt"} <= names
    assert "settings.json" not in names
    told = [json.loads(path.read_text()) for path in Path(bench.app.outdir).glob("asset.*/settings.json")]
    assert told == [{"stream": "/hls/event.m3u8", "beacon": "/beacon", "cmcd": "off"}]


def test_given_distribution_serves_the_page_below_a_path(bench: Any) -> None:
    player = Player(bench.stack, "P", props=PlayerProps(distribution=shared(bench), path="watch"))
    address = bench.stack.resolve(player.play("https://a.example/hls/x.m3u8"))
    assert str(address).endswith("/watch/index.html?url=https://a.example/hls/x.m3u8']]}")
    [distribution] = bench.resources("AWS::CloudFront::Distribution").values()
    [behavior] = distribution["DistributionConfig"]["CacheBehaviors"]
    assert behavior["PathPattern"] == "watch/*"
    [files] = bench.resources("Custom::CDKBucketDeployment").values()
    assert files["DestinationBucketKeyPrefix"] == "watch"


def test_bucket_stays_unless_two_keys_are_turned(bench: Any, new_bench: Any) -> None:
    destroy = PlayerProps(removal_policy=cdk.RemovalPolicy.DESTROY)
    Player(bench.stack, "P", props=destroy)
    assert bucket_policy(bench) == ("Retain", True)
    both = new_bench({REMOVE_DATA_CONTEXT: "true"})
    Player(both.stack, "P", props=destroy)
    assert bucket_policy(both) == ("Delete", False)


def bucket_policy(bench: Any) -> tuple[str, bool]:
    """How the bucket ends, and whether its files are kept then (the handler's default: not)."""
    resources = bench.template()["Resources"].values()
    [bucket] = [each for each in resources if each["Type"] == "AWS::S3::Bucket"]
    [files] = [each for each in resources if each["Type"] == "Custom::CDKBucketDeployment"]
    return bucket["DeletionPolicy"], files["Properties"].get("RetainOnDelete", False)


def test_every_problem_is_said_at_once(bench: Any) -> None:
    with pytest.raises(InvalidPropsError) as error:
        PlayerProps(
            path="/x",
            cmcd="always",
            stream="javascript:alert(1)",
            stream_sources=["*"],
            framed_by=["anyone"],
            domain_names=["a.example"],
            distribution=shared(bench),
        )
    for name in ("path", "cmcd", "stream is", "stream_sources", "framed_by", "domain_names", "given"):
        assert name in str(error.value)


def test_unresolved_values_are_not_compared() -> None:
    token = cdk.Token.as_string({"Fn::GetAtt": ["Streams", "DomainName"]})
    assert PlayerProps(stream=f"https://{token}/hls/x.m3u8", stream_sources=[f"https://{token}"])


def test_the_pages_own_host_is_not_named_as_cloudformation_would_find_a_circle(bench: Any) -> None:
    streams = shared(bench)
    with pytest.raises(InvalidPropsError, match="the page's own is always allowed"):
        PlayerProps(distribution=streams, stream_sources=[f"https://{streams.distribution_domain_name}"])
    Player(bench.stack, "P", props=PlayerProps(distribution=streams, stream_sources=[]))
    [properties] = bench.resources("AWS::CloudFront::ResponseHeadersPolicy").values()
    assert "connect-src 'self'; media-src 'self' blob:; " in str(properties)
