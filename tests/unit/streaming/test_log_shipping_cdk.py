"""Logs of instances: one group for all or one each, kept for a week, and written by each role to its own streams."""

from __future__ import annotations

import json
from typing import Any

from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_logs as logs

from refarch.streaming import (
    EdgeCache,
    EdgeCacheProps,
    LiveOrigin,
    LiveOriginProps,
    TestSource,
    TestSourceProps,
    VodTranscoder,
    VodTranscoderProps,
)


def build(bench: Any, **values: Any) -> None:
    network = ec2.Vpc(bench.stack, "Vpc", max_azs=2, nat_gateways=0)
    origin = LiveOrigin(bench.stack, "Origin", props=LiveOriginProps(vpc=network, **values))
    EdgeCache(bench.stack, "Edge", props=EdgeCacheProps(vpc=network, origin=origin, **values))
    TestSource(bench.stack, "Source", props=TestSourceProps(vpc=network, origin=origin, **values))
    VodTranscoder(bench.stack, "Vod", props=VodTranscoderProps(vpc=network, public_ip=True, **values))


def test_each_has_a_group_that_is_kept_for_a_week(bench: Any) -> None:
    build(bench)
    groups = bench.resources("AWS::Logs::LogGroup")
    assert {name.partition("Logs")[0] for name in groups} == {"Origin", "Edge", "Source", "Vod"}
    assert {each["RetentionInDays"] for each in groups.values()} == {7}
    kept = [each for each in bench.template()["Resources"].values() if each["Type"] == "AWS::Logs::LogGroup"]
    assert {each["DeletionPolicy"] for each in kept} == {"Retain"}


def test_a_role_writes_to_its_own_streams_and_reads_none(bench: Any) -> None:
    one = logs.LogGroup(bench.stack, "One", retention=logs.RetentionDays.ONE_DAY)
    build(bench, log_group=one)
    assert len(bench.resources("AWS::Logs::LogGroup")) == 1
    policies = bench.resources("AWS::IAM::Policy")
    prefixes = {
        "OriginPrimaryRole": "origin/primary",
        "OriginBackupRole": "origin/backup",
        "EdgeRole": "edge",
        "SourceRole": "test_source",
        "VodRole": "worker",
    }
    for role, prefix in prefixes.items():
        allowed = bench.actions(policies, role)
        assert {each for each in allowed if each.startswith("logs:")} == {"logs:CreateLogStream", "logs:PutLogEvents"}
        assert f":log-stream:{prefix}/*" in json.dumps(allowed["logs:PutLogEvents"])


def test_every_instance_ships_and_is_told_no_secret(bench: Any) -> None:
    build(bench)
    templates = bench.resources("AWS::EC2::LaunchTemplate")
    assert len(templates) == 5
    for each in templates.values():
        text = json.dumps(each["LaunchTemplateData"]["UserData"])
        assert "refarch-streaming-logs.service" in text
        assert "/var/log/refarch-streaming/*.log" in text
        assert "secret_files" not in text
