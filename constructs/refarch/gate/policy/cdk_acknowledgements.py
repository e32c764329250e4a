"""What a CDK app acknowledged by scope, read from its cloud assembly: so that `refarch gate check cdk.out` says what
`cdk synth` says."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

from refarch.gate.acknowledgements import Acknowledgement
from refarch.gate.findings import Finding

PREFIX = "Gates::"
_ENTRY = "aws:cdk:acknowledged-rules"
_MAX_BYTES = 64 * 2**20


def acknowledged(metadata: Mapping[str, Any], findings: Iterable[Finding], file: str) -> Iterator[Acknowledgement]:
    """Acknowledgements that meet one of `findings` of a template.

    `metadata`: construct path to entries, as in `<stack>.metadata.json`. They do not expire: they are code.
    """
    given = list(_given(metadata))
    paths = dict(_paths(metadata))
    for finding in findings:
        path = paths.get(finding.resource, "")
        for scope, rule, reason in given:
            if rule == finding.rule and path and (path == scope or path.startswith(f"{scope}/")):
                yield Acknowledgement(
                    rule=finding.rule,
                    resource=finding.resource,
                    reason=reason,
                    owner=scope,
                    expires=date.max,
                    template=finding.template,
                    file=file,
                )
                break


def metadata_of(template: Path) -> Mapping[str, Any]:
    """The metadata beside a template of a cloud assembly; empty where there is none, or it cannot be read."""
    path = template.with_name(f"{template.name.partition('.template.')[0]}.metadata.json")
    try:
        if path == template or path.stat().st_size > _MAX_BYTES:
            return {}
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, Mapping) else {}


def _given(metadata: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    """Path of the construct, rule, reason."""
    for path, data in _entries(metadata, _ENTRY):
        for rule, reason in data.items() if isinstance(data, Mapping) else ():
            if rule.startswith(PREFIX):
                yield path, rule.removeprefix(PREFIX), str(reason)


def _paths(metadata: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Logical id and path of every resource and parameter."""
    for path, data in _entries(metadata, "aws:cdk:logicalId"):
        if isinstance(data, str):
            yield data, path


def _entries(metadata: Mapping[str, Any], kind: str) -> Iterator[tuple[str, Any]]:
    for path, entries in metadata.items():
        for entry in entries if isinstance(entries, list) else ():
            if isinstance(entry, Mapping) and entry.get("type") == kind:
                yield path.strip("/"), entry.get("data")
