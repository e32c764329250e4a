"""WordPress on several servers: what `LampServer` grows into.

Source: "Getting started with the A1 instance" (AWS Compute Blog, 2019), whose template stopped at one server.
"""

from __future__ import annotations

from collections.abc import Sequence

from aws_cdk import RemovalPolicy
from aws_cdk import aws_autoscaling as autoscaling
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_efs as efs
from aws_cdk import aws_elasticache as elasticache
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs
from aws_cdk import aws_rds as rds
from aws_cdk import aws_s3_assets as assets
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

from refarch._shared.acknowledge import acknowledge, answer
from refarch._shared.durations import minutes
from refarch._shared.reads import inside, read, stack_of
from refarch._shared.removal import removal_policy
from refarch.compute.spot_capacity_parts import all_metrics, amazon_linux, root_volume
from refarch.web import lamp_cluster_storage as storage
from refarch.web import lamp_permissions
from refarch.web.lamp_cluster_alarms import site_alarms
from refarch.web.lamp_cluster_front import ClusterFront
from refarch.web.lamp_cluster_props import LampClusterProps
from refarch.web.lamp_cluster_user_data import DATA_FOLDER, add_user_data
from refarch.web.lamp_user_data import setup_asset

_VALKEY = ec2.Port.tcp_range(6379, 6380)  # writers, and readers of a serverless cache


