"""What happens to data when its resource leaves the stack."""

from __future__ import annotations

from collections.abc import Iterator

from refarch.gate.policy.model import Fault, fault, rule
from refarch.gate.policy.view import Template
from refarch.gate.schemas import data_bearing

_POLICIES = ("DeletionPolicy", "UpdateReplacePolicy")
# Data in passing, or logs that say nothing once the system is gone: the default is a decision that fits them.
_PASSING = frozenset({"AWS::SQS::Queue", "AWS::CloudFormation::Stack"})


@rule(
    "STATEFUL-POLICY",
    "Nobody decided what happens to the data",
    control=8,
    anchor="cfn-lint I3011, own",
    remedy="state DeletionPolicy and UpdateReplacePolicy: Retain, Snapshot or Delete",
)
def removal(template: Template) -> Iterator[Fault]:
    for resource in template.resources.values():
        if resource.type in data_bearing() - _PASSING:
            missing = [name for name in _POLICIES if name not in resource.definition]
            if missing:
                yield fault(resource, f"no {' and no '.join(missing)}: the default deletes the data")
