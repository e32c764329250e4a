"""One of the two origins: an address that stays, and a group of exactly one instance that takes it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from aws_cdk import Aws, Tags
from aws_cdk import aws_autoscaling as autoscaling
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_logs as logs
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_s3_assets as assets
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

from refarch._shared.acknowledge import answer
from refarch._shared.durations import in_seconds, minutes
from refarch._shared.reads import inside, objects_arn, read, stack_of
from refarch._shared.written_role import Statement
from refarch.compute.spot_capacity_parts import all_metrics, instance_type, root_volume
from refarch.streaming import instance_program as program
from refarch.streaming import log_shipping
from refarch.streaming.live_origin_direct import DirectOrigin
from refarch.streaming.live_origin_ingest import EncryptedIngest
from refarch.streaming.live_origin_props import LiveOriginProps
from refarch.streaming.vod_program import debian
from refarch.web.lamp_edge import public_name

KEYS_FILE = f"{program.FOLDER}/publish-keys.json"
_ROOT_DEVICE = "/dev/xvda"  # of Debian's images too
_UPLOADS = "Names of recordings are made of the stream and its start: the wildcard ends at the folder of recordings"

_ANSWERS = {
    "AwsSolutions-AS3": "EventBridge carries every event of the group at no charge; alarms watch it",
    "AwsSolutions-EC26": "cdk-nag cannot follow the reference to the launch template, whose one volume is encrypted",
    "Gates::ASG-ZONES": "An address and a place for one instance; the other origin is in another zone, and serves "
    "alone meanwhile",
    "Gates::EC2-PUBLIC-IP": "Encoders publish to it from outside: RTMP from their networks alone, HTTP from edges by "
    "security group",
}


class OriginMember(Construct):
    """`primary` or `backup` of a `LiveOrigin`. Attributes: every resource."""

    def __init__(self, scope: Construct, id: str, *, props: LiveOriginProps, name: str, subnet: ec2.ISubnet) -> None:
        super().__init__(scope, id)
        inside(self, scope)
        self.props, self.name, self.subnet = props, name, subnet
        self.address = ec2.CfnEIP(self, "Address", domain="vpc")
        self.host = public_name(scope, read(self.address, "ref"))
        """Its DNS name: from inside the VPC it leads to the private address, from outside to `address`."""
        self.role = program.instance_role(self, "Role")
        self.launch_template: ec2.LaunchTemplate
        self.group: autoscaling.AutoScalingGroup

    def allow(
        self,
        asset: assets.Asset,
        log_group: logs.ILogGroup,
        bucket: s3.IBucket,
        secrets: Sequence[secretsmanager.ISecret],
    ) -> None:
        """Everything that its instances may do, before there is one."""
        upload = Statement(
            sid="UploadRecordings",
            actions=["s3:PutObject", "s3:AbortMultipartUpload"],
            resources=[objects_arn(bucket, "recordings/*")],
            why=_UPLOADS,
        )
        address = program.take_address(self, read(self.address, "attr_allocation_id"), read(self, "node.addr"))
        statements = [log_shipping.ship(self, log_group, f"origin/{self.name}"), *address, upload]
        program.allow(self.role, statements, asset, secrets, session_manager=self.props.session_manager)

    def build(self, security_group: ec2.ISecurityGroup, asset: assets.Asset, log_group: logs.ILogGroup) -> None:
        """The group, without its user data: that names the group and the other origin."""
        props = self.props
        self._user_data = ec2.UserData.for_linux()
        self.launch_template = ec2.LaunchTemplate(
            self,
            "Template",
            machine_image=props.machine_image or debian(props.architecture),
            role=self.role,
            security_group=security_group,
            key_pair=props.key_pair,
            # The way to Debian's packages until the instance has its own address.
            associate_public_ip_address=True,
            require_imdsv2=True,
            http_put_response_hop_limit=1,
            detailed_monitoring=False,
            user_data=self._user_data,
            block_devices=[ec2.BlockDevice(device_name=_ROOT_DEVICE, volume=root_volume(props.root_volume_gb))],
        )
        self.group = autoscaling.AutoScalingGroup(self, "Group", **self._group_arguments())
        Tags.of(self.group).add(program.OWN_TAG, read(self, "node.addr"))
        self.group.node.add_dependency(self.role)  # its first call needs the permissions
        self.schedules = [
            self.group.scale_on_schedule(
                each.id,
                schedule=each.schedule,
                time_zone=each.time_zone,
                min_capacity=each.min_capacity,
                max_capacity=each.max_capacity,
                desired_capacity=each.desired_capacity,
            )
            for each in props.schedules
        ]
        self._answer_findings()
        self._asset, self._logs = asset, log_shipping.plan(log_group, f"origin/{self.name}")

    def _group_arguments(self) -> dict[str, Any]:
        """The old instance ends before the new one starts, which takes the address; the other origin serves."""
        timeout = self.props.signal_timeout
        return {
            "vpc": self.props.vpc,
            "vpc_subnets": ec2.SubnetSelection(subnets=[self.subnet]),
            "mixed_instances_policy": self._mixed(),
            "min_capacity": 1,
            "max_capacity": 1,
            "signals": autoscaling.Signals.wait_for_count(1, timeout=timeout),
            "update_policy": autoscaling.UpdatePolicy.rolling_update(
                min_instances_in_service=0, max_batch_size=1, pause_time=timeout
            ),
            "health_checks": autoscaling.HealthChecks.ec2(grace_period=minutes(10)),
            "group_metrics": [all_metrics()],
        }

    def _mixed(self) -> autoscaling.MixedInstancesPolicy:
        overrides = [
            autoscaling.LaunchTemplateOverrides(instance_type=instance_type(name)) for name in self.props.chosen_types
        ]
        return autoscaling.MixedInstancesPolicy(
            launch_template=self.launch_template,
            launch_template_overrides=overrides,
            instances_distribution=autoscaling.InstancesDistribution(
                on_demand_allocation_strategy=autoscaling.OnDemandAllocationStrategy.PRIORITIZED,
                on_demand_base_capacity=0,
                on_demand_percentage_above_base_capacity=100 if self.props.capacity == "on-demand" else 0,
                spot_allocation_strategy=autoscaling.SpotAllocationStrategy.PRICE_CAPACITY_OPTIMIZED,
            ),
        )

    def start_with(
        self,
        peer_host: str,
        keys: secretsmanager.ISecret,
        bucket: s3.IBucket,
        further: Sequence[DirectOrigin | EncryptedIngest],
    ) -> None:
        """User data, once everything that it names is there."""
        plan = self._plan(peer_host, keys, bucket)
        for part in further:
            if isinstance(part, DirectOrigin):
                self.launch_template.add_security_group(part.security_group)
            plan["settings"] |= part.settings
            plan["secrets"] += part.secret_files
        script = program.commands(
            self, self._asset, plan, session_manager=self.props.session_manager, own_image=self.props.machine_image
        )
        self._user_data.add_commands(*script)

    def _plan(self, peer_host: str, keys: secretsmanager.ISecret, bucket: s3.IBucket) -> dict[str, Any]:
        settings = {
            **self.props.origin_settings,
            "name": self.name,
            "peer_url": f"http://{peer_host}:80",
            "peer_sources": [read(each, "ipv4_cidr_block") for each in read(self.props.vpc, "public_subnets")[:2]],
            "publish_keys_file": KEYS_FILE,
        }
        made = program.plan(self, "origin", settings)
        uploader = stack_of(self).to_json_string({"ingest_bucket": read(bucket, "bucket_name")})
        return {
            **made,
            **self._logs,
            "secrets": [{"file": KEYS_FILE, "secret": read(keys, "secret_arn"), "form": "publish_keys"}],
            "refresh_seconds": in_seconds(self.props.secrets_refresh),
            "allocation_id": read(self.address, "attr_allocation_id"),
            "units": [*made["units"], program.UPLOADER_UNIT],
            "services": [*made["services"], "refarch-vod-uploader.service"],
            "files": {
                "/etc/refarch-vod/environment": f"AWS_DEFAULT_REGION={read(Aws, 'REGION')}\n",
                "/etc/refarch-vod/uploader.json": uploader,
            },
            "health": "http://127.0.0.1:80/healthz",
            "stack": read(Aws, "STACK_NAME"),
            "resource": read(self.group, "node.default_child").logical_id,
        }

    def _answer_findings(self) -> None:
        """Of the group and its launch template: there is one of each."""
        answer(self, _ANSWERS.items())
