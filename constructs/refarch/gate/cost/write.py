"""A usage file to begin with: every quantity of a template's types, at what the card assumes."""

from __future__ import annotations

from refarch.gate.cost.models import simple
from refarch.gate.policy.view import Template as View
from refarch.gate.templates.template import Template

OWN_QUANTITIES = {
    "AWS::AutoScaling::AutoScalingGroup": {},
    "AWS::Batch::ComputeEnvironment": {"vcpu_hours": 100},
    "AWS::DynamoDB::GlobalTable": {"gigabytes": 10, "reads": 5_000_000, "writes": 1_000_000},
    "AWS::DynamoDB::Table": {"gigabytes": 10, "reads": 5_000_000, "writes": 1_000_000},
    "AWS::EC2::VPCEndpoint": {"gigabytes": 10},
    "AWS::ElasticLoadBalancingV2::LoadBalancer": {"capacity_units": 1},
    "AWS::Kinesis::Stream": {"gigabytes_in": 100, "put_units": 10_000_000},
    "AWS::Lambda::Function": {"milliseconds": 200, "requests": 1_000_000},
    "AWS::RDS::DBCluster": {"gigabytes": 50, "io_requests": 10_000_000},
    "AWS::SQS::Queue": {"requests": 1_000_000},
    "AWS::StepFunctions::StateMachine": {"transitions": 100_000, "requests": 1_000_000, "gigabyte_seconds": 100_000},
    "AWS::WAFv2::WebACL": {"requests": 1_000_000},
}
_OPTIONAL = {
    "AWS::AutoScaling::AutoScalingGroup": "# instances = 4    # busy; default: MaxSize",
    "AWS::ECS::Service": "# tasks = 4    # busy; default: what scaling may reach, or DesiredCount",
    "AWS::RDS::DBInstance": "# capacity_units = 4    # busy, Serverless v2; default: MaxCapacity",
}
_HEAD = """\
# What a busy month looks like. Quantities are a month's; a table [resources.<LogicalId>] overrides its type's.
region = "us-east-1"
"""


def usage_template(template: Template) -> str:
    """TOML that `read_usage` reads, and that changes nothing until it is edited."""
    view = View(template.content)
    parts = [_HEAD]
    for type_ in sorted({each.type for each in view.resources.values()}):
        lines = [f"{name} = {value:_}" for name, value in quantities_of(type_).items()]
        lines += [_OPTIONAL[type_]] if type_ in _OPTIONAL else []
        if lines:
            names = ", ".join(sorted(each.name for each in view.of_type(type_))[:8])
            parts.append("\n".join([f'[types."{type_}"]', f"# {names}", *lines, ""]))
    return "\n".join(parts)


def quantities_of(type_: str) -> dict[str, int]:
    """Quantity to what is assumed, for a type."""
    if type_ in OWN_QUANTITIES:
        return dict(OWN_QUANTITIES[type_])
    return {item: assumed for item, assumed, _ in simple().get(type_, {}).get("use", ())}
