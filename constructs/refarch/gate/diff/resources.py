"""The diff of all resources of two templates under one scenario."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from refarch.gate.diff.cascade import State, cascade
from refarch.gate.diff.compare import difference
from refarch.gate.diff.keeping import holds_data, kept_on_deletion, kept_on_replacement, refused_policies
from refarch.gate.diff.names import kept_name, name_properties, shown
from refarch.gate.diff.renames import renames
from refarch.gate.diff.scenarios import Scenario, Side
from refarch.gate.diff.values import NOTHING, same
from refarch.gate.diff.verdicts import Action, Change, Reason, Verdict

_UPDATING = ("CreationPolicy", "UpdatePolicy", "DeletionPolicy", "UpdateReplacePolicy")
_UPDATING_METADATA = ("AWS::CloudFormation::Init", "AWS::CloudFormation::Authentication")
Resources = dict[str, dict[str, Any]]


def compare_resources(scenario: Scenario) -> dict[str, Change]:
    """Logical id to what happens to it, for every resource that exists before or after."""
    old, new = evaluated(scenario.old), evaluated(scenario.new)
    both = sorted(name for name in old.keys() & new.keys() if old[name]["Type"] == new[name]["Type"])
    states = {name: _state(old[name], new[name]) for name in both}
    cascade(states)
    changes = {name: _settled(name, state, old[name]) for name, state in states.items()}
    for name in sorted(old.keys() & new.keys() - states.keys()):
        changes[name] = _other_type(name, old[name], new[name])
    removed = {name: old[name] for name in old.keys() - new.keys()}
    added = {name: new[name] for name in new.keys() - old.keys()}
    changes |= {name: _removed(name, each) for name, each in removed.items()}
    changes |= {name: Change(name, each["Type"], Verdict.ADD) for name, each in added.items()}
    types = tuple({name: each["Type"] for name, each in side.items()} for side in (old, new))
    for gone, come in renames(removed, added, (types[0], types[1])).items():
        _rename(changes, old[gone], new[come], gone, come)
    return {name: _refused(changes[name], new.get(name)) for name in sorted(changes)}


def evaluated(side: Side) -> Resources:
    """Every resource that exists in a scenario, properties and attributes evaluated."""
    found: Resources = {}
    for name, resource in side.template.resources.items():
        if side.exists(resource):
            kept = {
                key: side.evaluator.value(value) for key, value in resource.items() if key not in ("Type", "Metadata")
            }
            found[name] = {
                **{key: value for key, value in kept.items() if value is not NOTHING},
                "Type": resource["Type"],
                "Metadata": resource.get("Metadata"),
            }
            if not isinstance(found[name].get("Properties"), Mapping):
                found[name]["Properties"] = {}
    return found


def _state(old: Mapping[str, Any], new: Mapping[str, Any]) -> State:
    found = difference(old["Properties"], new["Properties"], new)
    state = State(new, new["Properties"], found.action, found.paths, found.reasons)
    for name in _UPDATING:
        if not same(old.get(name), new.get(name)):
            state.action = state.action.or_worse(Action.UPDATE)
            state.reasons.append(
                Reason(name, f"{name}: {_show(old.get(name))} becomes {_show(new.get(name))}", "template")
            )
    if not same(*(_telling(each.get("Metadata")) for each in (old, new))):
        state.action = state.action.or_worse(Action.UPDATE)
        state.reasons.append(Reason("Metadata", "what cfn-init reads changed", "template"))
    return state


def _settled(name: str, state: State, old: Mapping[str, Any]) -> Change:
    """From what CloudFormation does to what it means: for the data, and for a name that is set."""
    kind = state.resource["Type"]
    verdicts = {Action.NOTHING: Verdict.NO_OP, Action.UPDATE: Verdict.UPDATE, Action.MAYBE: Verdict.MAY_REPLACE}
    change = Change(
        name,
        kind,
        verdicts.get(state.action, Verdict.REPLACE),
        tuple(state.reasons),
        tuple(state.paths),
        tuple(state.caused_by),
    )
    if state.action is Action.REFUSE:
        return change.with_reason(Verdict.DEPLOY_FAILS, "", "CloudFormation refuses this update")
    if state.action is Action.REPLACE and (named := _kept_name(state, old)):
        text = (
            f"it is replaced, but its explicit {named} {shown(state.properties[named])} stays: "
            "CloudFormation cannot create a second one of that name"
        )
        return change.with_reason(Verdict.DEPLOY_FAILS, named, text, "update behavior: replacement")
    if state.action in (Action.REPLACE, Action.MAYBE):
        return _with_data(change, kept_on_replacement(state.resource), state.action is Action.REPLACE)
    return change


def _kept_name(state: State, old: Mapping[str, Any]) -> str:
    """A name that the cascade changes is not kept."""
    before = {name: value for name, value in old["Properties"].items() if name not in state.moved}
    return kept_name(state.resource["Type"], before, state.properties)


def _with_data(change: Change, kept: str, certain: bool) -> Change:
    why = holds_data().get(change.resource_type)
    if kept:
        text = "the old one is kept as an orphan" if kept == "Retain" else "a snapshot of the old one is kept"
        more = f"UpdateReplacePolicy {kept}: {text}" + ("; the new one starts empty" if why else "")
        return _keeping(change.with_reason(change.verdict, "UpdateReplacePolicy", more, "template"), kept)
    if why is None:
        return change
    verdict = Verdict.DATA_LOSS_REPLACE if certain else Verdict.MAY_LOSE_DATA
    text = f"the old one is deleted with its data (no UpdateReplacePolicy keeps it): {why}"
    return change.with_reason(verdict, "UpdateReplacePolicy", text, "data")


def _removed(name: str, resource: Mapping[str, Any]) -> Change:
    change = Change(name, resource["Type"], Verdict.DELETE)
    kept = kept_on_deletion(resource, resource["Properties"])
    if kept == "Retain":
        text = "DeletionPolicy of the deployed template keeps it: it goes on existing, and costing, outside the stack"
        return _keeping(change.with_reason(Verdict.ORPHAN, "DeletionPolicy", text, "template"), kept)
    why = holds_data().get(resource["Type"])
    if kept == "Snapshot":
        return _keeping(
            change.with_reason(Verdict.DELETE, "DeletionPolicy", "a snapshot of it is kept", "template"), kept
        )
    if why:
        text = f"it is deleted with its data (DeletionPolicy keeps nothing): {why}"
        return change.with_reason(Verdict.DATA_LOSS_DELETE, "DeletionPolicy", text, "data")
    return change


def _rename(changes: dict[str, Change], old: Mapping[str, Any], new: Mapping[str, Any], gone: str, come: str) -> None:
    """Link both ids; the deployment fails where both would have the same name at the same time."""
    before, after = old["Properties"], new["Properties"]
    named = [name for name in name_properties(old["Type"]) if name in before and same(before[name], after.get(name))]
    removed, added = changes[gone], changes[come]
    verdict = Verdict.RENAME if removed.verdict is Verdict.DELETE and not removed.keeps_old else removed.verdict
    text = f"the logical id becomes {come}: CloudFormation creates that one and deletes this one"
    removed = removed.with_reason(verdict, "", text, "template")
    if named:
        text = f"its explicit {named[0]} {shown(before[named[0]])} is taken by {gone} until that one is deleted"
        added = added.with_reason(Verdict.DEPLOY_FAILS, named[0], text, "update behavior: replacement")
    changes[gone] = Change(**{**vars(removed), "renamed_to": come})
    changes[come] = Change(**{**vars(added), "renamed_from": gone})


def _other_type(name: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> Change:
    text = f"the type becomes {new['Type']} under the same logical id, which CloudFormation refuses"
    return Change(name, old["Type"], Verdict.DEPLOY_FAILS).with_reason(
        Verdict.DEPLOY_FAILS, "Type", text, "update rules"
    )


def _refused(change: Change, new: Mapping[str, Any] | None) -> Change:
    if new is None or change.verdict is Verdict.NO_OP:
        return change
    for problem in refused_policies(new):
        change = change.with_reason(Verdict.DEPLOY_FAILS, problem.partition(" ")[0], problem, "attribute reference")
    return change


def _keeping(change: Change, kept: str) -> Change:
    return Change(**{**vars(change), "keeps_old": kept})


def _telling(metadata: Any) -> Iterator[Any] | dict[str, Any]:
    if not isinstance(metadata, Mapping):
        return {}
    return {name: metadata[name] for name in _UPDATING_METADATA if name in metadata}


def _show(value: Any) -> str:
    return "nothing" if value is None else shown(value)
