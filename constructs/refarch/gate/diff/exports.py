"""Exports that others import: CloudFormation refuses to remove one in use, and to change its value."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from refarch.gate.diff.cascade import references
from refarch.gate.diff.scenarios import Side
from refarch.gate.diff.values import NOTHING, concatenated, same
from refarch.gate.templates import Template

_MAX_SHOWN = 5


@dataclass(frozen=True)
class ExportChange:
    """One export that goes or changes. `importers` are templates known to use it; none are known of other apps."""

    output: str
    name: str
    removed: bool
    importers: tuple[str, ...]
    why: str


def exports(side: Side) -> dict[str, tuple[str, Any]]:
    """Export name (as text) to output and evaluated value."""
    found = {}
    for output, each in sorted(side.template.section("Outputs").items()):
        name = each.get("Export", {}).get("Name") if isinstance(each.get("Export"), Mapping) else None
        if name is not None and side.exists(each):
            found[as_text(side.evaluator.value(name))] = (output, side.evaluator.value(each.get("Value")))
    return found


def imports(template: Template) -> Iterator[str]:
    """Names, as text, of everything that a template imports."""
    evaluated = Side(template, _plain(template)).evaluator
    pending: list[Any] = [template.content.get("Resources"), template.content.get("Outputs")]
    while pending:
        value = pending.pop()
        if isinstance(value, dict):
            if "Fn::ImportValue" in value:
                yield as_text(evaluated.value(value["Fn::ImportValue"]))
            pending += value.values()
        elif isinstance(value, list):
            pending += value


def changed_exports(
    old: Side, new: Side, replaced: frozenset[str], importers: Mapping[str, tuple[str, ...]]
) -> Iterator[ExportChange]:
    """Exports of `old` that `new` lacks, or whose value is another one or refers to a replaced resource."""
    after = exports(new)
    for name, (output, value) in exports(old).items():
        users = importers.get(name, ())
        if name not in after:
            yield ExportChange(output, name, True, users, "the export is gone")
            continue
        now = after[name][1]
        if not same(value, now):
            yield ExportChange(output, name, False, users, "the exported value is another one")
        elif hit := sorted({target for target, _, _ in references({"Value": now})} & replaced):
            why = f"the exported value comes from {', '.join(hit[:_MAX_SHOWN])}, which is replaced"
            yield ExportChange(output, name, False, users, why)


def as_text(value: Any) -> str:
    """An export's name: references in it as `<Name>`."""
    if value is NOTHING:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, dict) and len(value) == 1:
        name, argument = next(iter(value.items()))
        if name == "Ref":
            return f"<{argument}>"
        if name == "Fn::GetAtt" and isinstance(argument, list):
            return f"<{'.'.join(map(str, argument))}>"
        if name == "Fn::Join" and isinstance(argument, list) and len(argument) == 2 and isinstance(argument[1], list):
            return "".join(map(as_text, argument[1]))
    return str(concatenated([value]))


def _plain(template: Template) -> Any:
    from refarch.gate.diff.scenarios import scenarios_of

    return scenarios_of(template, template, {}).all[0].new.evaluator
