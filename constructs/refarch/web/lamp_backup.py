"""A daily backup of a data volume."""

from __future__ import annotations

from aws_cdk import Aws, Duration, RemovalPolicy
from aws_cdk import aws_backup as backup
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_events as events
from aws_cdk import aws_iam as iam
from constructs import Construct

from refarch._shared.acknowledge import answer
from refarch._shared.reads import read, service, stack_of

_SERVICE_ROLES = (
    "AWS Backup's own policies: what copying and restoring volumes takes changes with the service, which keeps them"
)

_POLICIES = [f"service-role/AWSBackupServiceRolePolicyFor{name}" for name in ("Backup", "Restores")]


class Backup(Construct):
    """A vault, and a plan that puts a snapshot of the volume into it each night. The vault is kept as the volume is."""

    def __init__(
        self, scope: Construct, id: str, *, volume: ec2.IVolume, retention: Duration, removal_policy: RemovalPolicy
    ) -> None:
        super().__init__(scope, id)
        self.vault = backup.BackupVault(self, "Vault", removal_policy=removal_policy)
        daily = backup.BackupPlanRule(
            rule_name="Daily", schedule_expression=events.Schedule.cron(hour="3", minute="0"), delete_after=retention
        )
        self.plan = backup.BackupPlan(self, "Plan", backup_vault=self.vault, backup_plan_rules=[daily])
        managed = [iam.ManagedPolicy.from_aws_managed_policy_name(name) for name in _POLICIES]
        self.role = iam.Role(self, "Role", assumed_by=service("backup.amazonaws.com"), managed_policies=managed)
        below = "AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/"
        answer(self.role, [(f"{below}{name}]", _SERVICE_ROLES) for name in _POLICIES])
        region, account = (read(stack_of(self), name) for name in ("region", "account"))
        arn = f"arn:{read(Aws, 'PARTITION')}:ec2:{region}:{account}:volume/{read(volume, 'volume_id')}"
        self.plan.add_selection("Volume", resources=[backup.BackupResource.from_arn(arn)], role=self.role)
