"""What a LAMP server may do: read its own secrets and set-up, take its own volume and address, say how it went."""

from __future__ import annotations

from collections.abc import Sequence

from aws_cdk import aws_logs as logs
from aws_cdk import aws_s3_assets as assets
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

from refarch._shared.acknowledge import every_resource
from refarch._shared.reads import arn, read, service
from refarch._shared.written_role import Statement, WrittenRole
from refarch.compute.spot_capacity_parts import SESSIONS, WHY_SESSIONS

SERVER_TAG = "refarch:lamp-server"
_OWN_INSTANCES = (
    "An instance's id is not known before it runs; the condition takes only instances that carry this server's tag"
)
NO_RESOURCES = "ec2:DescribeVolumes knows no resources; it tells the state of volumes and nothing of what is in them"


def server_role(
    scope: Construct,
    id: str,
    statements: Sequence[Statement],
    secrets: Sequence[secretsmanager.ISecret],
    answers: Sequence[tuple[str, str]] = (),
) -> WrittenRole:
    """Session Manager's actions, `statements`, and use of the keys of `secrets`."""
    role = WrittenRole(scope, id, assumed_by=service("ec2.amazonaws.com"))
    role.allow([SESSIONS, *statements], [*every_resource(WHY_SESSIONS), *answers])
    for secret in secrets:
        if (key := read(secret, "encryption_key")) is not None:
            key.grant_decrypt(role)
    return role


def setup(asset: assets.Asset, secrets: Sequence[secretsmanager.ISecret]) -> list[Statement]:
    """Read one object and these secrets."""
    key = f"{read(asset, 'bucket.bucket_arn')}/{asset.s3_object_key}"
    arns = [read(each, "secret_full_arn") or f"{read(each, 'secret_arn')}-??????" for each in secrets]
    return [
        Statement(sid="ReadSetup", actions=["s3:GetObject"], resources=[key]),
        Statement(sid="ReadSecrets", actions=["secretsmanager:GetSecretValue"], resources=arns),
    ]


def reports(log_group: logs.LogGroup) -> Statement:
    """Write to the server's own log. The CDK itself lets a group that must signal do so."""
    return Statement(
        sid="WriteLog",
        actions=["logs:CreateLogStream", "logs:PutLogEvents"],
        resources=[log_group.log_group_arn],
        why="The streams of one log group, one for each instance that ever runs",
    )


def volume_and_address(scope: Construct, volume_id: str, allocation_id: str, tag: str) -> list[Statement]:
    """Attach this volume to, and put this address on, instances that carry the server's tag; see the volume's state."""
    attach, associate = "ec2:AttachVolume", "ec2:AssociateAddress"
    return [
        Statement(
            sid="OwnVolume",
            actions=[attach],
            resources=[arn(scope, "ec2", f"volume/{volume_id}")],
        ),
        Statement(
            sid="OwnAddress",
            actions=[associate],
            resources=[arn(scope, "ec2", f"elastic-ip/{allocation_id}")],
        ),
        Statement(
            sid="OwnInstance",
            actions=[attach, associate],
            resources=[arn(scope, "ec2", "instance/*")],
            conditions={"StringEquals": {f"ec2:ResourceTag/{SERVER_TAG}": tag}},
            why=_OWN_INSTANCES,
        ),
        Statement(sid="Volumes", actions=["ec2:DescribeVolumes"], resources=["*"]),
    ]
