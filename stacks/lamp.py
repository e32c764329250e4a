"""The Lamp stack: WordPress on one Arm server, with the parameters and outputs of the template it comes from."""

from __future__ import annotations

from dataclasses import dataclass

from aws_cdk import CfnOutput, RemovalPolicy, Stack
from aws_cdk import aws_certificatemanager as acm
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_secretsmanager as secretsmanager
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from constructs import Construct

from refarch._shared.acknowledge import acknowledge, acknowledge_default_group_handler
from refarch._shared.durations import days
from refarch._shared.reads import read
from refarch._shared.removal import REMOVE_DATA_CONTEXT, removal_allowed
from refarch.web import LampServer, LampServerProps
from stacks.settings import Attempts, load_settings

_GIVEN = "The ARN of the certificate is a setting: whoever deploys elsewhere gives another one"


@dataclass(frozen=True, kw_only=True)
class LampSettings:
    """Settings of the stack: `-c Lamp.<name>=<value>`. Meaning and limits are those of `LampServerProps`."""

    instance_type: str = "t4g.small"
    """The original's InstanceType."""

    admin_email: str = "admin@example.com"
    site_title: str = "WordPress"

    db_name: str = "wordpressdb"
    """The original's DBName."""

    db_user: str = "wordpress"
    """The original's DBUser."""

    db_password_secret: str = ""
    """Name of an existing secret, JSON with `password`: the original's DBPassword. Default: a new one."""

    admin_secret: str = ""
    """Name of an existing secret, JSON with `username` and `password`. Default: a new one."""

    key_name: str = ""
    """The original's KeyName. Default: none; Session Manager needs none."""

    ssh_location: str = ""
    """The original's SSHLocation: networks, comma-separated. Default: nobody."""

    domain_names: str = ""
    """Comma-separated; with certificate_arn."""

    certificate_arn: str = ""
    """In us-east-1."""

    alarm_email: str = ""
    data_volume_gb: int = 20
    backup: bool = True
    backup_days: int = 35
    cloudfront_prefix_list: str = ""

    remove_data: bool = False
    """The data volume, backups and secrets go with the stack; also takes `-c refarch:remove-data-on-destroy=true`."""


class LampStack(Stack):
    """Outputs: WebsiteURL and PublicIP as in the original, and where the first administrator's password is."""

    def __init__(self, scope: Construct, id: str) -> None:
        super().__init__(scope, id, description="refarch: WordPress on one Arm server")
        self.settings = load_settings(LampSettings, id, read(self, "node").get_all_context())
        attempts = Attempts(id)
        both_keys = not self.settings.remove_data or removal_allowed(self)
        attempts.check(both_keys, "remove_data", True, f"with -c {REMOVE_DATA_CONTEXT}=true besides")
        self._build_network()
        self.topic = self._build_topic()
        plain = LampServerProps(vpc=self.network, admin_email="admin@example.com")
        props = attempts.make(self._props, lambda: plain)
        attempts.raise_any()
        self.lamp = LampServer(self, "Lamp", props=props)
        if self.settings.certificate_arn:
            acknowledge(self.lamp.distribution, "Gates::HARD-CODED-PARTITION", _GIVEN)
        self._outputs()

    def _build_network(self) -> None:
        public = ec2.SubnetConfiguration(
            name="Public", subnet_type=ec2.SubnetType.PUBLIC, cidr_mask=24, map_public_ip_on_launch=False
        )
        self.network = ec2.Vpc(self, "Network", max_azs=1, nat_gateways=0, subnet_configuration=[public])
        acknowledge(
            self.network,
            "AwsSolutions-VPC7",
            "One server in it, which logs each access; flow logs cost more than they tell",
        )
        acknowledge_default_group_handler(self.network)

    def _build_topic(self) -> sns.Topic | None:
        if not self.settings.alarm_email:
            return None
        topic = sns.Topic(self, "Alarms", enforce_ssl=True)
        topic.add_subscription(subscriptions.EmailSubscription(self.settings.alarm_email))
        return topic

    def _props(self) -> LampServerProps:
        settings = self.settings
        arn, key = settings.certificate_arn, settings.key_name
        return LampServerProps(
            vpc=self.network,
            admin_email=settings.admin_email,
            instance_type=settings.instance_type,
            site_title=settings.site_title,
            database_name=settings.db_name,
            database_user=settings.db_user,
            database_secret=self._secret("GivenDatabaseSecret", settings.db_password_secret),
            admin_secret=self._secret("GivenAdminSecret", settings.admin_secret),
            key_pair=ec2.KeyPair.from_key_pair_name(self, "Key", key) if key else None,
            ssh_from=_listed(settings.ssh_location),
            domain_names=_listed(settings.domain_names),
            certificate=acm.Certificate.from_certificate_arn(self, "Certificate", arn) if arn else None,
            alarm_topic=self.topic,
            data_volume_gb=settings.data_volume_gb,
            backup=settings.backup,
            backup_retention=days(settings.backup_days),
            cloudfront_prefix_list=settings.cloudfront_prefix_list,
            removal_policy=RemovalPolicy.DESTROY if settings.remove_data else RemovalPolicy.RETAIN,
        )

    def _secret(self, id: str, name: str) -> secretsmanager.ISecret | None:
        return secretsmanager.Secret.from_secret_name_v2(self, id, name) if name else None

    def _outputs(self) -> None:
        CfnOutput(self, "WebsiteURL", value=self.lamp.url)
        CfnOutput(self, "PublicIP", value=self.lamp.public_ip)
        CfnOutput(self, "AdminSecretArn", value=read(self.lamp.admin_secret, "secret_arn"))
        CfnOutput(self, "LogGroupName", value=read(self.lamp.log_group, "log_group_name"))


def _listed(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]
