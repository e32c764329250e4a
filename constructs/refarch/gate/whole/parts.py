"""The parts of a stack's report, each a function of texts and options alone: what it gives survives JSON.

Imports are inside: a run in which nothing changed reads no schema, no template, and no troposphere.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from functools import cache
from importlib.util import find_spec
from typing import Any

from refarch.gate.findings import Finding, Severity
from refarch.gate.whole.inputs import Stack
from refarch.gate.whole.options import Options

Importers = Mapping[str, tuple[str, ...]]
Part = dict[str, Any]


def facts(stack: Stack) -> Part:
    """What the report says of any stack, and what other stacks must know of it."""
    from refarch.gate.diff.exports import imports

    template = stack.template
    return {"logical_ids": sorted(template.resources), "imports": sorted(imports(template))}


def policy(stack: Stack, options: Options) -> Part:
    """Findings of the rules."""
    from refarch.gate.policy import check

    found = check(stack.template.content, profile=options.profile, settings=options.settings, name=stack.name)
    return {"findings": plain(found)}


def scoped(stack: Stack, found: Iterable[Finding]) -> Part:
    """What the CDK app acknowledged by scope."""
    from refarch.gate.policy.cdk_acknowledgements import acknowledged, metadata_of

    given = acknowledged(metadata_of(stack.path), found, f"{stack.name} (CDK)") if stack.path else ()
    return {"acknowledgements": [{**asdict(each), "expires": each.expires.isoformat()} for each in given]}


def typed(stack: Stack, options: Options) -> Part:
    """Findings of the second reading; where troposphere is missing, that it is."""
    from refarch.gate.typed import all_voices, read

    try:
        voices = all_voices(options.cdk_database)
    except ModuleNotFoundError as error:
        return {"findings": [], "missing": str(error)}
    found = read(stack.template.content, name=stack.name, voices=voices)
    return {"findings": plain(found), "voices": [each.name for each in voices]}


def deploy_policy(stack: Stack, options: Options) -> Part:
    """The policies, or why there are none."""
    from refarch.gate.deploy_policy import deploy_policy as build
    from refarch.gate.deploy_policy import size

    try:
        made = build(stack.template.content, stack=stack.title, partition=options.partition)
    except ValueError as error:
        return {"missing": str(error), "documents": [], "sizes": [], "uncovered": []}
    sizes = [size(each) for each in made.documents]
    return {"documents": list(made.documents), "sizes": sizes, "uncovered": list(made.uncovered)}


def change(old: Stack | None, new: Stack, options: Options, importers: Importers) -> Part:
    """The semantic diff of one stack."""
    from dataclasses import replace

    from refarch.gate.diff import compare, findings_of
    from refarch.gate.diff.report import stack_json
    from refarch.gate.templates.template import EMPTY

    before = old.template if old else EMPTY
    diff = compare(before, new.template, parameters=options.parameters, importers=importers)
    diff = replace(diff, name=new.name, added=old is None)
    return {"findings": plain(findings_of([diff])), "stack": stack_json(diff), "notes": list(diff.notes)}


def plain(findings: Iterable[Finding]) -> list[Part]:
    """Findings as JSON has them."""
    return [asdict(each) for each in findings]


def findings(part: Part) -> tuple[Finding, ...]:
    """Findings from JSON."""
    return tuple(
        Finding(**{**each, "severity": Severity(each["severity"]), "details": tuple(each["details"])})
        for each in part["findings"]
    )


@cache
def there(module: str) -> bool:
    """Whether a part of the gate is installed."""
    try:
        return find_spec(module) is not None
    except ImportError:
        return False


def metadata_text(stack: Stack) -> bytes:
    """What the CDK wrote beside a template, as it is; empty where it wrote nothing."""
    if stack.path is None or str(stack.path) == "-":
        return b""
    path = stack.path.with_name(f"{stack.path.name.partition('.template.')[0]}.metadata.json")
    try:
        return path.read_bytes() if path != stack.path else b""
    except OSError:
        return b""
