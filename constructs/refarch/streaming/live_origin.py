"""The LiveOrigin construct."""

from __future__ import annotations

from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_logs as logs
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

from refarch._shared.acknowledge import acknowledge, answer
from refarch._shared.alarm_topics import notify
from refarch._shared.durations import days, minutes
from refarch._shared.reads import inside, read
from refarch._shared.removal import removal_policy
from refarch.streaming import instance_program as program
from refarch.streaming import log_shipping
from refarch.streaming.live_origin_direct import DirectOrigin
from refarch.streaming.live_origin_ingest import EncryptedIngest
from refarch.streaming.live_origin_member import OriginMember
from refarch.streaming.live_origin_props import LiveOriginProps

RTMP = ec2.Port.tcp(1935)


class LiveOrigin(Construct):
    """Two live origins in two zones that make identical segments, behind addresses that stay.

    ::

        encoder --> rtmp://<primary>:1935/live/<name>?key=…   ┐ the same numbers, cuts and bytes  ┌--> edges
                --> rtmp://<backup>:1935/live/<name>?key=…    ┘ recordings --> bucket             └

    Each is an Auto Scaling group of exactly one: an instance that dies is replaced, and takes its Elastic IP over. A
    deployment replaces one after the other and waits for each, so that a stream goes on. Publishing takes a key, which
    the instances fetch from Secrets Manager. HTTP is for edges (`allow_edges`) and the other origin; status pages
    answer to the instance itself alone. RTMPS and SRT are props; secrets are read again while the instances run.

    Left out: low-latency HLS.
    Attributes: every resource. Source: "Building an Immersive VR Streaming Solution on AWS", AWS Compute Blog.
    """

    primary: OriginMember
    backup: OriginMember
    security_group: ec2.SecurityGroup
    publish_keys: secretsmanager.ISecret
    recording_bucket: s3.Bucket
    direct: DirectOrigin | None
    """What CloudFront may ask past the edges; of the primary alone."""
    ingest: EncryptedIngest | None
    """RTMPS and SRT, where they are asked for."""
    log_group: logs.ILogGroup
    alarms: list[cloudwatch.Alarm]

    def __init__(self, scope: Construct, id: str, *, props: LiveOriginProps) -> None:
        super().__init__(scope, id)
        inside(self, scope)
        self.props = props
        self.publish_keys = props.publish_keys or self._new_keys()
        self.recording_bucket = props.recording_bucket or self._new_bucket()
        self.program = program.program(self, "Program", uploader=True)
        wanted = props.rtmps is not None or props.srt is not None
        self.ingest = EncryptedIngest(self, "Ingest", rtmps=props.rtmps, srt=props.srt) if wanted else None
        self.security_group = self._new_security_group()
        self.log_group = log_shipping.group(
            self,
            "Logs",
            given=props.log_group,
            retention=props.log_retention,
            removal=removal_policy(self, props.removal_policy),
        )
        self.direct = DirectOrigin(self, "Direct", vpc=props.vpc, props=props.direct) if props.direct else None
        self._build_members()
        self.alarms = [self._away(each) for each in (self.primary, self.backup)]

    @property
    def edge_settings(self) -> dict[str, str]:
        """`primary` and `backup`, as an edge reads them."""
        return {"primary": f"{self.primary.host}:80", "backup": f"{self.backup.host}:80"}

    def publishing_points(self, path: str) -> list[str]:
        """`path` (say `live/demo`) at both origins, from inside the VPC, without a key."""
        return [f"rtmp://{each.host}:1935/{path}" for each in (self.primary, self.backup)]

    def allow_edges(self, edges: ec2.IConnectable) -> None:
        """Lets these fetch playlists and segments."""
        read(self.security_group, "connections").allow_from(edges, read(ec2.Port, "HTTP"), "Edges")

    def allow_encoders(self, encoders: ec2.IConnectable) -> None:
        """Lets these publish, with a key."""
        read(self.security_group, "connections").allow_from(encoders, RTMP, "Encoders inside the VPC")

    def _build_members(self) -> None:
        """The backup after the primary: a deployment never replaces both at once."""
        first, second = read(self.props.vpc, "public_subnets")[:2]
        self.primary = OriginMember(self, "Primary", props=self.props, name="primary", subnet=first)
        self.backup = OriginMember(self, "Backup", props=self.props, name="backup", subnet=second)
        for each, other in ((self.primary, self.backup), (self.backup, self.primary)):
            direct = self.direct if each is self.primary else None
            further = [part for part in (direct, self.ingest) if part is not None]
            secrets = [self.publish_keys, *(secret for part in further for secret in part.secrets)]
            each.allow(self.program, self.log_group, self.recording_bucket, secrets)
            each.build(self.security_group, self.program, self.log_group)
            each.start_with(other.host, self.publish_keys, self.recording_bucket, further)
        self.backup.group.node.add_dependency(self.primary.group)

    def _new_security_group(self) -> ec2.SecurityGroup:
        made = ec2.SecurityGroup(
            self, "SecurityGroup", vpc=self.props.vpc, description="RTMP from encoders, HTTP from edges and each other"
        )
        ports = [(RTMP, "Encoders")] if self.props.plain_rtmp else []
        ports += self.ingest.ports if self.ingest else []
        for network in self.props.encoders_from:
            for port, what in ports:
                made.add_ingress_rule(ec2.Peer.ipv4(network), port, what)
        for network in self.props.ssh_from:
            made.add_ingress_rule(ec2.Peer.ipv4(network), ec2.Port.SSH, "SSH")
        made.add_ingress_rule(made, read(ec2.Port, "HTTP"), "The other origin")
        if "0.0.0.0/0" in self.props.encoders_from:
            why = "Asked for with encoders_from: encoders are anywhere, and must show a key"
            answer(made, [(rule, why) for rule in ("AwsSolutions-EC23", "Gates::SG-OPEN")])
        return made

    def _new_keys(self) -> secretsmanager.Secret:
        made = secretsmanager.Secret(
            self,
            "PublishKeys",
            description="With which encoders publish",
            generate_secret_string=secretsmanager.SecretStringGenerator(exclude_punctuation=True, password_length=32),
        )
        acknowledge(
            made, "AwsSolutions-SMG4", "Encoders are configured by people, who must learn of a new key before it counts"
        )
        return made

    def _new_bucket(self) -> s3.Bucket:
        made = s3.Bucket(
            self,
            "Recordings",
            block_public_access=read(s3.BlockPublicAccess, "BLOCK_ALL"),
            object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
            encryption=s3.BucketEncryption.S3_MANAGED,
            enforce_ssl=True,
            removal_policy=removal_policy(self, self.props.removal_policy),
            lifecycle_rules=[s3.LifecycleRule(abort_incomplete_multipart_upload_after=days(1))],
        )
        acknowledge(
            made, "AwsSolutions-S1", "Two instances write to it, a few objects an event; CloudTrail tells which"
        )
        return made

    def _away(self, member: OriginMember) -> cloudwatch.Alarm:
        """Only where the group wants an instance: a stop schedule rings no alarm."""
        name = {"AutoScalingGroupName": read(member.group, "auto_scaling_group_name")}
        metrics = {
            word: cloudwatch.Metric(
                namespace="AWS/AutoScaling",
                metric_name=metric,
                dimensions_map=name,
                statistic="Minimum",
                period=minutes(1),
            )
            for word, metric in (("wanted", "GroupDesiredCapacity"), ("there", "GroupInServiceInstances"))
        }
        alarm = cloudwatch.Alarm(
            self,
            f"{member.name.capitalize()}Away",
            metric=cloudwatch.MathExpression(
                expression="wanted - there",
                using_metrics=dict(metrics),
                label=f"{member.name} origin missing",
                period=minutes(1),
            ),
            threshold=1,
            evaluation_periods=3,
            comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
            treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
            alarm_description=f"The {member.name} origin is away for longer than a restart",
        )
        notify([alarm], self.props.alarm_topic, when_over=True)
        return alarm
