"""The GravitonMigration stack: the same container on x86 and on Arm, and traffic that moves over by weight."""

from __future__ import annotations

from typing import Any

from aws_cdk import CfnOutput, RemovalPolicy, Stack
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_elasticloadbalancingv2 as elbv2
from aws_cdk import aws_route53 as route53
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from constructs import Construct

from refarch._shared.acknowledge import acknowledge, acknowledge_default_group_handler
from refarch._shared.durations import seconds
from refarch._shared.reads import read
from refarch._shared.removal import REMOVE_DATA_CONTEXT, removal_allowed
from refarch.compute.instance_types import known_types
from refarch.web import ContainerHost, ContainerHostProps, ListenerBackend, RecordsBackend, TrafficShift
from refarch.web.traffic_shift_props import TrafficShiftProps
from stacks.graviton_migration_parts import balancer, errors_alarm, health_alarm, target_group, weighted_record
from stacks.graviton_migration_settings import GravitonMigrationSettings
from stacks.settings import Attempts, load_settings


class GravitonMigrationStack(Stack):
    """Outputs: where to ask, and the function that is told to start."""

    def __init__(self, scope: Construct, id: str) -> None:
        super().__init__(scope, id, description="refarch: a weighted move from x86 to Arm")
        self.settings = load_settings(GravitonMigrationSettings, id, read(self, "node").get_all_context())
        attempts = self._check(Attempts(id))
        self._build_network()
        blue = attempts.make(lambda: self._host_props(self.settings.blue_type), self._plain)
        green = attempts.make(lambda: self._host_props(self.settings.green_type), self._plain)
        attempts.raise_any()
        self.blue = ContainerHost(self, "Blue", props=blue)
        self.green = ContainerHost(self, "Green", props=green)
        self.blue_targets = target_group(self, "BlueTargets", self.blue)
        self.green_targets = target_group(self, "GreenTargets", self.green)
        self.topic = sns.Topic(self, "Topic", display_name="Traffic to Graviton", enforce_ssl=True)
        if self.settings.notify_email:
            self.topic.add_subscription(subscriptions.EmailSubscription(self.settings.notify_email))
        backend = self._records() if self.settings.hosted_zone_id else self._listener()
        props = attempts.make(lambda: self._shift_props(backend), lambda: None)
        attempts.raise_any()
        self.shift = TrafficShift(self, "Shift", props=props) if props else None
        self._outputs()

    def _check(self, attempts: Attempts) -> Attempts:
        settings, known = self.settings, known_types()
        both_keys = not settings.remove_data or removal_allowed(self)
        attempts.check(both_keys, "remove_data", True, f"with -c {REMOVE_DATA_CONTEXT}=true besides")
        pair = bool(settings.hosted_zone_id) == bool(settings.record_name)
        attempts.check(pair, "record_name", settings.record_name, "with hosted_zone_id, or neither")
        for name, wanted in (("blue_type", "x86_64"), ("green_type", "arm64")):
            value = getattr(settings, name)
            attempts.check(known.get(value, wanted) == wanted, name, value, f"a type of {wanted}")
        attempts.check(settings.errors_a_minute >= 1, "errors_a_minute", settings.errors_a_minute, "1 or more")
        steps = [each.strip() for each in settings.steps.split(",")]
        attempts.check(all(each.isdigit() for each in steps), "steps", settings.steps, "numbers with commas between")
        return attempts

    def _build_network(self) -> None:
        public = ec2.SubnetConfiguration(
            name="Public", subnet_type=ec2.SubnetType.PUBLIC, cidr_mask=24, map_public_ip_on_launch=False
        )
        self.network = ec2.Vpc(self, "Network", max_azs=2, nat_gateways=0, subnet_configuration=[public])
        acknowledge(
            self.network,
            "AwsSolutions-VPC7",
            "Flow logs of a sample cost more than they tell; `network.add_flow_log` turns them on",
        )
        acknowledge_default_group_handler(self.network)

    def _plain(self) -> ContainerHostProps:
        return ContainerHostProps(vpc=self.network)

    def _host_props(self, instance_type: str) -> ContainerHostProps:
        """One function for both sides: they differ in the instance type alone."""
        settings = self.settings
        common: dict[str, Any] = {
            "vpc": self.network,
            "instance_type": instance_type,
            "count": settings.count,
            "load_balanced": True,
        }
        given: dict[str, Any] = {"image": settings.image, "command": (), "container_port": 80} if settings.image else {}
        return ContainerHostProps(**common, **given)

    def _listener(self) -> ListenerBackend:
        """One load balancer; its listener forwards by weight."""
        self.balancers = [balancer(self, "LoadBalancer", self.network, self._networks(), [self.blue, self.green])]
        forward = elbv2.ListenerAction.weighted_forward(
            [
                elbv2.WeightedTargetGroup(target_group=self.blue_targets, weight=100),
                elbv2.WeightedTargetGroup(target_group=self.green_targets, weight=0),
            ]
        )
        self.listener = self.balancers[0].listen(forward)
        self.url = f"http://{read(self.balancers[0].load_balancer, 'load_balancer_dns_name')}"
        return ListenerBackend(listener=self.listener, old=self.blue_targets, new=self.green_targets)

    def _records(self) -> RecordsBackend:
        """A load balancer for each side, and two weighted records of one name."""
        settings = self.settings
        zone = route53.HostedZone.from_hosted_zone_id(self, "Zone", settings.hosted_zone_id)
        self.balancers = []
        for name, host, group, weight in (
            ("Blue", self.blue, self.blue_targets, 100),
            ("Green", self.green, self.green_targets, 0),
        ):
            made = balancer(self, f"{name}LoadBalancer", self.network, self._networks(), [host])
            made.listen(elbv2.ListenerAction.forward([group]))
            weighted_record(self, f"{name}Record", zone, settings.record_name, made.load_balancer, name.lower(), weight)
            self.balancers.append(made)
        self.url = f"http://{settings.record_name}"
        return RecordsBackend(zone=zone, record_name=settings.record_name)

    def _networks(self) -> list[str]:
        return [part.strip() for part in self.settings.http_from.split(",") if part.strip()]

    def _shift_props(self, backend: ListenerBackend | RecordsBackend) -> TrafficShiftProps:
        settings = self.settings
        self.alarms: list[cloudwatch.Alarm] = [
            errors_alarm(self, self.green_targets, settings.errors_a_minute),
            health_alarm(self, self.green_targets),
        ]
        return TrafficShiftProps(
            backend=backend,
            alarms=self.alarms,
            steps=[int(each) for each in settings.steps.split(",")],
            bake=seconds(max(0, settings.bake_seconds)),
            missing_data=settings.missing_data,
            patience=seconds(max(0, settings.patience_seconds)),
            topic=self.topic,
            removal_policy=RemovalPolicy.DESTROY if settings.remove_data else RemovalPolicy.RETAIN,
        )

    def _outputs(self) -> None:
        outputs = {"Url": (self.url, "says which processor answered")}
        if self.shift:
            outputs["ShiftFunction"] = (
                read(self.shift.function, "function_name"),
                'aws lambda invoke: {"command": "start"}',
            )
            outputs["ShiftState"] = (read(self.shift.table, "table_name"), "where the move is")
        for name, (value, description) in outputs.items():
            CfnOutput(self, name, value=value, description=description)
