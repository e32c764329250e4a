"""EFS."""

from __future__ import annotations

from collections.abc import Iterator

from refarch.gate.policy.model import Fault, fault, rule
from refarch.gate.policy.values import is_off
from refarch.gate.policy.view import Template

FILE_SYSTEM = "AWS::EFS::FileSystem"


@rule(
    "EFS-ENCRYPTION",
    "A file system is not encrypted",
    control=48,
    anchor="CT.ELASTICFILESYSYSTEM.PR.1, F EFS.1",
    remedy="set Encrypted to true (a new file system: it cannot be changed)",
)
def encryption(template: Template) -> Iterator[Fault]:
    for each in template.of_type(FILE_SYSTEM):
        if is_off(each.get("Encrypted")):
            yield fault(each, "Encrypted is not true", "Encrypted")


@rule(
    "EFS-BACKUP",
    "A file system has no backups",
    control=48,
    profile="regulated",
    severity="warning",
    anchor="CT.ELASTICFILESYSYSTEM.PR.2, F EFS.2",
    remedy="set BackupPolicy.Status to ENABLED",
)
def backup(template: Template) -> Iterator[Fault]:
    for each in template.of_type(FILE_SYSTEM):
        if each.get("BackupPolicy.Status") in (None, "DISABLED"):
            yield fault(each, "BackupPolicy.Status is not ENABLED", "BackupPolicy")


@rule(
    "EFS-ACCESS-POINT",
    "Who mounts by an access point may be anyone, anywhere",
    control=48,
    anchor="CT.ELASTICFILESYSYSTEM.PR.3/4, F EFS.3/4",
    remedy="set PosixUser and a RootDirectory.Path other than /",
)
def access_point(template: Template) -> Iterator[Fault]:
    for each in template.of_type("AWS::EFS::AccessPoint"):
        missing = [] if each.get("PosixUser") is not None else ["no PosixUser"]
        if each.get("RootDirectory.Path") in (None, "/"):
            missing.append("the root directory is the whole file system")
        if missing:
            yield fault(each, "; ".join(missing))
