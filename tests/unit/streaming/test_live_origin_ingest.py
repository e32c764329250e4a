"""RTMPS and SRT of LiveOrigin: which ports open, which secrets are read, and that all of it is off unless asked for."""

from __future__ import annotations

import json
from typing import Any

import pytest
from aws_cdk import Duration
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_secretsmanager as secretsmanager

from refarch._shared.checks import InvalidPropsError
from refarch.streaming import LiveOrigin, LiveOriginProps, Rtmps, Srt, TestSource, TestSourceProps

EVERYWHERE = ["192.0.2.0/24"]


def build(bench: Any, **values: Any) -> LiveOrigin:
    network = ec2.Vpc(bench.stack, "Vpc", max_azs=2, nat_gateways=0)
    return LiveOrigin(bench.stack, "Origin", props=LiveOriginProps(vpc=network, **values))


def certificate(bench: Any) -> secretsmanager.ISecret:
    return secretsmanager.Secret.from_secret_name_v2(bench.stack, "Given", "team/certificate")


def opened(bench: Any) -> set[tuple[str, int]]:
    """To encoders: protocol and port."""
    [group] = [
        each for each in bench.resources("AWS::EC2::SecurityGroup").values() if "RTMP" in each["GroupDescription"]
    ]
    return {(rule["IpProtocol"], rule["FromPort"]) for rule in group.get("SecurityGroupIngress", [])}


def plans(bench: Any) -> list[dict[str, Any]]:
    """What each launch template's user data tells its instance, with references as words."""
    found = []
    for template in bench.resources("AWS::EC2::LaunchTemplate").values():
        parts = template["LaunchTemplateData"]["UserData"]["Fn::Base64"]["Fn::Join"][1]
        script = "".join(each if isinstance(each, str) else "TOKEN" for each in parts)
        found.append(json.loads(script.split("<<'PLAN'\n")[1].split("\nPLAN")[0]))
    return found


def test_nothing_of_it_unless_asked_for(bench: Any) -> None:
    origin = build(bench, encoders_from=EVERYWHERE)
    assert origin.ingest is None
    assert opened(bench) == {("tcp", 1935)}
    for plan in plans(bench):
        assert not [name for name in plan["settings"] if name.startswith(("rtmps", "srt", "certificate"))]


def test_both_ways_open_a_port_each_and_plain_rtmp_can_be_closed(bench: Any) -> None:
    build(bench, encoders_from=EVERYWHERE, plain_rtmp=False, rtmps=Rtmps(certificate=certificate(bench)), srt=Srt())
    assert opened(bench) == {("tcp", 443), ("udp", 9000)}


def test_a_test_source_goes_on_inside_when_plain_rtmp_is_closed_to_networks(bench: Any) -> None:
    origin = build(bench, encoders_from=EVERYWHERE, plain_rtmp=False, srt=Srt())
    TestSource(bench.stack, "Source", props=TestSourceProps(vpc=origin.props.vpc, origin=origin))
    rules = bench.resources("AWS::EC2::SecurityGroupIngress").values()
    assert {each["FromPort"] for each in rules if "SourceSecurityGroupId" in each} == {80, 1935}


def test_the_instances_are_told_where_the_secrets_are_and_never_what(bench: Any) -> None:
    build(
        bench,
        rtmps=Rtmps(certificate=certificate(bench), port=8443),
        srt=Srt(port=9999, latency=Duration.seconds(1)),
        secrets_refresh=Duration.minutes(2),
    )
    for plan in plans(bench):
        settings = plan["settings"]
        assert (settings["rtmps_listen"], settings["srt_listen"]) == ("0.0.0.0:8443", "0.0.0.0:9999")
        assert settings["srt_latency_ms"] == 1000
        files = {each["form"]: each["file"] for each in plan["secrets"]}
        assert files["certificate"] == settings["certificate_file"]
        assert files["passphrase"] == settings["srt_passphrase_file"]
        assert plan["refresh_seconds"] == 120
        assert "refarch-streaming-refresh.service" in plan["services"]
        assert [unit for unit in plan["units"] if unit.endswith("refarch-streaming-refresh.service")]
    assert "resolve:secretsmanager" not in json.dumps(bench.resources("AWS::EC2::LaunchTemplate"))


def test_each_origin_reads_these_secrets_and_no_others(bench: Any) -> None:
    build(bench, rtmps=Rtmps(certificate=certificate(bench)), srt=Srt())
    for role in ("OriginPrimaryRole", "OriginBackupRole"):
        allowed = bench.actions(bench.resources("AWS::IAM::Policy"), role)["secretsmanager:GetSecretValue"]
        said = json.dumps(allowed)
        assert "secret:team/certificate-??????" in said
        assert "OriginPublishKeys" in said
        assert "OriginIngestPassphrase" in said
        assert '"*"' not in said


def test_a_new_passphrase_is_one_that_srt_takes(bench: Any) -> None:
    origin = build(bench, srt=Srt())
    assert origin.ingest is not None
    made = bench.named(bench.resources("AWS::SecretsManager::Secret"), "OriginIngestPassphrase")
    assert made["GenerateSecretString"] == {"ExcludePunctuation": True, "PasswordLength": 32}


def test_a_given_passphrase_is_used_and_none_made(bench: Any) -> None:
    given = secretsmanager.Secret.from_secret_name_v2(bench.stack, "Phrase", "team/passphrase")
    build(bench, srt=Srt(passphrase=given))
    assert not [name for name in bench.resources("AWS::SecretsManager::Secret") if "Passphrase" in name]


def test_everything_wrong_is_said_at_once(bench: Any) -> None:
    with pytest.raises(InvalidPropsError) as caught:
        build(
            bench,
            rtmps=Rtmps(certificate=certificate(bench), port=80),
            srt=Srt(port=70_000, latency=Duration.seconds(9)),
            secrets_refresh=Duration.hours(2),
            capacity="reserved",
        )
    for name in ("rtmps.port is 80", "srt.port is 70000", "srt.latency is 9000", "secrets_refresh", "capacity"):
        assert name in str(caught.value)


def test_networks_without_a_way_in_are_a_mistake(bench: Any) -> None:
    with pytest.raises(InvalidPropsError, match="plain_rtmp is False, allowed: True, or rtmps or srt"):
        build(bench, encoders_from=EVERYWHERE, plain_rtmp=False)
