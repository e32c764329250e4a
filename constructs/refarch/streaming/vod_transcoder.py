"""The VodTranscoder construct."""

from __future__ import annotations

from aws_cdk import aws_autoscaling as autoscaling
from aws_cdk import aws_cloudfront as cloudfront
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_s3_assets as assets
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from refarch._shared.alarm_topics import notify
from refarch._shared.durations import in_seconds
from refarch._shared.reads import inside, read
from refarch._shared.removal import removal_policy
from refarch.compute import SpotCapacity, SpotCapacityProps
from refarch.streaming import instance_program, log_shipping, vod_program, vod_storage, vod_watching
from refarch.streaming import vod_permissions as permissions
from refarch.streaming.vod_delivery import distribution
from refarch.streaming.vod_transcoder_props import DEFAULT_WORKER_TYPES, VodTranscoderProps


class VodTranscoder(Construct):
    """Uploads become HLS videos, made by workers on Spot Instances and served by CloudFront.

    ::

        ingest bucket --> queue --> workers on Spot (0 to 6) --> egress bucket --> CloudFront --> players
                            |            renditions of the post's eight rungs that the source has, and audio
                      dead letters

    A video is there whole or not at all: every rendition is checked for size and length, the master playlist comes
    last, and only then the message goes. A worker that is reclaimed hands its message back; one that dies leaves it to
    the next. The address of `folder/film.mp4` is `vod/folder/film/master.m3u8`; of the two recordings of an event
    (`recordings/…`) one becomes `vod/<stream>/<stream>-<start>/master.m3u8`.

    It leaves out: encryption of videos for players (DRM), captions, thumbnails, and deletion of videos whose source is
    deleted or replaced.

    Source: "Live and on-demand immersive streaming on Spot Instances", AWS Compute Blog, whose transcoding fleet this
    replaces.
    """

    ingest_bucket: s3.Bucket
    egress_bucket: s3.Bucket
    queue: sqs.Queue
    dead_letters: sqs.Queue
    program: assets.Asset
    role: iam.Role
    workers: SpotCapacity
    group: autoscaling.AutoScalingGroup
    log_group: logs.ILogGroup
    distribution: cloudfront.Distribution
    scaling_alarms: list[cloudwatch.Alarm]
    alarms: list[cloudwatch.Alarm]
    """Those that a person should see."""

    def __init__(self, scope: Construct, id: str, *, props: VodTranscoderProps) -> None:
        super().__init__(scope, id)
        inside(self, scope)
        kept = removal_policy(self, props.removal_policy)
        self.ingest_bucket = props.ingest_bucket or vod_storage.ingest_bucket(self, "IngestBucket", props, kept)
        self.egress_bucket = props.egress_bucket or vod_storage.egress_bucket(self, "EgressBucket", props, kept)
        self.dead_letters = vod_storage.dead_letters(self, "DeadLetters")
        self.queue = vod_storage.upload_queue(self, "Queue", props, self.dead_letters)
        vod_storage.connect(self.ingest_bucket, self.queue)
        self.program = vod_program.program(self, "Program")
        self.log_group = log_shipping.group(
            self, "Logs", given=props.log_group, retention=props.log_retention, removal=kept
        )
        self.role = instance_program.instance_role(self, "Role")
        work = permissions.work(ingest=self.ingest_bucket, egress=self.egress_bucket, queue=self.queue)
        instance_program.allow(self.role, [*work, log_shipping.ship(self, self.log_group, "worker")], self.program)
        self.workers = SpotCapacity(self, "Workers", props=self._capacity(props))
        self.group = self.workers.group
        permissions.allow_protection(self.role, self.group)
        self.distribution = distribution(self, "Distribution", self.egress_bucket, props)
        self.scaling_alarms = vod_watching.follow(self, self.group, self.queue, props)
        self.alarms = [
            vod_watching.dead_letters_alarm(self, self.dead_letters),
            vod_watching.oldest_message_alarm(self, self.queue, props.oldest_message),
        ]
        notify(self.alarms, props.alarm_topic)

    def _capacity(self, props: VodTranscoderProps) -> SpotCapacityProps:
        settings: dict[str, object] = {
            "queue_url": read(self.queue, "queue_url"),
            "egress_bucket": read(self.egress_bucket, "bucket_name"),
            "visibility_seconds": in_seconds(props.visibility),
            "twin_wait_seconds": in_seconds(props.twin_wait),
            "segment_seconds": props.segment_seconds,
            "segment_format": props.segment_format,
            "preset": props.preset,
            "protect": True,
        }
        return SpotCapacityProps(
            vpc=props.vpc,
            vpc_subnets=props.vpc_subnets,
            public_ip=props.public_ip,
            architecture=props.architecture,
            instance_types=props.instance_types or DEFAULT_WORKER_TYPES[props.architecture],
            machine_image=props.machine_image or vod_program.debian(props.architecture),
            user_data=vod_program.user_data(
                self, self.program, settings, log_shipping.settings(self.log_group, "worker"), props.machine_image
            ),
            role=self.role,
            min_capacity=props.min_workers,
            max_capacity=props.max_workers,
            root_volume_gb=props.disk_gb,
        )
