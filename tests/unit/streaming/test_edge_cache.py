"""The EdgeCache construct: shielded origins, only CloudFront in front, and TTLs that are the origin's."""

from __future__ import annotations

import json
from typing import Any

import pytest
from aws_cdk import Duration
from aws_cdk import aws_cloudfront as cloudfront
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_secretsmanager as secretsmanager

from refarch._shared.checks import InvalidPropsError
from refarch.streaming import EdgeCache, EdgeCacheProps, LiveOrigin, LiveOriginProps, TestSource, TestSourceProps


def origin(bench: Any) -> LiveOrigin:
    network = ec2.Vpc(bench.stack, "Vpc", max_azs=2, nat_gateways=0)
    return LiveOrigin(bench.stack, "Origin", props=LiveOriginProps(vpc=network))


def build(bench: Any, **values: Any) -> EdgeCache:
    made = origin(bench)
    return EdgeCache(bench.stack, "Edge", props=EdgeCacheProps(vpc=made.props.vpc, origin=made, **values))


def script(bench: Any, word: str) -> str:
    template = bench.named(bench.resources("AWS::EC2::LaunchTemplate"), word)
    parts = template["LaunchTemplateData"]["UserData"]["Fn::Base64"]["Fn::Join"][1]
    return "".join(each if isinstance(each, str) else json.dumps(each) for each in parts)


def test_only_cloudfront_reaches_the_load_balancer_and_only_with_the_secret(bench: Any) -> None:
    build(bench)
    rules = bench.resources("AWS::EC2::SecurityGroupIngress").items()
    inwards = [each for name, each in rules if name.startswith("EdgeLoadBalancerSecurityGroup")]
    assert [(each["FromPort"], "SourcePrefixListId" in each) for each in inwards] == [(80, True)]
    group = bench.named(bench.resources("AWS::EC2::SecurityGroup"), "EdgeLoadBalancerSecurityGroup")
    assert "SecurityGroupIngress" not in group
    [listener] = bench.resources("AWS::ElasticLoadBalancingV2::Listener").values()
    assert listener["DefaultActions"][0]["FixedResponseConfig"]["StatusCode"] == "403"
    [rule] = bench.resources("AWS::ElasticLoadBalancingV2::ListenerRule").values()
    [distribution] = bench.resources("AWS::CloudFront::Distribution").values()
    [header] = distribution["DistributionConfig"]["Origins"][0]["OriginCustomHeaders"]
    [condition] = rule["Conditions"]
    assert condition["HttpHeaderConfig"]["HttpHeaderName"] == header["HeaderName"]
    assert condition["HttpHeaderConfig"]["Values"] == [header["HeaderValue"]]


@pytest.mark.parametrize("low_latency", [False, True])
def test_cloudfront_tells_playlists_apart_that_are_waited_for(bench: Any, low_latency: bool) -> None:
    build(bench, low_latency=low_latency)
    [policy] = bench.resources("AWS::CloudFront::CachePolicy").values()
    queries = policy["CachePolicyConfig"]["ParametersInCacheKeyAndForwardedToOrigin"]["QueryStringsConfig"]
    waited = {"QueryStringBehavior": "whitelist", "QueryStrings": ["_HLS_msn", "_HLS_part"]}
    assert queries == (waited if low_latency else {"QueryStringBehavior": "none"})


def test_cloudfront_caches_as_long_as_the_origin_says_and_forgets_errors(bench: Any) -> None:
    build(bench)
    [policy] = bench.resources("AWS::CloudFront::CachePolicy").values()
    times = {name: policy["CachePolicyConfig"][name] for name in ("MinTTL", "DefaultTTL", "MaxTTL")}
    assert times == {"MinTTL": 0, "DefaultTTL": 0, "MaxTTL": 86_400}
    [found] = bench.resources("AWS::CloudFront::Distribution").values()
    configuration = found["DistributionConfig"]
    behaviors = [configuration["DefaultCacheBehavior"], *configuration["CacheBehaviors"]]
    assert {each["ViewerProtocolPolicy"] for each in behaviors} == {"redirect-to-https"}
    assert {each["PathPattern"] for each in configuration["CacheBehaviors"]} == {
        "/hls/*",
        "/testhls/*",
        "/signed/*",
        "/beacon",
    }
    assert max(each["ErrorCachingMinTTL"] for each in configuration["CustomErrorResponses"]) == 1


