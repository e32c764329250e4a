"""What ties a template to one account, region or partition; and tags."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from refarch.gate.policy.model import Fault, fault, rule
from refarch.gate.policy.values import UNKNOWN, at, entries
from refarch.gate.policy.view import Resource, Template
from refarch.gate.schemas import schema_of

_ARN = re.compile(r"\barn:(aws|aws-cn|aws-us-gov):([a-z0-9-]+):([a-z0-9-]*):(\d{12})?:")
_REGION = re.compile(
    r"\b(us|eu|ap|sa|ca|me|af|il|mx)-(gov-)?(north|south|east|west|central|northeast|southeast|northwest)-\d[a-f]?\b"
)
_LONGEST = 4_096


def _texts(value: Any, path: str) -> Iterator[tuple[str, str]]:
    """Every text below a value, with its dotted path."""
    pending: list[tuple[Any, str]] = [(value, path)]
    while pending:
        each, where = pending.pop()
        if isinstance(each, str):
            yield each[:_LONGEST], where
        elif isinstance(each, Mapping):
            pending.extend((inner, f"{where}.{key}".lstrip(".")) for key, inner in reversed(list(each.items())))
        elif isinstance(each, list):
            pending.extend((inner, where) for inner in reversed(each))


@rule(
    "HARD-CODED-PARTITION",
    "An ARN is written out for one partition, region or account",
    control=53,
    anchor="cfn-lint I3042",
    severity="warning",
    remedy="write ${AWS::Partition}, ${AWS::Region} and ${AWS::AccountId}",
)
def partition(template: Template) -> Iterator[Fault]:
    for resource in template.resources.values():
        seen: set[str] = set()
        for value, path in _texts(resource.properties, ""):
            match = _ARN.search(value)
            if match and match.group() not in seen:
                seen.add(match.group())
                yield fault(
                    resource, f"{value[match.start() : match.start() + 60]!r} holds for {match.group(1)} only", path
                )


@rule(
    "HARD-CODED-REGION",
    "A region or zone is written out",
    control=53,
    profile="regulated",
    severity="warning",
    anchor="cfn-lint I3042",
    remedy="write ${AWS::Region}; take zones from Fn::GetAZs",
)
def region(template: Template) -> Iterator[Fault]:
    for resource in template.resources.values():
        for path in ("AvailabilityZone", "AvailabilityZones"):
            for each in resource.entries(path):
                if isinstance(each, str) and _REGION.fullmatch(each):
                    yield fault(resource, f"{path} is {each!r}", path)


@rule(
    "TAGS",
    "A mandatory tag is missing",
    control=52,
    anchor="engine I9040, own",
    remedy="tag the stack or the app (CDK: Tags.of(app).add)",
)
def tags(template: Template) -> Iterator[Fault]:
    wanted = template.settings.mandatory_tags
    for resource in template.resources.values() if wanted else ():
        given = _tags(resource)
        missing = [] if given is None else [key for key in wanted if key not in given]
        if missing:
            yield fault(resource, f"no tag {', '.join(missing)}", "Tags")


def _tags(resource: Resource) -> set[str] | None:
    """Keys of the tags; `None` where the type takes none or a function decides."""
    schema = schema_of(resource.type)
    if schema is None or "Tags" not in schema.properties:
        return None
    given = resource.get("Tags")
    if isinstance(given, Mapping):
        return set(given)
    keys = {at(each, "Key") for each in entries(given)} if given is not UNKNOWN else {UNKNOWN}
    return None if UNKNOWN in keys else {str(key) for key in keys}
