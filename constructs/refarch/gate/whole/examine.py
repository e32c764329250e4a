"""A run over all stacks: every part asked for, made only where its inputs changed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from typing import Any

from refarch.gate.acknowledgements import Acknowledgement
from refarch.gate.findings import Finding
from refarch.gate.whole import parts
from refarch.gate.whole.extras import EXTRAS, unknown_usage
from refarch.gate.whole.inputs import Stack, paired
from refarch.gate.whole.options import Options
from refarch.gate.whole.parts import Importers, Part
from refarch.gate.whole.store import Store, key_of
from refarch.gate.whole.toolkit import fingerprint, typed_fingerprint


@dataclass(frozen=True, kw_only=True)
class Examined:
    """All parts of one stack. `parts` by name: facts, policy, typed, deploy-policy, picture, cost, change."""

    stack: Stack
    parts: Mapping[str, Part]
    given: tuple[Acknowledgement, ...] = ()

    def findings(self, part: str) -> tuple[Finding, ...]:
        """Of one part; none where it was not asked for."""
        return parts.findings(self.parts[part]) if part in self.parts else ()


@dataclass(frozen=True, kw_only=True)
class Whole:
    """What is known of an app. `removed` are stacks that only the old app has."""

    stacks: tuple[Examined, ...]
    removed: tuple[str, ...] = ()
    compared: bool = False
    notes: tuple[str, ...] = ()
    options: Options = field(default_factory=Options)


def examine(
    new: Sequence[Stack],
    old: Sequence[Stack] | None = None,
    *,
    options: Options | None = None,
    store: Store | None = None,
) -> Whole:
    """Every part of every stack. Without `old` nothing is compared.

    Raises `TemplateError` for a text that is no template, `ModuleNotFoundError` where cfn-lint's data is missing,
    `OSError` for a file of the options that cannot be read, and `ValueError` for a usage that is none.
    """
    told, kept = options or Options(), store or Store(None)
    before, gone = paired(new, old) if old is not None else ({}, ())
    importers = _importers([*new, *(old or ())], kept) if old is not None else {}
    stacks = []
    for stack in new:
        found = _of(stack, told, kept)
        if old is not None:
            found["change"] = _change(before.get(stack.name), stack, told, importers, kept)
        stacks.append(Examined(stack=stack, parts=found, given=_given(stack, found, kept, told)))
    names = (name for each in stacks for name in each.parts["facts"]["logical_ids"])
    if unknown := unknown_usage(told, names):
        raise ValueError(f"usage: {', '.join(unknown[:10])}: no template has such a resource")
    notes = (
        ["nothing to compare with was found there: every stack counts as new"] if old is not None and not old else []
    )
    removed = tuple(each.name for each in gone)
    return Whole(stacks=tuple(stacks), removed=removed, compared=old is not None, notes=tuple(notes), options=told)


def _of(stack: Stack, options: Options, store: Store) -> dict[str, Part]:
    """The parts that one template decides."""
    settings = vars(options.settings)
    made: dict[str, tuple[Any, Callable[[], Part]]] = {
        "facts": ((), partial(parts.facts, stack)),
        "policy": ((options.profile, settings), partial(parts.policy, stack, options)),
        "typed": (typed_fingerprint(options.cdk_database), partial(parts.typed, stack, options)),
        "deploy-policy": (options.partition, partial(parts.deploy_policy, stack, options)),
    }
    for name, extra in EXTRAS.items():
        if parts.there(extra.module):
            made[name] = (extra.key(options), partial(extra.make, stack, options))
    return {name: store.part(_shelf(stack), name, _key(stack, name, key), make) for name, (key, make) in made.items()}


def _change(old: Stack | None, new: Stack, options: Options, importers: Importers, store: Store) -> Part:
    key = (old.digest if old else "", sorted(options.parameters.items()), sorted(importers.items()))
    found: Part = store.part(
        _shelf(new), "change", _key(new, "change", key), lambda: parts.change(old, new, options, importers)
    )
    return found


def _given(stack: Stack, found: Mapping[str, Part], store: Store, options: Options) -> tuple[Acknowledgement, ...]:
    """Acknowledged in the app's own code: read anew where the findings or what the CDK wrote changed."""
    beside = parts.metadata_text(stack)
    if not beside:
        return ()
    key = _key(stack, "scoped", (key_of(beside.decode(errors="replace")), found["policy"]))
    part = store.part(_shelf(stack), "scoped", key, lambda: parts.scoped(stack, parts.findings(found["policy"])))
    return tuple(
        Acknowledgement(**{**each, "expires": date.fromisoformat(each["expires"])}) for each in part["acknowledgements"]
    )


def _importers(stacks: Sequence[Stack], store: Store) -> Importers:
    """Export name to the templates, deployed or to be, that import it."""
    found: dict[str, dict[str, None]] = {}
    for stack in stacks:
        part = store.part(_shelf(stack), "facts", _key(stack, "facts", ()), partial(parts.facts, stack))
        for export in part["imports"]:
            found.setdefault(export, {})[stack.name] = None
    return {name: tuple(sorted(users)) for name, users in found.items()}


def _shelf(stack: Stack) -> str:
    return f"{stack.name}\n{stack.digest}"


def _key(stack: Stack, part: str, more: Any) -> str:
    return key_of(fingerprint(), part, stack.name, stack.digest, more)
