"""The LampCluster stack: WordPress on several Arm servers, in a network of its own."""

from __future__ import annotations

from dataclasses import dataclass

from aws_cdk import CfnOutput, RemovalPolicy, Stack
from aws_cdk import aws_certificatemanager as acm
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from constructs import Construct

from refarch._shared.acknowledge import acknowledge, acknowledge_default_group_handler
from refarch._shared.durations import days
from refarch._shared.reads import read
from refarch._shared.removal import REMOVE_DATA_CONTEXT, removal_allowed
from refarch.web import LampCluster, LampClusterProps
from stacks.settings import Attempts, load_settings

_GIVEN = "The ARN of the certificate is a setting: whoever deploys elsewhere gives another one"


@dataclass(frozen=True, kw_only=True)
class LampClusterSettings:
    """Settings of the stack: `-c LampCluster.<name>=<value>`. Meaning and limits are those of `LampClusterProps`."""

    admin_email: str = "admin@example.com"
    site_title: str = "WordPress"
    instance_type: str = "t4g.medium"
    min_capacity: int = 2
    max_capacity: int = 6
    cpu_target_percent: int = 60

    database: str = "aurora"
    """`aurora` or `mariadb`."""

    aurora_min_capacity: float = 0.5
    aurora_max_capacity: float = 4.0
    mariadb_instance_type: str = "t4g.medium"
    mariadb_storage_gb: int = 20
    backup_days: int = 14
    cache: bool = False

    db_name: str = "wordpressdb"
    db_user: str = "wordpress"

    domain_names: str = ""
    """Comma-separated; with certificate_arn."""

    certificate_arn: str = ""
    """In us-east-1."""

    cloudfront_prefix_list: str = ""
    alarm_email: str = ""

    remove_data: bool = False
    """Files, database and secrets go with the stack; also takes `-c refarch:remove-data-on-destroy=true`."""


class LampClusterStack(Stack):
    """Outputs: the site's address, and where the first administrator's password is."""

    def __init__(self, scope: Construct, id: str) -> None:
        super().__init__(scope, id, description="refarch: WordPress on several Arm servers")
        self.settings = load_settings(LampClusterSettings, id, read(self, "node").get_all_context())
        attempts = Attempts(id)
        both_keys = not self.settings.remove_data or removal_allowed(self)
        attempts.check(both_keys, "remove_data", True, f"with -c {REMOVE_DATA_CONTEXT}=true besides")
        self._build_network()
        self.topic = self._build_topic()
        plain = LampClusterProps(vpc=self.network, admin_email="admin@example.com")
        props = attempts.make(self._props, lambda: plain)
        attempts.raise_any()
        self.lamp = LampCluster(self, "Lamp", props=props)
        if self.settings.certificate_arn:
            acknowledge(self.lamp.front.distribution, "Gates::HARD-CODED-PARTITION", _GIVEN)
        self._outputs()

    def _build_network(self) -> None:
        public = ec2.SubnetConfiguration(
            name="Public", subnet_type=ec2.SubnetType.PUBLIC, cidr_mask=24, map_public_ip_on_launch=False
        )
        data = ec2.SubnetConfiguration(name="Data", subnet_type=ec2.SubnetType.PRIVATE_ISOLATED, cidr_mask=24)
        self.network = ec2.Vpc(self, "Network", max_azs=2, nat_gateways=0, subnet_configuration=[public, data])
        acknowledge(
            self.network,
            "AwsSolutions-VPC7",
            "The servers log each access; flow logs cost more than they tell. `network.add_flow_log` turns them on",
        )
        acknowledge_default_group_handler(self.network)

    def _build_topic(self) -> sns.Topic | None:
        if not self.settings.alarm_email:
            return None
        topic = sns.Topic(self, "Alarms", enforce_ssl=True)
        topic.add_subscription(subscriptions.EmailSubscription(self.settings.alarm_email))
        return topic

    def _props(self) -> LampClusterProps:
        settings, arn = self.settings, self.settings.certificate_arn
        same = ("admin_email", "site_title", "instance_type", "min_capacity", "max_capacity", "cpu_target_percent")
        more = ("database", "aurora_min_capacity", "aurora_max_capacity", "mariadb_instance_type", "cache")
        last = ("mariadb_storage_gb", "cloudfront_prefix_list")
        return LampClusterProps(
            vpc=self.network,
            **{name: getattr(settings, name) for name in (*same, *more, *last)},
            backup_retention=days(max(0, settings.backup_days)),
            database_name=settings.db_name,
            database_user=settings.db_user,
            domain_names=[each.strip() for each in settings.domain_names.split(",") if each.strip()],
            certificate=acm.Certificate.from_certificate_arn(self, "Certificate", arn) if arn else None,
            alarm_topic=self.topic,
            removal_policy=RemovalPolicy.DESTROY if settings.remove_data else RemovalPolicy.RETAIN,
        )

    def _outputs(self) -> None:
        outputs = {
            "WebsiteURL": (self.lamp.url, "the site"),
            "AdminSecret": (
                read(self.lamp.admin_secret, "secret_arn"),
                "user name and password of its first administrator",
            ),
            "DatabaseHost": (self.lamp.database_host, "reached by the servers alone"),
        }
        if self.lamp.cache is not None:
            outputs["CacheHost"] = (self.lamp.cache.attr_endpoint_address, "for a plugin that caches objects; TLS")
        for name, (value, description) in outputs.items():
            CfnOutput(self, name, value=value, description=description)