def test_viewers_of_any_page_may_play_without_credentials(bench: Any) -> None:
    build(bench)
    [found] = bench.resources("AWS::CloudFront::Distribution").values()
    media = [each for each in found["DistributionConfig"]["CacheBehaviors"] if each["PathPattern"] != "/beacon"]
    # The managed policy that allows every origin, and no credentials.
    assert {each["ResponseHeadersPolicyId"] for each in media} == {"60669652-455b-4ae9-85a4-c4c02393f86c"}


def test_pages_that_play_with_cookies_are_named(bench: Any) -> None:
    """Browsers refuse `*` together with credentials, which is what the original sent."""
    build(bench, credentials_from=["https://player.example.com"])
    [policy] = bench.resources("AWS::CloudFront::ResponseHeadersPolicy").items()
    cors = policy[1]["ResponseHeadersPolicyConfig"]["CorsConfig"]
    assert cors["AccessControlAllowCredentials"] is True
    assert cors["AccessControlAllowOrigins"] == {"Items": ["https://player.example.com"]}
    assert cors["OriginOverride"] is True
    [found] = bench.resources("AWS::CloudFront::Distribution").values()
    media = [each for each in found["DistributionConfig"]["CacheBehaviors"] if each["PathPattern"] != "/beacon"]
    assert [each["ResponseHeadersPolicyId"] for each in media] == [{"Ref": policy[0]}] * 3


@pytest.mark.parametrize("page", ["*", "https://*.example.com", "http://a.example.com", "https://a.example.com/page"])
def test_a_page_with_cookies_is_one_host_by_https(bench: Any, page: str) -> None:
    with pytest.raises(InvalidPropsError, match="credentials_from"):
        build(bench, credentials_from=[page])


def test_the_fleet_scales_on_the_posts_numbers(bench: Any) -> None:
    build(bench)
    alarms = bench.resources("AWS::CloudWatch::Alarm")
    many, few = bench.named(alarms, "EdgeManyRequests"), bench.named(alarms, "EdgeFewRequests")
    assert (many["Threshold"], many["Period"], many["EvaluationPeriods"]) == (3500, 60, 1)
    assert (few["Threshold"], few["Period"], few["EvaluationPeriods"]) == (1000, 300, 2)
    policies = bench.resources("AWS::AutoScaling::ScalingPolicy")
    changes = {name: (each["ScalingAdjustment"], each["Cooldown"]) for name, each in policies.items()}
    assert sorted(changes.values()) == [(-1, "300"), (1, "300")]
    assert many["AlarmActions"] == [{"Ref": next(name for name in policies if name.startswith("EdgeOneMore"))}]
    group = bench.named(bench.resources("AWS::AutoScaling::AutoScalingGroup"), "EdgeFleet")
    assert (group["MinSize"], group["MaxSize"], "DesiredCapacity" in group) == ("2", "6", False)
    assert group["TargetGroupARNs"]


def test_an_edge_knows_both_origins_and_follows_them(bench: Any) -> None:
    build(bench)
    text = script(bench, "EdgeFleet")
    assert "refarch-streaming-follow.service" in text
    assert '\\"primary\\":\\"ec2-' in text or '"primary":"ec2-' in text
    assert "libnginx-mod-rtmp" not in text
    assert "ffmpeg" not in text
    rules = bench.resources("AWS::EC2::SecurityGroupIngress")
    origins = [each for name, each in rules.items() if name.startswith("OriginSecurityGroup")]
    assert all(each["FromPort"] == 80 and "SourceSecurityGroupId" in each for each in origins)
    assert len(origins) == 2  # the edges, and the other origin


