"""Props of `EdgeCache`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from aws_cdk import Duration
from aws_cdk import aws_certificatemanager as acm
from aws_cdk import aws_cloudfront as cloudfront
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_logs as logs
from aws_cdk import aws_secretsmanager as secretsmanager
from aws_cdk import aws_sns as sns

from refarch._shared.checks import Problems, is_known
from refarch._shared.durations import length, minutes, seconds
from refarch.compute import DrainBudget, ScheduledSize
from refarch.compute import instance_types as table
from refarch.streaming.data_plane.settings import EdgeSettings
from refarch.streaming.live_origin import LiveOrigin
from refarch.streaming.log_shipping import RETENTION
from refarch.streaming.session_agent import SessionAgent

_PAGE = re.compile(r"https://[a-z0-9.-]+(:[0-9]{1,5})?")


@dataclass(frozen=True, kw_only=True)
class EdgeCacheProps:
    """Caches on Spot between the origins and CloudFront. `vpc` and `origin` must be given.

    Raises `InvalidPropsError` with every problem at once.
    """

    vpc: ec2.IVpc
    """That of the origins: their names lead to private addresses from inside."""

    origin: LiveOrigin
    """Whose streams are served; edges are let in by security group."""

    min_capacity: int = 2
    """Fewest edges, 0 or more; one in each of two zones."""

    max_capacity: int = 6
    """Most edges; the post's six."""

    architecture: str = table.ARM64
    """`arm64` or `x86_64`."""

    instance_types: Sequence[str] = ()
    """Default: six types of three families (`refarch.compute.DEFAULT_TYPES`)."""

    spot_max_price: str = ""
    """US dollars an hour. Default: none, which is the On-Demand price."""

    on_demand_base: int = 0
    """Edges that are On-Demand before any Spot."""

    machine_image: ec2.IMachineImage | None = None
    """Default: the latest Debian 12 at each deployment, with pinned packages. On another image they are not pinned."""

    cache_megabytes: int = 1024
    """Of segments, in memory: 16 or more, less than the smallest type's memory."""

    low_latency: bool = False
    """Playlists live half a second in the cache instead of one to two, and those of low-latency HLS are waited for."""

    signing_secret: secretsmanager.ISecret | None = None
    """With it an edge answers only to addresses that it has signed (`refarch streaming sign`). One line of 16 to 128
    letters, digits, _ and -. Default: open, or CloudFront's own signatures."""

    key_groups: Sequence[cloudfront.IKeyGroup] = ()
    """CloudFront asks for its own signed URLs or cookies, by these keys. Default: open."""

    credentials_from: Sequence[str] = ()
    """Origins of pages elsewhere that play with cookies, as https://player.example.com: 1 to 50, each by its name. They
    alone may then play in a browser. Default: any page may, without cookies."""

    web_acl_arn: str = ""
    """A web ACL (WAF, scope CLOUDFRONT). Default: none."""

    domain_names: Sequence[str] = ()
    """Names of your own; with `certificate`."""

    certificate: acm.ICertificate | None = None
    """For `domain_names`, issued in us-east-1."""

    price_class: cloudfront.PriceClass = field(default_factory=lambda: cloudfront.PriceClass.PRICE_CLASS_ALL)

    scale_out_requests: int = 3500
    """Requests per edge in a minute above which there is one more."""

    scale_in_requests: int = 1000
    """Requests per edge in five minutes below which, twice in a row, there is one less."""

    cooldown: Duration = field(default_factory=lambda: minutes(5))
    """After a change of size, 0 to 3,600 seconds."""

    deregistration_delay: Duration = field(default_factory=lambda: seconds(30))
    """How long an edge that goes ends its downloads; with `drain_budget`'s other parts at most 120 seconds."""

    cloudfront_prefix_list: str = ""
    """Id of CloudFront's origin-facing prefix list, in regions that the table of this package lacks."""

    log_group: logs.ILogGroup | None = None
    """Where instances ship their logs. Default: a new group, which is kept."""

    log_retention: logs.RetentionDays = RETENTION
    """Of a new log group. Default: the post's week."""

    session_manager: bool | SessionAgent = False
    """As of `LiveOriginProps`."""

    schedules: Sequence[ScheduledSize] = ()
    alarm_topic: sns.ITopic | None = None

    def __post_init__(self) -> None:
        problems = Problems("EdgeCacheProps")
        problems.between("max_capacity", self.max_capacity, 1, 10_000)
        problems.between("min_capacity", self.min_capacity, 0, max(self.max_capacity, 0))
        problems.one_of("architecture", self.architecture, table.ARCHITECTURES)
        problems.between("scale_out_requests", self.scale_out_requests, 1, 10_000_000)
        # In a minute and in five: an edge between them must neither grow nor shrink for ever.
        most = self.scale_out_requests * 5
        problems.between("scale_in_requests", self.scale_in_requests, 0, most, "in five minutes")
        if (cooldown := length(self.cooldown)) is not None:
            problems.between("cooldown", cooldown, 0, 3600, "s")
        given = bool(self.domain_names) == (self.certificate is not None)
        problems.check(given, "domain_names", list(self.domain_names), "names together with a certificate, or neither")
        for page in self.credentials_from:
            fits = not is_known(page) or bool(_PAGE.fullmatch(page))
            problems.check(fits, "credentials_from", page, "https://host, without a path: browsers take no * here")
        problems.check(len(self.credentials_from) <= 50, "credentials_from", len(self.credentials_from), "1 to 50")
        acl = self.web_acl_arn
        fits = not acl or not is_known(acl) or ":global/webacl/" in acl
        problems.check(fits, "web_acl_arn", acl, "the ARN of a web ACL of scope CLOUDFRONT, arn:…:global/webacl/…")
        both = not (self.key_groups and self.signing_secret)
        problems.check(both, "signing_secret, key_groups", "both", "one way of signing, or none")
        direct = self.origin.props.direct
        same = direct is None or (direct.signing_secret is self.signing_secret)
        problems.check(same, "signing_secret", "another than of origin.direct", "the same, or none at both")
        for found in self.drain_budget.problems():
            problems.include(found)
        try:
            EdgeSettings(primary="primary:80", cache_megabytes=self.cache_megabytes)
        except ValueError as error:
            problems.include(str(error))
        problems.raise_any()

    @property
    def drain_budget(self) -> DrainBudget:
        """An edge holds nothing but open downloads: they end while its target leaves."""
        return DrainBudget(deregistration_delay=length(self.deregistration_delay) or 0, stop_timeout=10)
