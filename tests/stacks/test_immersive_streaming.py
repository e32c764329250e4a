"""Settings of ImmersiveStreaming: everything that is wrong with them is told at once; parts can be left out."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from stacks.app_factory import build_app
from stacks.settings import InvalidSettingsError

WRONG = {
    "edge_target_capacity": "9",
    "transcoding_max_capacity": "0",
    "source_cidr": "everywhere",
    "ssh_from": "here",
    "origin_capacity": "reserved",
    "rungs": "wide",
    "fragment_seconds": "0",
    "packager": "hand",
    "part_ms": "500",
    "scale_out_requests": "0",
    "web_acl_arn": "acl",
    "domain_names": "live.example.com",
    "key_group_id": "group",
    "signing_secret": "team/signing",
    "stop_at": "at eight",
    "remove_data": "true",
}
SAID = [
    "min_capacity is 9, allowed: 0 to 6",
    "max_workers is 0, allowed: 1 to 400",
    "encoders_from is 'everywhere', allowed: IPv4 networks",
    "ssh_from is 'here', allowed: IPv4 networks",
    "capacity is 'reserved', allowed: one of on-demand, spot",
    "rungs is 'wide'",
    "fragment_seconds is 0, allowed: 1 to 10 s",
    "packager is 'hand'",
    "part_ms is 500, allowed: 0, or segment_format fmp4",
    "ImmersiveStreaming.part_ms is 500, allowed: 0 without low_latency",
    "scale_out_requests is 0",
    "web_acl_arn is 'acl'",
    "domain_names is .*allowed: names together with a certificate",
    "signing_secret, key_groups is 'both', allowed: one way",
    "ImmersiveStreaming.start_at is '', allowed: given together with stop_at",
    "ImmersiveStreaming.stop_at is 'at eight', allowed: cron with five fields",
    "ImmersiveStreaming.remove_data is True, allowed: with -c refarch:remove-data-on-destroy=true besides",
]


def context(settings: dict[str, str]) -> dict[str, str]:
    return {f"ImmersiveStreaming.{name}": value for name, value in settings.items()}


def template(tmp_path: Path, **settings: str) -> dict[str, Any]:
    app = build_app(["ImmersiveStreaming"], context=context(settings), outdir=str(tmp_path))
    app.synth()
    made: dict[str, Any] = json.loads((tmp_path / "ImmersiveStreaming.template.json").read_text())
    return made


def test_everything_that_is_wrong_is_in_one_message(tmp_path: Path) -> None:
    with pytest.raises(InvalidSettingsError) as caught:
        build_app(["ImmersiveStreaming"], context=context(WRONG), outdir=str(tmp_path))
    assert [each for each in SAID if not re.search(each, str(caught.value))] == []


def test_parts_can_be_left_out_and_everything_stops_at_night(tmp_path: Path) -> None:
    made = template(
        tmp_path,
        player="false",
        transcoding="false",
        stop_at="0 20 * * *",
        start_at="0 7 * * *",
    )
    types = [each["Type"] for each in made["Resources"].values()]
    assert "AWS::SQS::Queue" in types  # the responder's dead letters
    assert not [name for name in made["Outputs"] if name.startswith(("transcoding", "client"))]
    times = [each["Properties"] for each in made["Resources"].values() if each["Type"].endswith("ScheduledAction")]
    groups = [each for each in types if each == "AWS::AutoScaling::AutoScalingGroup"]
    assert len(times) == 2 * len(groups) == 8
    stops = [each for each in times if each["Recurrence"] == "0 20 * * *"]
    assert {(each["MinSize"], each["MaxSize"], each["DesiredCapacity"]) for each in stops} == {(0, 0, 0)}


def test_the_originals_outputs_are_there(tmp_path: Path) -> None:
    outputs = template(tmp_path)["Outputs"]
    known = """applicationLoadBalancerId awsRegionId primaryOriginElasticIp backupOriginElasticIp
    primaryOriginElasticNetworkInterfacePrivateIpAddress backupOriginElasticNetworkInterfacePrivateIpAddress
    primaryOriginSpotFleetId backupOriginSpotFleetId clientTestPatternUrl clientWebsiteUrl cloudFrontDistributionId
    cloudFrontDistributionUrl cloudWatchLogsGroupId edgeCacheSpotFleetId testStreamSpotFleet transcodingEgressBucketId
    transcodingIngressBucketId transcodingQueueArn transcodingQueueUrl transcodingSpotFleetId"""
    assert set(known.split()) <= outputs.keys()
    assert "/testhls/test.m3u8" in json.dumps(outputs["clientTestPatternUrl"]["Value"])
