"""What a LAMP server may do: read its own secrets and set-up, take its own volume and address, say how it went."""

from __future__ import annotations

from collections.abc import Sequence

from aws_cdk import Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs
from aws_cdk import aws_s3_assets as assets
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

from refarch._shared.acknowledge import acknowledge, acknowledge_wildcards
from refarch.compute.spot_capacity_parts import instance_role

SERVER_TAG = "refarch:lamp-server"
_OWN_INSTANCES = (
    "An instance's id is not known before it runs; the condition takes only instances that carry this server's tag"
)
_NO_RESOURCES = "ec2:DescribeVolumes knows no resources; it tells the state of volumes and nothing of what is in them"


def server_role(scope: Construct, id: str) -> iam.Role:
    """Session Manager's actions; the rest is added by the functions below."""
    return instance_role(scope, id, session_manager=True)


def allow_setup(role: iam.Role, asset: assets.Asset, secrets: Sequence[secretsmanager.ISecret]) -> None:
    """Read one object and these secrets."""
    key = f"{asset.bucket.bucket_arn}/{asset.s3_object_key}"
    role.add_to_policy(iam.PolicyStatement(sid="ReadSetup", actions=["s3:GetObject"], resources=[key]))
    arns = [secret.secret_full_arn or f"{secret.secret_arn}-??????" for secret in secrets]
    actions = ["secretsmanager:GetSecretValue"]
    role.add_to_policy(iam.PolicyStatement(sid="ReadSecrets", actions=actions, resources=arns))
    for secret in secrets:
        if secret.encryption_key:
            secret.encryption_key.grant_decrypt(role)


def allow_reports(role: iam.Role, log_group: logs.LogGroup) -> None:
    """Write to the server's own log. The CDK itself lets a group that must signal do so."""
    actions = ["logs:CreateLogStream", "logs:PutLogEvents"]
    statement = iam.PolicyStatement(sid="WriteLog", actions=actions, resources=[log_group.log_group_arn])
    role.add_to_policy(statement)
    acknowledge_wildcards(role, statement, "The streams of one log group, one for each instance that ever runs")


def allow_volume_and_address(role: iam.Role, volume_id: str, allocation_id: str, tag: str) -> None:
    """Attach this volume to, and put this address on, instances that carry the server's tag."""
    arn = Stack.of(role).format_arn
    own = {"StringEquals": {f"ec2:ResourceTag/{SERVER_TAG}": tag}}
    volume = arn(service="ec2", resource="volume", resource_name=volume_id)
    address = arn(service="ec2", resource="elastic-ip", resource_name=allocation_id)
    instances = [arn(service="ec2", resource=kind, resource_name="*") for kind in ("instance", "network-interface")]
    actions = ["ec2:AttachVolume", "ec2:AssociateAddress"]
    role.add_to_policy(iam.PolicyStatement(sid="OwnVolume", actions=actions[:1], resources=[volume]))
    role.add_to_policy(iam.PolicyStatement(sid="OwnAddress", actions=actions[1:], resources=[address]))
    statement = iam.PolicyStatement(sid="OwnInstance", actions=actions, resources=instances[:1], conditions=own)
    role.add_to_policy(statement)
    acknowledge_wildcards(role, statement, _OWN_INSTANCES)
    role.add_to_policy(iam.PolicyStatement(sid="Volumes", actions=["ec2:DescribeVolumes"], resources=["*"]))
    for rule in ("AwsSolutions-IAM5[Resource::*]", "Gates::IAM-RESOURCE-WILDCARD"):
        acknowledge(role, rule, _NO_RESOURCES)
