"""Props of `VodTranscoder`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TypedDict

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_cloudfront as cloudfront
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_logs as logs
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sns as sns

from refarch._shared.checks import Problems
from refarch._shared.durations import hours, length, minutes, seconds
from refarch.compute import instance_types as table
from refarch.streaming.data_plane.settings import PRESETS, SEGMENT_FORMATS
from refarch.streaming.log_shipping import RETENTION

DEFAULT_WORKER_TYPES = {
    table.ARM64: ("c7g.xlarge", "c6g.xlarge", "m7g.xlarge", "m6g.xlarge", "c6gn.xlarge", "r6g.xlarge"),
    table.X86_64: ("c7i.xlarge", "c6i.xlarge", "c5.xlarge", "m6i.xlarge", "m5.xlarge", "c6a.xlarge"),
}
"""Four processors each, in three families or more: encoding is work for processors."""


class BucketOverrides(TypedDict, total=False):
    """Arguments of `aws_s3.Bucket` that the construct leaves to you; what is given replaces its own value."""

    bucket_key_enabled: bool
    server_access_logs_bucket: s3.IBucket
    server_access_logs_prefix: str
    lifecycle_rules: Sequence[s3.LifecycleRule]
    versioned: bool


class DistributionOverrides(TypedDict, total=False):
    """Arguments of `aws_cloudfront.Distribution` that the construct leaves to you; what is given replaces its own."""

    certificate: object
    domain_names: Sequence[str]
    enable_logging: bool
    geo_restriction: cloudfront.GeoRestriction
    log_bucket: s3.IBucket
    minimum_protocol_version: cloudfront.SecurityPolicyProtocol
    web_acl_id: str


@dataclass(frozen=True, kw_only=True)
class VodTranscoderProps:
    """Where videos are made, by how many workers, and how long things may take.

    Raises `InvalidPropsError` with every problem at once. What is known only at deployment is not checked.
    """

    vpc: ec2.IVpc

    vpc_subnets: ec2.SubnetSelection | None = None
    """Where workers run: at least two zones, with a way to the internet for Debian's packages. Default: as for
    `SpotCapacityProps.vpc_subnets`."""

    public_ip: bool = False
    """Gives workers public addresses: the way out of a VPC without a NAT gateway. Nobody may connect to them."""

    ingest_bucket: s3.Bucket | None = None
    """Where sources are uploaded. Default: a new bucket. A given one is of the same stack, for its notifications."""

    egress_bucket: s3.Bucket | None = None
    """Where videos are published. Default: a new bucket. A given one is of the same stack, for its policy."""

    min_workers: int = 0
    """Fewest workers, 0 or more. At 0 an idle system costs what its buckets hold."""

    max_workers: int = 6
    """Most workers, 1 to 400; the post's six."""

    backlog_per_worker: int = 4
    """Videos, waiting or worked on, for each worker: 1 to 1,000. The post's fleet grew at 16 waiting messages."""

    architecture: str = table.ARM64
    """`arm64` or `x86_64`, of Debian's image and of the default types."""

    instance_types: Sequence[str] = ()
    """One architecture. Default: six types with four processors (`DEFAULT_WORKER_TYPES`)."""

    machine_image: ec2.IMachineImage | None = None
    """Debian 12 or later. Default: the latest Debian 12 at each deployment, by Debian's public SSM parameter: the
    system whose ffmpeg the tests run. (Amazon Linux 2023 has no ffmpeg that encodes H.264.)"""

    disk_gb: int = 100
    """Size of a worker's disk, 16 to 16,384 GiB. It needs twice the size of the largest source, and 8 for Debian."""

    tries: int = 5
    """How often a message is received before it goes to the dead letters, 2 to 1,000. Interruptions, and the wait for
    the other origin's recording, count as well: SQS keeps one number."""

    visibility: Duration = field(default_factory=lambda: minutes(2))
    """How long a message stays hidden after the last sign of its worker, 30 seconds to 12 hours: after so long another
    worker takes over from one that died. Workers at work renew it."""

    twin_wait: Duration = field(default_factory=lambda: seconds(90))
    """How long a recording waits for that of the other origin, 0 to 3,600 seconds."""

    segment_seconds: int = 4
    """Length of a video's segments, 1 to 10 seconds. The post's is 10; shorter ones start sooner."""

    segment_format: str = "mpegts"
    """`mpegts`, or `fmp4` (fragmented MP4, CMAF): some per cent smaller. Another format makes another version of a
    video, when its source comes again."""

    preset: str = "veryfast"
    """x264's preset, `ultrafast` to `medium`: slower ones make better pictures at the same rate."""

    source_retention: Duration | None = None
    """Deletes sources after so many days, 1 or more. Default: they are kept."""

    price_class: cloudfront.PriceClass = field(default_factory=lambda: cloudfront.PriceClass.PRICE_CLASS_ALL)

    oldest_message: Duration = field(default_factory=lambda: hours(2))
    """An alarm says so when a video has not been made after this time, 5 minutes or more."""

    log_group: logs.ILogGroup | None = None
    """Where instances ship their logs. Default: a new group."""

    log_retention: logs.RetentionDays = RETENTION
    """Of a new log group. Default: the post's week."""

    alarm_topic: sns.ITopic | None = None
    """Who learns of alarms. Default: nobody; the alarms are there."""

    removal_policy: RemovalPolicy = RemovalPolicy.RETAIN
    """Of both buckets and of a new log group. DESTROY counts only
    with the context flag `refarch:remove-data-on-destroy`."""

    bucket_overrides: BucketOverrides = field(default_factory=lambda: BucketOverrides())
    """For both new buckets."""

    distribution_overrides: DistributionOverrides = field(default_factory=lambda: DistributionOverrides())

    def __post_init__(self) -> None:
        problems = Problems("VodTranscoderProps")
        problems.between("max_workers", self.max_workers, 1, 400)
        problems.between("min_workers", self.min_workers, 0, max(self.max_workers, 0))
        problems.between("backlog_per_worker", self.backlog_per_worker, 1, 1000)
        problems.one_of("architecture", self.architecture, table.ARCHITECTURES)
        problems.between("disk_gb", self.disk_gb, 16, 16_384, "GiB")
        problems.between("tries", self.tries, 2, 1000)
        problems.between("segment_seconds", self.segment_seconds, 1, 10, "s")
        problems.one_of("segment_format", self.segment_format, SEGMENT_FORMATS)
        problems.one_of("preset", self.preset, PRESETS)
        _seconds(problems, "visibility", self.visibility, 30, 43_200)
        _seconds(problems, "twin_wait", self.twin_wait, 0, 3600)
        _seconds(problems, "oldest_message", self.oldest_message, 300, 1_209_600)
        if self.source_retention is not None:
            _seconds(problems, "source_retention", self.source_retention, 86_400, 86_400 * 36_500)
        problems.raise_any()


def _seconds(problems: Problems, name: str, value: Duration, low: float, high: float) -> None:
    if (known := length(value)) is not None:
        problems.between(name, known, low, high, "s")