class LampCluster(Construct):
    """Servers on Graviton that share files and a database, and come and go without a visitor noticing.

    ::

        CloudFront --> load balancer --> group of servers (one set-up at a time) --> database (Aurora or MariaDB)
                                                   |                            --> files (EFS): site, uploads, salts
                                                   + secrets, by role           --> cache (Valkey), where asked for

    Servers hold nothing: a new one mounts the files, waits for the lock, finds the site or installs it, and signals
    when it answers. A deployment replaces them one by one, and stops at the first that fails.

    It leaves out: a network of its own, mail, and a plugin that uses the cache.
    """

    file_system: efs.FileSystem
    database: rds.DatabaseCluster | rds.DatabaseInstance
    database_secret: secretsmanager.ISecret
    admin_secret: secretsmanager.ISecret
    origin_secret: secretsmanager.Secret
    cache: elasticache.CfnServerlessCache | None
    front: ClusterFront
    group: autoscaling.AutoScalingGroup
    launch_template: ec2.LaunchTemplate
    security_group: ec2.SecurityGroup
    role: iam.Role
    setup: assets.Asset
    log_group: logs.LogGroup
    alarms: Sequence[cloudwatch.Alarm]

    def __init__(self, scope: Construct, id: str, *, props: LampClusterProps) -> None:
        super().__init__(scope, id)
        inside(self, scope)
        self.props = props
        self._removal = removal_policy(self, props.removal_policy)
        self._build_secrets()
        self.security_group = ec2.SecurityGroup(self, "SecurityGroup", vpc=props.vpc, description="Servers of the site")
        self._build_storage()
        self.front = ClusterFront(self, "Front", props=props, token=self.origin_secret)
        self.security_group.add_ingress_rule(self.front.security_group, read(ec2.Port, "HTTP"), "Load balancer")
        self.front.security_group.add_egress_rule(self.security_group, read(ec2.Port, "HTTP"), "Servers")
        self.log_group = logs.LogGroup(self, "Log", retention=props.log_retention, removal_policy=self._removal)
        self._build_role()
        self._build_group()
        self._fill_user_data()
        self.alarms = site_alarms(self, self.front, props.alarm_topic)

    @property
    def url(self) -> str:
        """What visitors type, without a slash at the end."""
        names = self.props.domain_names
        return f"https://{names[0] if names else read(self.front.distribution, 'distribution_domain_name')}"

    @property
    def database_host(self) -> str:
        several = isinstance(self.database, rds.DatabaseCluster)
        return str(read(self.database, "cluster_endpoint.hostname" if several else "db_instance_endpoint_address"))

    def _build_secrets(self) -> None:
        props = self.props
        self.database_secret = props.database_secret or storage.secret(
            self, "DatabaseSecret", props.database_user, self._removal
        )
        self.admin_secret = props.admin_secret or storage.secret(self, "AdminSecret", "admin", self._removal)
        self.origin_secret = secretsmanager.Secret(
            self,
            "OriginSecret",
            description="What CloudFront shows to the load balancer",
            generate_secret_string=secretsmanager.SecretStringGenerator(exclude_punctuation=True),
            removal_policy=RemovalPolicy.DESTROY,
        )
        acknowledge(
            self.origin_secret,
            "AwsSolutions-SMG4",
            "CloudFront and the listener take it from the template: both follow a deployment, not a rotation",
        )

    def _build_storage(self) -> None:
        props = self.props
        self.file_system = storage.files(self, "Files", props.vpc, self._removal)
        self.file_system.connections.allow_default_port_from(self.security_group, "Servers")
        credentials = rds.Credentials.from_secret(self.database_secret, props.database_user)
        self.database = storage.database(self, "Database", props, credentials, self._removal)
        self.database.connections.allow_default_port_from(self.security_group, "Servers")
        self.cache = None
        if props.cache:
            reach = ec2.SecurityGroup(
                self, "CacheSecurityGroup", vpc=props.vpc, description="Servers only", allow_all_outbound=False
            )
            reach.add_ingress_rule(self.security_group, _VALKEY, "Servers")
            self.cache = storage.cache(self, "Cache", props.vpc, reach)

    def _build_role(self) -> None:
        self.setup = setup_asset(self, "Setup")
        secrets = [self.database_secret, self.admin_secret]
        statements = [
            *lamp_permissions.setup(self.setup, secrets),
            lamp_permissions.reports(self.log_group),
            storage.mount(self.file_system),
        ]
        self.role = lamp_permissions.server_role(self, "Role", statements, secrets)

    def _build_group(self) -> None:
        props = self.props
        self._user_data = ec2.UserData.for_linux()
        self.launch_template = ec2.LaunchTemplate(
            self,
            "Template",
            machine_image=amazon_linux(props.architecture),
            instance_type=ec2.InstanceType(props.instance_type),
            role=self.role,
            security_group=self.security_group,
            associate_public_ip_address=True,
            require_imdsv2=True,
            detailed_monitoring=False,
            user_data=self._user_data,
            block_devices=[ec2.BlockDevice(device_name="/dev/xvda", volume=root_volume(16))],
        )
        self.group = autoscaling.AutoScalingGroup(
            self,
            "Servers",
            vpc=props.vpc,
            vpc_subnets=ec2.SubnetSelection(subnet_type=ec2.SubnetType.PUBLIC),
            launch_template=self.launch_template,
            min_capacity=props.min_capacity,
            max_capacity=props.max_capacity,
            signals=autoscaling.Signals.wait_for_min_capacity(timeout=props.signal_timeout),
            update_policy=autoscaling.UpdatePolicy.rolling_update(
                min_instances_in_service=props.min_capacity,
                max_batch_size=1,
                pause_time=props.signal_timeout,
                wait_on_resource_signals=True,
                suspend_processes=[
                    autoscaling.ScalingProcess.AZ_REBALANCE,
                    autoscaling.ScalingProcess.SCHEDULED_ACTIONS,
                    autoscaling.ScalingProcess.ALARM_NOTIFICATION,
                ],
            ),
            health_checks=autoscaling.HealthChecks.with_additional_checks(
                additional_types=[autoscaling.AdditionalHealthCheckType.ELB], grace_period=props.signal_timeout
            ),
            group_metrics=[all_metrics()],
        )
        self.group.attach_to_application_target_group(self.front.target_group)
        self.group.scale_on_cpu_utilization(
            "Busy", target_utilization_percent=props.cpu_target_percent, estimated_instance_warmup=minutes(5)
        )
        needed = (self.role, self.database, self.file_system.mount_targets_available)
        read(self.group, "node").add_dependency(*needed)
        self._answer_findings()

    def _answer_findings(self) -> None:
        """Of the group and its launch template: there is one of each."""
        answers = {
            "AwsSolutions-AS3": "EventBridge carries every event of the group at no charge; alarms watch it",
            "Gates::EC2-PUBLIC-IP": "The way out without a NAT gateway; inwards only the load balancer, by its "
            "security group",
        }
        answer(self, answers.items())

    def _fill_user_data(self) -> None:
        """After the group is there: the script names it."""
        name: str = read(self.group, "node.default_child").logical_id
        add_user_data(
            self,
            self._user_data,
            asset=self.setup,
            resource=name,
            files=self.file_system.file_system_id,
            settings=self._settings(name),
        )

    def _settings(self, resource: str) -> dict[str, object]:
        """Without the origin's secret: the listener asks for it, so that health checks need none."""
        props, release = self.props, self.props.release
        site = {
            "site_url": self.url,
            "site_title": props.site_title,
            "admin_email": props.admin_email,
            "database_name": props.database_name,
            "database_user": props.database_user,
            "database_host": self.database_host,
            "database_secret": read(self.database_secret, "secret_arn"),
            "admin_secret": read(self.admin_secret, "secret_arn"),
            "data_folder": DATA_FOLDER,
            "wordpress_url": release.wordpress_url,
            "wordpress_sha256": release.wordpress_sha256,
            "wp_cli_url": release.wp_cli_url,
            "wp_cli_sha256": release.wp_cli_sha256,
        }
        machine = {
            "stack": read(stack_of(self), "stack_name"),
            "resource": resource,
            "log_group": read(self.log_group, "log_group_name"),
        }
        return {"site": site, "machine": machine}
