"""What the new template allows and the old one did not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from refarch.gate.diff.permissions.policies import Subject, Subjects, subjects
from refarch.gate.diff.permissions.security_groups import rules, wider
from refarch.gate.diff.permissions.settings import relaxed
from refarch.gate.diff.permissions.statements import not_within

_ENDPOINT = "AWS::EC2::VPCEndpoint"
_EVERYTHING = {"Statement": {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}}
Resources = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True)
class Broadening:
    """One thing gained. `resource` is the logical id that brings it, `subject` who gains or what is opened."""

    resource: str
    resource_type: str
    subject: str
    text: str


def broadenings(old: Resources, new: Resources, renamed: Mapping[str, str]) -> list[Broadening]:
    """Everything that is gained, in the order of the templates' subjects. Both are evaluated resources.

    `renamed` maps logical ids of `old` to those that took their place: a role that only moved gains nothing.
    """
    before = _endpoints(_renamed(old, renamed), old)
    after = _endpoints(new, before)
    types = {name: str(each["Type"]) for name, each in (*before.items(), *after.items())}
    found = [*_policies(subjects(before), subjects(after), after), *_networks(before, after), *relaxed(before, after)]
    return [Broadening(resource, types.get(resource, ""), subject, text) for resource, subject, text in found]


def _policies(old: Subjects, new: Subjects, resources: Resources) -> Iterator[tuple[str, str, str]]:
    for name in sorted(old.keys() | new.keys()):
        before, after = old.get(name, Subject()), new.get(name, Subject())
        holder = next(iter({**after.holders, **before.holders}))
        gone = name not in new and not _is_there(name, resources)
        if not gone:
            for text in _gained(before, after):
                yield holder, name, text


def _gained(before: Subject, after: Subject) -> Iterator[str]:
    allowed = ([each for each in side.statements if each.allows] for side in (after, before))
    yield from (f"gains: {each.text()}" for each in not_within(*allowed))
    denied = ([each for each in side.statements if not each.allows] for side in (before, after))
    yield from (f"is no longer denied: {each.text()}" for each in not_within(*denied))
    yield from (f"gains {after.grants[key]}" for key in sorted(after.grants.keys() - before.grants.keys()))
    if before.boundary and after.boundary != before.boundary:
        yield f"its permissions boundary {before.boundary} becomes {after.boundary or 'nothing'}"
    for path, text in sorted(after.unreadable.items()):
        if before.unreadable.get(path) != text:
            yield f"{path} changed and cannot be read (it is a function or a broken text)"


def _networks(before: Resources, after: Resources) -> Iterator[tuple[str, str, str]]:
    old, new = rules(before), rules(after)
    for group, direction in sorted(new):
        if direction == "egress" and group not in before:
            continue
        for rule in wider(old.get((group, direction), ()), new[(group, direction)]):
            way = "from" if direction == "ingress" else "to"
            yield group, f"{direction} of {group}", f"opens {direction} {way}: {rule.text()}"


def _endpoints(resources: Resources, known: Resources) -> Resources:
    """An endpoint without a policy lets everything through; one that is new opens nothing that was closed."""
    return {
        name: {**each, "Properties": {"PolicyDocument": _EVERYTHING, **each["Properties"]}}
        if each["Type"] == _ENDPOINT and name in known
        else each
        for name, each in resources.items()
    }


def _is_there(subject: str, resources: Resources) -> bool:
    """False where the subject was a resource of the template, and is none any more."""
    name = subject.rpartition(" ")[2].partition(".")[0]
    return name in resources


def _renamed(resources: Resources, renamed: Mapping[str, str]) -> Resources:
    if not renamed:
        return resources
    return {renamed.get(name, name): _pointing(each, renamed) for name, each in resources.items()}


def _pointing(value: Any, renamed: Mapping[str, str]) -> Any:
    if isinstance(value, Mapping):
        if len(value) == 1:
            name, argument = next(iter(value.items()))
            if name == "Ref" and isinstance(argument, str):
                return {name: renamed.get(argument, argument)}
            if name == "Fn::GetAtt" and isinstance(argument, list) and argument and isinstance(argument[0], str):
                return {name: [renamed.get(argument[0], argument[0]), *argument[1:]]}
        return {key: _pointing(each, renamed) for key, each in value.items()}
    return [_pointing(each, renamed) for each in value] if isinstance(value, list) else value
