"""Relational databases, and their kin."""

from __future__ import annotations

from collections.abc import Iterator

from refarch.gate.policy.model import Fault, fault, rule
from refarch.gate.policy.values import UNKNOWN, is_off, is_on, number
from refarch.gate.policy.view import Resource, Template

INSTANCE = "AWS::RDS::DBInstance"
CLUSTER = "AWS::RDS::DBCluster"
_CLUSTERS = (CLUSTER, "AWS::DocDB::DBCluster", "AWS::Neptune::DBCluster")


def _alone(template: Template) -> Iterator[Resource]:
    """Instances that are no members of a cluster: the cluster has the settings of the others."""
    return (each for each in template.of_type(INSTANCE) if each.get("DBClusterIdentifier") is None)


def _holders(template: Template) -> Iterator[Resource]:
    yield from _alone(template)
    yield from template.of_type(*_CLUSTERS)


@rule(
    "RDS-ENCRYPTION",
    "A database is not encrypted",
    control=47,
    anchor="CT.RDS.PR.16/17, F RDS.3/27",
    remedy="set StorageEncrypted to true (a new database: it cannot be changed)",
)
def encryption(template: Template) -> Iterator[Fault]:
    for each in _holders(template):
        restored = any(
            each.get(name) for name in ("SnapshotIdentifier", "DBSnapshotIdentifier", "SourceDBInstanceIdentifier")
        )
        if is_off(each.get("StorageEncrypted")) and not restored:
            yield fault(each, "StorageEncrypted is not true", "StorageEncrypted")


@rule(
    "RDS-PUBLIC",
    "A database has a public address",
    control=47,
    anchor="CT.RDS.PR.23, F RDS.2",
    remedy="set PubliclyAccessible to false",
)
def public(template: Template) -> Iterator[Fault]:
    for each in template.of_type(INSTANCE, CLUSTER, "AWS::Redshift::Cluster", "AWS::DMS::ReplicationInstance"):
        if is_on(each.get("PubliclyAccessible")):
            yield fault(each, "PubliclyAccessible is true", "PubliclyAccessible")


@rule(
    "RDS-BACKUP",
    "A database has no backups",
    control=47,
    anchor="CT.RDS.PR.8",
    remedy="set BackupRetentionPeriod to 7 days or more",
)
def backup(template: Template) -> Iterator[Fault]:
    for each in _holders(template):
        if number(each.get("BackupRetentionPeriod")) == 0:
            yield fault(each, "BackupRetentionPeriod is 0", "BackupRetentionPeriod")


def _regulated(template: Template, path: str) -> Iterator[Fault]:
    for each in _holders(template):
        if is_off(each.get(path)):
            yield fault(each, f"{path} is not true", path)


@rule(
    "RDS-DELETION-PROTECTION",
    "A database goes by one call",
    control=47,
    profile="regulated",
    severity="warning",
    anchor="CT.RDS.PR.9, F RDS.7/8",
    remedy="set DeletionProtection to true",
)
def deletion_protection(template: Template) -> Iterator[Fault]:
    yield from _regulated(template, "DeletionProtection")


@rule(
    "RDS-IAM",
    "A database knows passwords only",
    control=47,
    profile="regulated",
    severity="warning",
    anchor="CT.RDS.PR.14, F RDS.10",
    remedy="set EnableIAMDatabaseAuthentication to true",
)
def iam_authentication(template: Template) -> Iterator[Fault]:
    for each in (*_alone(template), *template.of_type(CLUSTER)):
        if is_off(each.get("EnableIAMDatabaseAuthentication")) and "oracle" not in str(each.get("Engine")):
            yield fault(each, "EnableIAMDatabaseAuthentication is not true", "EnableIAMDatabaseAuthentication")


@rule(
    "RDS-LOGS",
    "A database's logs stay inside it",
    control=47,
    profile="regulated",
    severity="warning",
    anchor="CT.RDS.PR.2, F RDS.9",
    remedy="name the logs in EnableCloudwatchLogsExports",
)
def logs(template: Template) -> Iterator[Fault]:
    for each in _holders(template):
        if each.get("EnableCloudwatchLogsExports") in (None, []):
            yield fault(each, "EnableCloudwatchLogsExports is empty", "EnableCloudwatchLogsExports")


@rule(
    "RDS-MULTI-AZ",
    "A database is gone when its zone is",
    control=47,
    profile="regulated",
    severity="warning",
    anchor="CT.RDS.PR.1, F RDS.5",
    remedy="set MultiAZ to true; a cluster needs two instances",
)
def multi_zone(template: Template) -> Iterator[Fault]:
    for each in _alone(template):
        if is_off(each.get("MultiAZ")) and each.get("SourceDBInstanceIdentifier") in (None, UNKNOWN):
            yield fault(each, "MultiAZ is not true", "MultiAZ")
    for cluster in template.of_type(CLUSTER):
        if len(list(template.users_of(cluster, INSTANCE))) == 1:
            yield fault(cluster, "one instance only")
