"""One server with WordPress on Arm or x86: cheap, safe from the first minute, and its data outlive it.

Source: "Getting started with the A1 instance" (AWS Compute Blog, 2019), whose template ran a LAMP stack on Arm.
"""

from __future__ import annotations

from aws_cdk import RemovalPolicy, Size, Tags
from aws_cdk import aws_autoscaling as autoscaling
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_logs as logs
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

from refarch._shared.acknowledge import answer, every_resource
from refarch._shared.alarm_topics import notify
from refarch._shared.durations import minutes
from refarch._shared.reads import inside, read, stack_of
from refarch._shared.removal import removal_policy
from refarch.compute.spot_capacity_parts import all_metrics, amazon_linux, root_volume
from refarch.web import lamp_edge, lamp_permissions
from refarch.web.lamp_backup import Backup
from refarch.web.lamp_server_props import LampServerProps
from refarch.web.lamp_user_data import commands, setup_asset

_ROOT_DEVICE = "/dev/xvda"
_PASSWORD_LENGTH = 32
_ANSWERS = {
    "AwsSolutions-SMG4": "Made once; rotated by whoever runs the site, since WordPress keeps its own copy of what it "
    "is given",
    "Gates::EC2-PUBLIC-IP": "The way out without a NAT gateway, and the way in for CloudFront alone, by its prefix "
    "list and a secret",
    "AwsSolutions-AS3": "EventBridge carries every event of the group at no charge; alarms watch it",
    "Gates::ASG-ZONES": "The server is where its one data volume is; LampCluster is for those who need a second zone",
}
"""For its secrets, its launch template and its group."""


