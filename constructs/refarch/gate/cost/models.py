"""How each resource type costs: simple ones from data, the others by a function."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from refarch.gate.cost import computing, fronting, keeping
from refarch.gate.cost.context import Case, Lines

_DATA = Path(__file__).with_name("data")
Model = Callable[[Case], Lines]
OWN: Mapping[str, Model] = {
    "AWS::AutoScaling::AutoScalingGroup": computing.group,
    "AWS::Batch::ComputeEnvironment": computing.batch,
    "AWS::CloudWatch::Alarm": keeping.alarm,
    "AWS::DynamoDB::GlobalTable": keeping.table,
    "AWS::DynamoDB::Table": keeping.table,
    "AWS::EC2::Instance": computing.instance,
    "AWS::EC2::VPCEndpoint": fronting.endpoint,
    "AWS::EC2::Volume": keeping.volume,
    "AWS::ECS::Service": computing.service,
    "AWS::ElasticLoadBalancingV2::LoadBalancer": fronting.balancer,
    "AWS::Kinesis::Stream": keeping.stream,
    "AWS::Lambda::Function": computing.function,
    "AWS::RDS::DBCluster": keeping.cluster,
    "AWS::RDS::DBInstance": keeping.database,
    "AWS::SQS::Queue": keeping.queue,
    "AWS::SSM::Parameter": fronting.parameter,
    "AWS::ServiceDiscovery::PrivateDnsNamespace": fronting.namespace,
    "AWS::ServiceDiscovery::PublicDnsNamespace": fronting.namespace,
    "AWS::StepFunctions::StateMachine": keeping.machine,
    "AWS::WAFv2::WebACL": fronting.web_acl,
}


@cache
def simple() -> Mapping[str, Mapping[str, Any]]:
    """Types whose cost is fixed parts and quantities times prices."""
    found: Mapping[str, Mapping[str, Any]] = json.loads((_DATA / "models.json").read_text(encoding="utf-8"))
    return found


@cache
def _free() -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{each})" for each in json.loads((_DATA / "free.json").read_text(encoding="utf-8"))))


@cache
def is_free(type_: str) -> bool:
    """Whether a type is known to cost nothing itself."""
    return _free().fullmatch(type_) is not None


def model_of(type_: str) -> Model | None:
    """The cost model of a type; None for a type that has none."""
    if type_ in OWN:
        return OWN[type_]
    return _simple if type_ in simple() else None


def _simple(case: Case) -> Lines:
    row = simple()[case.resource.type]
    for item, price, times in row.get("fixed", ()):
        yield case.fixed(item, price, times)
    for item, assumed, price in row.get("use", ()):
        yield case.used(item, price, assumed)
