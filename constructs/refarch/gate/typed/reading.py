"""The second reading of a whole template."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from refarch.gate.findings import Finding, Rule, Severity, in_order
from refarch.gate.policy.values import entries, intrinsic
from refarch.gate.policy.view import Resource, Template
from refarch.gate.typed.rebuild import Refused, differences, rebuilt
from refarch.gate.typed.shapes import Shape, disagree, words
from refarch.gate.typed.voices import TROPOSPHERE, Voice, all_voices, troposphere_class

TYPE = Rule(id="TYPED-UNKNOWN-TYPE", title="A resource type that a source does not know", severity=Severity.WARNING)
PROPERTY = Rule(id="TYPED-PROPERTY", title="A property that no source knows, or that all of them require")
VOICES = Rule(id="TYPED-DISAGREEMENT", title="The sources disagree on what is used", severity=Severity.WARNING)
REFUSED = Rule(id="TYPED-REFUSED", title="The typed class does not take the values", severity=Severity.WARNING)
DIFFERENCE = Rule(id="TYPED-DIFFERENCE", title="A resource does not come back as it was")
RULES = (TYPE, PROPERTY, VOICES, REFUSED, DIFFERENCE)
_NOT_OFFICIAL = ("Custom::", "AWS::CloudFormation::CustomResource", "AWS::Serverless::", "AWS::CDK::")
_DEEPEST = 25


def read(content: Mapping[str, Any], *, name: str = "", voices: Sequence[Voice] | None = None) -> tuple[Finding, ...]:
    """Findings of the second reading, the worst first. Types of nobody's (custom resources) are passed over.

    Raises what `all_voices` raises.
    """
    asked = tuple(voices) if voices is not None else all_voices()
    found = [
        _with(finding, resource, name)
        for resource in Template(content).resources.values()
        if not resource.type.startswith(_NOT_OFFICIAL) and not resource.type.endswith("::MODULE")
        for finding in _resource(resource, asked)
    ]
    return in_order(found)


def _resource(resource: Resource, voices: Sequence[Voice]) -> Iterator[Finding]:
    shapes = {voice.name: voice.shape(resource.type) for voice in voices}
    known: dict[str, bool | None] = {source: shape is not None for source, shape in shapes.items()}
    if not all(known.values()):
        severity = TYPE.severity if any(known.values()) else Severity.ERROR
        yield _finding(TYPE, f"{resource.type}: {'; '.join(words(known, 'known', 'unknown'))}", "", severity)
    there = {source: shape for source, shape in shapes.items() if shape is not None}
    yield from _object(resource.properties, there, "", 0)
    if shapes.get(TROPOSPHERE) is not None:
        yield from _returned(resource, voices)


def _object(value: Mapping[str, Any], shapes: Mapping[str, Shape], path: str, depth: int) -> Iterator[Finding]:
    """An object and what is inside it, as far as a source has an opinion."""
    if depth > _DEEPEST or all(shape.properties is None for shape in shapes.values()):
        return
    for key, inner in value.items():
        if str(key).startswith("Fn::"):
            continue
        where = f"{path}.{key}".lstrip(".")
        yield from _voiced({source: shape.knows(key) for source, shape in shapes.items()}, where, "known", wanted=True)
        below = {source: shape.below(key) for source, shape in shapes.items()}
        for each in entries(inner):
            if isinstance(each, Mapping) and intrinsic(each) is None:
                yield from _object(each, below, where, depth + 1)
    if any(str(key).startswith("Fn::") for key in value):
        return
    for key in sorted(frozenset().union(*(shape.required for shape in shapes.values())) - value.keys()):
        opinions = {source: shape.requires(key) for source, shape in shapes.items()}
        yield from _voiced(opinions, f"{path}.{key}".lstrip("."), "required", wanted=False)


def _voiced(opinions: Mapping[str, bool | None], path: str, word: str, *, wanted: bool) -> Iterator[Finding]:
    said = {each for each in opinions.values() if each is not None}
    if disagree(opinions):
        yield _finding(VOICES, f"{path}: {'; '.join(words(opinions, word, f'not {word}'))}", path)
    elif said and wanted not in said:
        reads = "no source knows it" if wanted else "missing, and every source requires it"
        yield _finding(PROPERTY, f"{path}: {reads}", path)


def _returned(resource: Resource, voices: Sequence[Voice]) -> Iterator[Finding]:
    kind = troposphere_class(resource.type)
    given = copy.deepcopy(dict(resource.properties))
    try:
        back = rebuilt(kind, resource.name, given)
    except Refused as error:
        # Some of its checks look into a value that a function decides: that is no word on the template.
        if "HelperFn" in str(error):
            return
        yield _finding(REFUSED, f"{TROPOSPHERE}: {str(error)[:300]}", "")
        return
    shape = next(voice.shape(resource.type) for voice in voices if voice.name == TROPOSPHERE)
    for path, message in differences(resource.properties, back):
        if shape is not None and _knows(shape, path):
            yield _finding(DIFFERENCE, f"{path} {message}", path)


def _knows(shape: Shape, path: str) -> bool:
    """False below a property that troposphere does not have: that is said already."""
    for step in path.split("."):
        if shape.knows(step) is False:
            return False
        shape = shape.below(step)
    return True


def _finding(rule: Rule, message: str, path: str, severity: Severity | None = None) -> Finding:
    return Finding(rule=rule.id, severity=severity or rule.severity, message=message, path=path)


def _with(finding: Finding, resource: Resource, name: str) -> Finding:
    path = f"Properties.{finding.path}" if finding.path else ""
    return Finding(
        rule=finding.rule,
        severity=finding.severity,
        message=finding.message,
        resource=resource.name,
        resource_type=resource.type,
        path=path,
        template=name,
        source="troposphere, cfn-lint's schemas, the CDK's database",
    )
