"""The EcsSpot stack: a cluster on Spot with a sample service, and everything that keeps it serving."""

from __future__ import annotations

from aws_cdk import CfnOutput, Duration, RemovalPolicy, Stack, Tags
from aws_cdk import aws_certificatemanager as acm
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_logs as logs
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from constructs import Construct

from refarch._shared.acknowledge import acknowledge, acknowledge_default_group_handler
from refarch._shared.durations import days, seconds
from refarch._shared.reads import read
from refarch._shared.removal import REMOVE_DATA_CONTEXT, removal_allowed
from refarch.compute import (
    InterruptionDashboard,
    InterruptionDashboardProps,
    InterruptionExperiment,
    InterruptionExperimentProps,
    InterruptionResponder,
    InterruptionResponderProps,
    SpotCapacityProps,
)
from refarch.containers import HelloService, HelloServiceProps, ManagedInstances, SpotCluster, SpotClusterProps
from stacks.ecs_spot_settings import EcsSpotSettings
from stacks.settings import Attempts, load_settings

EXPERIMENT_TAG = "refarch:interruptible"
_GIVEN = "The ARN of the certificate is a setting: whoever deploys elsewhere gives another one"
_RETENTION = {
    1: logs.RetentionDays.ONE_DAY,
    7: logs.RetentionDays.ONE_WEEK,
    30: logs.RetentionDays.ONE_MONTH,
    365: logs.RetentionDays.ONE_YEAR,
}


