"""The semantic diff: two templates in, what CloudFormation would do to every resource out. Pure, no AWS, no network."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from refarch.gate.diff.exports import ExportChange, changed_exports, imports
from refarch.gate.diff.permissions import Broadening, broadenings
from refarch.gate.diff.resources import compare_resources, evaluated
from refarch.gate.diff.scenarios import Scenario, scenarios_of
from refarch.gate.diff.values import same
from refarch.gate.diff.verdicts import Action, Change, Verdict
from refarch.gate.templates import Template
from refarch.gate.templates.template import EMPTY

_REPLACED = (Verdict.REPLACE, Verdict.DATA_LOSS_REPLACE, Verdict.DEPLOY_FAILS)
_NO_TYPES: Mapping[str, tuple[str, ...]] = {}


@dataclass(frozen=True)
class StackDiff:
    """All that a change does to one stack. `notes` say what was assumed and what could not be seen."""

    name: str
    changes: tuple[Change, ...] = ()
    broadened: tuple[Broadening, ...] = ()
    exports: tuple[ExportChange, ...] = ()
    notes: tuple[str, ...] = ()
    unexpanded: tuple[str, ...] = ()
    removed: bool = False
    added: bool = False

    @property
    def verdict(self) -> Verdict:
        """The worst of all resources."""
        return min((each.verdict for each in self.changes), key=lambda each: each.rank, default=Verdict.NO_OP)

    def __getitem__(self, logical_id: str) -> Change:
        """What happens to one resource. Raises `KeyError` with all that there are."""
        for each in self.changes:
            if each.logical_id == logical_id:
                return each
        raise KeyError(f"{logical_id}; there are {', '.join(each.logical_id for each in self.changes)}")


def compare(
    old: Template,
    new: Template,
    *,
    parameters: Mapping[str, str] | None = None,
    importers: Mapping[str, tuple[str, ...]] = _NO_TYPES,
) -> StackDiff:
    """Compare two templates of one stack.

    `parameters` fixes parameters (and pseudo parameters such as `AWS::Region`) to a value; the others take their
    defaults, and every value that conditions can tell apart. `importers` names, for each export, templates that use it.
    """
    if old.content == new.content:
        return StackDiff(new.name, _unchanged(new))
    scenarios = scenarios_of(old, new, parameters or {})
    worst: dict[str, Change] = {}
    broadened: dict[Broadening, None] = {}
    exports: dict[ExportChange, None] = {}
    for scenario in scenarios.all:
        changes = compare_resources(scenario)
        _merge(worst, changes, scenario.text)
        broadened |= dict.fromkeys(_broadened(scenario, changes))
        replaced = frozenset(name for name, each in changes.items() if each.verdict in _REPLACED)
        exports |= dict.fromkeys(changed_exports(scenario.old, scenario.new, replaced, importers))
    return StackDiff(
        new.name,
        tuple(sorted(worst.values(), key=lambda each: (each.verdict.rank, each.logical_id))),
        tuple(sorted(broadened, key=lambda each: (each.subject, each.text))),
        tuple(sorted(exports, key=lambda each: (each.name, each.why))),
        tuple(_notes(old, new, scenarios.left_out)),
        tuple(sorted(name for name in _loops(old, new) if not same(old.loops.get(name), new.loops.get(name)))),
    )


def compare_all(
    old: Mapping[str, Template], new: Mapping[str, Template], *, parameters: Mapping[str, str] | None = None
) -> tuple[StackDiff, ...]:
    """Compare every stack of two apps, by the name of its template; one template each is one stack, whatever its name.

    A stack that is gone from the app is not deleted by a deployment: it is named, and its resources are left alone.
    """
    if len(old) == len(new) == 1:
        old = dict(zip(new, old.values(), strict=True))
    importers = _importers(old, new)
    found = []
    for name in sorted(old.keys() | new.keys()):
        if name not in new:
            found.append(StackDiff(name, removed=True))
        else:
            diff = compare(old.get(name, EMPTY), new[name], parameters=parameters, importers=importers)
            found.append(replace(diff, name=name, added=name not in old))
    return tuple(found)


def _unchanged(template: Template) -> tuple[Change, ...]:
    return tuple(Change(name, each["Type"], Verdict.NO_OP) for name, each in sorted(template.resources.items()))


def _merge(worst: dict[str, Change], changes: Mapping[str, Change], when: str) -> None:
    """Keep the worst of every scenario. The first are the defaults, and need no mention."""
    for name, change in changes.items():
        if name not in worst or change.verdict.rank < worst[name].verdict.rank:
            worst[name] = replace(change, when=when)


def _broadened(scenario: Scenario, changes: Mapping[str, Change]) -> list[Broadening]:
    renamed = {name: each.renamed_to for name, each in changes.items() if each.renamed_to}
    return broadenings(evaluated(scenario.old), evaluated(scenario.new), renamed)


def _importers(old: Mapping[str, Template], new: Mapping[str, Template]) -> dict[str, tuple[str, ...]]:
    """Export name to the templates, deployed or to be, that import it."""
    found: dict[str, dict[str, None]] = {}
    for templates in (old, new):
        for name, template in templates.items():
            for export in imports(template):
                found.setdefault(export, {})[name] = None
    return {name: tuple(users) for name, users in found.items()}


def _loops(old: Template, new: Template) -> set[str]:
    return old.loops.keys() | new.loops.keys()


def _notes(old: Template, new: Template, left_out: bool) -> Iterator[str]:
    for transform in dict.fromkeys((*old.transforms, *new.transforms)):
        yield f"{transform} is not expanded: what it makes of the template is not seen"
    for name in sorted(old.section("Parameters").keys() & new.section("Parameters").keys()):
        before, after = (side.section("Parameters")[name].get("Default") for side in (old, new))
        if not same(before, after):
            yield f"the default of parameter {name} changed: taken as if the deployment took it"
    if left_out:
        yield "conditions can be true in more ways than were looked at: fix parameters with --parameter NAME=VALUE"


__all__ = ["Action", "StackDiff", "compare", "compare_all"]
