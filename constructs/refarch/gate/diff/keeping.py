"""What becomes of the data: which types hold some, and what DeletionPolicy and UpdateReplacePolicy keep of it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from refarch.gate.schemas import data_bearing
from refarch.gate.tables import read_table

SNAPSHOT_TYPES = frozenset(
    {
        "AWS::DocDB::DBCluster",
        "AWS::EC2::Volume",
        "AWS::ElastiCache::CacheCluster",
        "AWS::ElastiCache::ReplicationGroup",
        "AWS::Neptune::DBCluster",
        "AWS::RDS::DBCluster",
        "AWS::RDS::DBInstance",
        "AWS::Redshift::Cluster",
    }
)
"""The types that CloudFormation documents for `Snapshot`; on any other the template is refused."""


@cache
def holds_data() -> Mapping[str, str]:
    """Types whose deletion loses what nobody can make again, to the reason: CloudFormation's list and our own."""
    own = {row["type"]: row["reason"] for row in read_table("diff", "data", "data_bearing.json")["types"]}
    return {**dict.fromkeys(data_bearing(), "CloudFormation's list of stateful types"), **own}


def kept_on_deletion(resource: Mapping[str, Any], properties: Mapping[str, Any]) -> str:
    """`Retain`, `Snapshot`, or "" where the resource goes. `resource` is the deployed one: its policy holds."""
    policy = resource.get("DeletionPolicy") or _default(resource["Type"], properties)
    if policy in ("Retain", "RetainExceptOnCreate"):
        return "Retain"
    return "Snapshot" if policy == "Snapshot" and resource["Type"] in SNAPSHOT_TYPES else ""


def kept_on_replacement(resource: Mapping[str, Any]) -> str:
    """The same of `UpdateReplacePolicy`, whose default is always Delete. `resource` is the new one."""
    policy = resource.get("UpdateReplacePolicy")
    if policy == "Retain":
        return "Retain"
    return "Snapshot" if policy == "Snapshot" and resource["Type"] in SNAPSHOT_TYPES else ""


def refused_policies(resource: Mapping[str, Any]) -> list[str]:
    """What CloudFormation refuses about the policies of a resource, in words."""
    found = []
    allowed = {
        "DeletionPolicy": ("Delete", "Retain", "RetainExceptOnCreate", "Snapshot"),
        "UpdateReplacePolicy": ("Delete", "Retain", "Snapshot"),
    }
    for name, values in allowed.items():
        policy = resource.get(name)
        if isinstance(policy, str) and policy not in values:
            found.append(f"{name} is {policy!r:.40}; allowed: {', '.join(values)}")
        elif policy == "Snapshot" and resource["Type"].startswith("AWS::") and resource["Type"] not in SNAPSHOT_TYPES:
            found.append(f"{name} is Snapshot, which {resource['Type']} does not support")
    return found


def _default(resource_type: str, properties: Mapping[str, Any]) -> str:
    """Documented: database clusters, and instances outside a cluster, are deleted with a snapshot by default."""
    if resource_type == "AWS::RDS::DBCluster":
        return "Snapshot"
    if resource_type == "AWS::RDS::DBInstance" and "DBClusterIdentifier" not in properties:
        return "Snapshot"
    return "Delete"
