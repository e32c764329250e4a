"""Props of `LiveOrigin`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from ipaddress import IPv4Network
from typing import Any

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_logs as logs
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_secretsmanager as secretsmanager
from aws_cdk import aws_sns as sns

from refarch._shared.checks import Problems
from refarch._shared.durations import MINUTE, length, minutes
from refarch.compute import ScheduledSize
from refarch.compute import instance_types as table
from refarch.streaming.data_plane.ladder import parse_rungs, plan
from refarch.streaming.data_plane.processors import parse_source, work
from refarch.streaming.data_plane.settings import OriginSettings
from refarch.streaming.live_origin_direct import DirectDelivery
from refarch.streaming.live_origin_ingest import Rtmps, Srt, check_ingest
from refarch.streaming.log_shipping import RETENTION
from refarch.streaming.session_agent import SessionAgent
from refarch.streaming.vod_transcoder_props import DEFAULT_WORKER_TYPES

CAPACITIES = ("on-demand", "spot")


@dataclass(frozen=True, kw_only=True)
class LiveOriginProps:
    """Two live origins. Only `vpc` must be given.

    Raises `InvalidPropsError` with every problem at once.
    """

    vpc: ec2.IVpc
    """Its first two public subnets, in two zones, take one origin each. DNS hostnames must be on: the origins' names
    lead to private addresses from inside."""

    encoders_from: Sequence[str] = ()
    """IPv4 networks that may publish. Default: none, only what is let in by security group (a `TestSource`)."""

    plain_rtmp: bool = True
    """Whether these networks may publish by RTMP as it is, in which anyone on the way can read keys and pictures."""

    rtmps: Rtmps | None = None
    """Lets them publish by RTMPS. Default: not."""

    srt: Srt | None = None
    """Lets them publish by SRT. Default: not."""

    publish_keys: secretsmanager.ISecret | None = None
    """One key, or JSON {"*": ["key"], "name": ["key", "next key"]}. Default: a new one, a key for every stream."""

    secrets_refresh: Duration = field(default_factory=lambda: minutes(5))
    """How often running origins read their secrets again, 1 to 60 minutes. Who is publishing is not cut off."""

    capacity: str = "on-demand"
    """`on-demand` or `spot`. A reclaimed origin is replaced; the other one serves meanwhile, if it was not reclaimed
    too."""

    architecture: str = table.ARM64
    """`arm64` or `x86_64`, of Debian's image and of the default types."""

    instance_types: Sequence[str] = ()
    """One architecture, 1 to 40. Both origins get the first that is to be had (on Spot: the deepest pool). Default:
    six types with four processors (`DEFAULT_WORKER_TYPES`)."""

    machine_image: ec2.IMachineImage | None = None
    """Debian 12 or later. Default: the latest Debian 12 at each deployment, by Debian's public SSM
    parameter, with the packages of one day (`refarch.streaming.debian`). On another image packages are not pinned."""

    rungs: str = "1920:5800 960:2300 480:500"
    """WIDTH:KILOBITS of the renditions below the pass-through; those wider than the source are left out."""

    preset: str = "veryfast"
    """x264's preset, `ultrafast` to `medium`."""

    largest_source: str = "3840x1920@30"
    """WIDTHxHEIGHT@FRAMES of the most that encoders publish: types that cannot encode the rungs of it in real time are
    refused. Origins say so in their log when more comes."""

    fragment_seconds: int = 2
    """Length of segments, 1 to 10 seconds; a multiple of the encoder's key frame interval. The post's is 10."""

    playlist_segments: int = 10
    """Segments in a playlist, 4 to 60."""

    packager: str = "ffmpeg"
    """`ffmpeg`, or the post's `rtmp-loopback`, whose two origins are not alike."""

    segment_format: str = "mpegts"
    """`mpegts`, or `fmp4` (fragmented MP4, CMAF): 7 to 23 % smaller, and media time does not wrap after 26.5 hours. The
    encoder's key frames must fall on the fragments. Not with `rtmp-loopback`."""

    part_ms: int = 0
    """Low-latency HLS: length of parts, 200 to 1000 milliseconds that divide the fragment; 0: none. With `fmp4`, and
    with `low_latency` of the `EdgeCache`."""

    recording_bucket: s3.Bucket | None = None
    """Where recordings go, below `recordings/`: the ingest bucket of a `VodTranscoder`. Default: a new bucket."""

    root_volume_gb: int = 100
    """Encrypted gp3, 16 to 16,384 GiB: it holds recordings until they are uploaded, 2 GiB an hour at 5 Mbit/s."""

    session_manager: bool | SessionAgent = False
    """Installs AWS's agent, which Debian's image lacks, so that people get in without SSH: a `SessionAgent` of one
    version and checksum, or (True) AWS's newest. Default: none, since an instance fetches nothing unpinned."""

    key_pair: ec2.IKeyPair | None = None
    """For SSH. Session Manager needs none."""

    ssh_from: Sequence[str] = ()
    """IPv4 networks that may use SSH. Default: none."""

    schedules: Sequence[ScheduledSize] = ()
    """Sizes of each of the two groups, 0 or 1, at times: to stop the origins at night."""

    signal_timeout: Duration = field(default_factory=lambda: minutes(15))
    """How long a deployment waits for an origin. 5 to 60 minutes."""

    log_group: logs.ILogGroup | None = None
    """Where instances ship their logs. Default: a new group."""

    log_retention: logs.RetentionDays = RETENTION
    """Of a new log group. Default: the post's week."""

    direct: DirectDelivery | None = None
    """Lets CloudFront fetch from the primary origin when no edge answers (`EdgeCache` then has an origin group).
    Default: edges alone do."""

    alarm_topic: sns.ITopic | None = None
    """Told by the alarms, when they go off and when they are over."""

    removal_policy: RemovalPolicy = RemovalPolicy.RETAIN
    """Of the recordings' bucket and of a new log group. DESTROY counts
    only with the context flag `refarch:remove-data-on-destroy`."""

    def __post_init__(self) -> None:
        problems = Problems("LiveOriginProps")
        for name in ("encoders_from", "ssh_from"):
            for network in getattr(self, name):
                problems.check(is_network(network), name, network, "IPv4 networks such as 192.0.2.0/24")
        problems.one_of("capacity", self.capacity, CAPACITIES)
        problems.one_of("architecture", self.architecture, table.ARCHITECTURES)
        _types(problems, self)
        _encoding(problems, self)
        problems.between("root_volume_gb", self.root_volume_gb, 16, 16_384, "GiB")
        zones = len(self.vpc.public_subnets)
        problems.check(zones >= 2, "vpc", f"{zones} public subnets", "2 or more, in two zones")
        if (timeout := length(self.signal_timeout, MINUTE)) is not None:
            problems.between("signal_timeout", timeout, 5, 60, "minutes")
        if (refresh := length(self.secrets_refresh, MINUTE)) is not None:
            problems.between("secrets_refresh", refresh, 1, 60, "minutes")
        asked = bool(self.encoders_from)
        check_ingest(problems, rtmps=self.rtmps, srt=self.srt, plain=self.plain_rtmp, asked=asked)
        try:
            OriginSettings(**self.origin_settings)
        except ValueError as error:
            problems.include(str(error))
        problems.raise_any()

    @property
    def chosen_types(self) -> Sequence[str]:
        return self.instance_types or DEFAULT_WORKER_TYPES[self.architecture]

    @property
    def origin_settings(self) -> dict[str, Any]:
        """Those settings of the data plane that are the same on both origins."""
        names = ("rungs", "preset", "fragment_seconds", "playlist_segments", "packager", "segment_format", "part_ms")
        return {name: getattr(self, name) for name in names}


