"""Physical names that a template sets, and where they make a deployment fail.

CloudFormation creates the new resource before it deletes the old one, so a replaced resource that keeps its name meets
itself. Types whose replacement deletes first (`replacementStrategy`) are free of this.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from refarch.gate.diff.values import same
from refarch.gate.schemas import schema_of

_REVIEWED = {
    "AWS::ElasticLoadBalancingV2::LoadBalancer": ("Name",),
    "AWS::ElasticLoadBalancingV2::TargetGroup": ("Name",),
    "AWS::EC2::SecurityGroup": ("GroupName",),
    "AWS::SSM::Parameter": ("Name",),
    "AWS::SecretsManager::Secret": ("Name",),
    "AWS::StepFunctions::StateMachine": ("StateMachineName",),
    "AWS::SNS::Topic": ("TopicName",),
    "AWS::CloudWatch::Alarm": ("AlarmName",),
    "AWS::AutoScaling::LaunchConfiguration": ("LaunchConfigurationName",),
    "AWS::EC2::LaunchTemplate": ("LaunchTemplateName",),
    "AWS::RDS::DBCluster": ("DBClusterIdentifier",),
    "AWS::OpenSearchService::Domain": ("DomainName",),
    "AWS::Cognito::UserPoolDomain": ("Domain",),
}
"""Beside what the schemas tell: the property that must be unique in an account and region."""
_SCOPED = {"AWS::EC2::SecurityGroup": "VpcId", "AWS::ECS::Service": "Cluster", "AWS::Events::Rule": "EventBusName"}
"""Names that are unique only within what another property names."""


@cache
def name_properties(resource_type: str) -> tuple[str, ...]:
    """Properties of which each alone names a resource in the account."""
    found = set(_REVIEWED.get(resource_type, ()))
    schema = schema_of(resource_type)
    if schema is None:
        return tuple(sorted(found))
    writable = schema.properties - {path[0] for path in schema.read_only if len(path) == 1}
    fixed = {path[0] for path in schema.create_only if len(path) == 1} & writable
    last = resource_type.rpartition("::")[2]
    found |= {name for name in fixed if name.lower() in {f"{last}Name".lower(), f"{last}Identifier".lower(), "name"}}
    for paths in schema.identifiers:
        if (
            len(paths) == 1
            and len(paths[0]) == 1
            and paths[0][0] in fixed
            and paths[0][0].endswith(("Name", "Identifier"))
        ):
            found.add(paths[0][0])
    return tuple(sorted(found))


def kept_name(resource_type: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> str:
    """The property whose explicit value a replacement would have to take twice; "" where there is none."""
    schema = schema_of(resource_type)
    if schema is not None and schema.deletes_first:
        return ""
    scope = _SCOPED.get(resource_type)
    if scope and not same(old.get(scope), new.get(scope)):
        return ""
    for name in name_properties(resource_type):
        if name in old and name in new and same(old[name], new[name]):
            return name
    return ""


def shown(value: Any) -> str:
    """A name for people, cut short."""
    text = value if isinstance(value, str) else repr(value)
    return repr(text if len(text) <= 60 else f"{text[:57]}...")
