"""Props of `LampCluster`, and what can be wrong with them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_certificatemanager as acm
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_logs as logs
from aws_cdk import aws_secretsmanager as secretsmanager
from aws_cdk import aws_sns as sns

from refarch._shared.checks import Problems
from refarch._shared.durations import DAY, days, length, minutes
from refarch.compute.instance_types import known_types
from refarch.web.lamp_server_props import LampServerProps, instance_type_problem
from refarch.web.wordpress_release import WordPressRelease

AURORA, MARIADB = "aurora", "mariadb"


@dataclass(frozen=True, kw_only=True)
class LampClusterProps:
    """WordPress on several servers. Only `vpc` and `admin_email` must be given.

    Raises `InvalidPropsError` with every problem at once.
    """

    vpc: ec2.IVpc
    """Public subnets for the servers and the load balancer, isolated ones for database and files; two zones."""

    admin_email: str
    instance_type: str = "t4g.medium"
    """Its processor decides the architecture. `a1` cannot run Amazon Linux 2023."""

    min_capacity: int = 2
    """Servers that there always are, 1 or more."""

    max_capacity: int = 6
    """More than `min_capacity`: a deployment starts a new server before it ends an old one."""

    cpu_target_percent: int = 60
    """The group grows and shrinks to keep the servers' processors so busy. 10 to 90."""

    database: str = AURORA
    """`aurora` (Aurora MySQL Serverless v2) or `mariadb` (RDS for MariaDB on Graviton, in two zones)."""

    aurora_min_capacity: float = 0.5
    """Aurora capacity units, in halves. 0 pauses the database when nobody asks, and the first visitor waits."""

    aurora_max_capacity: float = 4.0
    mariadb_instance_type: str = "t4g.medium"
    """A Graviton type of RDS."""

    mariadb_storage_gb: int = 20
    """GiB at first, 20 or more; grows by itself to five times that."""

    backup_retention: Duration = field(default_factory=lambda: days(14))
    """Of the database, 1 to 35 days. Files are backed up each day by AWS Backup's default plan for EFS."""

    cache: bool = False
    """A serverless Valkey cache. A plugin of WordPress must be told of it; its address is an attribute."""

    site_title: str = "WordPress"
    database_name: str = "wordpressdb"
    database_user: str = "wordpress"
    database_secret: secretsmanager.ISecret | None = None
    """JSON with `username` and `password`. Default: a new one."""

    admin_secret: secretsmanager.ISecret | None = None
    """JSON with `username` and `password`, read at the first installation. Default: a new one for `admin`."""

    domain_names: Sequence[str] = ()
    certificate: acm.ICertificate | None = None
    """For `domain_names`, issued in us-east-1. Default: CloudFront's own certificate and name."""

    cloudfront_prefix_list: str = ""
    alarm_topic: sns.ITopic | None = None

    signal_timeout: Duration = field(default_factory=lambda: minutes(20))
    """How long a deployment waits for each server. A failing step is signalled at once. 5 to 60 minutes."""

    release: WordPressRelease = field(default_factory=WordPressRelease)
    log_retention: logs.RetentionDays = logs.RetentionDays.ONE_MONTH

    removal_policy: RemovalPolicy = RemovalPolicy.RETAIN
    """Of files, database and secrets. DESTROY takes a second key (`refarch._shared.removal`)."""

    def __post_init__(self) -> None:
        problems = Problems("LampClusterProps")
        self.check_site(problems)
        _sizes(problems, self)
        problems.one_of("database", self.database, (AURORA, MARIADB))
        instance_type_problem(problems, "mariadb_instance_type", self.mariadb_instance_type)
        arm = known_types().get(self.mariadb_instance_type, "arm64") == "arm64"
        problems.check(arm, "mariadb_instance_type", self.mariadb_instance_type, "a Graviton type such as t4g.medium")
        if (kept := length(self.backup_retention, DAY)) is not None:
            problems.between("backup_retention", kept, 1, 35, "days")
        problems.raise_any()

    def check_site(self, problems: Problems) -> None:
        """What a site on one server is asked too."""
        common = ("vpc", "admin_email", "instance_type", "site_title", "database_name", "database_user", "release")
        more = ("domain_names", "certificate", "cloudfront_prefix_list", "signal_timeout")
        try:
            LampServerProps(**{name: getattr(self, name) for name in (*common, *more)})
        except ValueError as error:
            problems.include(str(error).removeprefix("LampServerProps: "))

    @property
    def architecture(self) -> str:
        return known_types()[self.instance_type]


def _sizes(problems: Problems, props: LampClusterProps) -> None:
    problems.between("min_capacity", props.min_capacity, 1, 1000, "servers")
    more = props.max_capacity > props.min_capacity
    problems.check(more, "max_capacity", props.max_capacity, f"more than min_capacity ({props.min_capacity})")
    problems.between("cpu_target_percent", props.cpu_target_percent, 10, 90, "percent")
    problems.between("mariadb_storage_gb", props.mariadb_storage_gb, 20, 65_536, "GiB")
    low, high = props.aurora_min_capacity, props.aurora_max_capacity
    halves = low * 2 == int(low * 2) and high * 2 == int(high * 2)
    fits = halves and 0 <= low <= high and 1 <= high <= 256
    problems.check(fits, "aurora_min_capacity", (low, high), "halves from 0 to aurora_max_capacity, that from 1 to 256")
