"""The ImmersiveStreaming stack: live and on-demand streams, spherical ones too, from encoder to player."""

from __future__ import annotations

from aws_cdk import CfnOutput, Duration, RemovalPolicy, Stack
from aws_cdk import aws_autoscaling as autoscaling
from aws_cdk import aws_certificatemanager as acm
from aws_cdk import aws_cloudfront as cloudfront
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_logs as logs
from aws_cdk import aws_secretsmanager as secretsmanager
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from constructs import Construct

from refarch._shared.acknowledge import acknowledge, acknowledge_default_group_handler
from refarch._shared.reads import read
from refarch._shared.removal import REMOVE_DATA_CONTEXT, removal_allowed
from refarch.compute import (
    InterruptionDashboard,
    InterruptionDashboardProps,
    InterruptionResponder,
    InterruptionResponderProps,
)
from refarch.streaming import (
    DirectDelivery,
    EdgeCache,
    EdgeCacheProps,
    LiveOrigin,
    LiveOriginProps,
    Player,
    PlayerProps,
    Rtmps,
    Srt,
    TestSource,
    TestSourceProps,
    VodTranscoder,
    VodTranscoderProps,
)
from stacks.immersive_streaming_outputs import outputs
from stacks.immersive_streaming_settings import (
    RETENTION,
    ImmersiveStreamingSettings,
    agent,
    check_times,
    listed,
    schedules,
)
from stacks.immersive_streaming_widgets import widgets
from stacks.settings import Attempts, load_settings

_GIVEN = "The ARN is a setting: whoever deploys elsewhere gives another one"