class LampServer(Construct):
    """An Auto Scaling group of exactly one instance, so that a dead server is replaced without anybody's help.

    It takes the stack's public address and its data volume over when it starts, installs the distribution's Apache
    httpd, PHP-FPM and MariaDB, and signals success when the site answers, or failure with the step that failed.
    Visitors come through CloudFront by HTTPS; nobody else reaches the server. Administration is by Session Manager.

    Left out: mail (WordPress's mail plugins speak with SES), more than one server (`LampCluster`).
    Attributes: every resource. `url` is the site's address, `public_ip` the server's.
    """

    def __init__(self, scope: Construct, id: str, *, props: LampServerProps) -> None:
        super().__init__(scope, id)
        inside(self, scope)
        self.props = props
        self.subnet = props.vpc.public_subnets[0]
        self._removal = removal_policy(self, props.removal_policy)
        self._build_secrets()
        self._build_address()
        self._build_volume()
        self.log_group = logs.LogGroup(self, "Log", retention=props.log_retention, removal_policy=self._removal)
        self.setup = setup_asset(self, "Setup")
        self._build_role()
        self._build_group()
        answer(self, _ANSWERS.items())
        self._build_alarms()
        self.backup = self._build_backup() if props.backup else None

    @property
    def url(self) -> str:
        """What visitors type, without a slash at the end."""
        names = self.props.domain_names
        return f"https://{names[0] if names else read(self.distribution, 'distribution_domain_name')}"

    @property
    def public_ip(self) -> str:
        return str(read(self.address, "ref"))

    def _build_secrets(self) -> None:
        props = self.props
        self.database_secret = props.database_secret or self._secret("DatabaseSecret", props.database_user)
        self.admin_secret = props.admin_secret or self._secret("AdminSecret", "admin")
        self.origin_secret = secretsmanager.Secret(
            self,
            "OriginSecret",
            description="What CloudFront shows to the web server",
            generate_secret_string=secretsmanager.SecretStringGenerator(exclude_punctuation=True),
            removal_policy=RemovalPolicy.DESTROY,
        )

    def _secret(self, id: str, username: str) -> secretsmanager.Secret:
        return secretsmanager.Secret(
            self,
            id,
            generate_secret_string=secretsmanager.SecretStringGenerator(
                secret_string_template=f'{{"username":"{username}"}}',
                generate_string_key="password",
                password_length=_PASSWORD_LENGTH,
            ),
            removal_policy=self._removal,
        )

    def _build_address(self) -> None:
        """A fixed address, and CloudFront before it."""
        props = self.props
        self.address = ec2.CfnEIP(self, "Address", domain="vpc")
        self.distribution = lamp_edge.distribution(
            self,
            "Distribution",
            origin_name=lamp_edge.public_name(self, read(self.address, "ref")),
            token=self.origin_secret,
            domain_names=props.domain_names,
            certificate=props.certificate,
        )
        self.security_group = ec2.SecurityGroup(
            self, "SecurityGroup", vpc=props.vpc, description="Web from CloudFront only; SSH only where asked for"
        )
        peer = lamp_edge.prefix_list(self, props.cloudfront_prefix_list)
        self.security_group.add_ingress_rule(peer, read(ec2.Port, "HTTP"), "CloudFront")
        for network in props.ssh_from:
            self.security_group.add_ingress_rule(ec2.Peer.ipv4(network), ec2.Port.SSH, "SSH")

    def _build_volume(self) -> None:
        self.volume = ec2.Volume(
            self,
            "Data",
            availability_zone=read(self.subnet, "availability_zone"),
            size=Size.gibibytes(self.props.data_volume_gb),
            volume_type=ec2.EbsDeviceVolumeType.GP3,
            encrypted=True,
            removal_policy=self._removal,
        )

    def _build_group(self) -> None:
        """The old instance ends before the new one starts: both want the one volume."""
        props = self.props
        self._user_data = ec2.UserData.for_linux()
        self.launch_template = ec2.LaunchTemplate(
            self,
            "Template",
            machine_image=amazon_linux(props.architecture),
            instance_type=ec2.InstanceType(props.instance_type),
            role=self.role,
            security_group=self.security_group,
            key_pair=props.key_pair,
            associate_public_ip_address=True,
            require_imdsv2=True,
            detailed_monitoring=False,
            user_data=self._user_data,
            block_devices=[ec2.BlockDevice(device_name=_ROOT_DEVICE, volume=root_volume(16))],
        )
        self.group = autoscaling.AutoScalingGroup(
            self,
            "Server",
            vpc=props.vpc,
            vpc_subnets=ec2.SubnetSelection(subnets=[self.subnet]),
            launch_template=self.launch_template,
            min_capacity=1,
            max_capacity=1,
            signals=autoscaling.Signals.wait_for_count(1, timeout=props.signal_timeout),
            update_policy=autoscaling.UpdatePolicy.rolling_update(
                min_instances_in_service=0, max_batch_size=1, pause_time=props.signal_timeout
            ),
            health_checks=autoscaling.HealthChecks.ec2(grace_period=minutes(10)),
            group_metrics=[all_metrics()],
        )
        Tags.of(self.group).add(lamp_permissions.SERVER_TAG, read(self, "node.addr"))
        self.group.node.add_dependency(self.role)  # its first call needs the permissions
        self._fill_user_data()

    def _fill_user_data(self) -> None:
        """After the group is there: the script names it."""
        name: str = read(self.group, "node.default_child").logical_id
        self._user_data.add_commands(*commands(self, self.setup, name, self._settings(name)))

    def _settings(self, resource: str) -> dict[str, object]:
        props, release = self.props, self.props.release
        site = {
            "site_url": self.url,
            "site_title": props.site_title,
            "admin_email": props.admin_email,
            "database_name": props.database_name,
            "database_user": props.database_user,
            "database_secret": read(self.database_secret, "secret_arn"),
            "admin_secret": read(self.admin_secret, "secret_arn"),
            "origin_secret": read(self.origin_secret, "secret_arn"),
            "wordpress_url": release.wordpress_url,
            "wordpress_sha256": release.wordpress_sha256,
            "wp_cli_url": release.wp_cli_url,
            "wp_cli_sha256": release.wp_cli_sha256,
        }
        machine = {
            "stack": read(stack_of(self), "stack_name"),
            "resource": resource,
            "log_group": read(self.log_group, "log_group_name"),
            "volume_id": read(self.volume, "volume_id"),
            "allocation_id": read(self.address, "attr_allocation_id"),
        }
        return {"site": site, "machine": machine}

    def _build_role(self) -> None:
        secrets = [self.database_secret, self.admin_secret, self.origin_secret]
        ids = (read(self.volume, "volume_id"), read(self.address, "attr_allocation_id"), read(self, "node.addr"))
        statements = [
            *lamp_permissions.setup(self.setup, secrets),
            lamp_permissions.reports(self.log_group),
            *lamp_permissions.volume_and_address(self, *ids),
        ]
        volumes = every_resource(lamp_permissions.NO_RESOURCES)
        self.role = lamp_permissions.server_role(self, "Role", statements, secrets, volumes)

    def _build_alarms(self) -> None:
        """The server is away for longer than its replacement takes; its burst of processor time is used up."""
        name = {"AutoScalingGroupName": read(self.group, "auto_scaling_group_name")}
        running = cloudwatch.Metric(
            namespace="AWS/AutoScaling", metric_name="GroupInServiceInstances", dimensions_map=name, statistic="min"
        )
        busy = cloudwatch.Metric(namespace="AWS/EC2", metric_name="CPUUtilization", dimensions_map=name)
        below = cloudwatch.ComparisonOperator.LESS_THAN_THRESHOLD
        self.away_alarm = running.create_alarm(
            self,
            "Away",
            threshold=1,
            evaluation_periods=4,
            comparison_operator=below,
            treat_missing_data=cloudwatch.TreatMissingData.BREACHING,
        )
        self.busy_alarm = busy.create_alarm(self, "Busy", threshold=80, evaluation_periods=6)
        notify((self.away_alarm, self.busy_alarm), self.props.alarm_topic, when_over=True)

    def _build_backup(self) -> Backup:
        return Backup(
            self, "Backup", volume=self.volume, retention=self.props.backup_retention, removal_policy=self._removal
        )
