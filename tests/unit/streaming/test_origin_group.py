"""CloudFront's second choice: the primary origin itself, for CloudFront alone, with the edges' own signatures."""

from __future__ import annotations

import json
from typing import Any

import pytest
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_secretsmanager as secretsmanager

from refarch._shared.checks import InvalidPropsError
from refarch.streaming import DirectDelivery, EdgeCache, EdgeCacheProps, LiveOrigin, LiveOriginProps


def build(bench: Any, direct: DirectDelivery | None = None, **edge: Any) -> EdgeCache:
    network = ec2.Vpc(bench.stack, "Vpc", max_azs=2, nat_gateways=0)
    live = LiveOrigin(bench.stack, "Origin", props=LiveOriginProps(vpc=network, direct=direct or DirectDelivery()))
    return EdgeCache(bench.stack, "Edge", props=EdgeCacheProps(vpc=network, origin=live, **edge))


def configuration(bench: Any) -> dict[str, Any]:
    [found] = bench.resources("AWS::CloudFront::Distribution").values()
    return dict(found["DistributionConfig"])


def script(bench: Any, word: str) -> str:
    template = bench.named(bench.resources("AWS::EC2::LaunchTemplate"), word)
    parts = template["LaunchTemplateData"]["UserData"]["Fn::Base64"]["Fn::Join"][1]
    return "".join(each if isinstance(each, str) else json.dumps(each) for each in parts)


def test_the_edges_come_first_and_the_primary_origin_second(bench: Any) -> None:
    build(bench)
    found = configuration(bench)
    origins = {each["Id"]: each for each in found["Origins"]}
    [group] = found["OriginGroups"]["Items"]
    first, second = (origins[each["OriginId"]] for each in group["Members"]["Items"])
    assert "EdgeLoadBalancer" in json.dumps(first["DomainName"])
    assert "OriginPrimaryAddress" in json.dumps(second["DomainName"])
    assert second["CustomOriginConfig"]["HTTPPort"] == 8080
    assert second.get("OriginPath", "") == first.get("OriginPath", "") == ""  # the same paths
    # A failure is answered by the second in seconds, not in the half minute of the defaults.
    for each in (first, second):
        assert each["ConnectionAttempts"] * each["ConnectionTimeout"] <= 4
        assert each["CustomOriginConfig"]["OriginReadTimeout"] <= 5


def test_it_fails_over_when_nobody_answers_and_not_for_names_that_do_not_exist(bench: Any) -> None:
    build(bench)
    [group] = configuration(bench)["OriginGroups"]["Items"]
    assert group["FailoverCriteria"]["StatusCodes"]["Items"] == [500, 502, 503, 504]


def test_media_go_by_the_group_and_reports_do_not(bench: Any) -> None:
    """CloudFront takes a group only where nothing but GET, HEAD and OPTIONS is allowed."""
    build(bench)
    found = configuration(bench)
    [group] = found["OriginGroups"]["Items"]
    targets = {each["PathPattern"]: each for each in found["CacheBehaviors"]}
    for path in ("/hls/*", "/testhls/*", "/signed/*"):
        assert targets[path]["TargetOriginId"] == group["Id"]
        assert targets[path]["AllowedMethods"] == ["GET", "HEAD", "OPTIONS"]
    assert targets["/beacon"]["TargetOriginId"] != group["Id"]


def test_only_cloudfront_reaches_that_port_and_only_of_the_primary(bench: Any) -> None:
    build(bench)
    rules = bench.resources("AWS::EC2::SecurityGroupIngress")
    opened = {name: each for name, each in rules.items() if each["FromPort"] == 8080}
    assert ["SourcePrefixListId" in each for each in opened.values()] == [True]
    templates = bench.resources("AWS::EC2::LaunchTemplate")
    with_port = [name for name, each in templates.items() if "OriginDirect" in json.dumps(each)]
    assert len(with_port) == 1
    assert with_port[0].startswith("OriginPrimary")
    text = script(bench, "OriginPrimary")
    assert "direct_listen" in text
    assert "resolve:secretsmanager" not in text
    assert "direct_listen" not in script(bench, "OriginBackup")


def test_what_cloudfront_shows_is_what_the_origin_reads(bench: Any) -> None:
    build(bench)
    second = next(each for each in configuration(bench)["Origins"] if "OriginPrimary" in json.dumps(each["DomainName"]))
    [header] = second["OriginCustomHeaders"]
    [name] = [each for each in bench.resources("AWS::SecretsManager::Secret") if each.startswith("OriginDirectSecret")]
    assert name in json.dumps(header["HeaderValue"])
    allowed = bench.actions(bench.resources("AWS::IAM::Policy"), "OriginPrimaryRole")
    assert name in json.dumps(allowed["secretsmanager:GetSecretValue"])
    allowed = bench.actions(bench.resources("AWS::IAM::Policy"), "OriginBackupRole")
    assert name not in json.dumps(allowed["secretsmanager:GetSecretValue"])


def test_signed_addresses_have_no_way_around_them(bench: Any) -> None:
    secret = secretsmanager.Secret(bench.stack, "Signing")
    with pytest.raises(InvalidPropsError, match=r"signing_secret.*origin\.direct"):
        build(bench, signing_secret=secret)


def test_the_origin_asks_for_the_edges_signatures(bench: Any) -> None:
    secret = secretsmanager.Secret(bench.stack, "Signing")
    build(bench, DirectDelivery(signing_secret=secret), signing_secret=secret)
    assert "signing_key_file" in script(bench, "OriginPrimary")
    allowed = bench.actions(bench.resources("AWS::IAM::Policy"), "OriginPrimaryRole")
    assert "Signing" in json.dumps(allowed["secretsmanager:GetSecretValue"])