def _types(problems: Problems, props: LiveOriginProps) -> None:
    known = table.known_types()
    problems.check(len(props.instance_types) <= 40, "instance_types", len(props.instance_types), "1 to 40 types")
    for each in props.instance_types:
        fits = known.get(each) == props.architecture
        problems.check(fits, "instance_types", each, f"known types with {props.architecture} processors")


def _encoding(problems: Problems, props: LiveOriginProps) -> None:
    """Settings that are wrong themselves are told elsewhere."""
    try:
        source = parse_source(props.largest_source)
    except ValueError as error:
        problems.check(False, "largest_source", props.largest_source, str(error))
        return
    try:
        settings = OriginSettings(**props.origin_settings)
    except ValueError:
        return
    needed = work(source, plan(source, parse_rungs(settings.rungs)), settings.preset, settings.encoder_threads)
    least, known = needed.least(), table.known_types()
    small = [each for each in props.chosen_types if each in known and not needed.fits(table.processors(each))]
    allowed = f"types with {least} processors or more" if least else "fewer pictures a second: one thread decodes"
    told = f"{', '.join(small)} for {props.largest_source} in {settings.rungs!r} at {settings.preset}"
    problems.check(not small, "instance_types", told, f"{allowed}, a smaller largest_source, or fewer rungs")


def is_network(text: str) -> bool:
    """Whether `text` is an IPv4 network. All addresses are one: encoders may be anywhere, and have a key."""
    try:
        IPv4Network(text)
    except ValueError:
        return False
    return True
