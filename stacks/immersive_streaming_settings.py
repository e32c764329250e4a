"""Settings of the ImmersiveStreaming stack."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from aws_cdk import aws_autoscaling as autoscaling
from aws_cdk import aws_logs as logs

from refarch.compute import ScheduledSize
from refarch.streaming import SessionAgent
from stacks.settings import Attempts

RETENTION = {
    1: logs.RetentionDays.ONE_DAY,
    7: logs.RetentionDays.ONE_WEEK,
    30: logs.RetentionDays.ONE_MONTH,
    365: logs.RetentionDays.ONE_YEAR,
}
_CRON = re.compile(r"\S+( \S+){4}")


@dataclass(frozen=True, kw_only=True)
class ImmersiveStreamingSettings:
    """`-c ImmersiveStreaming.<name>=<value>`. Meaning and limits are those of the constructs' props."""

    edge_target_capacity: int = 2
    """The original's edgeCacheSpotFleetTargetCapacity: fewest edges."""

    edge_max_capacity: int = 6
    """The original's edgeCacheSpotFleetMaximumCapacity."""

    transcoding_target_capacity: int = 0
    """The original's transcodingSpotFleetTargetCapacity (1): fewest workers. At 0 an idle system has none."""

    transcoding_max_capacity: int = 6
    """The original's transcodingSpotFleetMaximumCapacity."""

    spot_max_price: str = ""
    """The original's spotInstancePrice, of the edges, US dollars an hour. Default: none, the On-Demand price."""

    key_name: str = ""
    """The original's keyName, for SSH to the origins. Default: none; Session Manager needs none."""

    source_cidr: str = ""
    """The original's sourceCidr (0.0.0.0/0): networks of encoders, comma-separated. Default: none."""

    plain_rtmp: bool = True
    """Whether they may publish by RTMP without encryption."""

    rtmps_certificate_secret: str = ""
    """Name of a secret {"certificate": PEM, "private_key": PEM}: they may then publish by RTMPS."""

    rtmps_port: int = 443

    srt: bool = False
    """Whether they may publish by SRT."""

    srt_passphrase_secret: str = ""
    """Name of an existing secret, with srt. Default: a new one."""

    srt_port: int = 9000
    srt_latency_ms: int = 500

    ssh_from: str = ""
    """Networks that may use SSH, with key_name; comma-separated. The original opened it to sourceCidr."""

    publish_keys_secret: str = ""
    """Name of an existing secret with the publish keys. Default: a new one."""

    secrets_refresh_minutes: int = 5
    """How often running origins read their secrets again."""

    origin_capacity: str = "on-demand"
    """`on-demand` or `spot`. The original's was Spot."""

    architecture: str = "arm64"
    """`arm64` or `x86_64`, of all instances."""

    rungs: str = "1920:5800 960:2300 480:500"
    largest_source: str = "3840x1920@30"
    """The most that encoders publish. Rungs that an origin's four processors cannot encode in time are refused."""

    fragment_seconds: int = 2
    """The original's was 10: 30 seconds of latency and more."""

    packager: str = "ffmpeg"
    segment_format: str = "mpegts"
    """Of live streams and of videos."""

    part_ms: int = 0
    """Of low-latency HLS, in milliseconds; with segment_format fmp4 and low_latency."""

    low_latency: bool = False
    scale_out_requests: int = 3500
    scale_in_requests: int = 1000

    test_source: bool = True
    """Colour bars at /testhls/test.m3u8, from one small Spot Instance."""

    player: bool = True
    transcoding: bool = True

    origin_group: bool = True
    """CloudFront asks the primary origin itself when no edge answers."""

    key_group_id: str = ""
    """Id of a CloudFront key group: live streams then take its signed URLs or cookies."""

    signing_secret: str = ""
    """Name of a secret: live streams then take addresses signed by `refarch streaming sign`."""

    credentials_from: str = ""
    """Origins of other sites' pages that play with cookies, comma-separated. Default: any page, without cookies."""

    web_acl_arn: str = ""
    domain_names: str = ""
    certificate_arn: str = ""
    """In us-east-1, with domain_names (comma-separated)."""

    log_retention_days: int = 7
    """How long logs of instances are kept: 1, 7, 30 or 365. The original's was 7."""

    cloudfront_prefix_list: str = ""

    stop_at: str = ""
    """Cron, five fields: when all instances go. The original ran always."""

    start_at: str = ""
    """Cron, five fields: when they come back; with stop_at."""

    time_zone: str = "Etc/UTC"

    session_manager: bool = False
    """Installs AWS's newest agent for Session Manager: the one thing that instances would fetch unpinned."""

    session_agent: str = ""
    """VERSION:SHA256 of AWS's agent for Session Manager, in the package of `architecture`: that one and no other."""

    alarm_email: str = ""

    remove_data: bool = False
    """Buckets go with the stack; also takes `-c refarch:remove-data-on-destroy=true`."""


def check_times(settings: ImmersiveStreamingSettings, attempts: Attempts) -> None:
    """Both times or neither, each of them cron."""
    both = bool(settings.stop_at) == bool(settings.start_at)
    attempts.check(both, "start_at", settings.start_at, "given together with stop_at")
    for name in ("stop_at", "start_at"):
        value = getattr(settings, name)
        fits = not value or _CRON.fullmatch(value)
        attempts.check(fits, name, value, "cron with five fields, such as 0 20 * * MON-FRI")


def agent(settings: ImmersiveStreamingSettings) -> bool | SessionAgent:
    """What the constructs take as session_manager. Raises `ValueError`."""
    version, _, sha256 = settings.session_agent.partition(":")
    return SessionAgent(version, sha256) if settings.session_agent else settings.session_manager


def schedules(settings: ImmersiveStreamingSettings, fewest: int, most: int) -> Sequence[ScheduledSize]:
    """Nothing from `stop_at` on, `fewest` to `most` from `start_at` on."""
    if not (settings.stop_at and settings.start_at):
        return ()
    sizes = {"Stop": (settings.stop_at, 0, 0), "Start": (settings.start_at, fewest, most)}
    return [
        ScheduledSize(
            id=id,
            schedule=autoscaling.Schedule.expression(when),
            time_zone=settings.time_zone,
            min_capacity=low,
            max_capacity=high,
            desired_capacity=low,
        )
        for id, (when, low, high) in sizes.items()
    ]


def listed(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]