class ImmersiveStreamingStack(Stack):
    """Outputs: the original's under their names, as far as there is something that they could name."""

    def __init__(self, scope: Construct, id: str) -> None:
        super().__init__(scope, id, description="refarch: live and on-demand immersive streaming")
        self.settings = load_settings(ImmersiveStreamingSettings, id, read(self, "node").get_all_context())
        attempts = self._check(Attempts(id))
        self._signing_secret = self._secret("GivenSigningSecret", self.settings.signing_secret)
        self._agent = attempts.make(lambda: agent(self.settings), lambda: False)
        self._build_network()
        self._build_topic()
        self.log_group = logs.LogGroup(self, "Logs", retention=self._retention, removal_policy=self._removal)
        vod = attempts.make(self._vod_props, lambda: VodTranscoderProps(vpc=self.network, public_ip=True))
        self.vod = VodTranscoder(self, "Vod", props=vod) if self.settings.transcoding else None
        live = attempts.make(self._origin_props, lambda: LiveOriginProps(vpc=self.network))
        self.origin = LiveOrigin(self, "Origin", props=live)
        edge = attempts.make(self._edge_props, lambda: EdgeCacheProps(vpc=self.network, origin=self.origin))
        made = attempts.make(lambda: EdgeCache(self, "Edge", props=edge), lambda: None)
        attempts.raise_any()
        assert made is not None
        self.edge = made
        self.source = TestSource(self, "TestSource", props=self._source_props()) if self.settings.test_source else None
        self.player = Player(self, "Player", props=self._player_props()) if self.settings.player else None
        self._build_observation()
        self._outputs()

    def _check(self, attempts: Attempts) -> Attempts:
        """The settings that are this stack's own; all others are their constructs' to judge."""
        both_keys = not self.settings.remove_data or removal_allowed(self)
        attempts.check(both_keys, "remove_data", True, f"with -c {REMOVE_DATA_CONTEXT}=true besides")
        check_times(self.settings, attempts)
        waits = self.settings.low_latency or not self.settings.part_ms
        attempts.check(waits, "part_ms", self.settings.part_ms, "0 without low_latency, with which requests wait")
        kept = self.settings.log_retention_days
        attempts.check(kept in RETENTION, "log_retention_days", kept, "1, 7, 30 or 365")
        self._retention = RETENTION.get(kept, logs.RetentionDays.ONE_WEEK)
        given = self.settings.srt_passphrase_secret
        attempts.check(self.settings.srt or not given, "srt_passphrase_secret", given, "with srt=true")
        self._removal = RemovalPolicy.DESTROY if self.settings.remove_data else RemovalPolicy.RETAIN
        return attempts

    def _build_network(self) -> None:
        public = ec2.SubnetConfiguration(
            name="Public", subnet_type=ec2.SubnetType.PUBLIC, cidr_mask=24, map_public_ip_on_launch=False
        )
        self.network = ec2.Vpc(self, "Network", max_azs=2, nat_gateways=0, subnet_configuration=[public])
        acknowledge(
            self.network,
            "AwsSolutions-VPC7",
            "Origins and edges log each request; flow logs of video would cost more than they tell",
        )
        acknowledge_default_group_handler(self.network)

    def _build_topic(self) -> None:
        self.topic = sns.Topic(self, "Topic", display_name="Immersive streaming", enforce_ssl=True)
        if self.settings.alarm_email:
            self.topic.add_subscription(subscriptions.EmailSubscription(self.settings.alarm_email))

    def _vod_props(self) -> VodTranscoderProps:
        settings = self.settings
        return VodTranscoderProps(
            vpc=self.network,
            public_ip=True,
            architecture=settings.architecture,
            segment_format=settings.segment_format,
            min_workers=settings.transcoding_target_capacity,
            max_workers=settings.transcoding_max_capacity,
            log_group=self.log_group,
            alarm_topic=self.topic,
            removal_policy=self._removal,
        )

    def _origin_props(self) -> LiveOriginProps:
        settings, key, name = self.settings, self.settings.key_name, self.settings.publish_keys_secret
        return LiveOriginProps(
            vpc=self.network,
            encoders_from=listed(settings.source_cidr),
            plain_rtmp=settings.plain_rtmp,
            rtmps=self._rtmps(),
            srt=self._srt(),
            publish_keys=self._secret("GivenPublishKeys", name),
            secrets_refresh=Duration.minutes(settings.secrets_refresh_minutes),
            capacity=settings.origin_capacity,
            architecture=settings.architecture,
            rungs=settings.rungs,
            largest_source=settings.largest_source,
            fragment_seconds=settings.fragment_seconds,
            packager=settings.packager,
            segment_format=settings.segment_format,
            part_ms=settings.part_ms,
            recording_bucket=self.vod.ingest_bucket if self.vod else None,
            session_manager=self._agent,
            key_pair=ec2.KeyPair.from_key_pair_name(self, "Key", key) if key else None,
            ssh_from=listed(settings.ssh_from),
            schedules=schedules(settings, 1, 1),
            direct=self._direct() if settings.origin_group else None,
            log_group=self.log_group,
            alarm_topic=self.topic,
            removal_policy=self._removal,
        )

    def _direct(self) -> DirectDelivery:
        return DirectDelivery(
            cloudfront_prefix_list=self.settings.cloudfront_prefix_list, signing_secret=self._signing_secret
        )

    def _rtmps(self) -> Rtmps | None:
        certificate = self._secret("GivenCertificate", self.settings.rtmps_certificate_secret)
        return Rtmps(certificate=certificate, port=self.settings.rtmps_port) if certificate else None

    def _srt(self) -> Srt | None:
        settings = self.settings
        passphrase = self._secret("GivenPassphrase", settings.srt_passphrase_secret)
        latency = Duration.millis(settings.srt_latency_ms)
        return Srt(passphrase=passphrase, port=settings.srt_port, latency=latency) if settings.srt else None

    def _edge_props(self) -> EdgeCacheProps:
        settings, arn, group = self.settings, self.settings.certificate_arn, self.settings.key_group_id
        return EdgeCacheProps(
            vpc=self.network,
            origin=self.origin,
            min_capacity=settings.edge_target_capacity,
            max_capacity=settings.edge_max_capacity,
            architecture=settings.architecture,
            spot_max_price=settings.spot_max_price,
            low_latency=settings.low_latency,
            signing_secret=self._signing_secret,
            key_groups=[cloudfront.KeyGroup.from_key_group_id(self, "KeyGroup", group)] if group else [],
            credentials_from=listed(settings.credentials_from),
            web_acl_arn=settings.web_acl_arn,
            domain_names=listed(settings.domain_names),
            certificate=acm.Certificate.from_certificate_arn(self, "Certificate", arn) if arn else None,
            scale_out_requests=settings.scale_out_requests,
            scale_in_requests=settings.scale_in_requests,
            cloudfront_prefix_list=settings.cloudfront_prefix_list,
            log_group=self.log_group,
            session_manager=self._agent,
            schedules=schedules(settings, settings.edge_target_capacity, settings.edge_max_capacity),
            alarm_topic=self.topic,
        )

    def _source_props(self) -> TestSourceProps:
        settings = self.settings
        return TestSourceProps(
            vpc=self.network,
            origin=self.origin,
            architecture=settings.architecture,
            log_group=self.log_group,
            session_manager=self._agent,
            schedules=schedules(settings, 1, 1),
        )

    def _player_props(self) -> PlayerProps:
        """On the streams' own distribution: page and streams are of one origin."""
        stream = self.source.playlist if self.source else ""
        return PlayerProps(distribution=self.edge.distribution, stream=stream, removal_policy=self._removal)

    def _secret(self, id: str, name: str) -> secretsmanager.ISecret | None:
        return secretsmanager.Secret.from_secret_name_v2(self, id, name) if name else None

    def _build_observation(self) -> None:
        """Notices take edges out of the load balancer; workers and origins answer to theirs themselves."""
        self.responder = InterruptionResponder(
            self,
            "Responder",
            props=InterruptionResponderProps(
                auto_scaling_groups=self.groups,
                target_groups=[self.edge.target_group],
                drain_budget=self.edge.drain_budget,
                topic=self.topic,
                alarm_topic=self.topic,
                removal_policy=self._removal,
            ),
        )
        self.dashboard = InterruptionDashboard(
            self,
            "Dashboard",
            props=InterruptionDashboardProps(
                responder=self.responder, auto_scaling_groups=self.groups, further_widgets=widgets(self)
            ),
        )
        if self.settings.web_acl_arn:
            acknowledge(self.edge.distribution, "Gates::HARD-CODED-PARTITION", _GIVEN)
        if self.settings.certificate_arn:
            acknowledge(self.edge.distribution, "Gates::HARD-CODED-PARTITION", _GIVEN)

    @property
    def groups(self) -> list[autoscaling.AutoScalingGroup]:
        """Of all instances of the stack."""
        found = [self.origin.primary.group, self.origin.backup.group, self.edge.group]
        return [*found, *(part.group for part in (self.vod, self.source) if part is not None)]

    def _outputs(self) -> None:
        for name, (value, description) in outputs(self).items():
            CfnOutput(self, name, value=value, description=description or None)