class EcsSpotStack(Stack):
    """Outputs: those of the two originals under their names, and what they had no name for."""

    def __init__(self, scope: Construct, id: str) -> None:
        super().__init__(scope, id, description="refarch: an ECS cluster on Spot that keeps serving")
        self.settings = load_settings(EcsSpotSettings, id, read(self, "node").get_all_context())
        self._name = id
        attempts = self._check(Attempts(id))
        self._build_network()
        self.cluster = SpotCluster(self, "Cluster", props=self._cluster_props(attempts))
        Tags.of(self.cluster.spot.group).add(EXPERIMENT_TAG, id)
        hello = attempts.make(self._hello_props, lambda: HelloServiceProps(cluster=self.cluster))
        attempts.raise_any()
        self.hello = HelloService(self, "Hello", props=hello)
        if self.settings.certificate_arn:
            acknowledge(self.hello.listener, "Gates::HARD-CODED-PARTITION", _GIVEN)
        self._build_responder()
        self._build_observation()
        self._outputs()

    def _check(self, attempts: Attempts) -> Attempts:
        """The settings that are this stack's own; all others are their constructs' to judge."""
        settings, kept = self.settings, self.settings.log_retention_days
        both_keys = not settings.remove_data or removal_allowed(self)
        attempts.check(both_keys, "remove_data", True, f"with -c {REMOVE_DATA_CONTEXT}=true besides")
        attempts.check(settings.zones >= 2, "zones", settings.zones, "2 or more: one zone is one market")
        attempts.check(settings.nat_gateways >= 0, "nat_gateways", settings.nat_gateways, "0 or more")
        attempts.check(kept in _RETENTION, "log_retention_days", kept, "1, 7, 30 or 365")
        self._removal = RemovalPolicy.DESTROY if settings.remove_data else RemovalPolicy.RETAIN
        self._retention = _RETENTION.get(kept, logs.RetentionDays.ONE_WEEK)
        return attempts

    def _build_network(self) -> None:
        """At least two zones, so that everything else can be checked too where the settings ask for less."""
        settings = self.settings
        public = ec2.SubnetConfiguration(
            name="Public", subnet_type=ec2.SubnetType.PUBLIC, cidr_mask=24, map_public_ip_on_launch=False
        )
        private = ec2.SubnetConfiguration(name="Private", subnet_type=ec2.SubnetType.PRIVATE_WITH_EGRESS, cidr_mask=24)
        self.network = ec2.Vpc(
            self,
            "Network",
            max_azs=max(2, settings.zones),
            nat_gateways=max(0, settings.nat_gateways),
            subnet_configuration=[public, private] if settings.nat_gateways > 0 else [public],
        )
        acknowledge(
            self.network,
            "AwsSolutions-VPC7",
            "Flow logs of a sample cost more than they tell; `network.add_flow_log` turns them on",
        )
        acknowledge_default_group_handler(self.network)

    def _cluster_props(self, attempts: Attempts) -> SpotClusterProps:
        settings = self.settings
        spot = attempts.make(self._spot_props, lambda: SpotCapacityProps(vpc=self.network, public_ip=True))
        return attempts.make(
            lambda: SpotClusterProps(
                spot=spot,
                on_demand_base=settings.on_demand_base,
                on_demand_weight=settings.on_demand_weight,
                spot_weight=settings.spot_weight,
                target_capacity_percent=settings.target_capacity_percent,
                container_stop_timeout=_seconds(settings.stop_timeout),
                managed_termination_protection=settings.termination_protection,
                fargate=settings.fargate,
                managed_instances=ManagedInstances() if settings.managed_instances else None,
                eni_trunking=settings.eni_trunking,
                instance_logs=settings.instance_logs,
                instance_log_retention=self._retention,
                removal_policy=self._removal,
            ),
            lambda: SpotClusterProps(spot=spot),
        )

    def _spot_props(self) -> SpotCapacityProps:
        settings, key = self.settings, self.settings.key_name
        lifetime = settings.max_instance_lifetime_days
        return SpotCapacityProps(
            vpc=self.network,
            instance_types=_listed(settings.instance_types),
            architecture=settings.architecture,
            min_capacity=settings.target_capacity,
            max_capacity=settings.max_capacity,
            public_ip=settings.nat_gateways <= 0,
            key_pair=ec2.KeyPair.from_key_pair_name(self, "Key", key) if key else None,
            ssh_from=_listed(settings.ssh_from),
            max_instance_lifetime=days(lifetime) if lifetime > 0 else None,
        )

    def _hello_props(self) -> HelloServiceProps:
        settings, arn = self.settings, self.settings.certificate_arn
        return HelloServiceProps(
            cluster=self.cluster,
            desired_count=settings.desired_count,
            allow_from=_listed(settings.http_from),
            certificate=acm.Certificate.from_certificate_arn(self, "Certificate", arn) if arn else None,
            deregistration_delay=_seconds(settings.deregistration_delay),
            stop_timeout=_seconds(settings.stop_timeout),
            log_retention=self._retention,
            removal_policy=self._removal,
        )

    def _build_responder(self) -> None:
        self.topic = sns.Topic(self, "Topic", display_name="Interruptions of instances", enforce_ssl=True)
        if self.settings.notify_email:
            self.topic.add_subscription(subscriptions.EmailSubscription(self.settings.notify_email))
        self.responder = InterruptionResponder(
            self,
            "Responder",
            props=InterruptionResponderProps(
                clusters=[self.cluster.cluster],
                drain_budget=self.hello.drain_budget,
                topic=self.topic,
                alarm_topic=self.topic,
                scheduled_events=self.settings.scheduled_events,
                tracing=self.settings.tracing,
                removal_policy=self._removal,
            ),
        )

    def _build_observation(self) -> None:
        target = {EXPERIMENT_TAG: self._name}
        experiment = InterruptionExperimentProps(target_tags=target, stop_alarms=self.hello.alarms)
        wanted = self.settings.experiment
        self.experiment = InterruptionExperiment(self, "Experiment", props=experiment) if wanted else None
        self.dashboard = InterruptionDashboard(
            self,
            "Dashboard",
            props=InterruptionDashboardProps(
                responder=self.responder,
                auto_scaling_groups=[self.cluster.spot.group, self.cluster.on_demand.group],
                further_widgets=self.hello.widgets(),
            ),
        )

    def _outputs(self) -> None:
        cluster, hello, responder = self.cluster, self.hello, self.responder
        subnets, region = read(self.network, "public_subnets"), read(self, "region")
        outputs = {
            "awsRegionName": (region, ""),
            "awsRegionId": (region, "the other original's name for it"),
            "ecsClusterName": (read(cluster.cluster, "cluster_name"), ""),
            "snsTopic": (read(self.topic, "topic_arn"), ""),
            "spotFleetRequestId": (
                read(cluster.spot.group, "auto_scaling_group_name"),
                "the Auto Scaling group that stands where the Spot Fleet stood",
            ),
            "onDemandGroup": (read(cluster.on_demand.group, "auto_scaling_group_name"), ""),
            "cloudWatchLogsGroupName": (read(cluster.log_group or hello.log_group, "log_group_name"), ""),
            "loadBalancer": (hello.url, "hello from an instance"),
            "loadBalancerTargetGroup": (hello.target_group.target_group_arn, ""),
            "publicSubnet1": (subnets[0].subnet_id, ""),
            "publicSubnet2": (subnets[1].subnet_id, ""),
            "interruptionLog": (read(responder.interruption_log, "table_name"), ""),
            "dashboard": (self.dashboard.dashboard.dashboard_name, ""),
        }
        if self.experiment is not None:
            outputs["experimentTemplateId"] = (self.experiment.template_id, "for aws fis start-experiment")
        for name, (value, description) in outputs.items():
            CfnOutput(self, name, value=value, description=description or None)


def _listed(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def _seconds(number: int) -> Duration:
    """A duration of less than nothing is none that the CDK can hold: 0, which no construct takes, stands for it."""
    return seconds(max(0, number))