def test_a_drain_fits_into_the_notice(bench: Any) -> None:
    edge = build(bench)
    assert edge.drain_budget.seconds <= 120
    [target] = bench.resources("AWS::ElasticLoadBalancingV2::TargetGroup").values()
    delay = {each["Key"]: each["Value"] for each in target["TargetGroupAttributes"]}
    assert delay["deregistration_delay.timeout_seconds"] == "30"
    assert target["HealthCheckPath"] == "/healthz"


def test_signing_by_the_edges_takes_a_secret_that_is_not_in_the_user_data(bench: Any) -> None:
    secret = secretsmanager.Secret(bench.stack, "Signing")
    build(bench, signing_secret=secret)
    text = script(bench, "EdgeFleet")
    assert "signing_key_file" in text
    assert "resolve:secretsmanager" not in text
    allowed = bench.actions(bench.resources("AWS::IAM::Policy"), "EdgeRole")
    assert "Signing" in json.dumps(allowed["secretsmanager:GetSecretValue"])


def test_cloudfronts_own_signatures_and_firewall(bench: Any) -> None:
    keys = cloudfront.KeyGroup.from_key_group_id(bench.stack, "Keys", "group-1")
    acl = "arn:aws:wafv2:us-east-1:111122223333:global/webacl/name/id"
    build(bench, key_groups=[keys], web_acl_arn=acl)
    [found] = bench.resources("AWS::CloudFront::Distribution").values()
    media = [each for each in found["DistributionConfig"]["CacheBehaviors"] if each["PathPattern"] != "/beacon"]
    assert [each["TrustedKeyGroups"] for each in media] == [["group-1"]] * 3
    assert found["DistributionConfig"]["WebACLId"] == acl


def test_everything_wrong_is_said_at_once(bench: Any) -> None:
    with pytest.raises(InvalidPropsError) as caught:
        build(
            bench,
            scale_out_requests=10,
            scale_in_requests=51,
            domain_names=["live.example.com"],
            web_acl_arn="arn:aws:wafv2:eu-west-1:111122223333:regional/webacl/name/id",
            deregistration_delay=Duration.seconds(300),
            cache_megabytes=1,
            cooldown=Duration.hours(2),
        )
    said = str(caught.value)
    for name in ("scale_in", "domain_names", "web_acl_arn", "deregistration delay", "cache_megabytes", "cooldown"):
        assert name in said, said


def test_the_test_source_publishes_to_both_origins(bench: Any) -> None:
    made = origin(bench)
    source = TestSource(bench.stack, "Source", props=TestSourceProps(vpc=made.props.vpc, origin=made))
    assert source.playlist == "/testhls/test.m3u8"
    text = script(bench, "SourceFleet")
    assert text.count("rtmp://ec2-") == 2
    assert "?key=" not in text
    group = bench.named(bench.resources("AWS::AutoScaling::AutoScalingGroup"), "SourceFleet")
    assert (group["MinSize"], group["MaxSize"]) == ("1", "1")
    rules = bench.resources("AWS::EC2::SecurityGroupIngress")
    ports = {each["FromPort"] for name, each in rules.items() if name.startswith("OriginSecurityGroup")}
    assert ports == {80, 1935}


def test_a_test_source_at_rest_has_no_instance(bench: Any) -> None:
    made = origin(bench)
    TestSource(bench.stack, "Source", props=TestSourceProps(vpc=made.props.vpc, origin=made, running=False))
    group = bench.named(bench.resources("AWS::AutoScaling::AutoScalingGroup"), "SourceFleet")
    assert (group["MinSize"], group["MaxSize"]) == ("0", "1")


def test_a_test_source_says_what_is_wrong_with_it(bench: Any) -> None:
    made = origin(bench)
    with pytest.raises(InvalidPropsError) as caught:
        TestSourceProps(vpc=made.props.vpc, origin=made, path="Live/Demo", width=161, fps=0, architecture="mips")
    for name in ("path", "width, height", "fps", "architecture"):
        assert name in str(caught.value)
