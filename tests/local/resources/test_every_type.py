"""Every resource type there is: made from generated properties, changed and removed; wrong properties are refused."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import pytest

from refarch.local.resources import schemas
from refarch.local.resources.api_backed import BACKED
from refarch.local.resources.inventory import without_cloud
from refarch.local.resources.schemas import ResourceType
from refarch.local.resources.validation import problems

# What no drawing fits: patterns with look-arounds, and two schemas that exclude themselves.
UNDRAWN = 12
BATCH = 400
RECORDED = [name for name, real in without_cloud().items() if real == "recorded only"]


def types() -> list[ResourceType]:
    return [kind for name in schemas.names() if (kind := schemas.find(name)) is not None]


def test_generated_properties_of_every_type_are_accepted(generated: ModuleType) -> None:
    refused = [kind.name for kind in types() if generated.minimal(kind) is None]
    assert len(refused) <= UNDRAWN, refused


def test_unknown_missing_and_mistyped_properties_of_every_type_are_refused(generated: ModuleType) -> None:
    accepted = []
    for kind in types():
        fitting = generated.minimal(kind)
        if fitting is None:
            continue
        for wrong, message in spoiled(kind, fitting):
            if not any(message in str(problem) for problem in problems(kind, wrong)):
                accepted.append((kind.name, message))
    assert not accepted


def spoiled(kind: ResourceType, fitting: dict[str, Any]) -> list[tuple[dict[str, Any], str]]:
    """The same properties with one mistake each, and what is said of it."""
    closed = kind.schema.get("additionalProperties") is False and "patternProperties" not in kind.schema
    found = [({**fitting, "Unheard0f": 1}, "#: extraneous key [Unheard0f] is not permitted")] if closed else []
    for name in sorted(kind.required & fitting.keys()):
        found.append(
            ({key: value for key, value in fitting.items() if key != name}, f"required key [{name}] not found")
        )
    for name, value in fitting.items():
        wanted = kind.node((name,)).get("type")
        if isinstance(wanted, str) and wanted != "object":
            found.append(({**fitting, name: {"Unheard0f": value}}, f"#/{name}: expected type: "))
    return found


def batches() -> list[list[str]]:
    return [RECORDED[start : start + BATCH] for start in range(0, len(RECORDED), BATCH)]


@pytest.mark.parametrize("batch", range(len(batches())))
def test_recorded_types_live_through_a_stack(generated: ModuleType, stacks: Any, batch: int) -> None:
    names = batches()[batch]
    kinds = {f"R{index}": schemas.find(name) for index, name in enumerate(names)}
    fitting = {key: properties for key, kind in kinds.items() if (properties := generated.minimal(kind)) is not None}
    made = {key: {"Type": kinds[key].name, "Properties": properties} for key, properties in fitting.items()}
    attributes = {
        f"{key}Attribute": {"Fn::GetAtt": [key, ".".join(path)]}
        for key in made
        if (path := next(iter(text_attributes(kinds[key])), None))
    }
    others = everything_recorded(stacks)
    stack = stacks.create(made, dict(list(attributes.items())[:200]))
    assert stacks.status(stack) == "CREATE_COMPLETE", stacks.failures(stack)
    assert all(stacks.outputs(stack).values())

    before = stacks.ids(stack)
    changed = {key: {**one, "Properties": changes(generated, kinds[key], fitting[key])} for key, one in made.items()}
    assert stacks.update(stack, changed) == "UPDATE_COMPLETE", stacks.failures(stack)
    assert stacks.ids(stack) == before  # all in place
    assert len(stacks.recorded()) >= len(made)
    stacks.delete(stack)
    assert everything_recorded(stacks) - others == set()


def everything_recorded(stacks: Any) -> set[tuple[str, str]]:
    """Type and id of all records, also those of other tests: the cloud is shared."""
    return {(one["type"], one["id"]) for one in stacks.recorded()}


def text_attributes(kind: ResourceType) -> list[tuple[str, ...]]:
    return [path for path in kind.read_only if len(path) == 1 and kind.node(path).get("type") == "string"]


def changes(generated: ModuleType, kind: ResourceType, fitting: dict[str, Any]) -> dict[str, Any]:
    """With one optional property more, which does not replace the resource; the same where there is none."""
    fixed = {path[0] for path in (*kind.create_only, *kind.conditionally_create_only, *kind.read_only)}
    for name in kind.properties:
        if name in fitting or name in fixed:
            continue
        more = {**fitting, name: generated.value(kind, name)}
        if not problems(kind, more):
            return more
    return fitting


def test_every_backed_type_exists() -> None:
    assert set(BACKED) <= set(schemas.names())
