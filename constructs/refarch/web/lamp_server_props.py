"""Props of `LampServer`, and what can be wrong with them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from ipaddress import IPv4Network

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_certificatemanager as acm
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_logs as logs
from aws_cdk import aws_secretsmanager as secretsmanager
from aws_cdk import aws_sns as sns

from refarch._shared.checks import Problems, is_known
from refarch._shared.durations import DAY, MINUTE, days, length, minutes
from refarch.compute.instance_types import known_types
from refarch.web.graviton_sizes import equivalent_of
from refarch.web.wordpress_release import WordPressRelease

_NAME = re.compile(r"[a-zA-Z][a-zA-Z0-9]*")
_PREFIX_LIST = re.compile(r"pl-[0-9a-f]{8}([0-9a-f]{9})?")


@dataclass(frozen=True, kw_only=True)
class LampServerProps:
    """One server with WordPress. Only `vpc` and `admin_email` must be given.

    Raises `InvalidPropsError` with every problem at once.
    """

    vpc: ec2.IVpc
    """Its first public subnet takes the server. No NAT gateway is needed."""

    admin_email: str
    """Of the site's first administrator; WordPress writes to it."""

    instance_type: str = "t4g.small"
    """Its processor decides the architecture: Arm (t4g, m7g, c8g, …) or x86. `a1` cannot run Amazon Linux 2023."""

    site_title: str = "WordPress"

    database_name: str = "wordpressdb"
    """1 to 64 letters and digits, a letter first."""

    database_user: str = "wordpress"
    """1 to 16 letters and digits, a letter first."""

    database_secret: secretsmanager.ISecret | None = None
    """JSON with `password`. Default: a new one, 32 characters. Rotating it is followed within the hour."""

    admin_secret: secretsmanager.ISecret | None = None
    """JSON with `username` and `password`, read at the first installation. Default: a new one for `admin`."""

    key_pair: ec2.IKeyPair | None = None
    """For SSH. Session Manager needs none."""

    ssh_from: Sequence[str] = ()
    """IPv4 networks that may use SSH. Default: none."""

    data_volume_gb: int = 20
    """GiB, 8 to 16,384: the database, WordPress and its uploads. Encrypted gp3, kept when the stack goes."""

    backup: bool = True
    """A daily backup of the data volume, kept for `backup_retention`."""

    backup_retention: Duration = field(default_factory=lambda: days(35))
    """1 to 3,650 days."""

    domain_names: Sequence[str] = ()
    """Names of your own for the site, the first of which visitors see; with `certificate`."""

    certificate: acm.ICertificate | None = None
    """For `domain_names`, issued in us-east-1. Default: CloudFront's own certificate and name."""

    cloudfront_prefix_list: str = ""
    """Id of CloudFront's origin-facing prefix list, in regions that the table of this package lacks."""

    alarm_topic: sns.ITopic | None = None
    """Told by the alarms, when they go off and when they are over."""

    signal_timeout: Duration = field(default_factory=lambda: minutes(15))
    """How long a deployment waits for the site to answer. A failing step is signalled at once. 5 to 60 minutes."""

    release: WordPressRelease = field(default_factory=WordPressRelease)
    """What a new, empty data volume is filled with. A site that is there updates itself."""

    log_retention: logs.RetentionDays = logs.RetentionDays.ONE_MONTH

    removal_policy: RemovalPolicy = RemovalPolicy.RETAIN
    """Of the data volume, the backups and the secrets. DESTROY takes a second key (`refarch._shared.removal`)."""

    def __post_init__(self) -> None:
        problems = Problems("LampServerProps")
        instance_type_problem(problems, "instance_type", self.instance_type)
        _names(problems, self)
        for network in self.ssh_from:
            problems.check(_is_network(network), "ssh_from", network, "IPv4 networks such as 192.0.2.0/24")
        problems.between("data_volume_gb", self.data_volume_gb, 8, 16_384, "GiB")
        _durations(problems, self)
        given = bool(self.domain_names) == (self.certificate is not None)
        problems.check(given, "domain_names", list(self.domain_names), "names together with a certificate, or neither")
        listed = self.cloudfront_prefix_list
        known = not listed or not is_known(listed) or bool(_PREFIX_LIST.fullmatch(listed))
        problems.check(known, "cloudfront_prefix_list", listed, "an id such as pl-3b927c52")
        for name, value, allowed in self.release.problems():
            problems.add(f"release.{name}", value, allowed)
        problems.raise_any()

    @property
    def architecture(self) -> str:
        """Of the instance type: `arm64` or `x86_64`."""
        return known_types()[self.instance_type]


def instance_type_problem(problems: Problems, name: str, value: str) -> None:
    """A type that Amazon Linux 2023 boots on. The a1 family is refused with its nearest successor."""
    if value.startswith("a1."):
        reason = f"Amazon Linux 2023 does not boot on a1; the nearest is {equivalent_of(value)}"
        problems.add(name, value, reason)
    elif value not in known_types():
        problems.add(name, value, "a type such as t4g.small, m7g.large (Arm) or t3.small, m7i.large (x86)")


def _names(problems: Problems, props: LampServerProps) -> None:
    for name, longest in (("database_name", 64), ("database_user", 16)):
        value = getattr(props, name)
        fits = bool(_NAME.fullmatch(value)) and len(value) <= longest
        problems.check(fits, name, value, f"1 to {longest} letters and digits, a letter first")
    mail = props.admin_email
    problems.check(bool(re.fullmatch(r"[^@\s]+@[^@\s]+", mail)), "admin_email", mail, "an e-mail address")
    problems.check("\n" not in props.site_title, "site_title", props.site_title, "one line")


def _durations(problems: Problems, props: LampServerProps) -> None:
    if (timeout := length(props.signal_timeout, MINUTE)) is not None:
        problems.between("signal_timeout", timeout, 5, 60, "minutes")
    if (kept := length(props.backup_retention, DAY)) is not None:
        problems.between("backup_retention", kept, 1, 3650, "days")


def _is_network(text: str) -> bool:
    try:
        return IPv4Network(text).prefixlen > 0
    except ValueError:
        return False
