"""A daily backup of a data volume."""

from __future__ import annotations

from aws_cdk import Aws, Duration, RemovalPolicy, Stack
from aws_cdk import aws_backup as backup
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_events as events
from aws_cdk import aws_iam as iam
from constructs import Construct

from refarch._shared.acknowledge import acknowledge

_SERVICE_ROLES = (
    "AWS Backup's own policies: what copying and restoring volumes takes changes with the service, which keeps them"
)


class Backup(Construct):
    """A vault, and a plan that puts a snapshot of the volume into it each night. The vault is kept as the volume is."""

    def __init__(
        self, scope: Construct, id: str, *, volume: ec2.IVolume, retention: Duration, removal_policy: RemovalPolicy
    ) -> None:
        super().__init__(scope, id)
        self.vault = backup.BackupVault(self, "Vault", removal_policy=removal_policy)
        self.plan = backup.BackupPlan(self, "Plan", backup_vault=self.vault)
        self.plan.add_rule(
            backup.BackupPlanRule(
                rule_name="Daily",
                schedule_expression=events.Schedule.cron(hour="3", minute="0"),
                delete_after=retention,
            )
        )
        self.role = iam.Role(self, "Role", assumed_by=iam.ServicePrincipal("backup.amazonaws.com"))
        for name in ("AWSBackupServiceRolePolicyForBackup", "AWSBackupServiceRolePolicyForRestores"):
            self.role.add_managed_policy(iam.ManagedPolicy.from_aws_managed_policy_name(f"service-role/{name}"))
            arn = f"arn:<AWS::Partition>:iam::aws:policy/service-role/{name}"
            acknowledge(self.role, f"AwsSolutions-IAM4[Policy::{arn}]", _SERVICE_ROLES)
        arn = f"arn:{Aws.PARTITION}:ec2:{Stack.of(self).region}:{Stack.of(self).account}:volume/{volume.volume_id}"
        self.plan.add_selection("Volume", resources=[backup.BackupResource.from_arn(arn)], role=self.role)
