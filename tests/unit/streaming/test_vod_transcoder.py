"""The VodTranscoder construct: what it makes, what workers may do, how many there are, and what it refuses."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sns as sns
from hypothesis import given
from hypothesis import strategies as st

from refarch._shared.checks import InvalidPropsError
from refarch.streaming import VodTranscoder, VodTranscoderProps
from refarch.streaming.vod_scaling import MOST_STEPS, worker_steps


def vpc(stack: cdk.Stack, id: str = "Vpc") -> ec2.Vpc:
    return ec2.Vpc(stack, id, max_azs=2, nat_gateways=0)


def build(bench: Any, id: str = "Vod", **values: Any) -> VodTranscoder:
    network = bench.stack.node.try_find_child("Vpc") or vpc(bench.stack)
    return VodTranscoder(bench.stack, id, props=VodTranscoderProps(vpc=network, public_ip=True, **values))


def test_buckets_are_private_encrypted_speak_tls_only_and_stay(bench: Any) -> None:
    build(bench)
    found = [each for each in bench.template()["Resources"].values() if each["Type"] == "AWS::S3::Bucket"]
    assert len(found) == 2
    for each in found:
        assert each["DeletionPolicy"] == "Retain"
        assert all(each["Properties"]["PublicAccessBlockConfiguration"].values())
        assert each["Properties"]["BucketEncryption"]
    policies = bench.resources("AWS::S3::BucketPolicy").values()
    denied = [s for each in policies for s in each["PolicyDocument"]["Statement"] if s["Effect"] == "Deny"]
    assert [each["Condition"] for each in denied] == [{"Bool": {"aws:SecureTransport": "false"}}] * 2


def test_only_the_distribution_reads_videos(bench: Any) -> None:
    built = build(bench)
    name = bench.stack.get_logical_id(built.distribution.node.default_child)
    policies = bench.resources("AWS::S3::BucketPolicy").values()
    allowed = [s for each in policies for s in each["PolicyDocument"]["Statement"] if s["Effect"] == "Allow"]
    [reader] = allowed
    assert reader["Principal"] == {"Service": "cloudfront.amazonaws.com"}
    assert name in json.dumps(reader["Condition"])
    [distribution] = bench.resources("AWS::CloudFront::Distribution").values()
    [origin] = distribution["DistributionConfig"]["Origins"]
    assert "OriginAccessControlId" in origin
    assert distribution["DistributionConfig"]["DefaultCacheBehavior"]["ViewerProtocolPolicy"] == "redirect-to-https"


def test_uploads_become_messages_that_end_among_the_dead_letters(bench: Any) -> None:
    built = build(bench, tries=7)
    queues = bench.resources("AWS::SQS::Queue")
    queue = queues[bench.stack.get_logical_id(built.queue.node.default_child)]
    assert queue["RedrivePolicy"]["maxReceiveCount"] == 7
    assert queue["VisibilityTimeout"] == 120
    assert queue["ReceiveMessageWaitTimeSeconds"] == 20
    [configured] = bench.resources("Custom::S3BucketNotifications").values()
    assert configured["NotificationConfiguration"]["QueueConfigurations"][0]["Events"] == ["s3:ObjectCreated:*"]
    policies = bench.resources("AWS::SQS::QueuePolicy")
    sends = [s for each in policies.values() for s in each["PolicyDocument"]["Statement"] if s["Effect"] == "Allow"]
    # S3, for this bucket alone: the original let anybody send.
    assert [(each["Principal"], "ArnLike" in each["Condition"]) for each in sends] == [
        ({"Service": "s3.amazonaws.com"}, True)
    ]


def test_workers_may_do_their_work_and_nothing_else(bench: Any) -> None:
    build(bench)
    policies = bench.resources("AWS::IAM::Policy")
    work = bench.actions(policies, "VodRole")
    assert set(work) == {
        "s3:GetObject",
        "s3:PutObject",
        "s3:AbortMultipartUpload",
        "s3:ListBucket",
        "logs:CreateLogStream",
        "logs:PutLogEvents",
        "sqs:ReceiveMessage",
        "sqs:DeleteMessage",
        "sqs:ChangeMessageVisibility",
    }
    assert "*" not in json.dumps(work["sqs:DeleteMessage"])
    assert "/vod/*" in json.dumps(work["s3:PutObject"])
    protection = bench.actions(policies, "VodWorkersGroup")
    assert protection["autoscaling:DescribeAutoScalingInstances"] == ["*"]
    assert "autoScalingGroupName/" in json.dumps(protection["autoscaling:SetInstanceProtection"])


def test_the_fleet_rests_at_nothing_and_grows_with_the_backlog(bench: Any) -> None:
    build(bench, max_workers=3, backlog_per_worker=4)
    [group] = bench.resources("AWS::AutoScaling::AutoScalingGroup").values()
    assert (group["MinSize"], group["MaxSize"]) == ("0", "3")
    assert "DesiredCapacity" not in group
    policies = bench.resources("AWS::AutoScaling::ScalingPolicy")
    grow, rest = bench.named(policies, "VodToBacklog"), bench.named(policies, "VodToRest")
    assert grow["StepAdjustments"] == [
        {"MetricIntervalLowerBound": 0, "MetricIntervalUpperBound": 4, "ScalingAdjustment": 1},
        {"MetricIntervalLowerBound": 4, "MetricIntervalUpperBound": 8, "ScalingAdjustment": 2},
        {"MetricIntervalLowerBound": 8, "ScalingAdjustment": 3},
    ]
    assert rest["StepAdjustments"] == [{"MetricIntervalUpperBound": 0, "ScalingAdjustment": 0}]
    alarms = bench.resources("AWS::CloudWatch::Alarm")
    busy = bench.named(alarms, "VodBacklog")
    assert (busy["Threshold"], busy["ComparisonOperator"]) == (1, "GreaterThanOrEqualToThreshold")
    metrics = {each["MetricStat"]["Metric"]["MetricName"] for each in busy["Metrics"] if "MetricStat" in each}
    assert metrics == {"ApproximateNumberOfMessagesVisible", "ApproximateNumberOfMessagesNotVisible"}


@given(st.integers(1, 1000), st.integers(1, 400), st.integers(1, 500_000))
def test_any_backlog_finds_its_step(per_worker: int, most: int, messages: int) -> None:
    steps = worker_steps(backlog_per_worker=per_worker, max_workers=most)
    assert len(steps) <= MOST_STEPS
    assert steps[0][0] == 1
    assert steps[-1][1] == most
    assert steps == sorted(set(steps))
    workers = max(count for start, count in steps if start <= messages)
    needed = min(-(-messages // per_worker), most)
    assert needed <= workers <= needed + most // MOST_STEPS + 1


def test_alarms_tell_of_dead_letters_and_of_what_waits_too_long(bench: Any) -> None:
    topic = sns.Topic(bench.stack, "Topic")
    built = build(bench, alarm_topic=topic, oldest_message=Duration.minutes(30))
    assert len(built.alarms) == 2
    alarms = bench.resources("AWS::CloudWatch::Alarm")
    oldest = bench.named(alarms, "VodOldestMessage")
    assert (oldest["MetricName"], oldest["Threshold"]) == ("ApproximateAgeOfOldestMessage", 1800)
    assert bench.named(alarms, "VodDeadLettersPresent")["AlarmActions"]
    assert oldest["AlarmActions"]


def test_workers_are_debian_with_the_settings_that_the_worker_reads(bench: Any, tmp_path: Path) -> None:
    build(bench, segment_seconds=6, segment_format="fmp4")
    parameters = bench.template()["Parameters"].values()
    assert [each["Default"] for each in parameters if "debian" in str(each.get("Default"))] == [
        "/aws/service/debian/release/12/latest/arm64"
    ]
    script = user_data(bench)
    assert subprocess.run(["bash", "-n"], input=script, text=True, check=False).returncode == 0
    given = json.loads(script.partition("<<'SETTINGS'\n")[2].partition("\nSETTINGS")[0])
    assert (given["segment_seconds"], given["segment_format"]) == (6, "fmp4")
    assert given["protect"] is True


def user_data(bench: Any) -> str:
    """The script of the instances, each token replaced by an address."""
    [template] = bench.resources("AWS::EC2::LaunchTemplate").values()
    joined = template["LaunchTemplateData"]["UserData"]["Fn::Base64"]["Fn::Join"]
    return "".join(each if isinstance(each, str) else "https://stand-in" for each in joined[1])


def test_the_asset_runs_by_itself(bench: Any, tmp_path: Path) -> None:
    """From the asset alone, without aws_cdk and without this checkout: a file that is missing there shows here."""
    built = build(bench)
    assembly = Path(bench.app.synth().directory)
    folder = assembly / f"asset.{built.program.asset_hash}"
    settings = tmp_path / "worker.json"
    settings.write_text(json.dumps({"queue_url": "queue", "egress_bucket": ""}))
    code = (
        "import sys, runpy, refarch; assert refarch.__file__.startswith(sys.argv[1]), refarch.__file__\n"
        "import refarch.streaming.vod.worker, refarch.streaming.vod.uploader, refarch.streaming.vod.__main__ as m\n"
        "assert 'aws_cdk' not in sys.modules\n"
        "sys.exit(m.main(['worker', sys.argv[2]]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(folder), str(settings)],
        env={"PYTHONPATH": str(folder), "PATH": "/usr/bin", "PYTHONDONTWRITEBYTECODE": "1"},
        cwd="/",
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "queue_url is 'queue'" in done.stderr
    assert not list(folder.rglob("*.pyc"))
    assert (folder / "refarch/streaming/vod/systemd/refarch-vod-worker.service").is_file()


def test_two_side_by_side_and_given_buckets(bench: Any) -> None:
    mine = s3.Bucket(bench.stack, "Mine")
    one, two = build(bench, "One", ingest_bucket=mine), build(bench, "Two")
    assert one.ingest_bucket is mine
    assert two.ingest_bucket is not mine
    assert len(bench.resources("AWS::S3::Bucket")) == 4
    assert len(bench.resources("AWS::SQS::Queue")) == 4


def test_data_go_only_with_both_keys(new_bench: Any) -> None:
    for context, policy in ({}, "Retain"), ({"refarch:remove-data-on-destroy": "true"}, "Delete"):
        bench = new_bench(context)
        build(bench, removal_policy=RemovalPolicy.DESTROY)
        found = [each for each in bench.template()["Resources"].values() if each["Type"] == "AWS::S3::Bucket"]
        assert {each["DeletionPolicy"] for each in found} == {policy}


def test_everything_that_is_wrong_is_said_at_once(bench: Any) -> None:
    with pytest.raises(InvalidPropsError) as caught:
        build(
            bench,
            max_workers=0,
            backlog_per_worker=0,
            architecture="mips",
            disk_gb=1,
            tries=1,
            segment_seconds=0,
            segment_format="mov",
            preset="best",
            visibility=Duration.seconds(5),
            twin_wait=Duration.hours(2),
            oldest_message=Duration.seconds(1),
            source_retention=Duration.hours(1),
        )
    names = "max_workers backlog_per_worker architecture disk_gb tries segment_seconds preset visibility twin_wait"
    for name in [*names.split(), "segment_format", "oldest_message", "source_retention"]:
        assert f"{name} is " in str(caught.value)


def test_what_deployment_decides_is_not_judged(bench: Any) -> None:
    number: Any = cdk.CfnParameter(bench.stack, "Number", type="Number").value_as_number
    VodTranscoderProps(vpc=vpc(bench.stack), disk_gb=number, tries=number)
